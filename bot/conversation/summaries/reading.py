"""Finds out what is to be read for a summary: blocks that are kept, and the stretches between them.

It walks from the newest message back until the scope is full, so that a channel of any length costs only what
was not read before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.conversation.summaries.blocks import Stretch
from bot.conversation.summaries.records import Block
from bot.conversation.summaries.scope import Scope
from bot.messages import ConversationKey
from bot.storage.digests import END, Digests, Place

WHOLE = 160
"""So few messages are read whole even where notes are kept: they are quoted better together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a summary is made of, oldest first. `is_limited`: there are older messages in the scope."""

    parts: Sequence[Block | Stretch]
    is_limited: bool
    read_at: datetime

    @property
    def messages(self) -> int:
        """How many messages there are to be told of."""
        return sum(part.messages for part in self.parts)


async def read_plan(digests: Digests, key: ConversationKey, scope: Scope, kept: Sequence[Block]) -> Plan:
    """Read what is not in `kept`, of which nothing overlaps."""
    walk = _Walk(digests, key, scope)
    read_at = datetime.now(UTC)
    for block in reversed(kept):
        if block.through > scope.after and not walk.is_full:
            await walk.add_stretch(block.through)
            await walk.add_block(block)
    await walk.add_stretch(scope.after)
    is_limited = walk.is_full and await digests.has_messages(key, scope.after, walk.through)
    return Plan(walk.parts[::-1], is_limited, read_at)


class _Walk:
    """From the newest message back to the beginning of the scope."""

    def __init__(self, digests: Digests, key: ConversationKey, scope: Scope) -> None:
        self.parts: list[Block | Stretch] = []
        self._digests, self._key, self._scope = digests, key, scope
        self._left = scope.last
        self.through = END

    @property
    def is_full(self) -> bool:
        """Whether all messages that were asked for are found."""
        return self._left <= 0

    async def add_stretch(self, after: Place, *, is_kept: bool = True) -> None:
        """Read what stands between `after` and what was added before."""
        after = max(after, self._scope.after)
        if self.is_full or after >= self.through:
            return
        rows = await self._digests.stretch(self._key, after, self.through, self._left)
        said = [at for at, row in enumerate(rows) if row.turn is not None]
        if len(said) >= self._left:
            rows = rows[said[0] :]
            after = rows[0].place.just_before
        if said:
            self.parts.append(Stretch(after, self.through, rows, is_kept))
        self._left -= len(said)
        self.through = after

    async def add_block(self, block: Block) -> None:
        """Take a block as it is kept, or read the part of it that is in the scope."""
        if self.is_full:
            return
        if block.told > self._left or block.after < self._scope.after:
            await self.add_stretch(block.after, is_kept=False)
            return
        self.parts.append(block)
        self._left -= block.told
        self.through = block.after
