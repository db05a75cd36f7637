"""Needles in a channel: are facts that people mentioned found again by `/ask`, months of talk later?

    python -m benchmarks.needles [--messages 5000] [--verbose]

Puts the facts of `data/needles.jsonl` at ten depths of a channel, each with a message elsewhere that shares
its words, among filler talk; then asks for each fact in several wordings, none of them the fact's own.
Counted is what a person or a model gets to see: for a model that follows instructions, the messages that
stand numbered in its prompt; for any other, the messages that are quoted in the answer. Small talk must not
be answered by quotations. The facts marked as held out were written when the search was done; nothing was
tuned on them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import lzma
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.report import Report
from bot.cli.oneshot import passing_store
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.generation.types import ModelInfo
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Progress
from bot.storage.store import HistoryStore
from tests.support import INSTRUCTED, ScriptedGenerator

DATA = Path(__file__).parent / "data"
DEPTHS = 10
KEY = ConversationKey("bench", "w", "general")
BEGIN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
PEOPLE = [Author(f"u{number}", name) for number, name in enumerate(
    ("Ann", "Bo", "Chen", "Dora", "Emil", "Fatou", "Gus", "Hiro")
)]  # fmt: skip
READER = replace(INSTRUCTED, context_window=4096, message_overhead=8, prompt_overhead=8)
SMALL = replace(
    READER, context_window=512, follows_instructions=False, uses_system_prompt=False, summarizes=False
)
SMALL_TALK = (
    "hi", "hello there", "good morning", "who are you?", "what is your name?", "what can you do?",
    "how are you?", "thanks a lot", "bye", "are you human?", "tell me a joke", "help", "I am sad",
    "do you like music?", "what time is it?", "how old are you?", "who made you?", "good night",
    "nice to meet you", "can you help me?", "what do you think?", "I love you", "you are funny",
    "tell me something", "are you there?", "what is up?", "why?", "ok", "please say hello to everybody",
    "do you speak French?", "what is the meaning of life?", "how is the weather?", "sing me a song",
    "what is two plus two?", "hallo, wie geht es dir?", "bonjour, ça va ?", "hola, ¿qué tal?", "你好", "谢谢",
    "こんにちは",
)  # fmt: skip

OTHER_QUESTIONS = (
    "what is the capital of France?", "who wrote Hamlet?", "how many legs has a spider?",
    "what is the speed of light?", "when did the second world war end?", "who painted the Mona Lisa?",
    "how do I boil an egg?", "what is photosynthesis?", "which planet is the largest?",
    "how far is the moon?", "what does HTTP stand for?", "who invented the telephone?",
    "how many days has a leap year?", "what is the boiling point of water?", "where do penguins live?",
    "why is the sky blue?", "who was the first president of the United States?", "what is a prime number?",
    "how tall is Mount Everest?", "which language is spoken in Brazil?", "what is the square root of nine?",
    "how does a vaccine work?", "where is the Eiffel Tower?", "when was Mozart born?",
    "what is the chemical symbol of gold?", "who discovered penicillin?", "how long is a marathon?",
    "what is the currency of Japan?", "why do cats purr?", "how many strings has a violin?",
)  # fmt: skip
"""Nobody said anything about these in the channel."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One fact, a message that shares its words, and how people ask for it."""

    number: int
    kind: str
    fact: str
    near: tuple[str, ...]
    ask: tuple[str, ...]
    is_held_out: bool = False
    """Whether nothing was tuned on it: it was written when the search was done."""

    @property
    def depth(self) -> int:
        """Which tenth of the channel it stands in."""
        return self.number % DEPTHS


class Reader(ScriptedGenerator):
    """Stands in for a model: counts four characters as a token, keeps the prompt, and answers one word."""

    def __init__(self, model: ModelInfo) -> None:
        super().__init__(lambda _: ("model",), model)

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """A fourth of the characters."""
        return [len(text) // 4 + 1 for text in texts]


def load_needles() -> list[Needle]:
    """The facts, in the file's order."""
    rows = [json.loads(line) for line in (DATA / "needles.jsonl").read_text().splitlines()]
    return [
        Needle(
            number,
            row["kind"],
            row["fact"],
            tuple(row["near"]),
            tuple(row["ask"]),
            row.get("held_out", False),
        )
        for number, row in enumerate(rows)
    ]


def load_filler() -> list[str]:
    """Everyday talk, a message a line."""
    with lzma.open(DATA / "needles-filler.txt.xz", "rt", encoding="utf-8") as file:
        return file.read().splitlines()


def channel(needles: Sequence[Needle], messages: int) -> list[IncomingMessage]:
    """A channel of so many messages in which every needle stands at its depth, its neighbour elsewhere."""
    planted: dict[int, list[str]] = defaultdict(list)
    per_depth = messages // DEPTHS
    for needle in needles:
        place = needle.depth * per_depth + (needle.number * 37) % per_depth
        planted[place].append(needle.fact)
        for text in needle.near:
            planted[(place * 7 + messages // 3) % messages].append(text)
    count = sum(map(len, planted.values()))
    texts: list[str] = []
    for at, text in enumerate(load_filler()[: messages - count]):
        texts += [*planted.pop(at, ()), text]
    texts += [text for left in planted.values() for text in left]
    return [_message(number, text) for number, text in enumerate(texts)]


def _message(number: int, text: str, command: Command | None = None) -> IncomingMessage:
    author = PEOPLE[number * 5 % len(PEOPLE)]
    sent_at = BEGIN + timedelta(minutes=3 * number)
    return IncomingMessage(
        KEY, f"m{number}", f"e{number}", author, text, sent_at, command is not None, command
    )


async def answer(store: HistoryStore, reader: Reader, question: str) -> str:
    """What `/ask` shows."""
    asked = _message(1_000_000, "/ask", Command("ask", {"question": question}))
    answerer = Answerer(store, reader, AnswerPolicy())
    async with aclosing(answerer.run_task((asked,), "bench")) as pieces:
        return "".join([piece async for piece in pieces if not isinstance(piece, Progress)])


async def rank_in_prompt(store: HistoryStore, needle: Needle, question: str) -> int | None:
    """At which number the needle stands in the prompt of a model that follows instructions, or None."""
    reader = Reader(READER)
    await answer(store, reader, question)
    shown = "\n".join(message.content for message in reader.prompts[-1].messages)
    for line in shown.splitlines():
        if line.startswith("| [") and line.endswith(needle.fact):
            return int(line[3:].split("]")[0].split(",")[0])
    return None


async def rank_in_answer(store: HistoryStore, needle: Needle, question: str) -> int | None:
    """At which number the needle is quoted to a person, or None."""
    text = await answer(store, Reader(SMALL), question)
    for line in text.splitlines():
        if needle.fact[:200] in line and line[:1].isdigit():
            return int(line.split(".")[0])
    return None


@dataclass(frozen=True, slots=True)
class Result:
    """What happened to one question on both roads."""

    needle: Needle
    question: str
    in_prompt: int | None
    in_answer: int | None
    seconds: float


async def measure(messages: int, needles: Sequence[Needle]) -> tuple[list[Result], list[str]]:
    """All questions in one channel of so many messages, and what else was answered by a quotation."""
    async with passing_store() as store:
        await store.import_messages(channel(needles, messages))
        results = []
        for needle in needles:
            for question in needle.ask:
                begun = time.perf_counter()
                in_prompt = await rank_in_prompt(store, needle, question)
                seconds = time.perf_counter() - begun
                in_answer = await rank_in_answer(store, needle, question)
                results.append(Result(needle, question, in_prompt, in_answer, seconds))
        quoted = [
            text
            for text in (*SMALL_TALK, *OTHER_QUESTIONS)
            if await answer(store, Reader(SMALL), text) != "model"
        ]
    return results, quoted


def recall(ranks: Sequence[int | None], within: int) -> float:
    """The share of needles found among the first so many."""
    return sum(rank is not None and rank <= within for rank in ranks) / max(len(ranks), 1)


def rows_of(results: Sequence[Result]) -> list[list[str]]:
    """Rows: which questions, how many, recall@1 and @5 in the prompt, and quoted to a person."""

    def row(name: str, some: Sequence[Result]) -> list[str]:
        in_prompt = [one.in_prompt for one in some]
        in_answer = [one.in_answer for one in some]
        shares = (recall(in_prompt, 1), recall(in_prompt, 5), recall(in_answer, 5))
        return [name, str(len(some)), *(f"{share:.1%}" for share in shares)]

    rows = [row("all", results)]
    rows.append(row("held out", [one for one in results if one.needle.is_held_out]))
    rows += [row(f"depth {d * 10}%", [r for r in results if r.needle.depth == d]) for d in range(DEPTHS)]
    kinds = list(dict.fromkeys(one.needle.kind for one in results if not one.needle.is_held_out))
    return rows + [row(kind, [one for one in results if one.needle.kind == kind]) for kind in kinds]


async def main() -> None:
    """Measure, print, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--verbose", action="store_true", help="print every question that was missed")
    options = parser.parse_args()
    results, quoted = await measure(options.messages, load_needles())
    wrong = [sum(text in quoted for text in some) for some in (SMALL_TALK, OTHER_QUESTIONS)]
    seconds = statistics.median(one.seconds for one in results)
    about = (
        f"Facts planted in a channel of {options.messages:,} messages, asked for by `/ask` in other words. "
        f"{seconds * 1000:.0f} ms a question (median). Answered by quotation, wrongly: {wrong[0]} of "
        f"{len(SMALL_TALK)} lines of small talk, {wrong[1]} of {len(OTHER_QUESTIONS)} questions of general "
        "knowledge"
    )
    report = Report("needles", about)
    head = ("questions", "count", "in the prompt, first", "in the prompt, of 5", "quoted to a person")
    report.table(head, rows_of(results))
    report.write()
    for one in results if options.verbose else ():
        if one.in_prompt is None or one.in_answer is None:
            print(one.in_prompt, one.in_answer, one.needle.fact, "<-", one.question)


if __name__ == "__main__":
    asyncio.run(main())
