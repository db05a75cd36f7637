"""Slack's own history, for backfill: what was missed while the bot was away, in a workspace.

It decides neither what is read nor what becomes of it. Slack does not list where something was said last: of
conversations that memory does not know, some are looked into.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.conversation.past import Past as KnownPast
from bot.messages import ConversationKey, IncomingMessage
from bot.platforms.backfill import PAGE, READING_S
from bot.platforms.gaps import Past, Place
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.incoming import PLATFORM, to_incoming
from bot.platforms.slack.memberships import memberships
from bot.platforms.slack.pages import MAX_PAGE, Page, Pages
from bot.platforms.slack.payloads import Payload, moment, part, text
from bot.platforms.slack.remembering import as_event
from bot.platforms.slack.visit import thread_of, to_ts
from bot.platforms.slack.workspaces import Workspace
from bot.storage.known import KnownMessage

LOOKED_INTO = 20
"""Conversations unknown to memory that are looked into after a break."""

QUIET_THREAD = timedelta(days=1)
"""Threads that were silent for longer are read again only where the channel shows something new in them."""

_KINDS = "public_channel,private_channel,mpim,im"


class Taker(Protocol):
    """Who takes what was missed, as if Slack had just told of it."""

    async def message(self, workspace: Workspace, body: Payload) -> None: ...

    async def missed(self, workspace: Workspace, body: Payload, *, is_late: bool) -> None: ...


class History:
    """What can be read in one workspace after one break. See `Reader`."""

    platform = PLATFORM

    def __init__(
        self, workspace: Workspace, pages: Pages, past: KnownPast, taker: Taker, edits: Edits
    ) -> None:
        self._workspace = workspace
        self._pages = pages
        self._past = past
        self._taker = taker
        self._edits = edits
        self._edited: dict[str, Mapping[str, Payload]] = {}
        self._hidden_before: dict[ConversationKey, str] = {}
        self._news: dict[ConversationKey, set[ConversationKey]] = {}

    def serves(self, key: ConversationKey) -> bool:
        """See Reader."""
        return key.workspace_id == self._workspace.id

    @asynccontextmanager
    async def turn(self, key: ConversationKey) -> AsyncIterator[None]:
        """See Reader. Events are taken all the time, since Slack wants them acknowledged; what they change is
        known here, and memory takes the newest edit only."""
        with self._edits.watched(key.channel_id) as edited:
            self._edited[key.channel_id] = edited
            yield

    async def places(self) -> list[Place]:
        """See Reader: those that memory does not know, with what was said there last. Of an organisation
        Slack lists none without the name of a workspace."""
        if self._workspace.is_organisation:
            return []
        known = {reach.conversation.channel_id for reach in await self._past.reach(PLATFORM)}
        channels = [text(channel, "id") for channel in await memberships(self._workspace, _KINDS)]
        unknown = [channel for channel in channels if channel not in known]
        if not known:
            return []  # the bot is new here
        return [await self._place(channel) for channel in unknown[:LOOKED_INTO]]

    async def page(self, key: ConversationKey, before: str | None) -> list[Past[Payload]]:
        """See Reader. A thread is read whole at once."""
        if key.thread_id is not None:
            return [] if before else await self._thread(key, key.thread_id)
        messages: list[Payload] = []
        cursor = ""
        while len(messages) < PAGE:
            page = await self._page(key.channel_id, before or "", cursor, MAX_PAGE)
            messages += page.messages
            cursor = page.cursor
            if not cursor:
                break
        if page.is_limited and messages:
            self._hidden_before[key] = text(messages[-1], "ts")
        await self._note_news(key, messages)
        return _past(messages)

    def threads(self, key: ConversationKey) -> Sequence[ConversationKey]:
        """See Reader."""
        return sorted(self._news.get(key, ()), key=str, reverse=True)

    def remembered(self, key: ConversationKey, past: Past[Payload]) -> IncomingMessage | None:
        """See Reader."""
        return to_incoming(as_event(self._workspace, key.channel_id, past.message), self._workspace.me, {})

    async def accept(self, key: ConversationKey, past: Past[Payload], *, is_late: bool) -> None:
        """See Reader."""
        message = self._edited.get(key.channel_id, {}).get(past.id, past.message)
        body = as_event(self._workspace, key.channel_id, message)
        await self._taker.missed(self._workspace, body, is_late=is_late)

    async def amend(self, key: ConversationKey, past: Past[Payload]) -> None:
        """See Reader."""
        body = as_event(self._workspace, key.channel_id, past.message)
        event = {"type": "message", "subtype": "message_changed", "channel": key.channel_id}
        await self._taker.message(self._workspace, {**body, "event": {**event, "message": past.message}})

    def is_from_here(self, key: ConversationKey, known: KnownMessage) -> bool:
        """See Reader. What was shown to one person has no place in Slack's history, and what Slack hides for
        the workspace's plan was not deleted."""
        return moment(known.message_id) is not None and known.message_id >= self._hidden_before.get(key, "")

    # --- inside ------------------------------------------------------------------------------

    async def _place(self, channel_id: str) -> Place:
        page = await self._page(channel_id, "", "", 1)
        last = text(page.messages[0], "ts") if page.messages else ""
        return Place(ConversationKey(PLATFORM, self._workspace.id, channel_id), moment(last), last)

    async def _page(self, channel_id: str, before: str, cursor: str, limit: int) -> Page:
        until = asyncio.get_running_loop().time() + READING_S
        return await self._pages.history(
            self._workspace,
            channel_id,
            before=before,
            cursor=cursor,
            limit=limit,
            until=until,
            is_urgent=False,
        )

    async def _thread(self, key: ConversationKey, root: str) -> list[Past[Payload]]:
        """All replies of a thread, newest first, if anything may be new in it."""
        newest = await self._past.place_of_newest(key, 1)
        is_quiet = newest is not None and to_ts(newest) < to_ts(datetime.now(UTC) - QUIET_THREAD)
        if is_quiet and key not in self._news.get(key.channel, ()):
            return []
        replies: list[Payload] = []
        cursor = ""
        until = asyncio.get_running_loop().time() + READING_S
        while True:
            page = await self._pages.replies(
                self._workspace, key.channel_id, root, cursor=cursor, until=until, is_urgent=False
            )
            replies += [message for message in page.messages if text(message, "ts") != root]
            cursor = page.cursor
            if not cursor:
                return _past(replies[::-1])

    async def _note_news(self, key: ConversationKey, messages: Sequence[Payload]) -> None:
        """Note the threads that have a reply which memory lacks."""
        latest = {
            thread.latest: text(message, "ts") for message in messages if (thread := thread_of(message))
        }
        unknown = await self._past.unknown(key, list(latest))
        news = self._news.setdefault(key, set())
        news |= {replace(key, thread_id=latest[ts]) for ts in unknown}


def _past(messages: Sequence[Payload]) -> list[Past[Payload]]:
    """Messages as they are compared with memory; one that was emptied is not there any more."""
    return [
        Past(text(message, "ts"), sent_at, moment(text(part(message, "edited"), "ts")), message)
        for message in messages
        if (sent_at := moment(text(message, "ts"))) and text(message, "subtype") != "tombstone"
    ]
