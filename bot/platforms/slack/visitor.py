"""The reading of one channel for one answer: what is wanted, from now back, and the threads in it.

What was read is handed to the intake at once, so that the next reading goes on where this one ends, whatever
ends it. It decides nothing about who may read, and holds no channel's turn while it asks Slack.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace

from bot.conversation.past import Past
from bot.conversation.summaries.scope import ids_in
from bot.conversation.tasks import catchup
from bot.errors import PlatformError
from bot.messages import IncomingMessage
from bot.platforms.backfill import UnreadableError
from bot.platforms.slack.intake import Intake
from bot.platforms.slack.pages import Page, Pages
from bot.platforms.slack.payloads import Payload, moment, text
from bot.platforms.slack.stretches import FIRST_TS, Hole, Stretches, Thread
from bot.platforms.slack.visit import MAX_READ, TOO_MANY, Visit, thread_in, to_ts
from bot.storage.digests import Place

UNKNOWN_VISITOR = 1_000
"""How far back the last message of a person is looked for."""

THREADS_AT_ONCE = 4
EMPTY_PAGES = 20
"""So many pages without a message are no answer."""


class Visitor:
    """Makes one visit. `edits` are the messages that were edited since it began."""

    def __init__(
        self,
        visit: Visit,
        question: IncomingMessage,
        past: Past,
        pages: Pages,
        intake: Intake,
        edits: Mapping[str, Payload],
    ) -> None:
        self._visit = visit
        self._question = question
        self._past = past
        self._pages = pages
        self._intake = intake
        self._edits = edits

    async def read(self) -> None:
        """Read what a visit wants. Raises as `Pages` and `Intake` do."""
        visit = self._visit
        root = visit.key.thread_id
        if root is None:
            root = _linked_thread(self._question)
            if root is not None:
                await self._read_thread(root)
            await self._read_channel()
            if visit.depth.has_threads:
                await self._read_threads()
        else:
            await self._read_thread(root)
            visit.is_current = True
        await self._read_named()

    async def _read_named(self) -> None:
        """The one message that a command is about."""
        visit = self._visit
        wanted = command.options.get("message", "") if (command := self._question.command) else ""
        ids = [ts for ts in ids_in(wanted) if moment(ts) is not None][:1]
        for ts in await self._past.unknown(visit.channel, ids):
            channel_id, root = visit.key.channel_id, thread_in(wanted) or visit.key.thread_id
            found = await self._pages.message(visit.workspace, channel_id, ts, root, until=visit.until)
            await self._intake.take(visit, [found] if found else [], self._edits)

    async def _read_channel(self) -> None:
        """From now back to where it is enough, past what was read before."""
        hole: Hole | None = self._visit.stretches.newest_hole()
        while hole is not None:
            rest = await self._read_hole(hole)
            if rest is not None:
                return
            hole = self._visit.stretches.hole_before(hole.after)
            if hole is not None and await self._is_enough(hole):
                return

    async def _read_hole(self, hole: Hole) -> Hole | None:
        """What is left of a hole when it is enough, or too much."""
        visit = self._visit
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
            new = await self._intake.take(visit, page.messages, self._edits)
            if not (new or hole.before) and visit.is_trusted:
                page = replace(page, cursor="")  # events told of all of it, and so of what is behind it
            rest, cursor = _filled(visit.stretches, rest, page), page.cursor
            await self._intake.save(self._visit)
            visit.is_current = True
            if rest is not None and await self._is_enough(rest):
                return rest
        return None

    async def _is_enough(self, hole: Hole) -> bool:
        """Whether all that is wanted was said after a hole."""
        return bool(hole.before) and hole.before <= await self.floor()

    async def floor(self) -> str:
        """The time of the oldest message that is wanted, as far as memory knows by now."""
        past, key, depth = self._past, self._visit.key, self._visit.depth
        floors = [to_ts(await past.nothing_before(key))]
        count = depth.count
        if depth.since is not None:
            floors.append(to_ts(depth.since))
        floors += [ts for ts in depth.ids if moment(ts) is not None][:1]
        if depth.is_since_visit:
            last = await self._last_visit()
            count = depth.count if last else min(count, UNKNOWN_VISITOR)
            floors += [to_ts(last)] if last else []
        newest = await past.place_of_newest(key, count)
        return max([*floors, *([to_ts(newest)] if newest else [])])

    async def _last_visit(self) -> Place | None:
        """The last message of whoever asks, or what they were last told of."""
        past, person = self._past, self._question.author.id
        said = await past.last_place_of(self._visit.key, person)
        mark = await past.derived(self._visit.key, catchup.KIND, person)
        told = Place(*json.loads(mark.text)[2]) if mark else None
        return max(filter(None, (said, told)), default=None)

    # --- threads -----------------------------------------------------------------------------

    async def _read_threads(self) -> None:
        """The replies that memory lacks, in the threads that were active lately first."""
        visit = self._visit
        while wanted := visit.wanted_threads(await self.floor()):
            visit.threads_left = len(wanted)
            batch = (self._read_thread(root) for root in wanted[:THREADS_AT_ONCE])
            for outcome in await asyncio.gather(*batch, return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
                visit.threads += 1
        visit.threads_left = 0

    async def _read_thread(self, root: str) -> None:
        """What memory lacks of one thread."""
        visit = self._visit
        stretches, cursor, after = visit.stretches, "", visit.stretches.threads.get(root, "")
        through, is_over = after or root, False
        while not is_over:
            try:
                page = await self._pages.replies(
                    visit.workspace,
                    visit.key.channel_id,
                    root,
                    after=after,
                    cursor=cursor,
                    until=visit.until,
                )
            except UnreadableError as error:
                if error.is_refusal:
                    raise
                page = Page([])  # the thread is gone
            await self._intake.take(visit, page.messages, self._edits)
            replies = [text(message, "ts") for message in page.messages if text(message, "ts") != root]
            through, cursor, is_over = max([through, *replies]), page.cursor, not page.cursor
            if not is_over and root in stretches.unread:
                left = stretches.unread[root]
                stretches.threads[root] = through
                stretches.unread[root] = Thread(left.latest, max(1, left.count - len(replies)))
        stretches.read_thread(root, through)
        await self._intake.save(self._visit)


def _filled(stretches: Stretches, hole: Hole, page: Page) -> Hole | None:
    """What is left of a hole after its newest page."""
    times = [text(message, "ts") for message in page.messages]
    first = min(times, default=hole.before or hole.after) if page.cursor else hole.after
    if not page.cursor and hole.after == FIRST_TS:
        stretches.is_limited = page.is_limited
    if page.cursor and not times and not hole.before:
        return hole  # nothing of it was read yet
    return stretches.fill(hole, first, max(times, default=hole.after))


def _linked_thread(question: IncomingMessage) -> str | None:
    """The thread of the message that a command names as the first one."""
    return thread_in(question.command.options.get("from", "")) if question.command else None
