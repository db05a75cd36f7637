"""Remembering: running notes of older turns, made in idle time and kept as derived data.

A conversation is cut into blocks whose borders depend on message ids alone, so that new messages, edits and
deletions change no block but their own (content-defined chunking: Muthitacharoen, Chen and Mazieres 2001,
SOSP). Each block has a note; blocks of notes have a shorter one, and so on. Storage drops a note when any of
its messages changes; the next idle moment makes it anew. Nothing is made by a model that does not summarise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from bot.conversation.memory.notes import KIND
from bot.conversation.summaries.noting import notes_of
from bot.conversation.summaries.records import Note
from bot.conversation.text.safety import clean_name, is_blank
from bot.errors import BotError, where
from bot.generation.types import ModelInfo, TextGenerator
from bot.messages import ConversationKey, Turn
from bot.storage.records import Derived
from bot.storage.store import HistoryStore

log = logging.getLogger(__name__)

QUIET_S = 5.0
"""Seconds without a question before notes are made."""
MAX_TURNS = 2000
"""Turns of a conversation that notes are made of, the newest."""
BLOCK_TURNS, MAX_BLOCK_TURNS = 16, 32
"""Turns in a block, on average and at most."""
BLOCK_NOTES, MAX_BLOCK_NOTES = 4, 8
MAX_LEVEL = 3
NOTE_TOKENS = 256
MAX_STATEMENTS = 5
"""Statements of one note, the most telling ones."""
CHARS_PER_TOKEN = 3
"""For skipping turns that will fit into the window anyway, roughly."""


@dataclass(frozen=True, slots=True)
class Block:
    """What one note is made of: `said` to be noted, and the ids of all messages that this rests on."""

    name: str
    said: tuple[Turn, ...]
    source_ids: tuple[str, ...]


def blocks_of(turns: Sequence[Turn], level: int = 1) -> Iterator[tuple[Turn, ...]]:
    """Whole blocks of `turns`, oldest first; what is after the last border is no block yet."""
    mean, longest = (BLOCK_TURNS, MAX_BLOCK_TURNS) if level == 1 else (BLOCK_NOTES, MAX_BLOCK_NOTES)
    block: list[Turn] = []
    for turn in turns:
        block.append(turn)
        if len(block) == longest or crc32(f"{level}:{turn.message_id}".encode()) % mean == 0:
            yield tuple(block)
            block = []


def name_of(level: int, last: Turn) -> str:
    """The name that the note of a block is kept under: by level, then by time."""
    return f"{level}:{int(last.sent_at.timestamp()):012d}:{last.message_id}"


def worth_noting(turns: Sequence[Turn], context_window: int) -> Sequence[Turn]:
    """`turns` without the newest ones, which fit into a window of so many tokens anyway."""
    chars = 0
    for at in range(len(turns) - 1, -1, -1):
        chars += len(turns[at].text)
        if chars > context_window * CHARS_PER_TOKEN:
            return turns[: at + 1]
    return ()


class Remembering:
    """Makes notes while nobody asks anything. Keep it `running`, and call `noticed` at every question."""

    def __init__(
        self,
        store: HistoryStore,
        generator: TextGenerator,
        is_idle: Callable[[], bool],
        quiet_s: float = QUIET_S,
    ) -> None:
        self._store = store
        self._generator = generator
        self._is_idle = is_idle
        self._quiet_s = quiet_s
        self._keys: dict[ConversationKey, None] = {}
        self._noticed = asyncio.Event()

    def noticed(self, key: ConversationKey) -> None:
        """Something was asked or answered in a conversation: leave off, and look at it when it is quiet."""
        self._keys.pop(key, None)
        self._keys[key] = None
        self._noticed.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Make notes in the background as long as this is entered."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            await _cancel(task)

    async def _run(self) -> None:
        """Make notes, until cancelled; returns at once for a model that makes none or cannot be loaded."""
        try:
            model = await self._generator.ready()
        except BotError:
            return
        while model.summarizes:
            await self._noticed.wait()
            self._noticed.clear()
            await asyncio.sleep(self._quiet_s)
            if not self._is_idle():
                self._noticed.set()
            if not self._noticed.is_set():
                await self._until_noticed(model)

    async def _until_noticed(self, model: ModelInfo) -> None:
        """Work through the conversations that were active, and stop in the middle when a question comes."""
        working = asyncio.create_task(self._work(model))
        noticed = asyncio.create_task(self._noticed.wait())
        try:
            await asyncio.wait({working, noticed}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(working, noticed)

    async def _work(self, model: ModelInfo) -> None:
        while self._keys:
            key = next(reversed(self._keys))
            try:
                await renew(self._store, self._generator, model, key)
            except BotError as error:
                log.info("no notes of a conversation: %s", type(error).__name__)
            except Exception as error:
                log.error("no notes of a conversation: %s", where(error))
            self._keys.pop(key, None)


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def renew(store: HistoryStore, generator: TextGenerator, model: ModelInfo, key: ConversationKey) -> int:
    """Make the notes of a conversation that are missing; returns how many. Raises BotError."""
    turns = await store.turns(key, limit=MAX_TURNS + 1)
    is_whole = len(turns) <= MAX_TURNS
    level = [Block("", (turn,), (turn.message_id,)) for turn in worth_noting(turns, model.context_window)]
    known = {derived.key: derived for derived in await store.derived_of_kind(key, KIND)}
    made = 0
    for height in range(1, MAX_LEVEL + 1):
        above: list[Block] = []
        for block in _grouped(level, height, is_whole):
            derived = known.get(block.name)
            if derived is None or derived.source_ids != block.source_ids:
                derived = await _noted(store, generator, model, key, block)
                made += derived is not None
            if derived is not None:
                above.append(_as_said(block, derived))
        level = above
    return made


def _grouped(parts: Sequence[Block], height: int, is_whole: bool) -> list[Block]:
    """The blocks of one level. Where older turns were not read, the first block may lack its beginning."""
    by_last = {part.said[-1].message_id: part for part in parts}
    groups = []
    for turns in blocks_of([part.said[-1] for part in parts], height):
        members = [by_last[turn.message_id] for turn in turns]
        said = tuple(turn for member in members for turn in member.said)
        ids = tuple(message_id for member in members for message_id in member.source_ids)
        groups.append(Block(name_of(height, turns[-1]), said, ids))
    return groups if is_whole else groups[1:]


def _as_said(block: Block, derived: Derived) -> Block:
    """A note as one thing said, at the place of the last message that it covers."""
    last = block.said[-1]
    said = Turn("user", derived.text, None, last.sent_at, last.message_id)
    return Block(block.name, (said,), block.source_ids)


async def _noted(
    store: HistoryStore, generator: TextGenerator, model: ModelInfo, key: ConversationKey, block: Block
) -> Derived | None:
    """The note of a block, kept even where it is empty; None where a message changed meanwhile."""
    begun_at = datetime.now(UTC)
    text = await note_of(generator, model, block.said)
    derived = Derived(KIND, block.name, text, model.name, block.source_ids, begun_at)
    return derived if await store.put_derived(key, derived) else None


async def note_of(generator: TextGenerator, model: ModelInfo, turns: Sequence[Turn]) -> str:
    """The most telling statements of a block, each checked against its messages, one a line.

    Raises GenerationError.
    """
    said = [turn for turn in turns if not is_blank(turn.text)]
    notes = await notes_of(generator, model, said, answer_tokens=NOTE_TOKENS) if said else []
    telling = sorted(notes, key=lambda note: note.weight, reverse=True)[:MAX_STATEMENTS]
    return "\n".join(_line(note) for note in sorted(telling, key=lambda note: note.said_at))


def _line(note: Note) -> str:
    """A statement; a quotation with who wrote it, except where notes are quoted."""
    author = note.sources[0].turn.author
    return f"{clean_name(author.name)} wrote: {note.text}" if note.is_quote and author else note.text
