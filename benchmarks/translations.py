"""Translations as a person gets them from `/translate`: chrF++ by direction, against copying the source.

The real task, worker and store; the model is the one that the settings choose, the bundled one by default.
The sentences (Tatoeba, data/README.md) were held out from the bundled model's training.
"""

from __future__ import annotations

import asyncio
import json
import lzma
import time
from collections import defaultdict
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import Report
from bot.app import answer_policy, build_generator
from bot.cli.oneshot import passing_store
from bot.config import load
from bot.conversation.answering import Answerer
from bot.errors import BotError
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Progress
from bot.settings import Settings
from bot.training.chrf import corpus_chrf

DATA = Path(__file__).parent / "data" / "translations.jsonl.xz"
AT_ONCE = 16
NOTE = "\n\n_("
"""What begins the bot's own remark behind a translation."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence to translate, and how a person did it."""

    source: str
    target: str
    text: str
    translation: str


def read_sentences() -> list[Sentence]:
    """The held-out sentences, 100 a direction."""
    with lzma.open(DATA, "rt", encoding="utf-8") as lines:
        return [Sentence(**json.loads(line)) for line in lines]


async def translate(answerer: Answerer, number: int, sentence: Sentence) -> str:
    """What `/translate` answers; empty where it fails."""
    options = {"to": sentence.target, "from": sentence.source, "text": sentence.text}
    question = IncomingMessage(
        ConversationKey("bench", "local", f"channel-{number}"),
        f"m{number}",
        f"e{number}",
        Author("someone", "someone"),
        "",
        datetime.now(UTC),
        True,
        Command("translate", options),
    )
    answer = ""
    try:
        async with aclosing(answerer.run_task((question,), str(number))) as pieces:
            async for piece in pieces:
                answer += "" if isinstance(piece, Progress) else piece
    except BotError:
        return ""
    return answer.split(NOTE)[0]


async def translate_all(settings: Settings, sentences: list[Sentence]) -> list[str]:
    """The bot's translations, some at once."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(answerer: Answerer, number: int, sentence: Sentence) -> str:
        async with turns:
            return await translate(answerer, number, sentence)

    generator = build_generator(settings)
    await generator.start()
    try:
        async with passing_store() as store:
            answerer = Answerer(store, generator, answer_policy(settings))
            await generator.ready()
            work = (one(answerer, number, sentence) for number, sentence in enumerate(sentences))
            return await asyncio.gather(*work)
    finally:
        await generator.close()


def main() -> None:
    """Translate, score, print and write the table."""
    settings = load(Path(".env")).settings
    sentences = read_sentences()
    began = time.perf_counter()
    answers = asyncio.run(translate_all(settings, sentences))
    seconds = time.perf_counter() - began
    by_direction: dict[str, list[tuple[Sentence, str]]] = defaultdict(list)
    for sentence, answer in zip(sentences, answers, strict=True):
        by_direction[f"{sentence.source} to {sentence.target}"].append((sentence, answer))
    report = Report("translations", f"model {settings.bot_model}, chrF++ from 0 to 100, {seconds:.0f} s")
    rows = []
    for direction, pairs in by_direction.items():
        references = [sentence.translation for sentence, _ in pairs]
        ours = corpus_chrf([answer for _, answer in pairs], references)
        copied = corpus_chrf([sentence.text for sentence, _ in pairs], references)
        unanswered = sum(not answer for _, answer in pairs)
        rows.append([direction, len(pairs), round(ours, 1), round(copied, 1), unanswered])
    report.table(["direction", "sentences", "chrF++", "copying", "unanswered"], rows)
    report.write()


if __name__ == "__main__":
    main()
