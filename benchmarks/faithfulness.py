"""Summaries as a person gets them from `/summarize`: how much was read, what a statement rests on, and ROUGE.

The real task, worker and store; the model is the one that the settings choose, the bundled one by default.
Every statement is looked at again, from outside: has it a source, and does the source say it
(`bot.conversation.text.grounding`)? The records are held out (data/README.md).
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.report import Report
from benchmarks.summaries import RECORDS, parley
from bot.app import answer_policy, build_generator
from bot.cli.oneshot import passing_store
from bot.config import load
from bot.conversation.answering import Answerer
from bot.conversation.text.grounding import check
from bot.conversation.text.statements import Statement
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Progress
from bot.storage.store import HistoryStore
from bot.training.rouge import rouge
from bot.training.summary_records import SummaryRecord, read_records

RECORDS_OF_A_SET = 6
ASKER = Author("someone", "someone")
_CITATION = re.compile(r"\s*\[(\d+)\]")
_COVERAGE = re.compile(r"_([\d,]+) of ([\d,]+) messages?")
_QUOTATION = re.compile(r"\*\*[^*]+\*\*: “|^> \*\*")


@dataclass(slots=True)
class Tally:
    """What was counted over some summaries."""

    records: int = 0
    messages: int = 0
    read: int = 0
    statements: int = 0
    quotations: int = 0
    without_source: int = 0
    unsupported: int = 0
    rouge: list[float] = field(default_factory=list)
    extract_rouge: list[float] = field(default_factory=list)


async def summarize(answerer: Answerer, store: HistoryStore, number: int, record: SummaryRecord) -> str:
    """The text of `/summarize` for one record in a channel of its own."""
    key = ConversationKey("bench", "local", f"channel-{number}")
    await store.import_messages(
        [
            IncomingMessage(
                key, turn.message_id, f"{number}:{turn.message_id}", turn.author or ASKER, turn.text,
                turn.sent_at, False,
            )
            for turn in record.turns
        ]
    )  # fmt: skip
    command = Command("summarize", {"last": str(len(record.turns))})
    question = IncomingMessage(key, "ask", f"{number}:ask", ASKER, "", datetime.now(UTC), True, command)
    answer = ""
    async with aclosing(answerer.run_task((question,), str(number))) as pieces:
        async for piece in pieces:
            answer += "" if isinstance(piece, Progress) else piece
    return answer


def count(tally: Tally, record: SummaryRecord, answer: str) -> None:
    """Add one summary to a tally."""
    tally.records += 1
    coverage = _COVERAGE.search(answer)
    read, asked = (int(part.replace(",", "")) for part in coverage.groups()) if coverage else (0, 0)
    tally.read, tally.messages = tally.read + read, tally.messages + asked
    told = [line for line in answer.splitlines() if line.strip() and not line.startswith("_")]
    shown = []
    for line in told:
        sources = tuple(int(found) - 1 for found in _CITATION.findall(line))
        text = _CITATION.sub("", line).strip().lstrip("-> ").strip()
        if not sources and text.endswith(":"):
            continue  # what introduces the list
        is_quotation = bool(_QUOTATION.search(line))
        tally.statements += 1
        tally.quotations += is_quotation
        tally.without_source += not sources
        text = text.replace("**", "").replace("“", "").replace("”", "")
        shown.append(text.removeprefix(f"{ASKER.name}: "))  # documents without authors
        if sources and not is_quotation:
            tally.unsupported += not check(Statement(text, sources), record.turns).is_supported
    tally.rouge.append(sum(rouge("\n".join(shown), record.summary)) / 3)
    tally.extract_rouge.append(sum(rouge(parley(record), record.summary)) / 3)


async def run(records: Sequence[SummaryRecord]) -> dict[str, Tally]:
    """Summaries of all records, one after another, counted by set."""
    settings = load(Path(".env")).settings
    tallies: dict[str, Tally] = defaultdict(Tally)
    generator = build_generator(settings)
    await generator.start()
    try:
        async with passing_store() as store:
            answerer = Answerer(store, generator, answer_policy(settings))
            for number, record in enumerate(records):
                answer = await summarize(answerer, store, number, record)
                count(tallies[record.source], record, answer)
    finally:
        await generator.close()
    return tallies


def main() -> None:
    """Summarise, count, print and write the table."""
    by_set: dict[str, list[SummaryRecord]] = defaultdict(list)
    for record in read_records(RECORDS):
        if len(by_set[record.source]) < RECORDS_OF_A_SET:
            by_set[record.source].append(record)
    began = time.perf_counter()
    tallies = asyncio.run(run([record for records in by_set.values() for record in records]))
    model = load(Path(".env")).settings.bot_model
    report = Report("faithfulness", f"Model {model}, `/summarize`, {time.perf_counter() - began:.0f} s")
    head = [
        "set", "records", "messages read", "statements", "quotations", "without a source",
        "not in their source", "mean ROUGE-1/2/L", "of the extract alone",
    ]  # fmt: skip
    rows = [
        [
            name, tally.records, f"{tally.read} of {tally.messages}", tally.statements, tally.quotations,
            tally.without_source, tally.unsupported, f"{100 * sum(tally.rouge) / tally.records:.1f}",
            f"{100 * sum(tally.extract_rouge) / tally.records:.1f}",
        ]
        for name, tally in tallies.items()
    ]  # fmt: skip
    report.table(head, rows)
    report.write()


if __name__ == "__main__":
    main()
