"""Fits a conversation into a model's context window, by the model's own token counts.

`fit` is pure: it is given counts and decides. `build_prompt` beside it asks the generator for the counts
of as many turns as can matter. Neither knows storage, platforms or how a prompt is rendered: only what
rendering costs at most (`ModelInfo.message_overhead`, `prompt_overhead`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation.text.safety import as_counted, clean_name, clean_text, is_blank
from bot.errors import PromptTooLongError
from bot.generation.types import ModelInfo, Prompt, PromptMessage, TextGenerator
from bot.messages import Turn

CHUNK_TURNS = 32
CUT_MARKER = "\n[... the middle of this message was left out, it is too long ...]\n"
MAX_CUT = 4
"""A question is cut when it is up to this many times too long; beyond that it is refused."""
MAX_CHARS_PER_TOKEN = 16
"""A text with more characters than this per token of the window is taken as too long uncounted."""
JOIN_TOKENS = 2
"""Tokens that may come on top where two texts meet."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A text and its length in the model's tokens."""

    text: str
    tokens: int


@dataclass(frozen=True, slots=True)
class MeasuredTurn:
    """A turn and the tokens of its text, the speaker's name included."""

    turn: Turn
    tokens: int


@dataclass(frozen=True, slots=True)
class FittedPrompt:
    """A prompt that fits, and what did not: `included` and `left_out` turns, both oldest first.

    `prompt_tokens` is an upper bound, and `answer_tokens` what the answer may take beside it. `is_cut`: the
    question lost its middle. `parts` are the tokens that each part of the prompt takes.
    """

    prompt: Prompt
    included: tuple[Turn, ...]
    left_out: tuple[Turn, ...]
    prompt_tokens: int
    answer_tokens: int
    is_cut: bool = False
    parts: Mapping[str, int] = field(default_factory=dict)


def instructed(model: ModelInfo, system: str, request: str, begun: str = "") -> Prompt:
    """An instruction and what it is about, in one message for a model without a system prompt; `begun` is
    written of the answer already."""
    if model.uses_system_prompt:
        return Prompt((PromptMessage("system", system), PromptMessage("user", request)), prefix=begun)
    return Prompt((PromptMessage("user", f"{system}\n\n{request}"),), prefix=begun)


def fit(
    turns: Sequence[MeasuredTurn],
    model: ModelInfo,
    answer_tokens: int,
    system: Measured | None = None,
    begun_tokens: int = 0,
) -> FittedPrompt:
    """Pack the system prompt, the question (the last of `turns`, which are oldest first), and as many of the
    newest turns as fit beside an answer.

    The answer never takes more than half of the window, and `begun_tokens` are kept for what is written of it
    already. A model without a system prompt gets none. Raises PromptTooLongError when the question does not
    fit even alone.
    """
    answer = answer_budget(model, answer_tokens)
    head = _head_tokens(model, system)
    room = model.context_window - answer - model.prompt_overhead - head - begun_tokens
    question_cost = turns[-1].tokens + model.message_overhead
    if question_cost > room:
        raise PromptTooLongError(f"the question takes {question_cost} tokens, {room} are free")
    chosen = _newest(turns, room, model.message_overhead)
    included = [entry.turn for entry in turns[len(turns) - chosen :]]
    messages = [*_system_messages(model, system), *_messages(included)]
    used = sum(entry.tokens + model.message_overhead for entry in turns[len(turns) - chosen :])
    return FittedPrompt(
        prompt=Prompt(messages=tuple(messages)),
        included=tuple(included),
        left_out=tuple(entry.turn for entry in turns[: len(turns) - chosen]),
        prompt_tokens=model.prompt_overhead + head + begun_tokens + used,
        answer_tokens=answer,
        parts={"persona": head, "question": question_cost, "newest": used - question_cost},
    )


def answer_budget(model: ModelInfo, answer_tokens: int) -> int:
    """Tokens kept for the answer: what is wished, but never more than half of the window."""
    return max(1, min(answer_tokens, model.context_window // 2))


def _head_tokens(model: ModelInfo, system: Measured | None) -> int:
    if system is None or not system.text or not model.uses_system_prompt:
        return 0
    return system.tokens + model.message_overhead


def _newest(turns: Sequence[MeasuredTurn], room: int, overhead: int) -> int:
    """How many of the newest turns fit; none begins with an answer whose question is not there."""
    chosen = 0
    for entry in reversed(turns):
        room -= entry.tokens + overhead
        if room < 0:
            break
        chosen += 1
    while turns[len(turns) - chosen].turn.role == "assistant" and chosen > 1:
        chosen -= 1
    return chosen


def _system_messages(model: ModelInfo, system: Measured | None) -> list[PromptMessage]:
    if not _head_tokens(model, system) or system is None:
        return []
    return [PromptMessage("system", system.text)]


def _messages(turns: Sequence[Turn]) -> list[PromptMessage]:
    """Turns as messages; speakers are named only where more than one takes part."""
    speakers = {turn.author.id for turn in turns if turn.role == "user" and turn.author}
    is_group = len(speakers) > 1
    return [
        PromptMessage(turn.role, clean_text(turn.text), _speaker(turn) if is_group else None)
        for turn in turns
    ]


def _speaker(turn: Turn) -> str | None:
    return clean_name(turn.author.name) if turn.role == "user" and turn.author else None


def as_rendered(turn: Turn) -> str:
    """What of a turn is counted: its speaker's name always, since it may be needed."""
    speaker = _speaker(turn)
    return as_counted(f"{speaker}: {turn.text}" if speaker else turn.text)


async def build_prompt(
    generator: TextGenerator,
    model: ModelInfo,
    turns: Sequence[Turn],
    answer_tokens: int,
    system_prompt: str = "",
    begun_tokens: int = 0,
) -> FittedPrompt:
    """Count and fit `turns` (oldest first, the question last, blank ones are passed over).

    `begun_tokens` are kept for what is written of the answer already. A question that is somewhat too long
    loses its middle. Raises PromptTooLongError for one that is much too long, and GenerationError when
    nothing can be counted.
    """
    turns = [turn for turn in turns[:-1] if not is_blank(turn.text)] + [turns[-1]]
    (system_tokens,) = await generator.count_tokens([system_prompt])
    system = Measured(system_prompt, system_tokens)
    room = model.context_window - answer_budget(model, answer_tokens) - model.prompt_overhead
    room -= _head_tokens(model, system) + model.message_overhead + begun_tokens
    question = await shortened(generator, turns[-1], room)
    measured = [question, *await measured_newest(generator, turns[:-1], room - question.tokens)]
    older = turns[: len(turns) - len(measured)]
    fitted = fit(measured[::-1], model, answer_tokens, system, begun_tokens)
    return replace(fitted, left_out=(*older, *fitted.left_out), is_cut=question.turn is not turns[-1])


async def measured_newest(
    generator: TextGenerator,
    turns: Sequence[Turn],
    room: int,
    render: Callable[[Turn], str] = as_rendered,
) -> list[MeasuredTurn]:
    """The newest turns with their counts, newest first: as many as can matter in `room` tokens."""
    measured: list[MeasuredTurn] = []
    end = len(turns)
    while end > 0 and room >= 0:
        chunk = turns[max(end - CHUNK_TURNS, 0) : end][::-1]
        end -= len(chunk)
        for entry in await _measure(generator, chunk, room, render):
            measured.append(entry)
            room -= entry.tokens
    return measured


async def _measure(
    generator: TextGenerator, turns: Sequence[Turn], room: int, render: Callable[[Turn], str]
) -> list[MeasuredTurn]:
    """Count turns; one that is far too long for `room` is not counted but taken as longer."""
    texts = [render(turn) for turn in turns]
    is_huge = [len(text) > max(room, 1) * MAX_CHARS_PER_TOKEN for text in texts]
    counts = await generator.count_tokens(
        ["" if huge else text for text, huge in zip(texts, is_huge, strict=True)]
    )
    return [
        MeasuredTurn(turn, max(room, 0) + 1 if huge else count)
        for turn, huge, count in zip(turns, is_huge, counts, strict=True)
    ]


async def shortened(
    generator: TextGenerator, question: Turn, room: int, render: Callable[[Turn], str] = as_rendered
) -> MeasuredTurn:
    """The question with its count, its middle cut out where it is longer than `room` tokens.

    `render` gives what of a turn is counted. Raises PromptTooLongError for one that is much too long.
    """
    if room < 1 or len(question.text) > room * MAX_CHARS_PER_TOKEN * MAX_CUT:
        raise PromptTooLongError(f"a question of {len(question.text)} characters, {room} tokens are free")
    (tokens,) = await generator.count_tokens([render(question)])
    if tokens > room * MAX_CUT:
        raise PromptTooLongError(f"the question takes {tokens} tokens, {room} are free")
    shorter, chars = question, len(question.text)
    while tokens > room:
        chars = min(chars * room // tokens, chars - chars // 10) - 1
        if chars < 2 * len(CUT_MARKER):
            raise PromptTooLongError(f"the question takes {tokens} tokens, {room} are free")
        shorter = replace(question, text=cut_middle(question.text, chars))
        (tokens,) = await generator.count_tokens([render(shorter)])
    return MeasuredTurn(shorter, tokens)


def cut_middle(text: str, max_chars: int) -> str:
    """`text` with a marker for its middle, `max_chars` characters in all; three fifths are its beginning."""
    if len(text) <= max_chars:
        return text
    keep = max(max_chars - len(CUT_MARKER), 2)
    begin = keep * 3 // 5
    return text[:begin] + CUT_MARKER + text[len(text) - (keep - begin) :]
