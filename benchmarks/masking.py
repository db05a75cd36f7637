"""Whether everything that must survive a translation does, whatever the model does to it.

Random messages that mix code, mentions, emoji, links, files, amounts and Markdown, through the real road of a
translation, with a stand-in for the model that does its worst. An item survives when it is in the line where
it was, exactly as often; a code block when it is the same byte for byte. Beside it stands what is left when
the model's answer is taken as it comes. Writes `masking.md`.
"""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from benchmarks.report import Report
from benchmarks.worst_translator import Message, MessageMaker, WorstTranslator, losses
from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.languages import Language, language
from bot.conversation.text.masking import PLACEHOLDER, mask
from bot.conversation.translation.translating import translate_text
from bot.conversation.translator import TranslationModel, Translator
from bot.generation.types import ModelInfo, Prompt
from tests.support import INSTRUCTED, SMALL, ScriptedGenerator, close_stores, context, message, remembering

MESSAGES = 10_000
TOKENS = replace(SMALL, placeholder="<|m{n}|>")
MODELS: dict[str, tuple[ModelInfo, bool]] = {
    "chat model": (INSTRUCTED, False),
    "small model that was taught ⟦0⟧": (replace(SMALL, placeholder=PLACEHOLDER), False),
    "small model that was taught tokens": (TOKENS, False),
    "small model that was taught none": (SMALL, False),
    "translation model": (SMALL, True),
}
"""Each with whether it is asked as a translation model is."""


@dataclass(frozen=True)
class Survival:
    """How many messages came through whole, and what was asked of the model for it."""

    model: str
    messages: int
    whole: int
    unchecked: int
    requests: int
    examples: tuple[str, ...]


async def survival(name: str, count: int, seed: int = 1) -> Survival:
    """Translate `count` random messages with one kind of model at its worst."""
    maker, generator, ctx = MessageMaker(seed), *(await _context(name, seed))
    french = language("fr")
    assert french is not None
    whole, unchecked, examples = 0, 0, []
    for _ in range(count):
        made = maker.message()
        lost = losses(made, await translated(ctx, made, french))
        whole += not lost
        examples += lost[:1]
        unchecked += not losses(made, _taken_as_it_comes(generator, made))
    await close_stores()
    return Survival(name, count, whole, unchecked, len(generator.requests), tuple(examples[:5]))


async def translated(ctx: TaskContext, made: Message, target: Language) -> str:
    """The whole translation of a message."""
    async with aclosing(translate_text(ctx, made.text, target, "en", has_notes=False)) as pieces:
        return "".join([piece async for piece in pieces if isinstance(piece, str)])


async def _context(name: str, seed: int) -> tuple[ScriptedGenerator, TaskContext]:
    model, is_translator = MODELS[name]
    generator = ScriptedGenerator(WorstTranslator(seed), model)
    ctx = context(generator, await remembering(), message("translate"))
    if is_translator:
        translator = Translator(TranslationModel(name, generator), ctx.generate)
        await translator.ready()
        ctx = replace(ctx, translator=translator)
    return generator, ctx


def _taken_as_it_comes(generator: ScriptedGenerator, made: Message) -> str:
    """What a translation without checks would be: each line masked, and what comes back restored."""
    lines = []
    for line in made.text.split("\n"):
        masked = mask(line)
        answer = "".join(generator.script(Prompt(prefix=masked.shown(PLACEHOLDER))))
        for number, taken in enumerate(masked.masks):
            answer = answer.replace(PLACEHOLDER.replace("{n}", str(number)), taken.original)
        lines.append(answer)
    return "\n".join(lines)


def main() -> None:
    """Measure every kind of model, print the table and write it."""
    parser = argparse.ArgumentParser(description="What survives a translation by a model at its worst.")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="messages in all")
    each = parser.parse_args().messages // len(MODELS)
    results = [asyncio.run(survival(name, each, seed)) for seed, name in enumerate(MODELS)]
    report = Report("masking", "Messages whose every mask survives a model at its worst")
    rows = [
        [
            result.model,
            result.messages,
            f"{result.whole / result.messages:.2%}",
            f"{result.unchecked / result.messages:.2%}",
            f"{result.requests / result.messages:.1f}",
        ]
        for result in results
    ]
    report.table(["model", "messages", "whole", "whole without checks", "requests a message"], rows)
    report.write()
    for result in results:
        for example in result.examples:
            print(f"lost, {result.model}: {example}")


if __name__ == "__main__":
    main()
