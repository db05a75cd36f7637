"""Conversations that run at once in a channel are told apart."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.text.segments import MAX_TURNS, MIN_GAP_S, segment
from bot.messages import Author, Turn

NINE = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DIALOGUES = Path(__file__).parents[4] / "benchmarks" / "data" / "dialogues.jsonl"


def turn(
    number: int, name: str, text: str, at_s: float, reply_to: int | None = None, thread: str | None = None
):
    reply = None if reply_to is None else str(reply_to)
    return Turn(
        "user",
        text,
        Author(name.lower(), name),
        NINE + timedelta(seconds=at_s),
        str(number),
        reply,
        False,
        thread,
    )


def interleaved(rng: random.Random, count: int, link_share: float) -> tuple[list[Turn], list[int]]:
    """`count` real dialogues that run at once, and which of them each turn is of."""
    records = [json.loads(line) for line in DIALOGUES.read_text(encoding="utf-8").splitlines()]
    pool = [record["turns"] for record in records if record["source"] != "crd3"]
    chosen = rng.sample(pool, count)
    while len({name for dialogue in chosen for name, _ in dialogue}) < 2 * count:
        chosen = rng.sample(pool, count)
    said = []
    for which, dialogue in enumerate(chosen):
        at_s = rng.uniform(0, 200)
        for place, (name, text) in enumerate(dialogue):
            at_s += rng.expovariate(1 / 50)
            link = 1000 * which + place - 1 if place and rng.random() < link_share else None
            said.append((at_s, which, turn(1000 * which + place, name, text, at_s, link)))
    said.sort(key=lambda entry: entry[0])
    return [entry[2] for entry in said], [entry[1] for entry in said]


def pairwise_f1(gold: list[int], segments: list[list[int]]) -> float:
    label = {index: number for number, indices in enumerate(segments) for index in indices}
    pairs = [(one, other) for one in range(len(gold)) for other in range(one)]
    together = sum(gold[a] == gold[b] and label[a] == label[b] for a, b in pairs)
    total = sum((gold[a] == gold[b]) + (label[a] == label[b]) for a, b in pairs)
    return 2 * together / total


def mean_f1(count: int, link_share: float) -> tuple[float, float]:
    """The pairwise F1 of segments, and of one segment for all, which is what time gaps alone give here."""
    cases = [interleaved(random.Random(seed), count, link_share) for seed in range(20)]
    ours = [pairwise_f1(gold, segment(turns)) for turns, gold in cases]
    by_gap = [pairwise_f1(gold, [list(range(len(gold)))]) for _, gold in cases]
    return sum(ours) / len(ours), sum(by_gap) / len(by_gap)


@pytest.mark.parametrize(("link_share", "least"), [(0.0, 0.75), (0.5, 0.88), (1.0, 0.99)])
def test_two_dialogues_at_once_are_told_apart(link_share: float, least: float) -> None:
    ours, by_gap = mean_f1(2, link_share)
    assert ours >= least
    assert ours > by_gap


def test_one_dialogue_stays_whole() -> None:
    assert mean_f1(1, 0.0)[0] > 0.97
    assert mean_f1(1, 1.0)[0] == 1


def test_a_silence_ends_a_conversation() -> None:
    turns = [
        turn(0, "Ana", "Lunch?", 0),
        turn(1, "Bob", "Yes.", 60),
        turn(2, "Ana", "The build broke.", 2 * MIN_GAP_S),
    ]
    assert segment(turns) == [[0, 1], [2]]


def test_a_slow_channel_is_given_more_time() -> None:
    turns = [turn(number, "AB"[number % 2], "And the release?", number * 1000.0) for number in range(200)]
    assert next(len(found) for found in segment(turns) if len(found) > 1) == MAX_TURNS


def test_a_late_reply_to_what_is_still_open_joins_it() -> None:
    turns = [
        turn(0, "Ana", "Where is the invoice template?", 0),
        turn(1, "Bob", "Anyone for coffee at eleven?", 10),
        turn(2, "Eve", "Coffee sounds good, Bob", 20),
        turn(3, "Dan", "In the shared drive", 30, reply_to=0),
    ]
    assert segment(turns) == [[0, 3], [1, 2]]


def test_an_addressee_decides() -> None:
    turns = [
        turn(0, "Ana", "Hello, does anyone know the wifi password?", 0),
        turn(1, "Bob", "Hi, I need a lift to the station", 5),
        turn(2, "Eve", "Bob, take mine", 10),
        turn(3, "Dan", "@Ana it is on the fridge", 15),
    ]
    assert segment(turns) == [[0, 3], [1, 2]]


def test_a_thread_stays_by_itself_with_the_message_it_hangs_on() -> None:
    turns = [
        turn(0, "Ana", "Hello, does anyone know about invoices?", 0),
        turn(1, "Bob", "Yes, what about them", 5, thread="0"),
        turn(2, "Eve", "Can someone review my patch?", 8),
        turn(3, "Ana", "How to number them", 10, thread="0"),
        turn(4, "Bob", "Sure", 12),
    ]
    assert segment(turns) == [[0, 1, 3], [2, 4]]


def test_no_segment_is_larger_than_asked() -> None:
    turns = [turn(number, "AB"[number % 2], "word " * 20, number) for number in range(300)]
    assert max(map(len, segment(turns))) <= MAX_TURNS
    assert max(map(len, segment(turns, max_turns=7))) <= 7
    assert max(map(len, segment(turns, max_chars=350))) <= 3
    assert segment(turns[:1], max_chars=5) == [[0]]


def test_every_turn_is_in_one_segment_and_closed_ones_stay() -> None:
    rng = random.Random(3)
    texts = [
        "Can anyone look at the build?",
        "yes",
        "Ana, no",
        "the invoice template is late",
        "@Bob lunch?",
        "",
    ]
    turns: list[Turn] = []
    at_s = 0.0
    for number in range(400):
        at_s += rng.expovariate(1 / 60) + (rng.random() < 0.02) * 5000
        link = rng.randrange(number) if number and rng.random() < 0.2 else None
        turns.append(turn(number, rng.choice(["Ana", "Bob", "Eve", "Dan"]), rng.choice(texts), at_s, link))
    whole = segment(turns)
    assert sorted(index for indices in whole for index in indices) == list(range(400))
    assert all(indices == sorted(indices) for indices in whole)
    for end in range(0, 400, 20):
        for indices in segment(turns[:end]):
            is_closed = (
                turns[end].sent_at - turns[indices[-1]].sent_at > timedelta(days=1) or end - indices[-1] > 80
            )
            assert not is_closed or indices in whole


def test_nothing_is_nothing() -> None:
    assert segment([]) == []


def test_ten_thousand_turns_take_about_a_second() -> None:
    rng = random.Random(1)
    words = [f"word{number}" for number in range(5000)]
    turns = [
        turn(number, f"Name{rng.randrange(30)}", " ".join(rng.choices(words, k=12)), number * 40.0)
        for number in range(10_000)
    ]
    start = time.process_time()
    segment(turns)
    assert time.process_time() - start < 3  # the goal is 1 s on an idle core; what is quadratic takes minutes
