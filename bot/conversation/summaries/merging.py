"""One short paragraph out of many notes, by a model; every sentence cites notes and is checked as they were.

Knows notes and prompts, no storage.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bot.conversation.context import answer_budget, instructed
from bot.conversation.summaries.checking import supporting
from bot.conversation.summaries.people import label_of
from bot.conversation.summaries.prompting import (
    DATA_RULE,
    NOTE_TOKENS,
    Writer,
    language_rule,
    room_for,
)
from bot.conversation.summaries.records import Note, Source
from bot.conversation.text.languages import Language
from bot.conversation.text.safety import as_counted, one_line
from bot.conversation.text.statements import Statement, parse_statements
from bot.errors import GenerationError
from bot.generation.types import SamplingParams
from bot.messages import Progress

SENTENCES = 5
ANEW_TEMPERATURE = 0.7


async def merged(
    writer: Writer,
    notes: Sequence[Note],
    called: dict[str, str],
    language: Language | None = None,
    *,
    is_anew: bool = False,
) -> AsyncGenerator[Progress | Note, None]:
    """Sentences that say what `notes` do, each as soon as it is written and checked. None where nothing that
    the model wrote holds, or it failed. `is_anew`: it is to come out differently."""
    system = (
        "You write summaries for people who missed a conversation. Each line is a note of it, with its "
        f"number. {DATA_RULE} Write one paragraph of at most {SENTENCES} short sentences that tells what "
        "matters most, in order. End each sentence with the numbers of the notes that it rests on, such as "
        "[3] or [3][7]. "
        f"{language_rule(language)}"
    )
    text, given = "", 0
    try:
        shown = await _fitting(writer, system, notes, called)
        lines = [f"[{number}] {_line(note, called)}" for number, note in enumerate(shown, 1)]
        budget = min(answer_budget(writer.model, writer.answer_tokens), SENTENCES * NOTE_TOKENS)
        request = "\n".join(["Write the summary of these notes:", *lines])
        params = SamplingParams(max_new_tokens=budget, temperature=ANEW_TEMPERATURE if is_anew else 0.0)
        async with aclosing(writer.generate(instructed(writer.model, system, request), params)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Progress):
                    yield piece
                    continue
                text += piece
                statements = parse_statements(text, len(shown))[:-1]
                for statement in statements[given:SENTENCES]:
                    if (note := _checked(statement, shown, called)) is not None:
                        yield note
                given = max(given, len(statements))
    except GenerationError:
        return
    for statement in parse_statements(text, len(shown))[given:SENTENCES]:
        if (note := _checked(statement, shown, called)) is not None:
            yield note


async def _fitting(writer: Writer, system: str, notes: Sequence[Note], called: dict[str, str]) -> list[Note]:
    """The notes that fit into one prompt, those that tell most first to stay; in order."""
    room = await room_for(writer, system, SENTENCES * NOTE_TOKENS)
    lines = [as_counted(f"[88] {_line(note, called)}\n") for note in notes]
    costs = dict(zip(range(len(notes)), await writer.generator.count_tokens(lines), strict=True))
    kept: list[int] = []
    for at in sorted(costs, key=lambda at: -notes[at].weight):
        room -= costs[at] + 2
        if room < 0:
            break
        kept.append(at)
    return [notes[at] for at in sorted(kept)]


def _line(note: Note, called: dict[str, str]) -> str:
    if not note.is_quote:
        return one_line(note.text)
    return f"{label_of(note.sources[0].turn, called)}: {one_line(note.text)}"


def _checked(statement: Statement, notes: Sequence[Note], called: dict[str, str]) -> Note | None:
    """A sentence with the messages that its notes rest on, None where they do not support it."""
    sources: dict[str, Source] = {}
    for cited in statement.sources:
        sources |= {source.turn.message_id: source for source in notes[cited].sources}
    text = one_line(statement.text)
    found = supporting(text, tuple(sources.values()), called)
    return Note(text, "statement", 1.0, found) if found else None
