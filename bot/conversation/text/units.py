"""Cuts messages into what an extract can quote: a short message whole, a long one by the sentence.

Also their words as the selector learnt them, in any language: `words` reads English more closely, for the
check of statements. Knows nothing of what is worth quoting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.conversation.text.sentences import sentences
from bot.conversation.text.small_words import SMALL_WORDS
from bot.conversation.text.words import split_words
from bot.messages import Turn

WHOLE_CHARS = 120
"""A message of at most so many characters is quoted whole."""
MAX_SENTENCE_CHARS = 400
MAX_CHARS = 200_000
"""What stands later in one message is not looked at."""
MIN_SENTENCE_WORDS, MIN_SENTENCE_CHARS = 4, 40
"""A sentence that is shorter by both counts is quoted with the next one; scripts without spaces have few
words."""
BEGINNING_CHARS = 6

_NOISE = re.compile(r"https?://\S+|<[^<>\s]+>|:[a-z0-9_]+:")
_SMALL = frozenset(word for code in ("en", "fr", "de", "es", "pt", "it", "nl") for word in SMALL_WORDS[code])


@dataclass(frozen=True, slots=True)
class Unit:
    """One span of one message: characters `begin` to `end` of the text of turn number `turn`.

    `place` counts the spans of a message from 0, `places` is how many it has. `tokens` are all its words in
    lower case, `words` those that carry meaning.
    """

    turn: int
    begin: int
    end: int
    text: str
    place: int
    places: int
    tokens: tuple[str, ...]
    words: tuple[str, ...]


def units(turns: Sequence[Turn]) -> list[Unit]:
    """The spans of all messages in their order; blank messages have none."""
    return [unit for index, turn in enumerate(turns) for unit in _units_of(index, turn.text[:MAX_CHARS])]


def _units_of(index: int, text: str) -> list[Unit]:
    spans = list(_spans(text))
    return [_unit(index, text, begin, end, place, len(spans)) for place, (begin, end) in enumerate(spans)]


def _unit(index: int, text: str, begin: int, end: int, place: int, places: int) -> Unit:
    part = text[begin:end]
    tokens = tuple(tokenize(part))
    return Unit(index, begin, end, part, place, places, tokens, tuple(meaningful(tokens)))


def _spans(text: str) -> Iterable[tuple[int, int]]:
    begin = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if end - begin <= WHOLE_CHARS:
        if begin < end:
            yield begin, end
        return
    start, at = begin, 0
    for sentence, gap in sentences(text, MAX_SENTENCE_CHARS):
        at += len(sentence)
        if start < at and (
            len(text[start:at].split()) >= MIN_SENTENCE_WORDS or at - start > MIN_SENTENCE_CHARS or at >= end
        ):
            yield start, at
            start = at + len(gap)
        at += len(gap)
    if start < end:
        yield start, end


def tokenize(text: str) -> list[str]:
    """The words of `text` in lower case, without links, mentions and emoji names; scripts without spaces
    give pairs of characters."""
    return split_words(_NOISE.sub(" ", text).lower())


def meaningful(tokens: Iterable[str]) -> list[str]:
    """The tokens that say what a text is about: no small words, no single letters."""
    return [token for token in tokens if (len(token) > 1 or token.isdecimal()) and token not in _SMALL]


def beginning(word: str) -> str:
    """How a word begins, which most of its forms share in most languages; `words.stem` reads English."""
    return word[:BEGINNING_CHARS]
