"""chrF++ against values worked out by hand and its limits."""

from __future__ import annotations

import pytest

from bot.training.chrf import corpus_chrf


def test_equal_texts_score_100_and_strangers_0() -> None:
    assert corpus_chrf(["The cat sleeps."], ["The cat sleeps."]) == pytest.approx(100.0)
    assert corpus_chrf(["xyz"], ["abc"]) == 0.0
    assert corpus_chrf([""], ["abc"]) == 0.0


def test_a_score_worked_out_by_hand() -> None:
    # "ab" against "abc": characters 1: 2/2 and 2/3; 2: 1/1 and 1/2; longer: the shorter side has none.
    # Words 1: 0/1 and 0/1; pairs of words: none. Means over three orders: 2/3 and 7/18.
    precision, recall = 2 / 3, 7 / 18
    expected = 100 * 5 * precision * recall / (4 * precision + recall)
    assert corpus_chrf(["ab"], ["abc"]) == pytest.approx(expected)


def test_white_space_between_characters_does_not_count_but_words_do() -> None:
    assert 0 < corpus_chrf(["thecat"], ["the cat"]) < 100


def test_counts_are_summed_over_the_corpus() -> None:
    both = corpus_chrf(["good day", "x"], ["good day", "bad night out there"])
    assert 0 < both < corpus_chrf(["good day"], ["good day"])


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="argument 2"):
        corpus_chrf(["a"], ["a", "b"])
