"""Pane: the agent's own place in Slack, where people talk to the bot beside what they look at.

It suggests what to ask, gives conversations a title, knows which channel "this channel" is, and hears Slack's
own button to stop. Both kinds of apps: agents, and assistants as they were before. What a person looks at is
kept until they look at something else, or want to be forgotten; who may read it is asked when it is read.
https://docs.slack.dev/ai/migrating-to-agent-messaging
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Coroutine
from dataclasses import replace

from slack_sdk.errors import SlackApiError

from bot.conversation.commands import command_in, in_zone
from bot.conversation.controls import Asker
from bot.conversation.manager import ConversationManager
from bot.errors import BotError, CommandError
from bot.messages import ConversationKey, IncomingMessage
from bot.platforms.event_order import EventOrder
from bot.platforms.slack.access import UNSEEN
from bot.platforms.slack.commands import without_prefix
from bot.platforms.slack.events import Events
from bot.platforms.slack.incoming import DIRECT, PLATFORM, given_by
from bot.platforms.slack.members import may_read
from bot.platforms.slack.payloads import Payload, part, parts, text
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of
from bot.platforms.slack.prompts import suggestions, title_of
from bot.platforms.slack.refusals import Refusals
from bot.platforms.slack.workspaces import Workspace
from bot.storage.records import OPTED_OUT
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

LOOKS_AT = "looks-at"
"""The setting of a person: the channel that they look at."""

MAX_TITLED = 10_000

_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{2,40}")
_THIS_CHANNEL = re.compile(
    r"\bthis channel\b|\b(?:este|neste|deste|esse) canal\b|\bce (?:canal|salon)\b"
    r"|\bdiese[nmrs]? (?:kanals?|channels?)\b|这个?频道|這個?頻道|このチャンネル",
    re.I,
)


class Pane:
    """Of one bot, in all workspaces."""

    def __init__(self, manager: ConversationManager, store: HistoryStore, order: EventOrder[str]) -> None:
        self._manager = manager
        self._store = store
        self._order = order
        self._refusals: dict[str, Refusals] = {}
        self._titled: dict[ConversationKey, None] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    def listen(self, events: Events) -> None:
        """Be told who opens the pane, what they look at there, and who stops an answer."""
        events.listen("app_home_opened", self.opened)
        events.listen("app_context_changed", self.looked)
        events.listen("assistant_thread_started", self.started)
        events.listen("assistant_thread_context_changed", self.looked)
        events.listen("agent_session_stopped", self.stopped)

    async def opened(self, workspace: Workspace, body: Payload) -> None:
        """Somebody opened the agent's messages: suggest what to ask. Raises StorageError."""
        event = part(body, "event")
        if text(event, "tab") == "messages":
            if "context" in event:
                await self.looked(workspace, body)
            channel_id, user_id = text(event, "channel"), text(event, "user")
            self._start(self._suggest(workspace, user_id, {"channel_id": channel_id}))

    async def started(self, workspace: Workspace, body: Payload) -> None:
        """Somebody began a conversation with the assistant: suggest what to ask. Raises StorageError."""
        thread = part(body, "event", "assistant_thread")
        await self.looked(workspace, body)
        place = {"channel_id": text(thread, "channel_id"), "thread_ts": text(thread, "thread_ts")}
        self._start(self._suggest(workspace, text(thread, "user_id"), place))

    async def looked(self, workspace: Workspace, body: Payload) -> None:
        """Remember which channel a person looks at by now. Raises StorageError."""
        event = part(body, "event")
        user_id = text(event, "user") or text(part(event, "assistant_thread"), "user_id")
        if not user_id:
            return
        place, seen = _place(workspace), seen_in(event)
        async with self._order.turn(f"{workspace.id} {user_id}"):
            # Of who wants nothing remembered not even that is kept.
            if await self._store.person_setting(place, user_id, OPTED_OUT[0]) == OPTED_OUT[1]:
                seen = None
            if seen != await self.context_of(workspace, user_id):
                await self._store.set_person_setting(place, user_id, LOOKS_AT, seen)

    async def context_of(self, workspace: Workspace, user_id: str) -> str | None:
        """The channel that a person looks at, as far as Slack told; whether they may read it is not known.
        Raises StorageError."""
        return await self._store.person_setting(_place(workspace), user_id, LOOKS_AT)

    async def about_this_channel(self, workspace: Workspace, heard: IncomingMessage) -> IncomingMessage:
        """A message as it is to be taken: in the pane a command about "this channel" is about the one that
        the person looks at. Where Slack does not tell it, that is `UNSEEN`. Raises StorageError."""
        if not (heard.conversation.channel_id.startswith(DIRECT) and _THIS_CHANNEL.search(heard.text)):
            return heard
        seen = await self.context_of(workspace, heard.author.id) or UNSEEN
        command = command_in(without_prefix(_THIS_CHANNEL.sub(f"<#{seen}>", heard.text)))
        if command is None or "channel" not in command.options:
            return heard
        person = workspace.names.person(heard.author.id)
        command = in_zone(given_by(command, person, is_own=True), heard.sent_at.astimezone(person.zone))
        return replace(heard, command=command)

    def answering(self, workspace: Workspace, heard: IncomingMessage, typed: str) -> None:
        """A question was taken: what was `typed` first gives its conversation in the pane a title."""
        key = heard.conversation
        if key.thread_id is None or not key.channel_id.startswith(DIRECT) or key in self._titled:
            return
        self._titled[key] = None
        if len(self._titled) > MAX_TITLED:
            del self._titled[next(iter(self._titled))]
        self._start(self._give_title(workspace, key, title_of(typed)))

    async def stopped(self, workspace: Workspace, body: Payload) -> None:
        """Somebody pressed Slack's button to stop. Raises StorageError."""
        event = part(body, "event")
        channel_id, user_id = text(event, "channel"), text(event, "user")
        key = ConversationKey(PLATFORM, workspace.id, channel_id, text(event, "thread_ts") or None)
        await workspace.names.of({user_id})
        manages = workspace.names.person(user_id).is_manager or channel_id.startswith(DIRECT)
        try:
            if not await self._manager.stop(key, Asker(user_id, manages)):
                workspace.sessions.end(key)
        except CommandError as error:
            self._start(self._tell(workspace, key, user_id, error))

    async def close(self) -> None:
        """Give up what is on its way."""
        at_work = list(self._at_work)
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)

    # --- inside ------------------------------------------------------------------------------

    async def _suggest(self, workspace: Workspace, user_id: str, place: dict[str, str]) -> None:
        refusals = self._refusals.setdefault(workspace.id, Refusals())
        if not refusals.is_open:
            return
        seen = await self.context_of(workspace, user_id)
        await workspace.names.of({user_id})
        if seen is not None and not await may_read(workspace, seen, user_id):
            seen = None
        title, prompts = suggestions(workspace.names.person(user_id).language, seen)
        call = {**place, "title": title, "prompts": prompts}
        try:
            await workspace.hasty_client.api_call("assistant.threads.setSuggestedPrompts", json=call)
        except SlackApiError as error:
            refusals.note(code_of(error))

    async def _give_title(self, workspace: Workspace, key: ConversationKey, title: str) -> None:
        refusals = self._refusals.setdefault(workspace.id, Refusals())
        if not title or not refusals.is_open or len(await self._manager.history(key, limit=2)) > 1:
            return
        call = {"channel_id": key.channel_id, "thread_ts": key.thread_id, "title": title}
        try:
            await workspace.hasty_client.api_call("assistant.threads.setTitle", json=call)
        except SlackApiError as error:
            refusals.note(code_of(error))

    async def _tell(
        self, workspace: Workspace, key: ConversationKey, user_id: str, error: CommandError
    ) -> None:
        thread = {"thread_ts": key.thread_id} if key.thread_id else {}
        call = {"channel": key.channel_id, "user": user_id, "text": error.user_message, **thread}
        await workspace.client.api_call("chat.postEphemeral", json=call)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(_without_fail(work))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)


def seen_in(event: Payload) -> str | None:
    """The channel that a person looks at, by an event of an agent's or an assistant's; None for none."""
    found = [text(part(event, "assistant_thread", "context"), "channel_id")]
    for entity in parts(part(event, "context"), "entities"):
        found += [text(entity, "value"), text(part(entity, "value"), "channel_id")]
    return next((one for one in found if _CHANNEL_ID.fullmatch(one)), None)


async def _without_fail(work: Coroutine[None, None, None]) -> None:
    """What only makes the pane nicer is no error when it fails."""
    try:
        await work
    except (BotError, SlackApiError, *CONNECTION_ERRORS) as error:
        log.debug("the pane: %s", type(error).__name__)


def _place(workspace: Workspace) -> ConversationKey:
    """What settings of people in a workspace are kept by."""
    return ConversationKey(PLATFORM, workspace.id, "")
