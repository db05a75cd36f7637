"""ROUGE-1, ROUGE-2 and ROUGE-L: how much of a reference summary a text has, by words, pairs and order.

After Lin 2004, "ROUGE: A Package for Automatic Evaluation of Summaries", as F1, one reference, no stemming;
tokenized as Google's `rouge-score` does (lower case, runs of a-z and 0-9), whose numbers it gives.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from itertools import pairwise

_TOKEN = re.compile(r"[a-z0-9]+")


def tokens(text: str) -> list[str]:
    """The words that are compared."""
    return _TOKEN.findall(text.lower())


def rouge(text: str, reference: str) -> tuple[float, float, float]:
    """ROUGE-1, -2 and -L F1 of `text` against `reference`, each from 0 to 1."""
    return rouge_of_tokens(tokens(text), tokens(reference))


def rouge_of_tokens(own: Sequence[str], reference: Sequence[str]) -> tuple[float, float, float]:
    """The same for what `tokens` gave."""
    pairs, reference_pairs = list(pairwise(own)), list(pairwise(reference))
    return (
        _f1(_common(own, reference), len(own), len(reference)),
        _f1(_common(pairs, reference_pairs), len(pairs), len(reference_pairs)),
        _f1(_longest_common(own, reference), len(own), len(reference)),
    )


def _f1(common: int, own: int, reference: int) -> float:
    return 2 * common / (own + reference) if common else 0.0


def _common(own: Sequence[Hashable], reference: Sequence[Hashable]) -> int:
    return (Counter(own) & Counter(reference)).total()


def _longest_common(own: Sequence[str], reference: Sequence[str]) -> int:
    """Length of the longest common subsequence, with a column of the table in the bits of one number
    (Hyyrö 2004, "Bit-parallel LCS-length computation revisited")."""
    places: dict[str, int] = {}
    for at, word in enumerate(reference):
        places[word] = places.get(word, 0) | 1 << at
    full = (1 << len(reference)) - 1
    column = full
    for word in own:
        match = column & places.get(word, 0)
        column = (column + match | column - match) & full
    return len(reference) - column.bit_count()
