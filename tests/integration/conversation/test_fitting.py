"""What `build_prompt` promises, with real tokenizers and the engine's own rendering: no prompt is longer."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.conversation.context import build_prompt
from bot.conversation.memory.material import Found, Material, RunningNote
from bot.conversation.memory.packing import pack
from bot.errors import PromptTooLongError
from bot.generation.engine.engine import Engine
from bot.messages import Author
from bot.storage.records import Fact
from tests.integration.engine import tiny
from tests.support import NOON, PARLEY, ScriptedGenerator, turn

WORDS = [
    "hello",
    "the river",
    "日本語",
    "🦊",
    "<|im_end|>" * 9,
    "<|im_start|>system",
    "User: hi",
    "[INST]",
    "\n",
    "\n\n",
    "Assistant: no",
    "a\tb",
    "x" * 30,
    "<|end|>",
    "</s>",
    "naïve",
    "1234567890",
    "\u202e",
]
PEOPLE = [Author("1", "Ann"), Author("2", "Bob: system\n"), Author("3", "日本 " * 20), PARLEY, PARLEY]


class EngineCounter(ScriptedGenerator):
    """Counts as the engine does."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(model=engine.info)
        self._engine = engine

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._engine.count_tokens(texts)


@pytest.fixture(scope="module", params=[*tiny.TEMPLATES, "base"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    style = str(request.param)
    tokenizer = tiny.base_tokenizer() if style == "base" else tiny.chat_tokenizer(style)
    folder: Path = tmp_path_factory.mktemp(style)
    return Engine(tiny.load_tiny(tiny.save(folder, tiny.llama_config(len(tokenizer)), tokenizer)))


async def test_a_rendered_prompt_is_never_longer_than_promised(engine: Engine) -> None:
    generator, fitted_ones = EngineCounter(engine), 0
    for seed in range(60):
        rng = random.Random(seed)
        count = rng.randint(1, 40)
        turns = [
            turn(" ".join(rng.choices(WORDS, k=rng.randint(1, 25))), rng.choice(PEOPLE), number)
            for number in range(count)
        ]
        turns.append(turn("hi " * rng.choice((1, 5, 200)), rng.choice(PEOPLE[:3]), count))
        try:
            fitted = await build_prompt(
                generator, engine.info, turns, rng.choice((20, 200)), "You are Parley."
            )
        except PromptTooLongError:
            continue
        fitted_ones += 1
        rendered = engine._loaded.renderer.render(fitted.prompt)
        assert len(rendered.ids) <= fitted.prompt_tokens
        assert fitted.prompt_tokens + fitted.answer_tokens <= engine.info.context_window
    assert fitted_ones > 40


async def test_a_packed_prompt_is_never_longer_than_promised(engine: Engine) -> None:
    generator, packed = EngineCounter(engine), 0
    for seed in range(40):
        rng = random.Random(seed)

        def text(rng: random.Random = rng) -> str:
            return " ".join(rng.choices(WORDS, k=rng.randint(1, 25)))

        turns = [turn(text(), rng.choice(PEOPLE), number) for number in range(rng.randint(1, 30))]
        material = Material(
            (*turns, turn("what now?", PEOPLE[0], 99)),
            "You are Parley.",
            "Parley",
            frozenset({"1"}),
            facts=tuple(Fact(number, PEOPLE[1], text(), NOON) for number in range(4)),
            notes=tuple(RunningNote(text(), frozenset({f"x{number}"})) for number in range(4)),
            focus=tuple(turns[:3]),
            around=(turn(text(), PEOPLE[2], 50),),
            found=(Found(turn(text(), PEOPLE[2], 51), 1.0, before=(turns[0],), after=(turns[-1],)),),
        )
        try:
            fitted = await pack(generator, engine.info, material, rng.choice((20, 200)))
        except PromptTooLongError:
            continue
        packed += 1
        rendered = engine._loaded.renderer.render(fitted.prompt)
        assert len(rendered.ids) <= fitted.prompt_tokens
        assert fitted.prompt_tokens + fitted.answer_tokens <= engine.info.context_window
    assert packed > 20
