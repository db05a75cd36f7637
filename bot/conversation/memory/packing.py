"""Packs what memory holds into a model's context window, for models that follow instructions.

The words of the person who asks stand as they are; what others wrote stands in blocks of data (`marking.py`).
It asks the generator for counts, and knows neither storage nor how a prompt is rendered: only what rendering
costs at most (`ModelInfo.message_overhead`, `prompt_overhead`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from bot.conversation.context import (
    JOIN_TOKENS,
    FittedPrompt,
    MeasuredTurn,
    answer_budget,
    cut_middle,
    measured_newest,
    shortened,
)
from bot.conversation.memory.marking import (
    CLOSING,
    DATA_NOTE,
    Names,
    block,
    data_line,
    marked,
    opening,
)
from bot.conversation.memory.material import Found, Material
from bot.conversation.text.safety import as_counted, clean_text, is_blank
from bot.generation.types import ModelInfo, Prompt, PromptMessage, TextGenerator
from bot.messages import Turn

SHARES = {"facts": 4, "focus": 3, "found": 3, "summary": 4, "around": 1}
"""A part gets at most one of so many parts of the tokens that are free when its turn comes."""
MAX_LINE_CHARS = 1200
"""A longer message loses its middle where it is neither the question nor among the newest."""
WHAT = {
    "facts": "what people here asked you to remember",
    "summary": "notes of what was said before",
    "around": "said in the channel around the first message of this thread",
    "newest": "messages of others",
    "focus": "what the next message replies to, oldest first",
    "found": "messages found in this channel; to use one, cite its number, such as [1]",
}


async def pack(
    generator: TextGenerator,
    model: ModelInfo,
    material: Material,
    answer_tokens: int,
    begun_tokens: int = 0,
) -> FittedPrompt:
    """The prompt for an answer to the last of `material.turns`, beside at most `answer_tokens` of answer.

    In the order of who may take first: persona, question, facts, focus, what was found, notes (only where
    turns are left out), the newest turns, and what was around a thread. `begun_tokens` are kept for what is
    written of the answer already. Raises PromptTooLongError when the question does not fit, and
    GenerationError when nothing can be counted.
    """
    return await _Packer(generator, model, material).pack(answer_tokens, begun_tokens)


class _Packer:
    """Packs one prompt: `_room` is what is still free, `_parts` what each part took."""

    def __init__(self, generator: TextGenerator, model: ModelInfo, material: Material) -> None:
        self._generator, self._model, self._material = generator, model, material
        self._names = Names(material.bot_name)
        for turn in reversed(material.turns):
            if self._is_asker(turn):
                self._names.of(turn.author)  # who asks keeps the plain name
        self._room = 0
        self._parts: dict[str, int] = {}

    async def pack(self, answer_tokens: int, begun_tokens: int) -> FittedPrompt:
        material, model = self._material, self._model
        *said, asked = material.turns
        earlier = [turn for turn in said if not is_blank(turn.text)]
        answer = answer_budget(model, answer_tokens)
        self._room = model.context_window - answer - model.prompt_overhead - begun_tokens
        system = await self._system(earlier)
        question = await shortened(
            self._generator, asked, self._room - model.message_overhead, self._rendered
        )
        self._spend("question", question.tokens + model.message_overhead)
        facts = await self._facts()
        focus = await self._focus()
        found = await self._found()
        notes, newest = await self._notes_and_newest(earlier)
        shown = {turn.message_id for turn in newest}
        around = await self._around(shown | {turn.message_id for turn in focus})
        focus_lines = [self._line(turn) for turn in focus if turn.message_id not in shown]
        is_group = any(not self._is_own(turn) for turn in newest) or len(material.askers) > 1
        messages = [
            *([PromptMessage("system", system)] if system else []),
            *self._data([("facts", facts), ("summary", notes), ("around", around)]),
            *self._messages(newest, is_group),
            *self._data([("focus", focus_lines), ("found", found)]),
            *self._messages([question.turn], is_group),
        ]
        return FittedPrompt(
            prompt=Prompt(messages=tuple(messages)),
            included=(*newest, question.turn),
            left_out=tuple(earlier[: len(earlier) - len(newest)]),
            prompt_tokens=model.prompt_overhead + begun_tokens + sum(self._parts.values()),
            answer_tokens=answer,
            is_cut=question.turn is not asked,
            parts=dict(self._parts),
        )

    # --- the parts, in the order in which they take ------------------------------------------

    async def _system(self, earlier: Sequence[Turn]) -> str:
        """What the model is told first; how data is marked is part of it only where there is any."""
        material = self._material
        has_data = material.facts or material.notes or material.focus or material.found or material.around
        is_told = has_data or not all(map(self._is_own, earlier))
        system = "\n\n".join(filter(None, (material.persona, DATA_NOTE if is_told else "")))
        if system:
            (tokens,) = await self._generator.count_tokens([as_counted(system)])
            self._spend("persona", tokens + self._model.message_overhead)
        return system

    async def _facts(self) -> list[str]:
        facts = self._material.facts
        heads = [f"fact {fact.number}, said by {self._names.of(fact.author)}: " for fact in facts]
        lines = [marked(fact.text, head) for fact, head in zip(facts, heads, strict=True)]
        kept = await self._take("facts", lines)
        return [lines[at] for at in sorted(kept, key=lambda at: facts[at].number)]

    async def _focus(self) -> list[Turn]:
        """As much as fits of what is replied to, the nearest first."""
        chain = self._material.focus[::-1]
        kept = await self._take("focus", [self._line(turn) for turn in chain])
        return [chain[at] for at in reversed(kept)]

    async def _found(self) -> list[str]:
        found = self._material.found
        lines = [self._found_lines(number, one) for number, one in enumerate(found, 1)]
        return [lines[at] for at in await self._take("found", lines)]

    async def _notes_and_newest(self, earlier: Sequence[Turn]) -> tuple[list[str], list[Turn]]:
        """The newest turns and, only where some are left out, notes of what was before."""
        measured = await measured_newest(self._generator, earlier, self._room, self._rendered)
        frame = await self._frame("newest")
        newest, cost = self._fitting(measured, frame)
        shown = {turn.message_id for turn in newest}
        older = [note for note in self._material.notes if not note.source_ids <= shown]
        notes: list[str] = []
        if older and len(newest) < len(earlier):
            latest_first = [marked(note.text) for note in reversed(older)]
            notes = [latest_first[at] for at in reversed(await self._take("summary", latest_first))]
            newest, cost = self._fitting(measured, frame)
        self._spend("newest", cost)
        return notes, newest

    async def _around(self, shown: set[str]) -> list[str]:
        turns = [turn for turn in self._material.around if turn.message_id not in shown]
        lines = [self._line(turn) for turn in turns]
        return [lines[at] for at in await self._take("around", lines)]

    # --- tokens ------------------------------------------------------------------------------

    def _spend(self, part: str, tokens: int) -> None:
        self._parts[part] = tokens
        self._room -= tokens

    async def _frame(self, part: str) -> int:
        """What a block costs beside its lines."""
        borders = f"{opening(WHAT[part])}\n{CLOSING}"
        (tokens,) = await self._generator.count_tokens([as_counted(borders)])
        return tokens + self._model.message_overhead + 2 * JOIN_TOKENS

    async def _take(self, part: str, lines: Sequence[str]) -> list[int]:
        """Which of `lines`, best first, fit into the share of `part`; what they cost is spent."""
        if not lines:
            return []
        free = self._room // SHARES[part] - await self._frame(part)
        counts = await self._generator.count_tokens([as_counted(line) for line in lines])
        kept, spent = [], 0
        for at, count in enumerate(counts):
            if spent + count + JOIN_TOKENS <= free:
                kept.append(at)
                spent += count + JOIN_TOKENS
        if kept:
            self._spend(part, spent + await self._frame(part))
        return kept

    def _fitting(self, measured: Sequence[MeasuredTurn], frame: int) -> tuple[list[Turn], int]:
        """How many of the newest turns (`measured`, newest first) fit, oldest first, and what they cost.

        None begins with an answer whose question is not there.
        """
        kept: list[MeasuredTurn] = []
        costs: list[int] = []
        for entry in measured:
            is_run = bool(kept) and not self._is_own(kept[-1].turn) and not self._is_own(entry.turn)
            own = self._model.message_overhead if self._is_own(entry.turn) else JOIN_TOKENS
            cost = entry.tokens + own + (0 if is_run or self._is_own(entry.turn) else frame)
            if sum(costs) + cost > self._room:
                break
            kept.append(entry)
            costs.append(cost)
        while kept and kept[-1].turn.role == "assistant":
            kept.pop()
            costs.pop()
        return [entry.turn for entry in reversed(kept)], sum(costs)

    # --- turns as text -----------------------------------------------------------------------

    def _is_asker(self, turn: Turn) -> bool:
        return turn.role == "user" and turn.author is not None and turn.author.id in self._material.askers

    def _is_own(self, turn: Turn) -> bool:
        """Whether a turn is part of the talk between the bot and who asks, and so stands as it is."""
        return turn.role == "assistant" or self._is_asker(turn)

    def _rendered(self, turn: Turn) -> str:
        """What of one of the newest turns is counted: its speaker's name always, since it may be needed."""
        if not self._is_own(turn):
            return as_counted(self._line(turn, is_whole=True))
        name = "" if turn.role == "assistant" else f"{self._names.of(turn.author)}: "
        return as_counted(name + turn.text)

    def _line(self, turn: Turn, label: str = "", *, is_whole: bool = False) -> str:
        text = turn.text if is_whole else cut_middle(turn.text, MAX_LINE_CHARS)
        return data_line(turn, text, self._names, self._material.askers, label=label, has_time=not is_whole)

    def _found_lines(self, number: int, found: Found) -> str:
        lines = [self._line(turn, f"[{number}, before] ") for turn in found.before]
        lines.append(self._line(found.turn, f"[{number}] "))
        lines += [self._line(turn, f"[{number}, after] ") for turn in found.after]
        return "\n".join(lines)

    def _messages(self, turns: Iterable[Turn], is_group: bool) -> list[PromptMessage]:
        messages = []
        for is_own, run in groupby(turns, self._is_own):
            if is_own:
                messages += [self._own_message(turn, is_group) for turn in run]
            else:
                lines = [self._line(turn, is_whole=True) for turn in run]
                messages.append(PromptMessage("user", block(WHAT["newest"], lines)))
        return messages

    def _own_message(self, turn: Turn, is_group: bool) -> PromptMessage:
        name = self._names.of(turn.author) if is_group and turn.role == "user" else None
        return PromptMessage(turn.role, clean_text(turn.text), name)

    def _data(self, parts: Sequence[tuple[str, Sequence[str]]]) -> list[PromptMessage]:
        """One message of all the blocks that have lines."""
        blocks = [block(WHAT[part], lines) for part, lines in parts if lines]
        return [PromptMessage("user", "\n".join(blocks))] if blocks else []
