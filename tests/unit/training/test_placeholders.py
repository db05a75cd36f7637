"""Placeholders in sentence pairs: the same ones on both sides, in rising order, and nothing else changed."""

from __future__ import annotations

import re

from bot.training.data import SentencePair
from bot.training.placeholders import SHARE, with_placeholders

PAIR = SentencePair("en", "fr", "Tom met Mary at 10 in Paris.", "Tom a vu Mary à 10 h à Paris.", "tatoeba")
PLAIN = SentencePair("en", "de", "it is late.", "es ist spät.", "tatoeba")
MASK = re.compile(r"⟦(\d+)⟧")


def masked(pair: SentencePair) -> list[SentencePair]:
    made = [with_placeholders(pair, str(seed)) for seed in range(500)]
    return [other for other in made if other != pair]


def test_about_the_wished_share_of_pairs_gets_placeholders() -> None:
    assert 0.7 * SHARE < len(masked(PAIR)) / 500 < 1.3 * SHARE


def test_both_sentences_have_the_same_placeholders_once_in_rising_order() -> None:
    for pair in masked(PAIR) + masked(PLAIN):
        numbers = [int(number) for number in MASK.findall(pair.text)]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert sorted(numbers) == sorted(int(number) for number in MASK.findall(pair.translation))


def test_a_placeholder_stands_for_the_same_word_in_both() -> None:
    words = {(pair.text, pair.translation) for pair in masked(PAIR)}
    assert any(text.startswith("Tom met ⟦0⟧") and "vu ⟦0⟧ à" in translation for text, translation in words)
    for pair in masked(PLAIN):
        assert "it is late." in pair.text
        assert "es ist spät." in pair.translation
