"""The small learned model that tells how much of a summary a span would be, and how long the summary.

A perceptron of one hidden layer over `features` and the mean vector of the span's known words, in plain
Python. Its weights lie in `selector.json`, which `python -m bot train selector` writes; `selector.md` says
from what. Words that it does not know, as in other languages, count for nothing, so that place, length and
centrality decide.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from operator import mul
from typing import Any

from bot.conversation.text.features import OF_CONVERSATION

UNIT = 1000
"""The file holds whole numbers: thousandths."""
LIMIT = 4.0
"""A feature further than so many standard deviations from the mean counts as so far."""
MIN_WORDS, MAX_WORDS = 4.0, 160.0
LONG, LONGER = 35.0, 1.3
"""Extracts of more than LONG words are longer by this: ROUGE-2 gains, on a fold that was not learnt from."""
WEIGHTS = "selector.json"
OUTLOOK = 14 + 2 * OF_CONVERSATION
"""How many numbers the length is read from."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the model thinks of one span, shares from 0 to 1.

    `chosen`: the probability that the best extract has it. `alone`: the mean ROUGE F1 of the span by itself.
    `shared`: the parts of its words and of its pairs of words that a summary has, added. `length`: the
    logarithm of a summary's words.
    """

    chosen: float
    alone: float
    shared: float
    length: float

    @property
    def score(self) -> float:
        """The three views of a span's worth as one: their geometric mean."""
        return float((self.chosen * self.alone * self.shared) ** (1 / 3))


@dataclass(frozen=True, slots=True)
class Selector:
    """The weights; rows of a matrix belong to one output each."""

    means: list[float]
    deviations: list[float]
    words: Mapping[str, list[float]]
    hidden: list[list[float]]
    hidden_bias: list[float]
    output: list[list[float]]
    output_bias: list[float]
    length: list[float]

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Selector:
        """From the contents of the weights file."""
        return cls(
            _scaled(fields["means"]),
            _scaled(fields["deviations"]),
            {word: _scaled(vector) for word, vector in fields["words"].items()},
            [_scaled(row) for row in fields["hidden"]],
            _scaled(fields["hidden_bias"]),
            [_scaled(row) for row in fields["output"]],
            _scaled(fields["output_bias"]),
            _scaled(fields["length"]),
        )

    def judge(self, row: Sequence[float], tokens: Sequence[str]) -> Judgement:
        """One span, by its row of features and its words."""
        values = [
            max(-LIMIT, min(LIMIT, (value - mean) / deviation))
            for value, mean, deviation in zip(row, self.means, self.deviations, strict=True)
        ]
        values += self._meaning(tokens)
        hidden = [
            math.tanh(_dot(values, own) + bias)
            for own, bias in zip(self.hidden, self.hidden_bias, strict=True)
        ]
        chosen, alone, words, pairs, length = (
            _dot(hidden, own) + bias for own, bias in zip(self.output, self.output_bias, strict=True)
        )
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, chosen))))
        return Judgement(probability, max(alone / 3, 0.003), max(words, 0.02) + max(pairs, 0.0), length * 3)

    def _meaning(self, tokens: Sequence[str]) -> list[float]:
        known = [self.words[token] for token in tokens if token in self.words]
        if not known:
            return [0.0] * len(next(iter(self.words.values())))
        return [sum(column) / len(known) for column in zip(*known, strict=True)]

    def wished_words(self, seen: Sequence[float]) -> float:
        """The length, in words, of the extract that would come nearest to a summary; from `outlook`."""
        wished = _dot(seen, self.length)
        words = math.exp(max(math.log(MIN_WORDS), min(math.log(MAX_WORDS), wished)))
        return words * LONGER if words > LONG else words


def outlook(judged: Sequence[Judgement], row: Sequence[float]) -> list[float]:
    """What the wished length is read from: the conversation's size, and how the spans' worth falls off.
    `row` is the row of features of any span."""
    whole = list(row[-OF_CONVERSATION:])
    length = sum(span.length for span in judged) / len(judged)
    chosen = sorted((span.chosen for span in judged), reverse=True)
    scores = sorted((span.score for span in judged), reverse=True)
    total = sum(chosen)
    return [
        1.0,
        length,
        length * length / 10,
        chosen[0],
        math.log(total + 0.01),
        sum(chosen[:3]),
        _at(chosen, 1),
        _at(chosen, 2),
        _at(chosen, 4),
        scores[0],
        _at(scores, 2) / scores[0],
        _at(scores, 5) / scores[0],
        max(span.shared for span in judged),
        max(span.alone for span in judged),
        *whole,
        *(length * value for value in whole),
    ]


def _at(values: Sequence[float], place: int) -> float:
    return values[min(place, len(values) - 1)]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    return math.fsum(map(mul, left, right))


def _scaled(values: Sequence[int]) -> list[float]:
    return [value / UNIT for value in values]


@cache
def load_selector() -> Selector:
    """The bundled weights, read once."""
    text = files("bot.conversation.text").joinpath(WEIGHTS).read_text(encoding="utf-8")
    return Selector.from_dict(json.loads(text))
