"""Puts placeholders into sentence pairs, so that a model learns to keep them where they belong.

In a chat they stand for mentions, emoji, links, code and numbers. Knows pairs of sentences and nothing of
tokens or models.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace

from bot.training.data import SentencePair
from bot.training.tokens import MASKS

MASK = re.compile(r"⟦\d+⟧")
SHARE = 0.2
"""The share of pairs that get placeholders."""
MAX_SHARED = 4

_WORD = re.compile(r"[\w'’-]*[A-Z0-9][\w'’-]*")
_AT_END = (" {}", " {} {}", ": {}", " ({})", " - {}")
_AT_BEGIN = ("{} ", "{}, ", "{}: ", "{} {} ", "- {} ")


def with_placeholders(pair: SentencePair, seed: str, share: float = SHARE) -> SentencePair:
    """`pair` as it is or, for a `share` of the seeds, with placeholders in both sentences.

    They replace names and numbers that both sentences have, or stand in front of or behind both. Their
    numbers rise in the source and mostly begin with 0; a sentence within a text may have higher ones.
    """
    rng = random.Random(f"placeholders:{seed}")
    if rng.random() >= share:
        return pair
    first = 0 if rng.random() < 0.7 else rng.randrange(1, len(MASKS) - MAX_SHARED - 2)
    masks = MASKS[first:]
    shared = _shared_words(pair)
    if shared and rng.random() < 0.7:
        chosen = rng.sample(shared, rng.randint(1, min(len(shared), MAX_SHARED)))
        pair = _replaced(pair, chosen, masks)
        if rng.random() < 0.7:
            return pair
    return _surrounded(pair, masks, rng)


def _shared_words(pair: SentencePair) -> list[str]:
    """Words with a capital or a digit that occur once in each sentence, in the same form."""
    counts = [Counter(_WORD.findall(text)) for text in (pair.text, pair.translation)]
    return [word for word in counts[0] if counts[0][word] == counts[1][word] == 1]


def _replaced(pair: SentencePair, words: list[str], masks: tuple[str, ...]) -> SentencePair:
    """The pair with `words` replaced, numbered in the order of the source."""
    order = [word for word in _WORD.findall(pair.text) if word in words]
    by_word = dict(zip(order, masks, strict=False))

    def put(text: str) -> str:
        return _WORD.sub(lambda match: by_word.get(match[0], match[0]), text)

    return replace(pair, text=put(pair.text), translation=put(pair.translation))


def _surrounded(pair: SentencePair, masks: tuple[str, ...], rng: random.Random) -> SentencePair:
    """The pair with placeholders in front of both sentences or behind them."""
    is_begin = rng.random() < 0.5
    pattern = rng.choice(_AT_BEGIN if is_begin else _AT_END)
    count = pattern.count("{}")
    used = sum(mask in pair.text for mask in masks)
    if is_begin and used:  # numbers follow the order of the source
        return pair
    added = pattern.format(*masks[used : used + count])
    begin, end = (added, "") if is_begin else ("", added)
    return replace(pair, text=begin + pair.text + end, translation=begin + pair.translation + end)
