"""Cuts a channel into blocks that are read once, and keeps what was noted of them.

A block is closed when enough follows it; it then never moves. Its notes are derived data that rest on every
message in it: they go when one is edited or deleted. What arrives late in its time is found by counting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.conversation.summaries.records import Block, from_json, to_json
from bot.conversation.text.safety import is_blank
from bot.messages import ConversationKey, Turn
from bot.storage.digests import Count, Place, Placed
from bot.storage.records import Derived
from bot.storage.store import HistoryStore

KIND = "notes"
VERSION = 2
"""Of how notes are made and written down: another number, and all blocks are read anew."""
MIN_MESSAGES, MAX_MESSAGES = 48, 96
"""A block ends at the longest silence between these; a short rest of a stretch makes a shorter block."""
FOLLOWING = 24
"""A block is closed only when so many messages stand after it: answers are still to come."""
LATE = timedelta(minutes=1)
"""An edit may be told so long after it was made; what was edited so recently is not kept."""


@dataclass(frozen=True)
class Stretch:
    """Messages to be read: all rows after `after` up to `through`. `is_kept`: its notes may be kept."""

    after: Place
    through: Place
    rows: Sequence[Placed]
    is_kept: bool

    @cached_property
    def turns(self) -> list[Turn]:
        """What was said, blank messages among it: they count where messages are numbered."""
        return [row.turn for row in self.rows if row.turn is not None]

    @cached_property
    def messages(self) -> int:
        """How many messages there are to be read."""
        return sum(not is_blank(turn.text) for turn in self.turns)

    @property
    def count(self) -> Count:
        """What the database counts in this stretch, as long as nothing comes late."""
        return Count(len(self.rows), max((row.place.row for row in self.rows), default=0))


def cut(stretch: Stretch, *, is_open: bool) -> list[Stretch]:
    """`stretch` in blocks. Where it `is_open` at its end, the last of them are not to be kept yet."""
    said = [at for at, row in enumerate(stretch.rows) if row.turn is not None]
    parts: list[Stretch] = []
    begin, after = 0, stretch.after
    while len(said) - begin > MAX_MESSAGES:
        is_closed = not is_open or len(said) - begin >= MAX_MESSAGES + FOLLOWING
        end = begin + _longest_silence([stretch.rows[at] for at in said[begin : begin + MAX_MESSAGES + 1]])
        rows = stretch.rows[said[begin] if parts else 0 : said[end]]
        parts.append(Stretch(after, rows[-1].place, rows, stretch.is_kept and is_closed))
        begin, after = end, rows[-1].place
    rest = stretch.rows[said[begin] if parts else 0 :] if said else stretch.rows
    return [*parts, Stretch(after, stretch.through, rest, stretch.is_kept and not is_open)]


def _longest_silence(rows: Sequence[Placed]) -> int:
    """After how many of `rows`, at least MIN_MESSAGES, the longest time passed before the next."""
    return max(
        range(MIN_MESSAGES, len(rows)), key=lambda at: (rows[at].place.at - rows[at - 1].place.at, -at)
    )


class Kept:
    """The blocks of one channel that are kept, as one maker of notes (a model, the rules) made them."""

    def __init__(self, memory: HistoryStore, key: ConversationKey, maker: str) -> None:
        self._memory, self._key, self._maker = memory, key, maker

    async def put(self, part: Stretch, block: Block, read_at: datetime) -> None:
        """Keep the notes of a closed block, unless one of its messages changed meanwhile."""
        ids = tuple(dict.fromkeys(turn.message_id for turn in part.turns))
        derived = Derived(KIND, self._name(block), to_json(block), self._maker, ids, read_at - LATE)
        await self._memory.put_derived(self._key, derived)

    async def load(self) -> list[Block]:
        """The blocks that still are what was read, in order; those into which something came late go."""
        texts = await self._memory.digests.kept(self._key, KIND, self._prefix)
        blocks = sorted((from_json(text) for text in texts), key=lambda block: block.after)
        intact = await self._intact(blocks)
        apart = [block for at, block in enumerate(intact) if not at or block.after >= intact[at - 1].through]
        if len(apart) < len(blocks):
            gone = [self._name(block) for block in blocks if block not in apart]
            await self._memory.digests.drop(self._key, KIND, gone)
        return apart

    async def _intact(self, blocks: list[Block]) -> list[Block]:
        """Those with as many rows as when they were read. Blocks in a row are counted together first."""
        runs: list[list[Block]] = []
        for block in blocks:
            if runs and runs[-1][-1].through == block.after:
                runs[-1].append(block)
            else:
                runs.append([block])
        found: list[Block] = []
        for run, count in zip(runs, await self._counts([_bounds(run) for run in runs]), strict=True):
            if count == _added(run):
                found += run
            else:
                counts = await self._counts([(block.after, block.through) for block in run])
                found += [block for block, now in zip(run, counts, strict=True) if now == block.count]
        return found

    async def _counts(self, spans: list[tuple[Place, Place]]) -> list[Count]:
        return await self._memory.digests.counts(self._key, spans)

    @property
    def _prefix(self) -> str:
        return f"{VERSION}|{self._maker}|"

    def _name(self, block: Block) -> str:
        return f"{self._prefix}{'.'.join(map(str, (*block.after, *block.through)))}"


def _bounds(run: list[Block]) -> tuple[Place, Place]:
    return run[0].after, run[-1].through


def _added(run: list[Block]) -> Count:
    return Count(sum(block.count.rows for block in run), max(block.count.newest_row for block in run))
