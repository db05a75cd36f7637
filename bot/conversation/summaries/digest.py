"""Reads what a plan names, block after block, and yields the blocks with their notes, oldest first.

Blocks that are closed are kept, so that the next summary begins where this one ended, even if it was stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from bot.conversation.summaries.asking import is_informative
from bot.conversation.summaries.blocks import Kept, Stretch, cut
from bot.conversation.summaries.extracting import quoted_notes
from bot.conversation.summaries.noting import Noted, noted
from bot.conversation.summaries.people import labels, names_of
from bot.conversation.summaries.prompting import MAX_MESSAGE_CHARS, Writer
from bot.conversation.summaries.reading import Plan
from bot.conversation.summaries.records import Block
from bot.conversation.text.languages import Language
from bot.conversation.text.safety import is_blank
from bot.conversation.text.units import MAX_CHARS
from bot.messages import Progress
from bot.storage.digests import END

DEADLINE_S = 12 * 60.0
"""How long the model reads for one summary, in seconds. Discord ends an answer to a command after 15 minutes
(docs: Receiving and Responding to Interactions, "Interaction tokens are valid for 15 minutes")."""
MAX_FAILURES = 2
"""After so many blocks in a row that the model failed at, it is not asked again."""
RULES = "rules"


class Digester:
    """Reads for one summary. Without a `writer`, or where it fails, messages are quoted."""

    def __init__(self, kept: Kept, writer: Writer | None, language: Language | None = None) -> None:
        self._kept = kept
        self._writer = writer
        self._language = language
        self._ends_at = time.monotonic() + DEADLINE_S
        self._failures = 0

    async def digest(self, plan: Plan) -> AsyncGenerator[Progress | Block, None]:
        """The blocks of a plan; between them, how far it is."""
        total, done = plan.messages, 0
        for part in plan.parts:
            for piece in [part] if isinstance(part, Block) else cut(part, is_open=part.through == END):
                if isinstance(piece, Stretch):
                    if not piece.messages:
                        continue
                    yield Progress(f"reading {done:,} of {total:,} messages")
                    async with aclosing(self._read(piece, plan)) as found:
                        async for each in found:
                            yield each
                else:
                    yield piece
                done += piece.messages

    async def _read(self, part: Stretch, plan: Plan) -> AsyncGenerator[Progress | Block, None]:
        block: Block | None = None
        async with aclosing(self._noted(part)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Progress):
                    yield piece
                else:
                    block = to_block(part, piece, MAX_CHARS if self._writer is None else MAX_MESSAGE_CHARS)
        if block is not None:
            if part.is_kept and not block.unread:
                await self._kept.put(part, block, plan.read_at)
            yield block

    async def _noted(self, part: Stretch) -> AsyncGenerator[Progress | Noted, None]:
        if self._writer is None:
            yield await _quoted(part)
            return
        is_late = time.monotonic() > self._ends_at
        if is_late or self._failures >= MAX_FAILURES:
            why = "there was no time left: ask again, and I go on" if is_late else "my model failed"
            yield replace(await _quoted(part), unread=part.messages, why=why)
            return
        async with aclosing(noted(self._writer, part.turns, self._language)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Noted):
                    self._failures = self._failures + 1 if piece.unread else 0
                yield piece


async def _quoted(part: Stretch) -> Noted:
    """Notes by rule, in a thread: choosing takes a tenth of a second, and the gateway must not wait."""
    return Noted(tuple(await asyncio.to_thread(quoted_notes, part.turns)))


def to_block(part: Stretch, found: Noted, max_chars: int = MAX_CHARS) -> Block:
    """A stretch that was read, with its notes; of each message `max_chars` characters were."""
    turns = part.turns
    said = [turn for turn in turns if not is_blank(turn.text)]
    times = [turn.sent_at for turn in said]
    ids = {turn.message_id for turn in turns}
    return Block(
        after=part.after,
        through=part.through,
        count=part.count,
        told=len(turns),
        messages=len(said),
        first=min(times),
        last=max(times),
        threads=frozenset(turn.thread_id for turn in said if turn.thread_id),
        people=labels(names_of(turns)),
        notes=found.notes,
        replied_to=frozenset(
            turn.reply_to
            for turn in said
            if turn.reply_to and turn.reply_to not in ids and is_informative(turn.text)
        ),
        cut=sum(len(turn.text) > max_chars for turn in said),
        unread=found.unread,
        why=found.why,
    )
