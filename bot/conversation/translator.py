"""The translation model, as the tasks use it. Torch-free: it knows a generator, and nothing of platforms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.generation.types import ModelInfo, Prompt, SamplingParams, TextGenerator
from bot.messages import Piece, Progress

_SIGN_OF_LIFE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class TranslationModel:
    """A model for translations alone: its name, for people, and what runs it."""

    name: str
    generator: TextGenerator


Generate = Callable[[Prompt, SamplingParams], AsyncGenerator[Piece, None]]


class Translator:
    """One answer's way to the translation model, which is loaded when it is first asked for anything.

    `name` is the model's. Every method may raise ModelLoadError where the model cannot be loaded: the chat
    model is to translate then.
    """

    def __init__(self, model: TranslationModel, generate: Generate) -> None:
        self.name = model.name
        self._generator = model.generator
        self._generate = generate
        self._info: ModelInfo | None = None

    @property
    def status(self) -> str:
        """One line for people: "asleep", "loading the model", "ready", ..."""
        return self._generator.status

    async def ready(self) -> ModelInfo:
        """Load the model, if need be, and say what it can do. Raises ModelLoadError."""
        self._info = await self._generator.ready()
        return self._info

    async def signs_of_life(self) -> AsyncGenerator[Progress, None]:
        """Yield a sign a second until `ready` would return at once, or raise."""
        loading = asyncio.ensure_future(self._generator.ready())
        try:
            while not (await asyncio.wait({loading}, timeout=_SIGN_OF_LIFE_S))[0]:
                yield Progress(self._generator.status)
            loading.exception()  # `ready` is to tell it
        finally:
            loading.cancel()

    def knows(self, source: str | None, target: str) -> bool:
        """Whether the model translates from `source` (ISO 639-1; None or "" where it is not known) into
        `target`. Before `ready`, nothing is known."""
        return self._info is not None and can_translate(self._info, source, target)

    def generate(self, prompt: Prompt, sampling: SamplingParams) -> AsyncGenerator[Piece, None]:
        """Translate `prompt.prefix`: signs of life while it waits, then text. Raises GenerationError."""
        return self._generate(prompt, sampling)

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, without special tokens. Raises GenerationError."""
        return await self._generator.count_tokens(texts)


def can_translate(model: ModelInfo, source: str | None, target: str) -> bool:
    """Whether a model translates from `source` into `target`; an unknown source is left to the model where
    it has one for the target."""
    if model.pairs is not None:
        return any(target == into and source in (None, "", known) for known, into in model.pairs)
    codes = model.translates
    return codes is None or (target in codes and source in (None, "", *codes))
