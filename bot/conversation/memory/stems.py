"""Stems: what the forms of an English word have in common at their beginning. For comparing words only."""

from __future__ import annotations

MIN_STEM = 4
"""Letters that a stem keeps at least."""

_ENDINGS = (
    "ations", "ation", "ments", "ment", "ings", "ing", "ness", "able", "ions", "ion", "ies", "ied", "ers",
    "er", "ed", "es", "ly", "en", "s", "y", "e",
)  # fmt: skip


def stem_of(word: str) -> str:
    """The stem of a word, in lower case."""
    word = word.casefold().removesuffix("'s").removesuffix("’s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            word = word[: -len(ending)]
            break
    if len(word) > MIN_STEM and word[-1] == word[-2]:
        word = word[:-1]
    return word
