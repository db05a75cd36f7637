"""Reading: before an answer, what it rests on is read back from Slack, as far as memory has it not.

Here is for whom and for how long; a `Visitor` does it. Slack is called outside of a channel's turn, so its
events are taken meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from bot.conversation.access import NO_SUCH_PLACE, NOTHING_MISSING, Missing
from bot.conversation.manager import ConversationManager
from bot.errors import CommandError, PlatformError, StorageError, where
from bot.messages import ConversationKey, IncomingMessage, Progress
from bot.platforms.backfill import Backfill, UnreadableError
from bot.platforms.event_order import EventOrder
from bot.platforms.gaps import depth_of
from bot.platforms.patience import patiently
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.events import Events
from bot.platforms.slack.history import History, Taker
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.intake import ErasedError, Intake
from bot.platforms.slack.members import hears, may_read
from bot.platforms.slack.pages import NoScopeError, NotThereError, Pages
from bot.platforms.slack.payloads import Payload, part, text
from bot.platforms.slack.quota import LimitedError
from bot.platforms.slack.stretches import FIRST_TS, Stretches
from bot.platforms.slack.visit import Visit
from bot.platforms.slack.visitor import Visitor
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces

log = logging.getLogger(__name__)

FIRST_SIGN_S, SIGN_S = 0.2, 1.0
"""How long people are without a first sign of life, and between two."""

READING_S, TALKING_S = 75.0, 4.0
"""How long an answer waits for what was said: one that is about it, and one that goes by it."""

AFTER_OTHERS_S = 3.0
"""So long may be read at least after others have read there."""

MAX_TRUSTED = 20_000
"""Conversations that are known to be whole; of more, each is looked at once more."""

FRESH = timedelta(minutes=1)
"""Whoever gave a command so lately was in its channel, or they could not have."""

LIMITED = "Slack limits how fast I may read; ask again in a minute and I go on from there"
NO_ANSWER = "Slack does not answer"
NOT_NOW = "something went wrong; ask again in a minute"
NOT_HERE = "I am not in this channel, so I can read nothing of it. Type /invite @{name} and ask again."
NOT_TOLD = "I am not in this channel and hear nothing that is said here. Type /invite @{name} to change that."
NO_SCOPE = "I may not read what was said here: the app lacks the permission `{needed}`."
HIDDEN = "Slack hides what is older here, as the workspace's plan says."


COMINGS_AND_GOINGS = ("member_joined_channel", "member_left_channel", "channel_left", "group_left")
"""Events of somebody, or where nobody is named of the bot, who comes to a channel or leaves it."""


class Reading:
    """Reads channels for answers: `limit` messages for those that name no end, with 0 nothing."""

    def __init__(
        self,
        manager: ConversationManager,
        workspaces: Workspaces,
        order: EventOrder[str],
        edits: Edits,
        backfill: Backfill[Payload],
        limit: int,
    ) -> None:
        self._manager = manager
        self._workspaces = workspaces
        self._pages = Pages()
        self._intake = Intake(manager, order)
        self._edits = edits
        self._backfill = backfill
        self._limit = limit
        self._turns: WeakValueDictionary[ConversationKey, asyncio.Lock] = WeakValueDictionary()
        self._trusted: set[ConversationKey] = set()
        self._hindrances: dict[ConversationKey, str] = {}

    def listen(self, events: Events) -> None:
        """Be told who comes to a channel or leaves it."""
        for event_type in COMINGS_AND_GOINGS:
            events.listen(event_type, self.came_or_went)

    async def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress | Missing, None]:
        """See Access."""
        depth = depth_of(question.command, question.sent_at, self._limit)
        if not (depth.count and self._limit):
            return
        try:
            workspace = await self._workspaces.of(place.workspace_id)
        except NotInstalledError:
            return
        if is_old(question, place) and not await may_read(workspace, place.channel_id, question.author.id):
            raise CommandError(NO_SUCH_PLACE)
        loop = asyncio.get_running_loop()
        within_s = READING_S if depth.has_threads else TALKING_S
        visit = Visit(workspace, place, depth, loop.time() + within_s)
        reading = asyncio.create_task(self._read(visit, question))
        try:
            wait_s = FIRST_SIGN_S
            while not await _done_within(reading, wait_s):
                yield Progress(visit.line)
                wait_s = SIGN_S
            missing = reading.result()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        if missing.is_closed and depth.has_threads:
            is_here = place.channel_id == question.conversation.channel_id
            raise CommandError(NOT_HERE.format(name=workspace.me.name) if is_here else NO_SUCH_PLACE)
        yield missing

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        """What kept the bot from reading a place when it last tried, or if `is_live` keeps it from hearing
        what is said there; "" for nothing."""
        if not is_live:
            return self._hindrances.get(place.channel, "")
        try:
            workspace = await self._workspaces.of(place.workspace_id)
        except NotInstalledError:
            return ""
        is_told = await hears(workspace, place.channel_id)
        return "" if is_told else NOT_TOLD.format(name=workspace.me.name)

    async def came_or_went(self, workspace: Workspace, body: Payload) -> None:
        """Take the event that somebody came to a channel or left it: what was said while the bot was away it
        has not heard."""
        event = part(body, "event")
        if text(event, "user") in ("", workspace.me.user_id):
            self.doubt(workspace.id, text(event, "channel"))

    async def came_back(self, taker: Taker) -> None:
        """The bot connects after a while: have `taker` told of what it missed, beside all else. Call it
        before the first event is taken. Raises StorageError."""
        for workspace in self._workspaces.all():
            self.doubt(workspace.id)
            history = History(workspace, self._pages, self._manager.past, taker, self._edits)
            await patiently(partial(self._backfill.session_began, history))

    def doubt(self, workspace_id: str, channel_id: str | None = None) -> None:
        """Events of a channel, or of all of a workspace, may have been missed."""
        self._trusted = {
            key
            for key in self._trusted
            if key.workspace_id != workspace_id or channel_id not in (None, key.channel_id)
        }

    # --- one visit ---------------------------------------------------------------------------

    async def _read(self, visit: Visit, question: IncomingMessage) -> Missing:
        """Read what a visit wants; what is missing. Never an error."""
        lock = self._turns.setdefault(visit.channel, asyncio.Lock())
        try:
            was_busy = lock.locked()
            async with lock:
                if was_busy:
                    visit.until = max(visit.until, asyncio.get_running_loop().time() + AFTER_OTHERS_S)
                await self._fill_gaps(visit)
                return await self._visit(visit, question)
        except NotThereError:
            self._hindrances[visit.channel] = NOT_HERE.format(name=visit.workspace.me.name)
            return Missing(is_closed=True)
        except (ErasedError, StorageError, UnreadableError) as error:
            log.info("a channel could not be read: %s", where(error))
        except Exception as error:  # whatever it was, the answer must not be lost to it
            log.warning("a channel could not be read: %s", where(error))
        return Missing(lacks_newest=True, why=NOT_NOW) if visit.depth.has_threads else NOTHING_MISSING

    async def _fill_gaps(self, visit: Visit) -> None:
        """Take in first what was missed while the bot was away, if that is still to be done."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(visit.until):
                for key in dict.fromkeys((visit.channel, visit.key)):
                    await self._backfill.fill(key)

    async def _visit(self, visit: Visit, question: IncomingMessage) -> Missing:
        visit.written = await self._manager.past.stretches(visit.channel)
        visit.stretches = Stretches.from_json(visit.written)
        visit.is_trusted = visit.channel in self._trusted
        if self._is_known(visit):
            return NOTHING_MISSING
        self._hindrances.pop(visit.channel, None)
        with self._edits.watched(visit.key.channel_id) as edits:
            visitor = Visitor(visit, question, self._manager.past, self._pages, self._intake, edits)
            await self._visit_with(visitor, visit)
        if not visit.depth.has_threads:
            return NOTHING_MISSING
        floor = await visitor.floor()
        if visit.stretches.is_limited and floor == FIRST_TS:
            self._hindrances[visit.channel] = HIDDEN
        return visit.missing(floor)

    async def _visit_with(self, visitor: Visitor, visit: Visit) -> None:
        """Read as far as it goes. Raises UnreadableError where the bot may not read at all."""
        try:
            await visitor.read()
        except LimitedError:
            visit.why = LIMITED
        except NoScopeError as error:
            self._hindrances[visit.channel] = NO_SCOPE.format(needed=error.needed)
        except UnreadableError:
            raise
        except PlatformError as error:
            log.warning("a channel could not be read to the end: %s", error)
            visit.why = NO_ANSWER
        else:
            if len(self._trusted) >= MAX_TRUSTED:
                self._trusted.clear()
            self._trusted.add(visit.key)

    def _is_known(self, visit: Visit) -> bool:
        """Whether talk needs no call: all that was said since the bot came here reached it by events."""
        return not visit.depth.has_threads and visit.key in self._trusted


def is_old(question: IncomingMessage, place: ConversationKey) -> bool:
    """Whether somebody gave a command about its own place so long ago that they may not be there any more:
    the bot was away, or makes the answer again. (Of another place Slack was just asked.)"""
    command, author = question.command, question.author
    is_about_here = place.channel_id == question.conversation.channel_id
    is_open = place.channel_id.startswith(DIRECT) or command is None or command.given == "said"
    return is_about_here and not (is_open or author.is_bot) and datetime.now(UTC) - question.sent_at > FRESH


async def _done_within(work: asyncio.Task[Missing], seconds: float) -> bool:
    """Whether `work` is done after at most `seconds`; it goes on if not."""
    await asyncio.wait({work}, timeout=seconds)
    return work.done()
