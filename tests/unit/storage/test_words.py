"""The words of a search: folding, cutting, weighing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.storage.words import GRAM, MAX_WORDS, fold, folded, grams_of, score_of, weights_of, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain Text", "plain text"),
        ("CAFÉ, naïve", "cafe, naive"),
        ("Straße", "strasse"),
        ("ПРИВЕТ, Ёлка", "привет, елка"),
        ("Ωραίος", "ωραιοσ"),
        ("数据库 がぎ 한국어", "数据库 がぎ 한국어"),
    ],
)
def test_folding_takes_case_and_accents_away(text: str, expected: str) -> None:
    assert fold(text) == expected


def test_only_what_differs_is_kept_beside_a_text() -> None:
    assert folded("ASCII Text") is None
    assert folded("数据库") is None
    assert folded("Café") == "cafe"


@given(st.text())
def test_folding_is_done_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        (" \n\0 ", []),
        ("When did Ana say: (the rotation)?", ["when", "did", "ana", "say", "the", "rotation"]),
        ("Word word WORD", ["word"]),
        ('C++ "quoted" foo.bar() -> 🎉 ???', ["c++", "quoted", "foo.bar", "->", "🎉", "???"]),
        ("a\0b lone\ud800surrogate", ["a", "b", "lonesurrogate"]),
        ("密码", ["密码"]),
        ("数据库", ["数据库"]),
        ("密码什么时候", ["密码", "码什", "什么", "么时", "时候"]),
        ("API密码", ["api", "密码"]),
    ],
)
def test_words_of_a_query(query: str, expected: list[str]) -> None:
    assert words_of(query) == expected


def test_the_longest_of_many_words_are_kept_in_their_order() -> None:
    query = " ".join(f"{'x' * (number % 50)}{number}" for number in range(1000))
    words = words_of(query)
    assert len(words) == MAX_WORDS
    assert words == sorted(words, key=query.index)
    assert min(map(len, words)) >= 50


@given(st.text(min_size=GRAM), st.text(), st.text())
def test_a_text_with_a_word_has_all_its_grams(word: str, before: str, after: str) -> None:
    assert set(grams_of(word)) <= set(grams_of(before + word + after))


def test_rare_words_weigh_more_and_all_weigh_something() -> None:
    weights = weights_of({"rare": 1, "common": 900, "everywhere": 1000, "miscounted": 2000}, 1000)
    assert weights["rare"] > 10 * weights["common"] > weights["everywhere"] > 0
    assert weights["miscounted"] > 0


def test_two_words_once_are_better_than_one_word_often() -> None:
    weights = {"password": 3.0, "rotation": 3.0}
    both = score_of("the rotation of every single one of our passwords is due", weights, 50)
    often = score_of("password password password password password", weights, 50)
    assert both > often > score_of("password", weights, 50) > score_of("nothing", weights, 50) == 0


def test_whole_words_are_better_than_parts_of_words() -> None:
    weights = {"cat": 1.0}
    texts = ("a cat here", "cats there", "concatenate", "no such word")
    scores = [score_of(text, weights, 10) for text in texts]
    assert scores[0] > scores[1] > scores[2] > scores[3] == 0
