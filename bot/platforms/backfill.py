"""Backfill: what the bot was not told is read back from the platform, politely and once.

Three occasions: it is addressed where it has never read; a new session began, before which it may have missed
messages, edits and deletions; and a command that reads the channel. Here is the policy, the same on every
platform. What fetches is a `Reader`; what a message means for the bot is not known here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from bot.conversation.manager import ConversationManager
from bot.errors import PlatformError, StorageError, where
from bot.messages import Command, ConversationKey, IncomingMessage
from bot.platforms.gaps import LATE, MARGIN, Past, Place, depth_for, differences, gaps_in
from bot.storage.known import KnownMessage, Reach

log = logging.getLogger(__name__)

M = TypeVar("M")
T = TypeVar("T")

PAGE = 100
"""Messages that are asked for at once; a shorter page is the beginning of the conversation."""

PACE_S, NEWS_PACE_S = 0.5, 0.2
"""Seconds a request, on average, where nobody waits for it, and where there is surely something new."""

READING_S, LISTING_S = 10.0, 60.0
"""How long a page may take, and how long the list of conversations."""

CLOSED_S = 60.0
"""Where the bot may not read, it asks again after so many seconds at the earliest."""

MAX_KNOWN = 10_000


class UnreadableError(PlatformError):
    """The bot may not read there. Nothing is said of it. `is_refusal`: the platform was asked and refused."""

    def __init__(self, detail: str, *, is_refusal: bool) -> None:
        super().__init__(detail)
        self.is_refusal = is_refusal


class Reader(Protocol[M]):
    """What a platform does for the policy, on one connection of the bot."""

    @property
    def platform(self) -> str:
        """The `platform` of its conversation keys."""

    def serves(self, key: ConversationKey) -> bool:
        """Whether this connection hears what is said in a conversation."""

    def turn(self, key: ConversationKey) -> AbstractAsyncContextManager[None]:
        """The conversation's turn: while it is held, no event of it is handled, or what it changes is heeded
        by `accept` and `amend`."""

    async def places(self) -> list[Place]:
        """The conversations of this connection that the platform lists, when it has told of all of them."""

    async def page(self, key: ConversationKey, before: str | None) -> list[Past[M]]:
        """The newest PAGE messages before a message, newest first. Raises UnreadableError, PlatformError."""

    def threads(self, key: ConversationKey) -> Sequence[ConversationKey]:
        """The threads of a conversation that have something new, as its pages showed."""

    def remembered(self, key: ConversationKey, past: Past[M]) -> IncomingMessage | None:
        """A message for memory only; None for one that is not kept."""

    async def accept(self, key: ConversationKey, past: Past[M], *, is_late: bool) -> None:
        """Take a message as if the platform had just told of it; one that `is_late` is not answered."""

    async def amend(self, key: ConversationKey, past: Past[M]) -> None:
        """Take the words of a message that was edited."""

    def is_from_here(self, key: ConversationKey, known: KnownMessage) -> bool:
        """Whether a remembered message was surely said in this conversation."""


@dataclass(frozen=True, slots=True)
class _Gap(Generic[M]):
    """What may have been missed in a conversation: everything between two moments."""

    reader: Reader[M]
    since: datetime
    until: datetime
    is_news: bool


class Backfill(Generic[M]):
    """Reads back what was missed, for one platform: `limit` messages of a conversation, with 0 nothing."""

    def __init__(self, manager: ConversationManager, limit: int) -> None:
        self._manager = manager
        self._limit = limit
        self._gaps: dict[ConversationKey, _Gap[M]] = {}
        self._busy: set[ConversationKey] = set()
        self._depths: dict[ConversationKey, int] = {}
        self._closed_at: dict[ConversationKey, float] = {}
        self._missing_since: datetime | None = None
        self._connected_since: datetime | None = None
        self._marking, self._filling = asyncio.Lock(), asyncio.Lock()
        self._looks: set[asyncio.Task[None]] = set()
        self._fetching: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    async def session_began(self, reader: Reader[M]) -> None:
        """The platform replays nothing from before now: look, beside everything else, for what was missed.

        Call it when a session begins, before anything that happens in it is handled. Raises StorageError.
        """
        if not self._limit:
            return
        past, now = self._manager.past, datetime.now(UTC)
        async with self._marking:
            if self._is_closing:  # the next start looks
                return
            # What was missed before is not all read yet: memory may reach further than it is whole.
            since = self._missing_since or await past.missing_since(reader.platform)
            known = await past.reach(reader.platform, since - MARGIN if since else None)
            if self._missing_since is None:
                self._missing_since = since or now
                await past.set_missing_since(reader.platform, self._missing_since)
            look = asyncio.create_task(self._look(reader, now, known))
            self._looks.add(look)
            look.add_done_callback(self._looks.discard)

    def has_to_read(self, key: ConversationKey, command: Command | None) -> bool:
        """Whether `before_answer` will take a while."""
        wanted = depth_for(command, self._limit)
        is_behind = key in self._gaps and key not in self._busy
        return is_behind or (wanted > self._depths.get(key, 0) and not self._is_closed(key))

    async def before_answer(
        self, reader: Reader[M], key: ConversationKey, before: str, command: Command | None = None
    ) -> None:
        """Read what an answer to message `before` should know, if that was not done yet. Call it in the
        conversation's turn. Never an error: then the answer knows less."""
        if not self.has_to_read(key, command):
            return
        try:
            if key in self._gaps and key not in self._busy:
                await self._fill(key, before)
            await self._read_back(reader, key, before, command)
        except UnreadableError:
            return
        except Exception as error:  # whatever it was, the answer must not be lost to it
            log.warning("what was said before could not be read: %s", where(error))

    async def fill(self, key: ConversationKey) -> None:
        """Read now what was missed in a conversation, if that is still to be done, whoever waits for it.
        Never an error."""
        gap = self._gaps.get(key)
        if gap is None or key in self._busy:
            return
        try:
            async with gap.reader.turn(key):
                await self._fill(key)
        except Exception as error:  # it is tried again, and the answer must not be lost to it
            log.warning("what was missed in a conversation could not be read: %s", where(error))

    def forget(self, key: ConversationKey) -> None:
        """A conversation is gone, or begins anew."""
        self._gaps.pop(key, None)
        self._depths.pop(key, None)

    def forget_workspace(self, platform: str, workspace_id: str) -> None:
        """All conversations of a workspace are gone."""
        for key in [*self._gaps, *self._depths]:
            if (key.platform, key.workspace_id) == (platform, workspace_id):
                self.forget(key)

    async def close(self) -> None:
        """Leave what is not read yet to the next start. What is being written down is written."""
        self._is_closing = True
        for fetching in self._fetching:
            fetching.cancel()
        async with self._marking:
            looks = list(self._looks)
        await asyncio.gather(*looks, return_exceptions=True)

    async def _fetch(self, work: Coroutine[Any, Any, T], within_s: float = READING_S) -> T:
        """Do what ends when this is closed, or takes too long. Raises PlatformError then."""
        fetching = asyncio.create_task(work)
        self._fetching.add(fetching)
        try:
            if self._is_closing:
                fetching.cancel()
            return await asyncio.wait_for(fetching, within_s)
        except TimeoutError:
            raise PlatformError("the platform does not answer") from None
        except asyncio.CancelledError:
            if not self._is_closing:
                raise
            raise PlatformError("the bot is leaving") from None
        finally:
            self._fetching.discard(fetching)

    def _is_closed(self, key: ConversationKey) -> bool:
        """Whether the bot was refused there a short while ago: refusals are counted against it."""
        closed_at = self._closed_at.get(key)
        return closed_at is not None and asyncio.get_running_loop().time() - closed_at < CLOSED_S

    # --- read back ---------------------------------------------------------------------------

    async def _read_back(
        self, reader: Reader[M], key: ConversationKey, before: str, command: Command | None
    ) -> None:
        """What was said before the bot was first addressed here."""
        wanted, past = depth_for(command, self._limit), self._manager.past
        if wanted <= self._depths.get(key, 0) or self._is_closed(key):
            return
        done = await past.read_back(key)
        if done < wanted:
            await self._import(reader, key, before, wanted)
            await past.set_read_back(key, wanted)
        if len(self._depths) >= MAX_KNOWN:
            self._depths.clear()
        self._depths[key] = max(done, wanted)

    async def _import(self, reader: Reader[M], key: ConversationKey, before: str, count: int) -> None:
        since = await self._manager.past.nothing_before(key)
        try:
            read, _ = await self._pages(reader, key, before, count, since)
        except UnreadableError as error:
            if error.is_refusal:
                self._closed_at[key] = asyncio.get_running_loop().time()
            raise
        unknown = await self._manager.past.unknown(key, [past.id for past in read])
        wanted = [past for past in reversed(read) if past.id in unknown and past.sent_at >= since]
        found = [reader.remembered(key, past) for past in wanted]
        await self._manager.import_messages([message for message in found if message is not None])

    # --- missed ------------------------------------------------------------------------------

    async def _look(self, reader: Reader[M], began_at: datetime, known: list[Reach]) -> None:
        """Find out where something may have been missed, and read it; then nothing is missing any more."""
        connected_since, self._connected_since = self._connected_since, self._connected_since or began_at
        try:
            places = [await self._looked_up(place) for place in await self._fetch(reader.places(), LISTING_S)]
            news = {place.key for place in places if not place.is_known}
            gaps = {
                key: _Gap(reader, since, began_at, key in news)
                for key, since in gaps_in(places, known, began_at, connected_since).items()
                if reader.serves(key)
            }
            # What is left of an earlier look waits behind the news of this one.
            self._gaps = gaps | {key: gap for key, gap in self._gaps.items() if key not in gaps}
            async with self._filling:
                has_all = await self._fill_all()
            async with self._marking:
                if has_all and self._looks == {asyncio.current_task()}:
                    await self._manager.past.set_missing_since(reader.platform, None)
                    self._missing_since = None
        except (PlatformError, StorageError) as error:
            log.warning("what was missed is looked for after the next start: %s", where(error))

    async def _looked_up(self, place: Place) -> Place:
        return replace(place, is_known=await self._manager.past.is_known(place.key, place.last_id))

    async def _fill_all(self) -> bool:
        """Fill all gaps, and once more those where that failed; False where it failed again."""
        failed: list[ConversationKey] = []
        has_all = True
        while self._gaps and not self._is_closing:
            key, gap = next(iter(self._gaps.items()))
            try:
                async with gap.reader.turn(key):
                    requests = await self._fill(key)
            except Exception as error:  # whatever it was, the other conversations are read all the same
                log.warning("what was missed in a conversation could not be read: %s", where(error))
                requests = 1
                self._gaps.pop(key)
                if key in failed:
                    has_all = False
                else:
                    failed.append(key)
                    self._gaps[key] = gap  # behind the others
            pace_s = NEWS_PACE_S if gap.is_news else PACE_S
            with suppress(PlatformError):
                await self._fetch(asyncio.sleep(pace_s * requests), LISTING_S)
        return has_all and not self._gaps

    async def _fill(self, key: ConversationKey, but: str | None = None) -> int:
        """Read what was missed in a conversation, but the message that is being handled; returns the number
        of requests."""
        gap = self._gaps.get(key)
        if gap is None:  # it was read meanwhile for somebody who was waiting
            return 0
        self._busy.add(key)
        try:
            read, is_whole = await self._pages(gap.reader, key, None, self._limit, gap.since)
            if read:
                await self._catch_up(key, gap, read, is_whole=is_whole, but=but)
            for thread in gap.reader.threads(key):
                self._gaps.setdefault(thread, gap)
        except UnreadableError:
            read = []
        finally:
            self._busy.discard(key)
        if self._gaps.get(key) is gap:
            del self._gaps[key]
        return len(read) // PAGE + 1

    async def _catch_up(
        self,
        key: ConversationKey,
        gap: _Gap[M],
        read: Sequence[Past[M]],
        *,
        is_whole: bool,
        but: str | None,
    ) -> None:
        """Bring memory up to what was read: deletions and edits first, so that answers know of them."""
        beginning = None if is_whole else read[-1].sent_at
        known = await self._manager.past.since(key, beginning)
        latest = max(read[0].sent_at, gap.until - MARGIN)
        covered = (beginning or datetime.min.replace(tzinfo=UTC), latest)
        here = [message for message in known if gap.reader.is_from_here(key, message)]
        since = max(gap.since, await self._manager.past.nothing_before(key))
        found = differences(read, known, since=since, covered=covered)
        checked = {message.message_id for message in here}
        for message_id in found.gone:
            if message_id in checked:
                await self._manager.forget(key, message_id)
        for past in found.edited:
            await gap.reader.amend(key, past)
        now = datetime.now(UTC)
        for past in found.new:
            if past.id == but:
                continue
            await gap.reader.accept(key, past, is_late=now - past.sent_at > LATE)

    async def _pages(
        self,
        reader: Reader[M],
        key: ConversationKey,
        before: str | None,
        count: int,
        since: datetime,
    ) -> tuple[list[Past[M]], bool]:
        """The newest `count` messages before a message, newest first, no page beyond `since`; and whether the
        conversation begins there."""
        read: list[Past[M]] = []
        while len(read) < count:
            page = await self._fetch(reader.page(key, before))
            read += page
            if len(page) < PAGE:
                return read[:count], len(read) <= count
            if page[-1].sent_at < since:
                break
            before = page[-1].id
        return read[:count], False
