"""How many planted false statements the check of grounding catches, and how many true ones it lets stand.

The statements are made by rule (`benchmarks.planted`), from the half of the dialogues that no rule
was tried on. Writes `grounding.md`. Needs no model.
"""

from __future__ import annotations

import random
from collections import Counter

from benchmarks.planted import FALSE_KINDS, TRUE_KINDS, Case, cases
from benchmarks.report import Report
from bot.conversation.text.grounding import check, find_sources

OF_EACH_FALSE, OF_EACH_TRUE = 100, 300
GOALS = {"false caught": 95.0, "third person": 85.0, "paraphrase": 85.0}


def measure(seed: int = 0) -> dict[str, float]:
    """Percentages: of false statements caught and true ones accepted, by kind, and of sources found."""
    made = cases(is_held_out=True, false_of_each=OF_EACH_FALSE, true_of_each=OF_EACH_TRUE, seed=seed)
    right = [case for case in made if check(case.statement, case.turns).is_supported == case.is_true]
    of_kind, right_of_kind = Counter(case.kind for case in made), Counter(case.kind for case in right)
    false = [case for case in made if not case.is_true]
    scores = {
        "false statements": float(len(false)),
        "false caught": 100 * sum(not case.is_true for case in right) / len(false),
    }
    scores |= {kind: 100 * right_of_kind[kind] / of_kind[kind] for kind in (*FALSE_KINDS, *TRUE_KINDS)}
    told = [case for case in made if case.kind in ("third person", "paraphrase")]
    scores["source found"] = 100 * sum(map(_is_found, told)) / len(told)
    scores["foreign accepted"] = 100 * _foreign(made, random.Random(seed))
    return {name: round(score, 1) for name, score in scores.items()}


def _is_found(case: Case) -> bool:
    return case.said_at in find_sources(case.statement.text, case.turns)


def _foreign(made: list[Case], rng: random.Random) -> float:
    """The share of true statements that would stand by messages of another dialogue: the lower the better."""
    true = [case for case in made if case.is_true and case.kind != "verbatim"]
    pairs = [(case, rng.choice(true)) for case in true]
    strange = [(case.statement, other.turns) for case, other in pairs if other.turns is not case.turns]
    return sum(check(statement, turns).is_supported for statement, turns in strange) / len(strange)


def rows_of(scores: dict[str, float]) -> list[tuple[str, float, object]]:
    """The figures as rows of a table: which statements, how many of them right in per cent, the goal."""
    told = {
        f"all {scores['false statements']:.0f} false ones, caught": "false caught",
        **{f"false: another {kind}": kind for kind in ("speaker", "number", "day")},
        "false: negation turned": "negation",
        "false: another owner of an action": "owner",
        "true: as it was said, accepted": "verbatim",
        "true: told in the third person, accepted": "third person",
        "true: other words and order, accepted": "paraphrase",
        "the source of a statement without citation found": "source found",
        "true, but cited from another dialogue, accepted": "foreign accepted",
    }
    goals = {**GOALS, "foreign accepted": 0.0}
    return [(label, scores[name], goals.get(name, "")) for label, name in told.items()]


def main() -> None:
    """Measure, write and show the figures; end with an error where a goal is missed."""
    scores = measure()
    report = Report("grounding", "Statements about dialogues that no rule was tried on, planted by rule")
    report.table(["statements", "right, %", "goal"], rows_of(scores))
    report.write()
    missed = [name for name, goal in GOALS.items() if scores[name] < goal]
    if missed:
        raise SystemExit(f"below the goal: {', '.join(missed)}")


if __name__ == "__main__":
    main()
