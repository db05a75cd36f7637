"""The words of a search: how text is made comparable, what its words are, and how well a message fits them.

Pure functions over strings; knows no database.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping

MAX_WORDS = 32
"""Words of one query that are looked at, the longest of it."""

GRAM = 3
"""Characters of an entry of the index; shorter words are not found through it."""

_MARKS = re.compile(r"[\u0300-\u036f]")
_AROUND = " .,;:!?\"'`()[]{}«»‹›“”‘’„…¿¡、。，！？；：（）「」『』【】《》"
# Han, Hiragana and Katakana are written without spaces between words.
_UNSPACED = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)")
_UNSPACED_WORD = 2

# Small, so that one more word of the query weighs more than the same word again.
_K1 = 0.2
_B = 0.4
_BEGINNING, _INSIDE = 0.8, 0.6
"""What a word counts that is found only as the beginning of other words, and only inside them."""


def fold(text: str) -> str:
    """Text without case, without the accents of Latin, Greek and Cyrillic letters, and with spaces for zero
    characters, where queries of the index would end."""
    text = text.replace("\0", " ")
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare.casefold())


def folded(text: str) -> str | None:
    """What the index reads instead of a text; None where it reads the text itself, blind to the case of ASCII
    letters."""
    if text.isascii() and "\0" not in text:
        return None
    other = fold(text)
    return None if other == text else other


def words_of(query: str) -> list[str]:
    """The different words of a query, folded, in order: at most MAX_WORDS. Text of scripts without spaces is
    cut into pairs of characters that overlap."""
    # Lone surrogates are in no text of the index.
    plain = fold(query.encode(errors="ignore").decode())
    chunks = (chunk.strip(_AROUND) or chunk for chunk in plain.split())
    words = list(dict.fromkeys(word for chunk in chunks for word in _cut(chunk)))
    kept = set(sorted(words, key=len, reverse=True)[:MAX_WORDS])
    return [word for word in words if word in kept]


def _cut(chunk: str) -> Iterable[str]:
    for part in _UNSPACED.split(chunk):
        if not part:
            continue
        if not _UNSPACED.match(part) or len(part) <= GRAM:
            yield part
        else:
            yield from (part[at : at + _UNSPACED_WORD] for at in range(len(part) - _UNSPACED_WORD + 1))


def grams_of(word: str) -> list[str]:
    """The different entries of the index that a text with this word has."""
    return list(dict.fromkeys(word[at : at + GRAM] for at in range(len(word) - GRAM + 1)))


def weights_of(found_in: Mapping[str, int], messages: int) -> dict[str, float]:
    """How much each word says, from how many of all messages have it: the inverse document frequency
    of Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), chapter 3,
    with 1 added inside the logarithm so that it stays above 0."""
    return {
        word: math.log1p((max(messages, count) - count + 0.5) / (count + 0.5))
        for word, count in found_in.items()
    }


def score_of(text: str, weights: Mapping[str, float], usual_length: float) -> float:
    """How well a text fits the words, by BM25 (the same, chapter 3); `usual_length` is in characters."""
    plain = fold(text)
    norm = _K1 * (1 - _B + _B * len(plain) / max(usual_length, 1.0))
    score = 0.0
    for word, weight in weights.items():
        if count := plain.count(word):
            score += weight * _wholeness(word, plain) * count * (_K1 + 1) / (count + norm)
    return score


def _wholeness(word: str, text: str) -> float:
    begins = rf"(?<!\w){re.escape(word)}"
    if re.search(rf"{begins}(?!\w)", text):
        return 1.0
    return _BEGINNING if re.search(begins, text) else _INSIDE
