"""Extracts: decisions are chosen over chatter, nothing twice, in order, and fast."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.text.extract import choose

TALK = [
    "hi all",
    "morning!",
    "Should we move the release of the mobile app to Thursday? The payment tests are still failing.",
    "lol",
    "The payment tests fail because the sandbox certificate expired, I asked the bank for a new one.",
    "ok",
    "nice weather today",
    "We agreed: the mobile app release moves to Thursday, and Dana fixes the payment tests before that.",
    "👍",
    "We agreed: the mobile app release moves to Thursday, and Dana fixes the payment tests before that.",
    "thanks everyone",
]


def test_what_matters_is_chosen_once_and_in_order() -> None:
    chosen = choose(TALK, 3)
    assert chosen == sorted(chosen) and set(chosen) & {7, 9} and not {7, 9} <= set(chosen)
    assert set(chosen) <= {2, 4, 7, 9}


def test_chatter_does_not_fill_up_the_quotes() -> None:
    assert choose(TALK, 9) in ([2, 4, 6, 7], [2, 4, 6, 9])


def test_few_or_empty_messages_give_few_or_no_quotes() -> None:
    assert choose([], 5) == []
    assert choose(["", "  "], 5) == []
    assert choose(["ok", "👍"], 5) == [0, 1]


@given(st.lists(st.text(max_size=80), max_size=60), st.integers(1, 8))
def test_any_messages_give_valid_places(texts: list[str], count: int) -> None:
    chosen = choose(texts, count)
    assert len(chosen) <= count and chosen == sorted(set(chosen))
    assert all(0 <= index < len(texts) for index in chosen)


def test_two_thousand_messages_take_less_than_a_second() -> None:
    texts = [
        f"The plan for part {number % 97} of project {number % 13} is step {number}" for number in range(2000)
    ]
    start = time.process_time()
    assert len(choose(texts, 8)) == 8
    assert time.process_time() - start < 1.0
