"""Scores what a person gets from `/summarize` with the bundled model against extracts that need no thought.

`python -m benchmarks.summaries` reads the held-out records in `benchmarks/data` and writes `summaries.md`.
The bundled model cannot summarise, so the bot quotes messages: `summaries.extract` is the text of the
quotations as a person gets them, a line each. Scores are F1 of ROUGE-1, -2 and -L without stemming.

Each baseline is scored twice: with whole messages, and with the same spans (sentences of long messages) that
the bot chooses from. "Best baseline" is the best of all of them, for each set and measure by itself.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from benchmarks.report import FOLDER, Report
from benchmarks.retelling import retell
from bot.conversation.summaries import extract
from bot.conversation.text.graph import links, ranks, vectors
from bot.conversation.text.safety import ANONYMOUS
from bot.conversation.text.units import meaningful, tokenize, units
from bot.messages import Turn
from bot.training.rouge import rouge
from bot.training.summary_records import HELD_OUT_EVERY, SummaryRecord, read_records

RECORDS = FOLDER / "data" / "summaries-held-out.jsonl.xz"
MEASURES = ("ROUGE-1", "ROUGE-2", "ROUGE-L")
FOLDS = {0: "first fold", HELD_OUT_EVERY: "second fold"}
"""Number of a record within its source, modulo two times HELD_OUT_EVERY."""
RESAMPLES = 1000
MAX_RANKED = 300
"""LexRank is quadratic; of a longer document the baseline ranks so many parts from the start."""

Text = Callable[[Sequence[Turn]], str]
Scores = tuple[float, float, float]


# --- baselines -------------------------------------------------------------------------------


def line(turn: Turn) -> str:
    """A message as it stands in a document."""
    return f"{turn.author.name}: {turn.text}" if turn.author else turn.text


def parts(turns: Sequence[Turn]) -> list[Turn]:
    """The spans that the bot chooses from, as messages."""
    return [replace(turns[span.turn], text=span.text) for span in units(turns)]


def lead(turns: Sequence[Turn], count: int = 3) -> str:
    """The first ones."""
    return "\n".join(line(turn) for turn in turns[:count])


def longest(turns: Sequence[Turn], count: int = 3) -> str:
    """The ones with most characters, in their order."""
    best = sorted(range(len(turns)), key=lambda at: -len(turns[at].text))[:count]
    return "\n".join(line(turns[at]) for at in sorted(best))


def lexrank(turns: Sequence[Turn], count: int = 3) -> str:
    """The most central ones, in their order."""
    turns = turns[:MAX_RANKED]
    words = [meaningful(tokenize(turn.text)) for turn in turns]
    frequencies = Counter(word for own in words for word in set(own))
    central = ranks(links(vectors(words, frequencies, len(turns))))
    best = sorted(range(len(turns)), key=lambda at: -central[at])[:count]
    return "\n".join(line(turns[at]) for at in sorted(best))


def retold(turns: Sequence[Turn]) -> str:
    """The first one that has eight words, and the longest of the others, in the third person by rule."""
    order = sorted(range(len(turns)), key=lambda at: -len(turns[at].text))
    first = next((at for at, turn in enumerate(turns) if len(turn.text.split()) >= 8), 0)
    second = next((at for at in order if at != first), first)
    return "\n".join(retell(turns[at]) or line(turns[at]) for at in sorted({first, second}))


BASELINES: dict[str, Text] = {
    "lead-3": lead,
    "longest-3": longest,
    "LexRank-3": lexrank,
    "retold-2": retold,
}


def parley(record: SummaryRecord) -> str:
    """What the bot quotes. Where a document has no authors, as no message on a platform, their label is left
    out, as it is in the baselines."""
    lines = extract(record.turns, record.about).splitlines()
    return "\n".join(text.removeprefix(f"{ANONYMOUS}: ") for text in lines)


# --- scoring ---------------------------------------------------------------------------------


def scores(record: SummaryRecord) -> dict[str, Scores]:
    """ROUGE F1 of the bot's text and of every baseline, from 0 to 100."""
    spans = parts(record.turns)
    texts = {"Parley": parley(record)}
    for name, baseline in BASELINES.items():
        texts[f"{name} of messages"] = baseline(record.turns)
        texts[f"{name} of sentences"] = baseline(spans)
    found = {}
    for name, text in texts.items():
        first, second, longest_common = rouge(text, record.summary)
        found[name] = (100 * first, 100 * second, 100 * longest_common)
    return found


@dataclass(frozen=True, slots=True)
class Row:
    """One measure on one set: means, and the difference with its 95% interval (paired bootstrap)."""

    source: str
    count: int
    measure: str
    ours: float
    best: float
    best_name: str
    low: float
    high: float


def compare(source: str, scored: Sequence[dict[str, Scores]]) -> list[Row]:
    """The three rows of one set."""
    rows = []
    for at, measure in enumerate(MEASURES):
        means = {name: _mean([own[name][at] for own in scored]) for name in scored[0]}
        ours = means.pop("Parley")
        best = max(means, key=lambda name: means[name])
        low, high = interval([own["Parley"][at] - own[best][at] for own in scored])
        rows.append(Row(source, len(scored), measure, ours, means[best], best, low, high))
    return rows


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Where the mean of `differences` lies in 95% of RESAMPLES draws with replacement."""
    draw = random.Random(0)
    means = sorted(_mean(draw.choices(differences, k=len(differences))) for _ in range(RESAMPLES))
    return means[RESAMPLES // 40], means[-RESAMPLES // 40]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def score_fold(records: Sequence[SummaryRecord]) -> tuple[list[Row], dict[str, dict[str, Scores]]]:
    """Rows of every set, and the means of every text on every set."""
    scored: dict[str, list[dict[str, Scores]]] = defaultdict(list)
    for record in records:
        scored[record.source].append(scores(record))
    means = {
        source: {name: _means([each[name] for each in own]) for name in own[0]}
        for source, own in scored.items()
    }
    return [row for source, own in scored.items() for row in compare(source, own)], means


def _means(values: Sequence[Scores]) -> Scores:
    first, second, third = (round(_mean(column), 2) for column in zip(*values, strict=True))
    return first, second, third


# --- telling ---------------------------------------------------------------------------------

ABOUT = """The bundled model cannot summarise; what `/summarize` shows with it is a choice of messages, or of
sentences of long ones. F1 of ROUGE-1, -2 and -L without stemming against the reference summary, the same of
the best of eight baselines, and the difference with its 95% interval (paired bootstrap). The best baseline is
looked for anew in each set and measure: lead-3, longest-3, LexRank-3, and two utterances retold in the third
person by rule, each of whole messages and of sentences. Two folds of every 50th record, neither ever trained
on. Sets of a dozen records say little, as their intervals show. {seconds:.0f} s for {count} records"""


def table(rows: Sequence[Row]) -> str:
    """A Markdown table, a line for each set."""
    lines = [
        "| set | n | " + " | ".join(f"{measure} | best baseline | difference" for measure in MEASURES) + " |",
        "|---|---|" + "---|---|---|" * len(MEASURES),
    ]
    for at in range(0, len(rows), len(MEASURES)):
        group = rows[at : at + len(MEASURES)]
        cells = [
            f"{row.ours:.1f} | {row.best:.1f} ({row.best_name}) | "
            f"{row.ours - row.best:+.1f} ({row.low:+.1f} to {row.high:+.1f})"
            for row in group
        ]
        lines.append(f"| {group[0].source} | {group[0].count} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def section(name: str, rows: Sequence[Row]) -> str:
    """A fold's table, and where the bot is not ahead."""
    behind = [row for row in rows if row.ours <= row.best]
    named = ", ".join(f"{row.source} {row.measure} ({row.ours - row.best:+.1f})" for row in behind)
    ahead = f"Ahead in {len(rows) - len(behind)} of {len(rows)}" + (
        f"; behind in {named}." if behind else "."
    )
    return f"## The {name}\n\n{table(rows)}\n\n{ahead}"


def overall(means: dict[str, dict[str, Scores]]) -> dict[str, Scores]:
    """The means of every text over the sets, the best first."""
    names = next(iter(means.values()))
    found = {name: _means([own[name] for own in means.values()]) for name in names}
    return dict(sorted(found.items(), key=lambda entry: -sum(entry[1])))


def main() -> None:
    """Score both folds, print the tables and write them."""
    started = time.perf_counter()
    records = list(read_records(RECORDS))
    folds = {
        name: score_fold([record for record in records if record.number % (2 * HELD_OUT_EVERY) == place])
        for place, name in FOLDS.items()
    }
    seconds = time.perf_counter() - started
    report = Report("summaries", ABOUT.format(seconds=seconds, count=len(records)))
    for name, (rows, means) in folds.items():
        report.text(section(name, rows))
        report.table(["mean of the sets", *MEASURES], [(text, *own) for text, own in overall(means).items()])
    report.write()


if __name__ == "__main__":
    main()
