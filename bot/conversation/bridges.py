"""Bridges: what people say in a channel, kept in step in another language.

Each message of a bridged channel becomes a job in a lane beside the channel, so that translations are as
durable as answers are, never wait behind them, and never hold them up. The lane keeps ids alone: what was
said is read from memory when its turn comes. Knows storage and replies; how a text is translated is the
task's business.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal

from bot.conversation.reply import Reply
from bot.conversation.text.safety import is_blank
from bot.errors import BotError, CommandError, WorkerBusyError
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Piece
from bot.storage.records import Job
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

RunTask = Callable[[tuple[IncomingMessage, ...], str, Reply], AsyncGenerator[Piece, None]]

LANES_AT_ONCE = 3
"""Bridged channels whose messages are translated at the same time while nobody waits for an answer."""

BUSY_RETRY_S = (1.0, 3.0, 10.0, 30.0)
"""Waits between attempts at a translation while the model has too much to do."""

SETTING = "bridge"
_ENDED = "bridge-ended"
"""The setting with the channel that this one was in step with."""
POST = "bridge-post"
"""The name of the task that makes one translation."""
_LANE = "bridge:"


@dataclass(frozen=True, slots=True)
class Bridge:
    """The bridge of one channel, by ISO 639-1 codes.

    "to": into the one of `languages`; "pair": between the two of them; "with": into `channel`, in the one of
    `languages`, as long as that channel has a bridge with this one.
    """

    kind: Literal["to", "pair", "with"]
    languages: tuple[str, ...]
    channel: str = ""

    def to_setting(self) -> str:
        """The text that is kept of it."""
        return json.dumps([self.kind, self.languages, self.channel])

    @classmethod
    def of_setting(cls, setting: str | None) -> Bridge | None:
        """The bridge that was kept, if one was."""
        if setting is None:
            return None
        kind, languages, channel = json.loads(setting)
        return cls(kind, tuple(languages), channel)


def is_lane(key: ConversationKey) -> bool:
    """Whether a conversation is a lane: nothing is said in it."""
    return key.channel_id.startswith(_LANE)


def lanes_of(key: ConversationKey) -> ConversationKey:
    """The key that all lanes of a channel share."""
    return replace(key, channel_id=_LANE + key.channel_id, thread_id=None)


def _lane(source: ConversationKey, destination: ConversationKey) -> ConversationKey:
    return replace(lanes_of(source), thread_id=json.dumps([destination.channel_id, destination.thread_id]))


def source_of(lane: ConversationKey) -> ConversationKey:
    """The channel whose messages a lane has."""
    return replace(lane, channel_id=lane.channel_id.removeprefix(_LANE), thread_id=None)


def destination_of(lane: ConversationKey) -> ConversationKey:
    """Where the translations of a lane go."""
    channel_id, thread_id = json.loads(lane.thread_id or "[]")
    return replace(lane, channel_id=channel_id, thread_id=thread_id)


async def bridge_of(store: HistoryStore, key: ConversationKey) -> Bridge | None:
    """The bridge that is in force in a channel. One with another channel needs the other side's too."""
    bridge = Bridge.of_setting(await store.setting(key.channel, SETTING))
    if bridge is None or bridge.kind != "with":
        return bridge
    other = replace(key, channel_id=bridge.channel, thread_id=None)
    back = Bridge.of_setting(await store.setting(other, SETTING))
    return bridge if back is not None and (back.kind, back.channel) == ("with", key.channel_id) else None


async def begin(store: HistoryStore, key: ConversationKey, bridge: Bridge) -> None:
    """Put a bridge in force in a channel, in the place of the one before. Raises CommandError where that is
    in step with another channel, which is not to be cut off in passing."""
    live = await bridge_of(store, key)
    if live is not None and live.kind == "with" and live.channel != bridge.channel:
        raise CommandError(
            f"This channel is in step with #{live.channel}. `/bridge off` ends that; then try again."
        )
    await store.set_setting(key, SETTING, bridge.to_setting())
    await store.set_setting(key, _ENDED, None)


async def end(store: HistoryStore, key: ConversationKey) -> None:
    """Remove the bridge of a channel; a pair ends on both sides, and both are told when they ask."""
    live = await bridge_of(store, key)
    if live is not None and live.kind == "with":
        other = replace(key, channel_id=live.channel)
        await store.set_setting(other, SETTING, None)
        await store.set_setting(other, _ENDED, key.channel_id)
        await store.set_setting(key, _ENDED, live.channel)
    await store.set_setting(key, SETTING, None)


async def was_in_step(store: HistoryStore, key: ConversationKey) -> str:
    """A sentence about the pair that ended last in a channel, "" where none did."""
    other = await store.setting(key, _ENDED)
    return "" if other is None else f"This channel was in step with #{other}, until that was ended. "


class Bridges:
    """The bridges of all channels, as the manager uses them."""

    def __init__(self, store: HistoryStore, bot_name: str) -> None:
        self._store = store
        self._bot_name = bot_name

    async def lane_for(self, message: IncomingMessage) -> ConversationKey | None:
        """Write a message down to be translated, if its channel has a bridge; returns the lane that then has
        something to do. The bot's own messages, other bots' and commands never are."""
        is_talk = message.command is None and not message.author.is_bot and not is_blank(message.text)
        bridge = await bridge_of(self._store, message.conversation) if is_talk else None
        if bridge is None:
            return None
        source = message.conversation
        is_mirrored = bridge.kind == "with"
        place = replace(source, channel_id=bridge.channel, thread_id=None) if is_mirrored else source
        lane = _lane(source, place)
        job = IncomingMessage(
            conversation=lane,
            message_id=message.message_id,
            event_id=f"{_LANE}{message.event_id}",
            author=Author(message.author.id, ""),
            text="",
            sent_at=message.sent_at,
            is_addressed=True,
            command=Command(POST),
        )
        await self._store.accept(job)
        return lane

    async def is_to_bridge(self, message: IncomingMessage) -> bool:
        """Whether a message replies to a translation without calling the bot: it is meant for the person
        whose words those are."""
        is_called = message.is_call or self._bot_name.casefold() in message.text.casefold()
        if message.command is not None or message.reply_to is None or is_called:
            return False
        lanes = [lanes_of(message.conversation)]
        if (bridge := await bridge_of(self._store, message.conversation)) and bridge.channel:
            lanes.append(replace(lanes[0], channel_id=_LANE + bridge.channel))
        posts = [await self._store.message_of_post(lane, message.reply_to) for lane in lanes]
        return any(posts)

    async def reply(self, job: Job) -> Reply:
        """The reply of a lane's job, as the platform is to show it: under the message itself, or in the other
        channel, under the counterpart of what the message replies to."""
        source, place = source_of(job.conversation), destination_of(job.conversation)
        reply = Reply(job, place)
        reply.is_quiet = True
        shown = replace(job.messages[-1], conversation=place, command=None)
        if place.channel_id != source.channel_id:
            counterpart = await self._counterpart(source, place, shown.message_id)
            nowhere = replace(shown, conversation=source, command=Command(POST))
            shown = replace(shown, message_id=counterpart) if counterpart else nowhere
        reply.messages = (shown,)
        return reply

    async def _counterpart(
        self, source: ConversationKey, place: ConversationKey, message_id: str
    ) -> str | None:
        """What stands in `place` for the message that this one replies to, or whose thread it is in."""
        around = await self._store.turns_around(source, message_id, 0, 0)
        target = (around[0].reply_to or around[0].thread_id) if around else None
        if target is None:
            return None
        posts = await self._store.posts_to_message(lanes_of(source), target)
        return posts[0] if posts else await self._store.message_of_post(lanes_of(place), target)

    async def question(self, job: Job) -> IncomingMessage | None:
        """The message that a lane's job is about, for the task: as it reads now, and with what is to be done.
        None where it is gone or its bridge is no more."""
        source, place = source_of(job.conversation), destination_of(job.conversation)
        bridge = await bridge_of(self._store, source)
        around = await self._store.turns_around(source, job.messages[-1].message_id, 0, 0)
        if bridge is None or place.channel_id != (bridge.channel or source.channel_id) or not around:
            return None
        turn = around[0]
        options = {"kind": bridge.kind, "languages": ",".join(bridge.languages)}
        return replace(
            job.messages[-1],
            conversation=replace(source, thread_id=turn.thread_id),
            author=turn.author or job.messages[-1].author,
            text=turn.text,
            command=Command(POST, options),
            reply_to=turn.reply_to,
        )


class Lanes:
    """The lanes that have something to do: few at once, and one alone while people wait for answers."""

    def __init__(self) -> None:
        self._waiting: deque[ConversationKey] = deque()
        self._out = 0

    def add(self, lane: ConversationKey) -> None:
        """A lane waits for its turn."""
        self._waiting.append(lane)

    def admit(self, *, is_busy: bool) -> Iterator[ConversationKey]:
        """The lanes whose turn it is. `is_busy`: people's answers are being made."""
        while self._waiting and self._out < (1 if is_busy else LANES_AT_ONCE):
            self._out += 1
            yield self._waiting.popleft()

    def leave(self, key: ConversationKey) -> None:
        """A conversation's turn is over; it counts if it is a lane."""
        self._out -= is_lane(key)


async def translated(question: IncomingMessage, reply: Reply, run: RunTask) -> str:
    """What a bridge shows of a message, by the task that `run` runs; "" for nothing. While the model has too
    much to do it tries again. A failure is the operator's matter alone."""
    for wait_s in (*BUSY_RETRY_S, None):
        try:
            async with aclosing(run((question,), str(reply.reply_id), reply)) as pieces:
                return "".join([piece async for piece in pieces if isinstance(piece, str)])
        except WorkerBusyError:
            if wait_s is not None:
                await asyncio.sleep(wait_s)
        except BotError as error:
            log.warning("reply %d: a message was not translated: %s", reply.reply_id, error)
            break
    return ""
