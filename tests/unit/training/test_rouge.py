"""ROUGE against numbers that Google's `rouge-score` 0.1.2 gives (use_stemmer=False), and its limits."""

from __future__ import annotations

import pytest

from bot.training.rouge import rouge, tokens

KNOWN = [
    (
        "The release moves to Thursday, and Dana fixes the payment tests.",
        "Dana will fix the payment tests before the release on Thursday.",
        (0.636364, 0.3, 0.363636),
    ),
    ("Ana: I can bring 12 cups.", "Ana says that she can bring 12 cups.", (0.714286, 0.5, 0.714286)),
    ("police killed the gunman", "police kill the gunman", (0.75, 0.333333, 0.75)),
    ("one two three four five", "five four three two one", (1.0, 0.0, 0.2)),
    ("", "a word", (0.0, 0.0, 0.0)),
]


@pytest.mark.parametrize(("text", "reference", "expected"), KNOWN)
def test_the_scores_are_those_of_the_common_package(
    text: str, reference: str, expected: tuple[float, float, float]
) -> None:
    assert rouge(text, reference) == pytest.approx(expected, abs=1e-6)


def test_equal_texts_score_1() -> None:
    assert rouge("a b c a b", "A b, c a b!") == (1.0, 1.0, 1.0)


def test_words_are_runs_of_latin_letters_and_digits() -> None:
    assert tokens("Don't pay 12.50, naïve") == ["don", "t", "pay", "12", "50", "na", "ve"]


def test_a_word_counts_as_often_as_both_have_it() -> None:
    first, second, longest = rouge("the the the", "the cat the dog")
    assert first == pytest.approx(2 * 2 / 7) and second == 0.0 and longest == pytest.approx(2 * 2 / 7)
