"""LexRank: how central each of some texts is among them.

Erkan and Radev 2004, Journal of Artificial Intelligence Research 22: texts are linked by the cosine of their
word vectors (tf-idf); a random walk over the links, like PageRank, gives the ranks. Quadratic in the number
of texts where all share words, so callers limit it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

DAMPING = 0.85
ITERATIONS = 20

Vector = dict[str, float]
Links = list[dict[int, float]]


def vectors(documents: Sequence[Sequence[str]], frequencies: Counter[str], total: int) -> list[Vector]:
    """Term frequency times inverse document frequency, each of length 1 (or empty); `frequencies` counts
    the texts, of `total`, that have a word."""
    found = []
    for words in documents:
        weights = {
            word: count * math.log(1 + total / frequencies[word]) for word, count in Counter(words).items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        found.append({word: weight / norm for word, weight in weights.items()})
    return found


def links(vectors: Sequence[Vector]) -> Links:
    """For each text the texts it shares words with, and their cosine."""
    holders: dict[str, list[int]] = defaultdict(list)
    found: Links = [defaultdict(float) for _ in vectors]
    for index, vector in enumerate(vectors):
        for word, weight in vector.items():
            for other in holders[word]:
                product = weight * vectors[other][word]
                found[index][other] += product
                found[other][index] += product
            holders[word].append(index)
    return found


def ranks(links: Links) -> list[float]:
    """Centrality in the graph by power iteration; the mean over all texts is about 1."""
    totals = [sum(own.values()) for own in links]
    found = [1.0] * len(links)
    for _ in range(ITERATIONS):
        shares = [rank / total if total else 0.0 for rank, total in zip(found, totals, strict=True)]
        found = [
            1 - DAMPING + DAMPING * sum(weight * shares[other] for other, weight in own.items())
            for own in links
        ]
    return found
