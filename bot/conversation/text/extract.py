"""Chooses the most telling messages of a conversation, to be quoted when no model can summarise it.

A graph of messages that share rare words ranks them (LexRank: Erkan and Radev 2004, Journal of
Artificial Intelligence Research 22); place, length, questions and decisions weigh in; maximal marginal
relevance drops repetition (Carbonell and Goldstein 1998, SIGIR). Pure Python; the graph is limited, so that
time grows linearly.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from bot.conversation.text.small_words import SMALL_WORDS

MAX_CANDIDATES = 300
MAX_CHARS = 1000
MIN_WORDS = 2
"""Words with a meaning that a message must have to be quoted, where any has so many."""
DAMPING = 0.85
ITERATIONS = 20
SAME = 0.85
"""Messages with a greater cosine say the same; only the first chosen of them is quoted."""
RELEVANCE = 0.7
"""The weight of salience against novelty (lambda in maximal marginal relevance)."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_NOISE = re.compile(r"https?://\S+|<[^<>\s]+>|:[a-z0-9_]+:")
_SMALL = frozenset(word for code in ("en", "fr", "de", "es", "pt", "it", "nl") for word in SMALL_WORDS[code])
_DECISION = re.compile(
    r"\b(?:decid|agree|deadline|todo|action item|let's|we will|we'll|must|should|need to|plan"
    r"|release|done|fixed|ship"
    r"|décid|il faut|on va|d'accord|beschl|einig|müssen|wir werden|decisi|acord|debemos|vamos a|hay que)"
    r"|\b\d{1,2}[:h]\d{2}\b|\b\d{4}-\d{2}-\d{2}\b",
    re.IGNORECASE,
)

Vector = dict[str, float]


def choose(texts: Sequence[str], count: int) -> list[int]:
    """Indices of at most `count` messages of `texts` worth quoting, in the order of the conversation."""
    filled = [index for index, text in enumerate(texts) if text.strip()]
    if len(filled) <= count:
        return filled
    words = [_words(text) for text in texts]
    prior = [
        _prior(text, own, index / len(texts))
        for index, (text, own) in enumerate(zip(texts, words, strict=True))
    ]
    by_prior = sorted(
        (index for index, own in enumerate(words) if len(own) >= MIN_WORDS), key=lambda index: -prior[index]
    )
    candidates = sorted(by_prior[:MAX_CANDIDATES])
    if not candidates:
        return filled[:count]
    vectors = _vectors([words[index] for index in candidates])
    links = _links(vectors)
    ranks = _ranks(links)
    scores = [rank * prior[index] for rank, index in zip(ranks, candidates, strict=True)]
    return sorted(candidates[chosen] for chosen in _diverse(scores, links, count))


def _words(text: str) -> list[str]:
    """The words that carry meaning; scripts without spaces give pairs of characters."""
    found: list[str] = []
    for word in _WORD.findall(_NOISE.sub(" ", text[:MAX_CHARS]).lower()):
        if _CJK.search(word) and len(word) > 1:
            found += [word[at : at + 2] for at in range(len(word) - 1)]
        elif len(word) > 1 and word not in _SMALL:
            found.append(word)
    return found


def _prior(text: str, words: list[str], place: float) -> float:
    """The weight of one message by itself: long enough, a decision or a question, early or late."""
    weight = min(len(words), 8) / 8
    weight *= 1.4 if _DECISION.search(text[:MAX_CHARS]) else 1.0
    weight *= 1.15 if "?" in text[:MAX_CHARS] or "？" in text[:MAX_CHARS] else 1.0
    return weight * (1.15 if place < 0.1 or place > 0.9 else 1.0)


def _vectors(documents: list[list[str]]) -> list[Vector]:
    """Term frequency times inverse document frequency, each of length 1."""
    document_counts = Counter(word for words in documents for word in set(words))
    vectors = []
    for words in documents:
        weights = {
            word: count * math.log(1 + len(documents) / document_counts[word])
            for word, count in Counter(words).items()
        }
        norm = math.sqrt(sum(weight * weight for weight in weights.values()))
        vectors.append({word: weight / norm for word, weight in weights.items()})
    return vectors


def _links(vectors: list[Vector]) -> list[dict[int, float]]:
    """For each message the messages it shares words with, and their cosine."""
    holders: dict[str, list[int]] = defaultdict(list)
    links: list[dict[int, float]] = [defaultdict(float) for _ in vectors]
    for index, vector in enumerate(vectors):
        for word, weight in vector.items():
            for other in holders[word]:
                product = weight * vectors[other][word]
                links[index][other] += product
                links[other][index] += product
            holders[word].append(index)
    return links


def _ranks(links: list[dict[int, float]]) -> list[float]:
    """Centrality in the graph by power iteration, the greatest being 1."""
    size = len(links)
    totals = [sum(own.values()) for own in links]
    ranks = [1.0] * size
    for _ in range(ITERATIONS):
        shares = [rank / total if total else 0.0 for rank, total in zip(ranks, totals, strict=True)]
        ranks = [
            1 - DAMPING + DAMPING * sum(weight * shares[other] for other, weight in own.items())
            for own in links
        ]
    top = max(ranks)
    return [rank / top for rank in ranks]


def _diverse(scores: list[float], links: list[dict[int, float]], count: int) -> list[int]:
    """The best by score, each discounted by its likeness to those chosen before."""
    chosen: list[int] = []
    left = set(range(len(scores)))
    likeness = [0.0] * len(scores)
    while left and len(chosen) < count:
        best = max(left, key=lambda at: (RELEVANCE * scores[at] - (1 - RELEVANCE) * likeness[at], -at))
        left.discard(best)
        chosen.append(best)
        for other, cosine in links[best].items():
            likeness[other] = max(likeness[other], cosine)
            if cosine >= SAME:
                left.discard(other)
    return chosen
