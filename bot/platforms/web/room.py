"""Room: what happens when a page sends a frame.

It writes the board, tells the manager, and tells the tabs. It knows nothing of HTTP. A message is told to the
tabs only after the manager has it durably, so that what a page shows as sent is sent; a page that hears
nothing sends again under the same id.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from bot.conversation.commands import command_menu, is_private, parse_command
from bot.conversation.controls import Asker
from bot.conversation.manager import ConversationManager
from bot.conversation.tasks import TASKS
from bot.errors import BotError, CommandError, StorageError
from bot.messages import Command, IncomingMessage
from bot.platforms.web import frames
from bot.platforms.web.board import Board
from bot.platforms.web.frames import FrameError
from bot.platforms.web.hub import Hub, Tab
from bot.platforms.web.incoming import conversation_key, is_for_bot, to_incoming, to_note, with_prefix
from bot.platforms.web.notes import Channel, Note, Person, now_ms
from bot.platforms.web.removal import remove_channel

log = logging.getLogger(__name__)

DIRECT = "direct"
FIRST_PEOPLE = ("Alice", "Bob", "Chloé")
MAX_CHANNELS = 500
MAX_PEOPLE = 100
IMPORT_BATCH = 5000
"""Messages imported in one transaction; more of them would hold up everybody else's."""


class Room:
    """The playground's one room: its board, its tabs, and the bot."""

    def __init__(self, board: Board, hub: Hub, manager: ConversationManager, bot_name: str) -> None:
        self._board = board
        self._hub = hub
        self._manager = manager
        self._bot_name = bot_name
        self._naming = asyncio.Lock()
        self._placing = asyncio.Lock()  # while a channel is deleted, nothing may be sent there
        self._importing: set[str] = set()

    async def furnish(self) -> None:
        """On the first start: the bot's own channel, a common one, and some people to speak as."""
        if not await self._board.channels():
            await self._board.add_channel(Channel("direct", self._bot_name, DIRECT))
            await self._board.add_channel(Channel("general", "general", "channel"))
        if not await self._board.people():
            for name in FIRST_PEOPLE:
                await self._board.add_person(Person(_slug(name), name))

    async def handle(self, tab: Tab, data: str) -> None:
        """Do what one frame of a tab asks for; a problem is told to that tab as a sentence."""
        frame_id: str | None = None
        try:
            frame = frames.parse(data)
            frame_id = getattr(frame, "id", None)
            await self._do(tab, frame)
        except FrameError as error:
            tab.tell(frames.error_frame(error.user_message, error.frame_id or frame_id))
        except BotError as error:
            if not isinstance(error, CommandError):
                log.warning("a frame of the playground failed: %s", error)
            is_passing = isinstance(error, StorageError)
            tab.tell(frames.error_frame(error.user_message, frame_id, can_retry=is_passing))

    async def hello(self) -> frames.Frame:
        """The first frame of a connection."""
        return {
            "type": "hello",
            "bot": {"name": self._bot_name},
            "channels": [self._channel_view(channel) for channel in await self._board.channels()],
            "people": [frames.person_view(person) for person in await self._board.people()],
            "commands": command_menu(),
            "rest_options": {
                task.name: option.name for task in TASKS for option in task.options if option.is_rest
            },
            "model": self._manager.model_status,
            "replies": self._hub.replies,
            "max_chars": frames.MAX_TEXT_CHARS,
        }

    async def import_log(self, name: str, messages: Sequence[IncomingMessage], channel_id: str) -> Channel:
        """Make a channel of an imported log and let the bot remember it. Raises StorageError."""
        channel = await self._add_channel(name, channel_id)
        self._importing.add(channel.id)
        try:
            owned, notes = await asyncio.to_thread(_of_channel, messages, channel.id)
            await self._board.add_all(notes)
            for start in range(0, len(owned), IMPORT_BATCH):
                await self._manager.import_messages(owned[start : start + IMPORT_BATCH])
        finally:
            self._importing.discard(channel.id)
        self._hub.tell({"type": "channel", "channel": frames.channel_view(channel)})
        return channel

    # --- inside ------------------------------------------------------------------------------

    def _channel_view(self, channel: Channel) -> frames.Frame:
        """A channel as pages see it; the direct one has the bot's name of today."""
        return frames.channel_view(
            replace(channel, name=self._bot_name) if channel.kind == DIRECT else channel
        )

    async def _do(self, tab: Tab, frame: frames.ClientFrame) -> None:
        match frame:
            case frames.Send():
                async with self._placing:
                    await self._send(tab, frame)
            case frames.Edit():
                await self._edit(frame)
            case frames.Delete():
                await self._delete(frame)
            case frames.Stop():
                await self._manager.stop(conversation_key(frame.channel, frame.thread))
            case frames.Control():
                await self._control(tab, frame)
            case frames.Find():
                note = await self._own_or_any(frame.id)
                where = {"channel": note.channel, "thread": note.thread, "seq": note.seq}
                tab.tell({"type": "found", "id": note.id, **where})
            case frames.History():
                await self._history(tab, frame)
            case frames.Full():
                note = await self._own_or_any(frame.id)
                tab.tell({"type": "full", "id": note.id, "text": note.text})
            case frames.NewChannel():
                channel = await self._add_channel(frame.name, _slug(frame.name))
                self._hub.tell({"type": "channel", "channel": frames.channel_view(channel)})
            case frames.NewPerson():
                await self._add_person(tab, frame.name)
            case frames.DeleteChannel():
                async with self._placing:
                    await self._delete_channel(frame.channel)

    async def _control(self, tab: Tab, frame: frames.Control) -> None:
        note = await self._own_or_any(frame.id)
        key, asker = conversation_key(note.channel, note.thread), Asker(frame.person, is_manager=True)
        controls = self._manager.controls
        match frame.action:
            case "regenerate":
                said = await controls.regenerate(key, asker, note.id)
            case "continue":
                said = await controls.go_on(key, note.id)
            case _:
                said = await controls.undo(key, asker, note.id)
        tab.tell({"type": "done", "text": said})

    async def _history(self, tab: Tab, frame: frames.History) -> None:
        """A page of the board, with the newest words of answers that are being written now."""
        notes, has_more = await self._board.page(frame.channel, frame.thread, frame.before, frame.back_to)
        is_bot_in = frame.thread is not None and await self._board.is_bot_in_thread(
            frame.channel, frame.thread
        )
        views = [self._hub.view(note) for note in notes]
        tab.tell(frames.history_frame(frame, views, has_more=has_more, is_bot_in=is_bot_in))

    async def _send(self, tab: Tab, frame: frames.Send) -> None:
        known = await self._board.get(frame.id)
        command = parse_command(known.text if known else frame.text)
        command = replace(command, by_manager=True) if command else None  # whoever is let in may do anything
        note = known or await self._new_note(frame, command)
        if note.is_deleted:
            return
        if known is None:
            await self._board.add(note)
        try:
            await self._manager.accept(to_incoming(note, command))
        except StorageError:
            if known is None:
                await self._board.remove(note.id)
            raise
        stored = await self._board.get(note.id) or note
        if known is None:
            self._hub.tell(frames.message_frame("message", stored))
        else:
            tab.tell(frames.message_frame("message", stored))

    async def _new_note(self, frame: frames.Send, command: Command | None) -> Note:
        channels = {channel.id: channel for channel in await self._board.channels()}
        people = {person.id: person for person in await self._board.people()}
        if frame.channel not in channels or frame.person not in people:
            raise FrameError("This channel or person is not here any more. Please reload the page.", frame.id)
        if frame.thread is not None and not await self._is_root(frame.channel, frame.thread):
            raise FrameError("The message that this thread hangs on is not here.", frame.id)
        here = conversation_key(frame.channel, frame.thread)
        note = Note(
            id=frame.id,
            channel=frame.channel,
            thread=frame.thread,
            author_id=frame.person,
            author_name=people[frame.person].name,
            text=frame.text,
            sent_ms=now_ms(),
            reply_to=frame.reply_to,
            is_command=command is not None,
            audience=frame.person if is_private(command, here=here) else None,
        )
        is_addressed = is_for_bot(
            note,
            self._bot_name,
            is_direct=channels[frame.channel].kind == DIRECT,
            answers_bot=await self._is_bots(frame.reply_to),
            is_bot_in_thread=bool(frame.thread)
            and await self._board.is_bot_in_thread(frame.channel, frame.thread or ""),
            rules=await self._manager.rules.of(here),
        )
        return replace(note, is_addressed=is_addressed)

    async def _is_root(self, channel: str, note_id: str) -> bool:
        """Whether a thread may hang on this message: one of the channel, not of another thread."""
        note = await self._board.get(note_id)
        return note is not None and note.channel == channel and note.thread is None

    async def _is_bots(self, note_id: str | None) -> bool:
        note = await self._board.get(note_id) if note_id else None
        return note is not None and note.is_bot

    async def _edit(self, frame: frames.Edit) -> None:
        note = await self._own_or_any(frame.id, is_own=True)
        if note.is_command:
            raise FrameError("A command cannot be edited once it was sent. Please send it again.", frame.id)
        edited_ms = now_ms()
        edited_at = datetime.fromtimestamp(edited_ms / 1000, UTC)
        key = conversation_key(note.channel, note.thread)
        await self._manager.amend(key, note.id, frame.text, edited_at)
        await self._board.set_text(note.id, frame.text, edited_ms)
        self._hub.tell(frames.message_frame("edit", replace(note, text=frame.text, edited_ms=edited_ms)))

    async def _delete(self, frame: frames.Delete) -> None:
        note = await self._own_or_any(frame.id, is_own=True)
        await self._manager.forget(conversation_key(note.channel, note.thread), note.id)
        await self._board.erase(note.id)
        self._hub.tell({"type": "delete", "id": note.id, "channel": note.channel, "thread": note.thread})

    async def _own_or_any(self, note_id: str, *, is_own: bool = False) -> Note:
        note = await self._board.get(note_id)
        if note is None or note.is_deleted:
            raise FrameError("That message is gone already.", note_id)
        if is_own and note.is_bot:
            raise FrameError("Only messages of people can be changed here.", note_id)
        return note

    async def _add_channel(self, name: str, wanted_id: str) -> Channel:
        async with self._naming:
            channels = await self._board.channels()
            if len(channels) >= MAX_CHANNELS:
                raise FrameError(f"There are {MAX_CHANNELS} channels already; that is as many as fit here.")
            taken = {channel.name.casefold() for channel in channels if channel.kind != DIRECT}
            channel = Channel(wanted_id, free_name(name, taken), "channel")
            if not await self._board.add_channel(channel):
                channel = replace(channel, id=f"{wanted_id[:40]}-{uuid4().hex[:6]}")
                await self._board.add_channel(channel)
            return channel

    async def _delete_channel(self, channel: str) -> None:
        if channel in frames.LASTING_CHANNELS:
            raise FrameError("This channel is always here; only its messages can be deleted.")
        if channel in self._importing:
            raise FrameError("A chat log is being read into this channel. Please try again in a moment.")
        if channel not in [known.id for known in await self._board.channels()]:
            raise FrameError("This channel is gone already.")
        await remove_channel(channel, self._board, self._hub, self._manager)
        self._hub.tell({"type": "channel_gone", "channel": channel})

    async def _add_person(self, tab: Tab, name: str) -> None:
        """Add a person; one who is here already is only told to the tab, which chooses them."""
        async with self._naming:
            people = await self._board.people()
            known = next((person for person in people if person.name.casefold() == name.casefold()), None)
            if known is not None:
                tab.tell({"type": "person", "person": frames.person_view(known)})
                return
            if len(people) >= MAX_PEOPLE:
                raise FrameError(f"There are {MAX_PEOPLE} people already; that is as many as fit here.")
            person = Person(f"{_slug(name)}-{uuid4().hex[:4]}", name)
            await self._board.add_person(person)
        self._hub.tell({"type": "person", "person": frames.person_view(person)})


def _of_channel(
    messages: Sequence[IncomingMessage], channel_id: str
) -> tuple[list[IncomingMessage], list[Note]]:
    """An imported log under the ids of its channel, as the bot and as the board keep it."""
    owned = [with_prefix(message, channel_id) for message in messages]
    return owned, [to_note(message) for message in owned]


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, or with the first number from 2 that makes it none of `taken`, which are case-folded."""
    endings = itertools.chain([""], (f"-{number}" for number in itertools.count(2)))
    names = (name[: frames.MAX_NAME_CHARS - len(ending)] + ending for ending in endings)
    return next(free for free in names if free.casefold() not in taken)


def _slug(name: str) -> str:
    """A short id made from a name, for people reading logs."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40] or uuid4().hex[:8]
