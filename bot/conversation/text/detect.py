"""Guesses the language of a text: from its script, its most frequent words and its special letters.

Pure Python and small tables. `detect` is silent (None) where that alone leaves it unsure; `judge` weighs it
together with what a statistical model says, whatever that model is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from bot.conversation.text.languages import LANGUAGES
from bot.conversation.text.small_words import CHAT_WORDS, LETTERS

MAX_CHARS = 4000
SURE = 0.6
"""The confidence from which a guess is not worth a remark: of chat lines that reach it, 97% are right."""

# Weights of the evidence, chosen on benchmarks/data/detection.jsonl (`python -m benchmarks.detection`).
_MODEL_WEIGHT, _WORD_WEIGHT, _HINT_WEIGHT = 0.5, 6.0, 1.0
_LETTER_WEIGHT, _OWN_LETTER_WEIGHT = 0.5, 1.5
_WORD_WEIGHT_ALONE = 24.0
_LEAST = 1e-3
"""What a language that the model does not name is taken to have; smaller would let the model rule it out."""
_FEW_WORDS = 2
_THIN = 0.5
"""The most confidence in a word that other languages have too: the model is as sure of "ja" as of a line."""
_RARE_FROM = 0.9
"""A language without a list of words needs this much of the model's trust to be thought of."""

_SCRIPTS = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "THAI": "th",
    "TAMIL": "ta",
    "LATIN": "latin",
}
_LATIN = tuple(code for code in CHAT_WORDS if code not in ("ru", "uk", "bg"))
_SHARED_SCRIPTS = {
    "latin": _LATIN,
    "ru": ("ru", "uk", "bg"),
    "ar": ("ar", "fa"),
    "zh": ("zh", "ja"),
}
_RARE = {
    "latin": frozenset(entry.code for entry in LANGUAGES) - frozenset(CHAT_WORDS),
    "ru": frozenset(["be", "sr"]),
    "ar": frozenset(["ur"]),
}
"""Thought of only where the model is certain: without their words they would take lines from the others."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NO_LETTER = re.compile(r"[^\w\s'’]|[\d_]")


@dataclass(frozen=True, slots=True)
class Detected:
    """A language (ISO 639-1) and how sure that is, from 0 to 1."""

    code: str
    confidence: float

    @property
    def is_sure(self) -> bool:
        """Whether it can be taken as known."""
        return self.confidence >= SURE


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language of `text` by script and words alone, or None where they are thin."""
    found = judge(text, {})
    return found.code if found and found.is_sure else None


def judge(
    text: str, probabilities: Mapping[str, float], hint: str | None = None, known: Collection[str] = ()
) -> Detected | None:
    """The likeliest language of `text`, or None where it has no letters.

    `probabilities` are a model's, by ISO 639-1 code; `hint` is a language that is likelier than others here,
    such as its author's usual one; of one or two words that several languages have, `known` are thought of
    next. The score is a log-linear mixture of the evidence, the confidence its
    softmax.
    """
    text = plain_words(text)
    script = _script_of(text)
    if script is None:
        return None
    codes = _candidates(script, probabilities)
    if len(codes) == 1:
        return Detected(codes[0], 1.0)
    words = _word_scores(text)
    word_weight = _WORD_WEIGHT if probabilities else _WORD_WEIGHT_ALONE
    scores = {
        code: _MODEL_WEIGHT * math.log(probabilities.get(code, 0.0) + _LEAST)
        + word_weight * words.get(code, 0.0)
        + sum(weight for letter, weight in _letter_weights(code) if letter in text)
        + _HINT_WEIGHT * (code == hint)
        + (code == script)  # Han without kana is rather Chinese, and so on
        for code in codes
    }
    best = max(scores, key=lambda code: scores[code])
    found = Detected(best, 1 / sum(math.exp(score - scores[best]) for score in scores.values()))
    few = set(_WORD.findall(text))
    if script != "latin" or len(few) > _FEW_WORDS or not probabilities:
        return found
    return _of_few(few, scores, found, hint, known)


def _of_few(
    words: set[str], scores: Mapping[str, float], found: Detected, hint: str | None, known: Collection[str]
) -> Detected:
    """What one or two words show. One alone is not sure where other languages have it too, or none has it."""
    hits = {code: sum(word in CHAT_WORDS.get(code, ()) for word in words) for code in scores}
    rivals = [code for code in scores if hits[code] >= hits[found.code]]
    is_own = any(
        weight == _OWN_LETTER_WEIGHT and letter in word
        for letter, weight in _letter_weights(found.code)
        for word in words
    )
    is_clear = is_own or rivals == [found.code] or len(words) > 1
    if found.is_sure and is_clear:
        return found
    preferred = [code for code in rivals if code == hint] or [code for code in rivals if code in known]
    code = max(preferred or [found.code], key=lambda code: scores[code])
    return Detected(code, min(found.confidence, _THIN))


def plain_words(text: str) -> str:
    """What of `text` tells its language: small letters and the white space between them."""
    return _NO_LETTER.sub(" ", text[:MAX_CHARS].lower().replace("’", "'"))


def _candidates(script: str, probabilities: Mapping[str, float]) -> tuple[str, ...]:
    rare = _RARE.get(script, frozenset())
    return _SHARED_SCRIPTS.get(script, (script,)) + tuple(
        code for code in rare if probabilities.get(code, 0.0) >= _RARE_FROM
    )


def _script_of(text: str) -> str | None:
    """The script of most letters, named after the language that uses it most; Japanese is known by its kana.
    None where there are no letters, or no script has a clear majority."""
    scripts = Counter(_script(char) for char in text if char.isalpha())
    for code in ("zh", "ja", "ko"):
        scripts[code] *= 3  # one of these says as much as a syllable or a word
    letters = sum(scripts.values())
    scripts.pop("", None)
    if not any(scripts.values()):
        return None
    if scripts["ja"] and scripts["ja"] + scripts["zh"] > letters / 2:
        return "ja" if scripts["ja"] * 10 >= scripts["zh"] else "zh"
    script, count = scripts.most_common(1)[0]
    return script if count >= 0.6 * letters else None


@cache
def _script(char: str) -> str:
    if char < "\u0250":
        return "latin"
    name = unicodedata.name(char, "")
    return next((script for prefix, script in _SCRIPTS.items() if name.startswith(prefix)), "")


def _word_scores(text: str) -> dict[str, float]:
    """For each language the share of words that are frequent in it; a word counts less the more languages
    have it (by the root of their number, as weak an inverse frequency as serves)."""
    words = _WORD.findall(text)
    return {
        code: sum(_weight(word) for word in words if word in known) / max(1, len(words))
        for code, known in CHAT_WORDS.items()
    }


@cache
def _weight(word: str) -> float:
    return 1 / math.sqrt(sum(word in known for known in CHAT_WORDS.values()))


@cache
def _letter_weights(code: str) -> tuple[tuple[str, float], ...]:
    """The special letters of a language; one that no other language of the table has says more."""
    others = "".join(letters for other, letters in LETTERS.items() if other != code)
    letters = sorted(set(LETTERS.get(code, "")))
    return tuple((letter, _LETTER_WEIGHT if letter in others else _OWN_LETTER_WEIGHT) for letter in letters)
