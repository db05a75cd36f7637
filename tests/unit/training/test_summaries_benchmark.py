"""The benchmark of summaries on a part of its records: the bot's choice beats every baseline over all."""

from __future__ import annotations

from benchmarks.summaries import (
    BASELINES,
    RECORDS,
    compare,
    interval,
    line,
    overall,
    parts,
    score_fold,
    section,
)
from bot.training.summary_records import read_records


def test_over_all_sets_the_choice_beats_every_baseline() -> None:
    records = [record for record in read_records(RECORDS) if record.number % 100 == 0]
    rows, means = score_fold(records)
    assert len(rows) == 3 * len(means) == 30
    total = overall(means)
    ours = total.pop("Parley")
    assert len(total) == 2 * len(BASELINES)
    assert all(ours[at] > max(other[at] for other in total.values()) for at in range(3))


def test_the_best_baseline_is_found_for_each_measure() -> None:
    scored = [{"Parley": (3.0, 3.0, 3.0), "a": (1.0, 4.0, 0.0), "b": (2.0, 1.0, 9.0)}] * 5
    rows = compare("set", scored)
    assert [row.best_name for row in rows] == ["b", "a", "b"]
    assert [(row.low, row.high) for row in rows] == [(1.0, 1.0), (-1.0, -1.0), (-6.0, -6.0)]
    assert "behind in set ROUGE-2 (-1.0), set ROUGE-L (-6.0)" in section("fold", rows)


def test_the_interval_holds_the_mean_and_is_the_same_again() -> None:
    values = [float(number % 7) for number in range(50)]
    low, high = interval(values)
    assert low < sum(values) / 50 < high and interval(values) == (low, high)


def test_baselines_quote_messages_as_they_are() -> None:
    record = next(record for record in read_records(RECORDS) if record.source == "sgd-silver")
    lines = {line(turn) for turn in record.turns}
    for name in ("lead-3", "longest-3", "LexRank-3"):
        assert set(BASELINES[name](record.turns).splitlines()) <= lines
    assert len(parts(record.turns)) >= len(record.turns)
