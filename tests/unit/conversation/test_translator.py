"""Which pairs a translation model is asked for, and what its loading looks like from a task."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.conversation.translator import TranslationModel, Translator, can_translate
from bot.errors import ModelLoadError
from bot.generation.types import ModelInfo
from tests.support import BASE, ScriptedGenerator

MARIAN = replace(BASE, translates=("en", "fr"), pairs=(("en", "fr"),))
M2M = replace(BASE, translates=("de", "en", "fr"))


@pytest.mark.parametrize(
    ("model", "source", "target", "is_known"),
    [
        (MARIAN, "en", "fr", True),
        (MARIAN, None, "fr", True),
        (MARIAN, "", "fr", True),
        (MARIAN, "fr", "en", False),
        (MARIAN, "de", "fr", False),
        (MARIAN, None, "en", False),
        (M2M, "de", "fr", True),
        (M2M, None, "de", True),
        (M2M, "it", "de", False),
        (M2M, "de", "it", False),
        (BASE, "it", "de", True),
    ],
)
def test_a_pair_is_known_or_not(model: ModelInfo, source: str | None, target: str, is_known: bool) -> None:
    assert can_translate(model, source, target) is is_known


class SlowGenerator(ScriptedGenerator):
    """Loads for as long as it is told to, and may fail in the end."""

    status = "loading the model"

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(model=M2M)
        self.loaded = asyncio.Event()
        self.error = error

    async def ready(self) -> ModelInfo:
        await self.loaded.wait()
        if self.error:
            raise self.error
        return self.model


def translator(generator: ScriptedGenerator) -> Translator:
    model = TranslationModel("m2m", generator)
    return Translator(model, lambda prompt, sampling: pytest.fail("nothing is generated here"))


async def test_signs_of_life_come_until_the_model_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.conversation.translator._SIGN_OF_LIFE_S", 0.01)
    generator = SlowGenerator()
    mine = translator(generator)
    assert not mine.knows("de", "fr")
    signs = 0
    async for sign in mine.signs_of_life():
        assert sign.text == "loading the model"
        signs += 1
        if signs == 2:
            generator.loaded.set()
    assert signs >= 2
    assert await mine.ready() == M2M
    assert mine.knows("de", "fr")


async def test_signs_of_life_leave_a_failure_to_ready() -> None:
    generator = SlowGenerator(ModelLoadError("no such folder"))
    generator.loaded.set()
    mine = translator(generator)
    assert [sign async for sign in mine.signs_of_life()] == []
    with pytest.raises(ModelLoadError):
        await mine.ready()
