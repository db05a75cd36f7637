"""A whole summary as a stream: what is to be read is found and read, and each part told once it is final."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from bot.conversation.summaries.blocks import Kept, Stretch
from bot.conversation.summaries.coverage import Coverage, unread
from bot.conversation.summaries.digest import RULES, Digester, to_block
from bot.conversation.summaries.extracting import whole_notes
from bot.conversation.summaries.forms import (
    QUOTAS,
    Teller,
    best,
    heading,
    inert,
    periods_of,
    wanted,
)
from bot.conversation.summaries.merging import SENTENCES, merged
from bot.conversation.summaries.noting import Noted
from bot.conversation.summaries.people import labels, names_of, relabelled
from bot.conversation.summaries.reading import WHOLE, Plan, read_plan
from bot.conversation.summaries.records import Block, Note
from bot.conversation.summaries.scope import Scope
from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.choosing import matching, relevant
from bot.conversation.text.dates import days
from bot.conversation.text.safety import one_line
from bot.conversation.translation.translating import translate_text
from bot.errors import CommandError, GenerationError
from bot.messages import Piece, Progress

NOTHING_SAID = "There is nothing to summarise: I know no messages here{limits}."
NOTHING_ABOUT = "None of the {count:,} messages that I read{limits} is about “{about}”."
NONE_FOUND = {
    "decisions": "I found no decisions and nothing to do in these messages.",
    "questions": "I found no question here that is still open.",
}
INTRO = {
    "brief": "The messages that tell most, quoted as they were written:",
    "bullets": "The messages that tell most, quoted as they were written:",
    "timeline": "What was said when, quoted as it was written:",
    "decisions": "Decisions and things to do, quoted as they were written:",
    "questions": "Questions that nobody seems to have answered:",
}
"""Above a summary that is made by rule."""
AT_LAST = ("brief", "questions")
"""Forms that can be told only when everything is read."""
_NUMBER = re.compile(r"\d+")
_SEPARATOR = re.compile(r"(?<=\d)[.,'\u00a0\u202f](?=\d)")
MAX_MERGED = 24
"""Notes that a paragraph is made of."""


class Summary:
    """One summary for one person, told once."""

    def __init__(self, ctx: TaskContext, scope: Scope) -> None:
        self._ctx, self._scope = ctx, scope
        self._is_by_model = ctx.model.summarizes
        self._key = ctx.place
        maker = ctx.model.name if self._is_by_model else RULES
        language = scope.language if self._is_by_model else None
        self._kept = Kept(ctx.memory, self._key, f"{maker}/{language.code}" if language else maker)
        self._digester = Digester(self._kept, ctx if self._is_by_model else None, language)
        self._teller = Teller(scope.style, ctx.question.sent_at.tzinfo, ctx.permalink)
        self._coverage = Coverage(0)
        self._cannot_translate = ""
        self._replied_to: set[str] = set()

    async def tell(self) -> AsyncGenerator[Piece, None]:
        """Yield the summary and its coverage. Raises StorageError."""
        plan = await self._plan()
        if not plan.messages:
            self._ctx.remark()
            lack = unread(self._ctx.missing, self._ctx.question.sent_at)
            yield NOTHING_SAID.format(limits=self._scope.limits) + (f" {lack}." if lack else "")
            return
        is_hindered = bool(await self._ctx.hindrance())
        self._coverage = Coverage(
            plan.messages,
            self._ctx.missing,
            plan.is_limited,
            self._scope.about,
            is_hindered=is_hindered,
            begins_named="from" in self._ctx.options,
            since=self._scope.since,
        )
        await self._prepare(plan)
        if self._scope.about:
            plan = self._about(plan)
            if not plan.messages:
                count, about = self._coverage.total, inert(self._scope.about)
                self._ctx.remark()
                yield NOTHING_ABOUT.format(count=count, limits=self._scope.limits, about=about)
                return
        async with aclosing(self._told(plan)) as pieces:
            async for piece in pieces:
                yield piece
        notes = f"\n\n_{self._cannot_translate}_" if self._cannot_translate else ""
        yield f"{notes}\n\n_{self._coverage.line(self._ctx.question.sent_at)}_"

    # --- reading -----------------------------------------------------------------------------

    async def _plan(self) -> Plan:
        """What is to be read; a topic, and what is short and quoted, are read whole."""
        digests = self._ctx.memory.digests
        if self._scope.about:
            return await read_plan(digests, self._key, self._scope, ())
        plan = await read_plan(digests, self._key, self._scope, await self._kept.load())
        if not self._is_by_model and plan.messages <= WHOLE and len(plan.parts) > 1:
            return await read_plan(digests, self._key, self._scope, ())
        return plan

    async def _prepare(self, plan: Plan) -> None:
        """Find out what people are called, and where messages stand in what is remembered."""
        names: dict[str, str] = {}
        for part in plan.parts:
            if isinstance(part, Block):
                names |= {person: name.partition(" #")[0] for person, name in part.people.items()}
            else:
                names |= names_of(part.turns)
        self._teller.called = labels(names)
        sample = next((part.turns[0] for part in plan.parts if isinstance(part, Stretch)), None)
        number = 0
        if sample is None or self._ctx.permalink(sample) is None:
            number = await self._ctx.memory.digests.messages_through(self._key, plan.parts[0].after)
        for part in plan.parts:
            if isinstance(part, Block):
                sources = (source for note in part.notes for source in note.sources)
                self._teller.numbers |= {
                    source.turn.message_id: number + source.number + 1 for source in sources
                }
                number += part.told
            else:
                ids = [turn.message_id for turn in part.turns]
                self._teller.numbers |= {known: number + at for at, known in enumerate(ids, 1)}
                number += len(ids)

    def _about(self, plan: Plan) -> Plan:
        """The messages of a plan, all of them in stretches, that are about the topic; never kept."""
        rows = [row for part in plan.parts if isinstance(part, Stretch) for row in part.rows if row.turn]
        turns = [row.turn for row in rows if row.turn]
        kept = [rows[at] for at in relevant(turns, self._scope.about)]
        self._coverage.relevant = len(matching(turns, self._scope.about))
        self._coverage.replies = len(kept) - self._coverage.relevant
        if not kept:
            return replace(plan, parts=())
        stretch = Stretch(kept[0].place.just_before, plan.parts[-1].through, kept, is_kept=False)
        return replace(plan, parts=(stretch,))

    async def _blocks(self, plan: Plan) -> AsyncGenerator[Progress | Block, None]:
        """The blocks of a plan, with the names that hold in this summary."""
        only = plan.parts[0]
        is_short = plan.messages <= WHOLE and len(plan.parts) == 1
        if not self._is_by_model and is_short and isinstance(only, Stretch):
            style, about = self._scope.style, self._scope.about
            yield to_block(only, Noted(tuple(await asyncio.to_thread(whole_notes, only.turns, style, about))))
            return
        async with aclosing(self._digester.digest(plan)) as found:
            async for piece in found:
                yield self._renamed(piece) if isinstance(piece, Block) else piece

    def _renamed(self, block: Block) -> Block:
        if all(self._teller.called.get(person, name) == name for person, name in block.people.items()):
            return block
        notes = (
            note
            if note.is_quote
            else replace(note, text=relabelled(note.text, block.people, self._teller.called))
            for note in block.notes
        )
        return replace(block, notes=tuple(notes))

    # --- telling -----------------------------------------------------------------------------

    async def _told(self, plan: Plan) -> AsyncGenerator[Piece, None]:
        """The notes in their form; of bullets and timelines each period as soon as it is read."""
        style, periods = self._scope.style, periods_of(plan.messages)
        head = "" if self._is_by_model else f"{INTRO[style]}\n\n"
        notes: list[Note] = []
        is_begun = False
        async with aclosing(self._periods(plan, periods)) as found:
            async for period in found:
                if isinstance(period, Progress):
                    yield period
                    continue
                chosen = self._chosen(period, periods)
                notes += chosen
                if style in AT_LAST or not chosen:
                    continue
                yield head if not is_begun else "\n" if style == "decisions" else "\n\n"
                if periods > 1 and style == "bullets":
                    yield self._heading(period)
                is_begun = True
                async with aclosing(self._lines(chosen)) as lines:
                    async for line in lines:
                        yield line
        if style in AT_LAST:
            notes = [note for note in notes if not self._is_answered(note)]
            if notes:
                yield head
                is_begun = True
                async with aclosing(self._at_last(notes)) as pieces:
                    async for piece in pieces:
                        yield piece
        if not is_begun:
            yield NONE_FOUND.get(style, "I found nothing worth telling in these messages.")

    async def _periods(self, plan: Plan, periods: int) -> AsyncGenerator[Progress | list[Block], None]:
        """The blocks of each period, when all of them are read."""
        blocks: list[Block] = []
        done, told = 0, 0
        async with aclosing(self._blocks(plan)) as found:
            async for piece in found:
                if isinstance(piece, Progress):
                    yield piece
                    continue
                self._coverage.add(piece)
                self._replied_to |= piece.replied_to
                blocks.append(piece)
                done += piece.messages
                if done * periods >= (told + 1) * plan.messages:
                    yield blocks
                    told, blocks = done * periods // plan.messages, []
        if blocks:
            yield blocks

    def _chosen(self, blocks: Sequence[Block], periods: int) -> list[Note]:
        """The best notes of a period."""
        style = self._scope.style
        quota = QUOTAS[style]
        count = max(quota.period, math.ceil(quota.short / periods))
        if style == "brief" and self._is_by_model:
            count = MAX_MERGED // periods
        return best(wanted([note for block in blocks for note in block.notes], style), count)

    def _is_answered(self, note: Note) -> bool:
        """Whether an open question was replied to later, in another block."""
        ids = {source.turn.message_id for source in note.sources}
        return note.is_open and self._scope.style == "questions" and not ids.isdisjoint(self._replied_to)

    def _heading(self, blocks: Sequence[Block]) -> str:
        messages = sum(block.messages for block in blocks)
        zone = self._ctx.question.sent_at.tzinfo
        return heading(blocks[0].first, blocks[-1].last, zone, messages) + "\n"

    async def _at_last(self, notes: list[Note]) -> AsyncGenerator[Piece, None]:
        """What is told when everything is read: a paragraph by the model, quotations, or open questions."""
        if self._scope.style == "brief" and self._is_by_model:
            source = self._paragraph(notes)
        else:
            source = self._lines(notes)
        async with aclosing(source) as pieces:
            async for piece in pieces:
                yield piece

    async def _paragraph(self, notes: list[Note]) -> AsyncGenerator[Piece, None]:
        """Sentences in a row, as they come; what are quotations stands below them."""
        is_begun = False
        is_anew = self._ctx.variation > 0
        if len(notes) > SENTENCES or is_anew:
            called, language = self._teller.called, self._scope.language
            async with aclosing(merged(self._ctx, notes, called, language, is_anew=is_anew)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Note):
                        yield (" " if is_begun else "") + self._teller.sentence(piece)
                        is_begun = True
                    else:
                        yield piece
        if is_begun:
            return
        told = best(notes, SENTENCES)
        sentences = [self._teller.sentence(note) for note in told if not note.is_quote]
        if sentences:
            yield " ".join(sentences)
        quotes = [note for note in told if note.is_quote]
        if sentences and quotes:
            yield "\n\n"
        async with aclosing(self._lines(quotes)) as lines:
            async for line in lines:
                yield line

    async def _lines(self, notes: Sequence[Note]) -> AsyncGenerator[Piece, None]:
        """Each note as a line, in another language with what it means there."""
        for at, note in enumerate(notes):
            yield ("\n" if at else "") + self._teller.line(note)
            async with aclosing(self._translated(note)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _translated(self, note: Note) -> AsyncGenerator[Piece, None]:
        """A rough translation of a quotation, where a language was asked for that it is not in."""
        language = self._scope.language
        if language is None or not note.is_quote or self._cannot_translate:
            return
        text = ""
        ids = (note.sources[0].turn.message_id,)
        try:
            work = translate_text(self._ctx, note.text, language, has_notes=False, source_ids=ids)
            async with aclosing(work) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Progress):
                        yield piece
                    else:
                        text += piece
        except (CommandError, GenerationError):
            self._cannot_translate = f"I cannot translate these quotations into {language.name} here."
            return
        text = one_line(text)
        if text and text != note.text and _same_numbers(text, note.text):
            mark = ">" if self._scope.style == "brief" else " "
            yield f"\n{mark} ↳ _rough translation:_ {inert(text)}"


def _same_numbers(text: str, source: str) -> bool:
    """Whether a translation has the numbers and the days of its source."""
    numbers = (sorted(_NUMBER.findall(_SEPARATOR.sub("", each))) for each in (text, source))
    (own, other) = ({(day.month, day.weekday) for day in days(each, None)} for each in (text, source))
    return next(numbers) == next(numbers) and (not own or not other or own == other)
