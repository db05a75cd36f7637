"""Reading: before an answer, what it rests on is read back from Slack, as far as memory has it not.

Here is the policy: how far, in which order, for how long. What was read is written down at once and noted, so
that the next reading goes on where this one stopped. Slack is called outside of a channel's turn, so its
events are taken meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

from bot.conversation.access import NO_SUCH_PLACE, NOTHING_MISSING, Missing
from bot.conversation.manager import ConversationManager
from bot.conversation.summaries.scope import ids_in
from bot.conversation.tasks import catchup
from bot.errors import CommandError, PlatformError, StorageError, where
from bot.messages import ConversationKey, IncomingMessage, Progress
from bot.platforms.backfill import Backfill, UnreadableError
from bot.platforms.event_order import EventOrder
from bot.platforms.gaps import depth_of
from bot.platforms.patience import patiently
from bot.platforms.slack.changed import Edits
from bot.platforms.slack.history import History, Taker
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.intake import ErasedError, Intake
from bot.platforms.slack.members import hears, may_read
from bot.platforms.slack.pages import LimitedError, NoScopeError, NotThereError, Page, Pages
from bot.platforms.slack.payloads import Payload, moment, part, text
from bot.platforms.slack.stretches import FIRST_TS, Hole, Stretches, Thread
from bot.platforms.slack.visit import MAX_READ, TOO_MANY, Visit, thread_in, to_ts
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces
from bot.storage.digests import Place

log = logging.getLogger(__name__)

FIRST_SIGN_S, SIGN_S = 0.2, 1.0
"""How long people are without a first sign of life, and between two."""

READING_S, TALKING_S = 75.0, 4.0
"""How long an answer waits for what was said: one that is about it, and one that goes by it."""

UNKNOWN_VISITOR = 1_000
"""How far back the last message of a person is looked for."""

FRESH = timedelta(minutes=1)
"""Whoever gave a command so lately was in its channel, or they could not have."""

THREADS_AT_ONCE = 4
EMPTY_PAGES = 20
"""So many pages without a message are no answer."""

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
            return self._hindrances.get(_channel_of(place), "")
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
            async with lock:
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
        if self._is_known(visit):
            return NOTHING_MISSING
        self._hindrances.pop(visit.channel, None)
        try:
            with self._edits.watched(visit.key.channel_id) as edits:
                await self._read_all(visit, question, edits)
        except LimitedError:
            visit.why = LIMITED
        except NoScopeError as error:
            self._hindrances[visit.channel] = NO_SCOPE.format(needed=error.needed)
        except UnreadableError:
            raise
        except PlatformError as error:
            log.warning("a channel could not be read to the end: %s", error)
            visit.why = NO_ANSWER
        return await self._missing(visit, question)

    async def _missing(self, visit: Visit, question: IncomingMessage) -> Missing:
        """What the answer has to say that it lacks."""
        if not visit.depth.has_threads:
            return NOTHING_MISSING
        floor = await self._floor(visit, question)
        if visit.stretches.is_limited and floor == FIRST_TS:
            self._hindrances[visit.channel] = HIDDEN
        return visit.missing(floor)

    def _is_known(self, visit: Visit) -> bool:
        """Whether talk needs no call: all that was said since the bot came here reached it by events."""
        return not visit.depth.has_threads and visit.key in self._trusted

    async def _read_all(self, visit: Visit, question: IncomingMessage, edits: Mapping[str, Payload]) -> None:
        root = visit.key.thread_id
        if root is None:
            root = _linked_thread(question)
            if root is not None:
                await self._read_thread(visit, root, edits)
            await self._read_channel(visit, question, edits)
            if visit.depth.has_threads:
                await self._read_threads(visit, question, edits)
        else:
            await self._read_thread(visit, root, edits)
            visit.is_current = True
        await self._read_named(visit, question, edits)
        self._trusted.add(visit.key)

    async def _read_named(
        self, visit: Visit, question: IncomingMessage, edits: Mapping[str, Payload]
    ) -> None:
        """The one message that a command is about."""
        wanted = question.command.options.get("message", "") if question.command else ""
        ids = [ts for ts in ids_in(wanted) if moment(ts) is not None][:1]
        for ts in await self._manager.past.unknown(visit.channel, ids):
            channel_id, root = visit.key.channel_id, thread_in(wanted) or visit.key.thread_id
            found = await self._pages.message(visit.workspace, channel_id, ts, root, until=visit.until)
            await self._intake.take(visit, [found] if found else [], edits)

    async def _read_channel(
        self, visit: Visit, question: IncomingMessage, edits: Mapping[str, Payload]
    ) -> None:
        """From now back to where it is enough, past what was read before."""
        hole: Hole | None = visit.stretches.newest_hole()
        while hole is not None:
            rest = await self._read_hole(visit, question, hole, edits)
            if rest is not None:
                return
            hole = visit.stretches.hole_before(hole.after)
            if hole is not None and await self._is_enough(visit, question, hole):
                return

    async def _read_hole(
        self, visit: Visit, question: IncomingMessage, hole: Hole, edits: Mapping[str, Payload]
    ) -> Hole | None:
        """What is left of a hole when it is enough, or too much."""
        rest: Hole | None = hole
        cursor, empty = "", 0
        while rest is not None:
            if visit.read >= MAX_READ:
                visit.why = TOO_MANY
                return rest
            page = await self._pages.history(
                visit.workspace,
                visit.key.channel_id,
                after="" if hole.after == FIRST_TS else hole.after,
                before=hole.before,
                cursor=cursor,
                limit=MAX_READ if visit.depth.has_threads else visit.depth.count,
                until=visit.until,
            )
            empty = 0 if page.messages else empty + 1
            if empty > EMPTY_PAGES:
                raise PlatformError("Slack gives pages without messages only")
            new = await self._intake.take(visit, page.messages, edits)
            if not (new or hole.before) and visit.channel in self._trusted:
                page = replace(page, cursor="")  # events told of all of it, and so of what is behind it
            rest, cursor = _filled(visit, rest, page), page.cursor
            await self._intake.save(visit)
            visit.is_current = True
            if rest is not None and await self._is_enough(visit, question, rest):
                return rest
        return None

    async def _is_enough(self, visit: Visit, question: IncomingMessage, hole: Hole) -> bool:
        """Whether all that is wanted was said after a hole."""
        return bool(hole.before) and hole.before <= await self._floor(visit, question)

    async def _floor(self, visit: Visit, question: IncomingMessage) -> str:
        """The time of the oldest message that is wanted, as far as memory knows by now."""
        past, key, depth = self._manager.past, visit.key, visit.depth
        floors = [to_ts(await past.nothing_before(key))]
        count = depth.count
        if depth.since is not None:
            floors.append(to_ts(depth.since))
        floors += [ts for ts in depth.ids if moment(ts) is not None][:1]
        if depth.is_since_visit:
            last = await self._last_visit(visit, question)
            count = depth.count if last else min(count, UNKNOWN_VISITOR)
            floors += [to_ts(last)] if last else []
        newest = await past.place_of_newest(key, count)
        return max([*floors, *([to_ts(newest)] if newest else [])])

    async def _last_visit(self, visit: Visit, question: IncomingMessage) -> Place | None:
        """The last message of whoever asks, or what they were last told of."""
        past, person = self._manager.past, question.author.id
        said = await past.last_place_of(visit.key, person)
        mark = await past.derived(visit.key, catchup.KIND, person)
        told = Place(*json.loads(mark.text)[2]) if mark else None
        return max(filter(None, (said, told)), default=None)

    # --- threads -----------------------------------------------------------------------------

    async def _read_threads(
        self, visit: Visit, question: IncomingMessage, edits: Mapping[str, Payload]
    ) -> None:
        """The replies that memory lacks, in the threads that were active lately first."""
        while wanted := visit.wanted_threads(await self._floor(visit, question)):
            visit.threads_left = len(wanted)
            batch = (self._read_thread(visit, root, edits) for root in wanted[:THREADS_AT_ONCE])
            for outcome in await asyncio.gather(*batch, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                visit.threads += 1
        visit.threads_left = 0

    async def _read_thread(self, visit: Visit, root: str, edits: Mapping[str, Payload]) -> None:
        """What memory lacks of one thread."""
        stretches, cursor, after = visit.stretches, "", visit.stretches.threads.get(root, "")
        through, is_over = after or root, False
        while not is_over:
            try:
                page = await self._pages.replies(
                    visit.workspace, visit.key.channel_id, root, after=after, cursor=cursor, until=visit.until
                )
            except UnreadableError as error:
                if error.is_refusal:
                    raise
                page = Page([])  # the thread is gone
            await self._intake.take(visit, page.messages, edits)
            replies = [text(message, "ts") for message in page.messages if text(message, "ts") != root]
            through, cursor, is_over = max([through, *replies]), page.cursor, not page.cursor
            if not is_over and root in stretches.unread:
                left = stretches.unread[root]
                stretches.threads[root] = through
                stretches.unread[root] = Thread(left.latest, max(1, left.count - len(replies)))
        stretches.read_thread(root, through)
        await self._intake.save(visit)


def _filled(visit: Visit, hole: Hole, page: Page) -> Hole | None:
    """What is left of a hole after its newest page."""
    times = [text(message, "ts") for message in page.messages]
    first = min(times, default=hole.before or hole.after) if page.cursor else hole.after
    visit.stretches.is_limited = page.is_limited
    if page.cursor and not times and not hole.before:
        return hole  # nothing of it was read yet
    return visit.stretches.fill(hole, first, max(times, default=hole.after))


def is_old(question: IncomingMessage, place: ConversationKey) -> bool:
    """Whether somebody gave a command about its own place so long ago that they may not be there any more:
    the bot was away, or makes the answer again. (Of another place Slack was just asked.)"""
    command, author = question.command, question.author
    is_about_here = place.channel_id == question.conversation.channel_id
    is_open = place.channel_id.startswith(DIRECT) or command is None or command.given == "said"
    return is_about_here and not (is_open or author.is_bot) and datetime.now(UTC) - question.sent_at > FRESH


def _linked_thread(question: IncomingMessage) -> str | None:
    """The thread of the message that a command names as the first one."""
    return thread_in(question.command.options.get("from", "")) if question.command else None


def _channel_of(key: ConversationKey) -> ConversationKey:
    return ConversationKey(key.platform, key.workspace_id, key.channel_id)


async def _done_within(work: asyncio.Task[Missing], seconds: float) -> bool:
    """Whether `work` is done after at most `seconds`; it goes on if not."""
    await asyncio.wait({work}, timeout=seconds)
    return work.done()
