"""Measures the second `/summarize` of a long channel against the first.

`python -m benchmarks.summary_speed`: the first reads 10,000 messages; then 50 new ones arrive, and the
second is asked. By the rules that the bundled model falls back on, and with a scripted model that answers at
once, so that its time is the bot's own. A real model is asked about every block in the first, and about two
or three in the second.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.report import Report
from bot.conversation.answering import UNKNOWN_MODEL
from bot.conversation.tasks.summarize import TASK
from bot.conversation.tasks.task import TaskContext
from bot.generation.types import GenerationRequest, ModelInfo, Prompt, SamplingParams, TextGenerator
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Piece
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore
from tests.support import INSTRUCTED, ScriptedGenerator

KEY = ConversationKey("bench", "w", "general")
START = datetime(2026, 1, 1, tzinfo=UTC)
NEW = 50
NAMES = ("Ann", "Ben", "Cem", "Dee", "Eli", "Fay", "Gus", "Hal")
PEOPLE = [Author(f"u{number}", name) for number, name in enumerate(NAMES)]
WORDS = (
    *("release", "server", "deploy", "meeting", "ticket", "budget", "design", "review", "database"),
    *("backup", "invoice", "printer", "network", "password", "garden", "coffee", "train", "station"),
    *("holiday", "laptop", "window", "report", "customer", "contract"),
)
SHAPES = (
    "I think we should check the {} and the {} before the {}",
    "Who has the {} for the {}?",
    "We decided: the {} goes with the {} and the {}",
    "I'll send the {} and the {} by Friday",
    "ok",
    "the {} of the {} is fine now, but the {} is not",
)
SCRIPTED = replace(INSTRUCTED, context_window=8192)


def script(prompt: Prompt) -> list[str]:
    """Some of the lines that the model was shown, as notes with their numbers."""
    lines = re.findall(r"^\[(\d+)\] (\w+): (.*)$", prompt.messages[-1].content, re.MULTILINE)
    return [f"- {name} says {text} [{number}]\n" for number, name, text in lines[::12]]


def messages(count: int, seed: int) -> list[IncomingMessage]:
    """A channel of eight people, with silences."""
    source, minutes, found = random.Random(seed), 0.0, list[IncomingMessage]()
    for number in range(count):
        minutes += source.choice((0.2, 0.5, 1, 1, 2)) + (90 if source.random() < 0.02 else 0)
        text = source.choice(SHAPES).format(*(source.choice(WORDS) for _ in range(3)))
        name, sent_at = f"m{number}", START + timedelta(minutes=minutes)
        found.append(
            IncomingMessage(KEY, name, f"e{number}", source.choice(PEOPLE), text, sent_at, is_addressed=False)
        )
    return found


def context(store: HistoryStore, generator: TextGenerator, model: ModelInfo, total: int) -> TaskContext:
    """The context of `/summarize` for the whole channel."""
    command = Command("summarize", {"last": str(total), "style": "bullets"})
    asked = IncomingMessage(KEY, "q", "q", PEOPLE[0], "", datetime.now(UTC), True, command)

    async def generate(prompt: Prompt, sampling: SamplingParams) -> AsyncGenerator[Piece, None]:
        request = GenerationRequest("r", prompt, sampling, "bench")
        async with aclosing(generator.submit(request)) as generation:
            async for delta in generation:
                yield delta.text

    return TaskContext(
        messages=(asked,),
        options=command.options,
        memory=store,
        generator=generator,
        model=model,
        bot_name="Parley",
        system_prompt="",
        answer_tokens=512,
        generate=generate,
    )


async def seconds(ctx: TaskContext) -> float:
    """How long the whole answer takes."""
    begun = time.perf_counter()
    async with aclosing(TASK.run(ctx)) as pieces:
        text = "".join([piece async for piece in pieces if isinstance(piece, str)])
    taken = time.perf_counter() - begun
    total = f"{int(ctx.options['last']):,}"
    if f"{total} of {total} messages" not in text:
        raise RuntimeError("the summary did not read the whole channel")
    return taken


async def one_round(folder: Path, model: ModelInfo, total: int, seed: int) -> tuple[float, float]:
    """Seconds of the first summary, and of the second after NEW more messages."""
    url = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    await asyncio.to_thread(upgrade, url)
    store, past = HistoryStore(url), messages(total + NEW, seed)
    try:
        await store.import_messages(past[:total])
        generator = ScriptedGenerator(script, model)
        first = await seconds(context(store, generator, model, total))
        await store.import_messages(past[total:])
        return first, await seconds(context(store, generator, model, total + NEW))
    finally:
        await store.close()


def main() -> None:
    """Measure, print, and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    about = f"Seconds of `/summarize` for {arguments.messages:,} messages, and again after {NEW} more"
    report = Report("summary_speed", f"{about}; median of {arguments.rounds} rounds (least to most)")
    rows = []
    for label, model in (("by rule (bundled model)", UNKNOWN_MODEL), ("scripted model", SCRIPTED)):
        rounds = []
        for number in range(arguments.rounds):
            with tempfile.TemporaryDirectory() as name:
                rounds.append(asyncio.run(one_round(Path(name), model, arguments.messages, number)))
        ratios = [first / second for first, second in rounds]
        firsts, seconds_ = zip(*rounds, strict=True)
        rows.append([label, spread(firsts), spread(seconds_), spread(ratios)])
    report.table(["notes", "first, s", "second, s", "times faster"], rows)
    report.write()


def spread(values: Sequence[float]) -> str:
    """The median, and the least and the most."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
