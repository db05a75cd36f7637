"""Translates a text: sentence by sentence, in order, as each is done.

Every sentence goes out with placeholders for what must survive, for a small model numbers too. What comes
back is checked; where it cannot be trusted the model is asked once more, and after that only what stands
between the masked places is translated, or nothing. So nothing that is masked is ever lost, whatever the
model does. Used by the task, by summaries in another language and by bridges.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.counting import counted
from bot.conversation.text.languages import Language
from bot.conversation.text.layout import parts_of, words_of
from bot.conversation.text.masking import MASK, Masked
from bot.conversation.text.sentences import ENDS
from bot.conversation.translation.cache import Cache
from bot.conversation.translation.detection import detect
from bot.conversation.translation.glossary import load_glossary
from bot.conversation.translation.routes import MAX_CONTEXT_CHARS, Request, Route, choose_route
from bot.messages import Piece

MAX_MASKS = 16
"""Placeholders in one request; small models were taught that many."""
ROUGH = "_(rough translation by a small model)_"


@dataclass(slots=True)
class Outcome:
    """What is known of a translation once it is over: whether a small model made it, how many sentences were
    left as written, and in how many of another model's the numbers are not those of the source."""

    is_rough: bool = False
    blanks: int = 0
    unlike_numbers: int = 0

    def notes(self) -> list[str]:
        """What people should know of it."""
        blanks, unlike = counted(self.blanks, "sentence"), counted(self.unlike_numbers, "sentence")
        notes = [f"_({blanks} I could not translate: left as written.)_"] if self.blanks else []
        notes += [f"_(Please check the numbers: they differ in {unlike}.)_"] if self.unlike_numbers else []
        return notes + ([ROUGH] if self.is_rough else [])


async def translate_text(
    ctx: TaskContext,
    text: str,
    target: Language,
    source: str | None = None,
    *,
    has_notes: bool = True,
    source_ids: tuple[str, ...] | None = None,
    outcome: Outcome | None = None,
) -> AsyncGenerator[Piece, None]:
    """Yield the translation of `text` into `target`, and signs of life meanwhile.

    `source` is its language (ISO 639-1), None to have it told here; a text that is in the target's language
    comes back as it is. `has_notes` adds what people should know of it; `outcome` gets the same meanwhile.
    `source_ids` are the messages that the text is from, by default the question: with them goes what is kept
    of the translation. Raises CommandError where no model can do it, and GenerationError.
    """
    words = words_of(text)
    if source is None and (found := await detect(words)) is not None and found.is_sure:
        source = found.code
    if source == target.code or not any(char.isalpha() for char in words):
        yield text
        return
    route: Route | None = None
    async with aclosing(choose_route(ctx, source, target)) as choosing:
        async for choice in choosing:
            if isinstance(choice, Route):
                route = choice
            else:
                yield choice
    assert route is not None
    outcome = outcome or Outcome()
    outcome.is_rough = route.is_rough
    run = _Run(ctx, route, (ctx.question.message_id,) if source_ids is None else source_ids, outcome)
    async with aclosing(run.pieces(text)) as pieces:
        async for piece in pieces:
            yield piece
    if has_notes and (notes := outcome.notes()):
        yield "\n\n" + "\n".join(notes)


class _Run:
    """One text being translated by one route."""

    def __init__(self, ctx: TaskContext, route: Route, source_ids: tuple[str, ...], outcome: Outcome) -> None:
        self._ctx, self._route, self._outcome = ctx, route, outcome
        pair = (route.source or "", route.target.code, route.name)
        self._cache = Cache(ctx.memory, ctx.place, pair, source_ids, datetime.now(UTC))
        self._before = ""

    async def pieces(self, text: str) -> AsyncGenerator[Piece, None]:
        glossary = await load_glossary(self._ctx.memory, self._ctx.question.conversation)
        terms = glossary.terms(self._route.target.code)
        max_chars = await self._route.max_chars(text)
        parts = list(parts_of(text, terms, max_chars, is_strict=self._route.is_rough))
        if not self._ctx.variation:
            await self._cache.load([part for part in parts if isinstance(part, Masked)])
        for part in parts:
            if isinstance(part, str):
                if part:
                    yield part
                continue
            async with aclosing(self._sentence(part)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _sentence(self, sentence: Masked) -> AsyncGenerator[Piece, None]:
        """Signs of life, then the translated sentence."""
        skeleton = self._cache.get(sentence)
        if skeleton is None:
            blanks = self._outcome.blanks
            async with aclosing(self._translated(sentence, attempts=2)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        skeleton = piece
                    else:
                        yield piece
            assert skeleton is not None
            is_whole = self._outcome.blanks == blanks and sentence.has_same_numbers(skeleton)
            if is_whole and sentence.is_sound(skeleton):
                await self._cache.put(sentence, skeleton)
        self._remember(sentence)
        yield sentence.restored(sentence.tidied(skeleton))

    async def _translated(self, sentence: Masked, attempts: int) -> AsyncGenerator[Piece, None]:
        """Signs of life, then the skeleton of the translation: from the model where that can be trusted, else
        of what stands between the masked places. Words between mere numbers make no sense to a small model:
        then the sentence stays as it is."""
        placeholder = self._placeholder_for(sentence)
        unlike: str | None = None
        if placeholder is not None or sentence.is_soft:
            for attempt in range(attempts):
                answer = ""
                is_plain = bool(attempt) and sentence.is_strict and sentence.is_soft
                placeholder = None if is_plain else placeholder
                # A small model asked in another way is asked greedily again: sampling makes it worse.
                request = Request(sentence.shown(placeholder), self._before, 0 if is_plain else attempt)
                async with aclosing(self._route.ask(request)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            answer = piece
                        else:
                            yield piece
                skeleton = sentence.read(answer, placeholder)
                if skeleton is None or sentence.is_unchanged(skeleton):
                    continue
                if sentence.has_same_numbers(skeleton):
                    yield skeleton
                    return
                unlike = skeleton  # a model that is no small one may write "deux" for 2, or a date its way
        if unlike is not None:
            self._outcome.unlike_numbers += 1
            yield unlike
            return
        if not sentence.masks or (sentence.is_strict and sentence.is_soft):
            self._outcome.blanks += 1
            yield sentence.text
            return
        async with aclosing(self._around(sentence)) as pieces:
            async for piece in pieces:
                yield piece

    def _placeholder_for(self, sentence: Masked) -> str | None:
        placeholder = self._route.placeholder
        if placeholder is None or not sentence.masks or len(sentence.masks) > MAX_MASKS:
            return None
        return placeholder if sentence.fits(placeholder) else None

    async def _around(self, sentence: Masked) -> AsyncGenerator[Piece, None]:
        """Signs of life, then a skeleton in which only what stands between the masks is translated."""
        skeleton, at = "", 0
        for start, end in sentence.between():
            part = sentence.part(start, end)
            translated = part.text
            async with aclosing(self._translated(part, attempts=1)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, str):
                        translated = piece
                    else:
                        yield piece
            first = len(MASK.findall(sentence.text, 0, start))
            skeleton += sentence.text[at:start] + _renumbered(_as_part(translated, part.text), first)
            at = end
        yield skeleton + sentence.text[at:]

    def _remember(self, sentence: Masked) -> None:
        said = MASK.sub("…", sentence.text)
        self._before = f"{self._before} {said}".strip()[-MAX_CONTEXT_CHARS:]


def _as_part(translated: str, source: str) -> str:
    """A translated part of a sentence without the full stop that a model sees missing."""
    return translated if source.endswith(ENDS) else translated.rstrip("".join(ENDS)).rstrip() or translated


def _renumbered(skeleton: str, first: int) -> str:
    """A part's skeleton with the numbers that its masks have in the whole."""
    return MASK.sub(lambda match: chr(ord(match[0]) + first), skeleton)
