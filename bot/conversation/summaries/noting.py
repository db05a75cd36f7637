"""Notes by a model: it is shown the messages, conversation by conversation, and cites what it writes.

One statement that they do not support is replaced by the message itself, as a quotation; a part in which
nothing holds, or at which the model fails, is quoted by rule. Knows no storage and no forms.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import uuid4

from bot.conversation.summaries.checking import notes_in
from bot.conversation.summaries.extracting import (
    best_quotes,
    conversations_of,
    in_order,
    open_questions,
    quoted_notes,
    sought_notes,
)
from bot.conversation.summaries.people import labels, names_of
from bot.conversation.summaries.prompting import Writer, note_request, parts_of
from bot.conversation.summaries.records import Note
from bot.conversation.text.languages import Language
from bot.conversation.text.safety import is_blank
from bot.errors import GenerationError, PromptTooLongError
from bot.generation.types import GenerationRequest, ModelInfo, Prompt, SamplingParams, TextGenerator
from bot.messages import Piece, Progress, Turn


@dataclass(frozen=True, slots=True)
class Noted:
    """The notes of a block, and how many of its messages the model could not read, for which reason."""

    notes: tuple[Note, ...]
    unread: int = 0
    why: str = ""


async def noted(
    writer: Writer, turns: Sequence[Turn], language: Language | None = None
) -> AsyncGenerator[Progress | Noted, None]:
    """Take notes of a block; the last piece is what was noted. A part that fails is quoted, and counted as
    unread. Raises no GenerationError."""
    conversations = conversations_of(turns)
    still_open = open_questions(turns, conversations)
    called = labels(names_of(turns))
    notes: list[Note] = []
    unread, why = set[int](), ""
    try:
        parts = await parts_of(writer, turns, conversations, called, language)
    except GenerationError as error:
        unread, why, parts = {place for found in conversations for place in found}, reason_of(error), []
        notes = best_quotes(turns, sorted(unread), None)
    for lines in parts:
        text, places = "", {line.place for line in lines}
        try:
            async with aclosing(writer.generate(*note_request(writer, lines, language))) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Progress):
                        yield piece
                    else:
                        text += piece
        except GenerationError as error:
            unread, why = unread | places, reason_of(error)
        if is_blank(text):
            unread, why = unread | places, why or "my model wrote nothing"
        notes += notes_in(text, turns, [line.place for line in lines], called) or best_quotes(
            turns, sorted(places), None
        )
    notes += sought_notes(turns, still_open, notes)
    yield Noted(tuple(in_order(notes, still_open)), len(unread), why)


async def notes_of(
    generator: TextGenerator, model: ModelInfo, turns: Sequence[Turn], *, answer_tokens: int = 512
) -> list[Note]:
    """Checked notes of `turns`, by a model that can summarise, else by rule; for work in idle time.

    Every note names the messages that it rests on. Raises GenerationError where the model fails: then nothing
    was noted.
    """
    if not model.summarizes:
        return quoted_notes(turns)
    async with aclosing(noted(_OnItsOwn(generator, model, answer_tokens), turns)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Noted):
                if piece.unread:
                    raise GenerationError(f"{piece.unread} messages could not be read: {piece.why}")
                return list(piece.notes)
    return []


@dataclass(frozen=True, slots=True)
class _OnItsOwn:
    """A writer that belongs to no question."""

    generator: TextGenerator
    model: ModelInfo
    answer_tokens: int

    async def generate(self, prompt: Prompt, sampling: SamplingParams) -> AsyncGenerator[Piece, None]:
        request = GenerationRequest(f"notes-{uuid4().hex[:8]}", prompt, sampling, tenant="notes")
        async with aclosing(self.generator.submit(request)) as generation:
            async for delta in generation:
                if delta.text:
                    yield delta.text


def reason_of(error: GenerationError) -> str:
    """Why a model could not read something, in a few words for people."""
    if isinstance(error, PromptTooLongError):
        return "they do not fit into my model"
    return "my model failed or took too long"
