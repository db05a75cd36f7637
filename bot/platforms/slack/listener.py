"""What happens in Slack, told to the manager: messages, edits, deletions, commands, each channel in order.

What a call returns from has been written down, and only then is the event acknowledged; what it raises from,
Slack delivers again. It decides nothing about answers and posts nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.manager import ConversationManager
from bot.errors import CommandError, StorageError
from bot.messages import IncomingMessage
from bot.platforms.called_threads import CalledThreads
from bot.platforms.event_order import EventOrder
from bot.platforms.patience import patiently
from bot.platforms.slack import incoming
from bot.platforms.slack.attachments import read_files
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.contents import files_of, line_of
from bot.platforms.slack.events import Events
from bot.platforms.slack.markup import mentioned
from bot.platforms.slack.mrkdwn import to_mrkdwn
from bot.platforms.slack.pane import Pane
from bot.platforms.slack.payloads import Payload, moment, part, text
from bot.platforms.slack.response_urls import ResponseUrls
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces

log = logging.getLogger(__name__)

LATE_CALL = timedelta(minutes=15)
"""How old a message may be that an edit makes a question."""

COMMAND_RETRY_S = (0.2, 0.5, 1.0)
"""Waits while the database refuses a command: Slack delivers it once, and waits three seconds."""

WORKING = "One moment …"


class Listener:
    """Tells the manager what happened. One instance for all connections of a run."""

    def __init__(
        self,
        manager: ConversationManager,
        workspaces: Workspaces,
        response_urls: ResponseUrls,
        order: EventOrder[str],
        edits: Edits,
        open_form: Callable[[Workspace, Payload], Awaitable[bool]],
        pane: Pane,
    ) -> None:
        """`open_form` may open a form for a slash command that lacks words, and is then True."""
        self._manager = manager
        self._workspaces = workspaces
        self._response_urls = response_urls
        self._threads = CalledThreads(manager)
        self._order = order
        self._edits = edits
        self._open_form = open_form
        self._pane = pane

    def listen(self, events: Events) -> None:
        """Be told of messages."""
        for event_type in ("message", "app_mention"):
            events.listen(event_type, self.message)

    async def message(self, workspace: Workspace, body: Payload) -> None:
        """Take an event about a message. Raises StorageError: then it must not be acknowledged."""
        kind = incoming.kind_of(body)
        if kind == "other":
            return
        asking = asyncio.create_task(self._ask_for_names(workspace, body))
        async with self._order.turn(text(part(body, "event"), "channel")):
            await asking
            if kind == "message":
                await self._message(workspace, body)
            elif kind == "edit":
                await self._edit(workspace, body)
            elif deletion := incoming.to_deletion(body):
                await self._manager.forget(*deletion)

    async def missed(self, workspace: Workspace, body: Payload, *, is_late: bool) -> None:
        """Take a message that Slack did not tell of when it was posted; one that `is_late` is not answered.
        Raises StorageError."""
        async with self._order.turn(text(part(body, "event"), "channel")):
            await self._message(workspace, body, is_late=is_late)

    async def command(self, payload: Payload) -> str:
        """Take a slash command; what the person is to be told at once, in mrkdwn, "" for nothing."""
        self._order.arrive()
        user = text(payload, "user_id")
        people = mentioned(text(payload, "text")) | {user}
        try:
            workspace = await self._workspaces.of(incoming.workspace_of(payload))
            if await self._open_form(workspace, payload):
                return ""
            names = await workspace.names.of(people)
            message = incoming.from_command(
                payload, datetime.now(UTC), names, author=workspace.names.person(user)
            )
            if refusal := self._manager.rate.refusal(message):
                return to_mrkdwn(refusal)
            self._response_urls.add(message.message_id, text(payload, "response_url"))
            async with self._order.turn(text(payload, "channel_id")):
                await patiently(lambda: self._manager.accept(message), COMMAND_RETRY_S)
        except (CommandError, NotInstalledError) as error:
            return to_mrkdwn(with_names_here(error.user_message))
        except StorageError as error:
            log.error("a command could not be taken: %s", error)
            return to_mrkdwn(error.user_message)
        return WORKING

    async def settle(self, timeout_s: float) -> None:
        """Wait until the events that have arrived are handled."""
        await self._order.settle(timeout_s)

    # --- inside ------------------------------------------------------------------------------

    async def _ask_for_names(self, workspace: Workspace, body: Payload) -> None:
        """Have names known while earlier events still have their turn: Slack may be slow to tell them, and an
        event that waits for the turn of others must be acknowledged in time too."""
        if incoming.is_from_person(incoming.message_in(body), workspace.me):
            await workspace.names.of(incoming.people_of(body, workspace.me))

    async def _message(self, workspace: Workspace, body: Payload, *, is_late: bool = False) -> None:
        heard = await self._heard(workspace, body)
        if heard is not None:
            await self._accept(workspace, body, heard, is_late=is_late)

    async def _accept(
        self, workspace: Workspace, body: Payload, heard: IncomingMessage, *, is_late: bool = False
    ) -> None:
        heard = await self._pane.about_this_channel(workspace, heard)
        if is_late:
            heard = replace(heard, is_addressed=False)
        if await self._manager.accept(heard) and heard.is_addressed:
            if heard.conversation.thread_id is not None:
                self._threads.add(heard.conversation)
            workspace.status.show(heard.conversation)
            names = await workspace.names.of(incoming.people_of(body, workspace.me))
            self._pane.answering(workspace, heard, line_of(incoming.message_in(body), workspace.me, names))

    async def _edit(self, workspace: Workspace, body: Payload) -> None:
        """Remember a message as it now reads. One that calls the bot only now is a question now."""
        message = incoming.message_in(body)
        if not incoming.is_from_person(message, workspace.me):
            return
        self._edits.note(text(part(body, "event"), "channel"), message)
        if not incoming.is_edit(body):
            return
        await self._remember_as_it_was(workspace, body, message)
        heard = await self._heard(workspace, body)
        if edit := incoming.to_edit(body, heard):
            await self._manager.amend(*edit)
        is_new = heard is not None and datetime.now(UTC) - heard.sent_at < LATE_CALL
        if heard and is_new and incoming.became_call(body, workspace.me):
            await self._accept(workspace, body, heard)

    async def _remember_as_it_was(self, workspace: Workspace, body: Payload, message: Payload) -> None:
        """Of a new message whose edit overtook it, take what it was, so that memory can follow the edit. The
        event that was overtaken will have it answered."""
        key, sent_at = incoming.conversation_key(body, message), moment(text(message, "ts"))
        if sent_at is None or datetime.now(UTC) - sent_at > LATE_CALL:
            return
        if not await self._manager.past.is_known(key, text(message, "ts")):
            heard = await self._heard(workspace, incoming.as_it_was(body))
            if heard is not None:
                await self._manager.accept(replace(heard, is_addressed=False))

    async def _heard(self, workspace: Workspace, body: Payload) -> IncomingMessage | None:
        """A message as the bot is told of it, one that is for it with the text of its files; None for what is
        nothing to it."""
        message, me = incoming.message_in(body), workspace.me
        if not incoming.is_from_person(message, me):
            return None
        names = await workspace.names.of(incoming.people_of(body, me))
        author = workspace.names.person(text(message, "user"))
        if author.is_bot:
            return None
        key = incoming.conversation_key(body, message)
        is_called_into = key.thread_id is not None and await self._threads.has(key)
        rules = await self._manager.rules.of(key)

        def heard(files: Sequence[str] = ()) -> IncomingMessage | None:
            return incoming.to_incoming(
                body, me, names, is_called_into=is_called_into, author=author, rules=rules, files=files
            )

        told = heard()
        if told is None or not told.is_addressed or not files_of(message):
            return told
        return heard(await read_files(workspace.hasty_client, message))
