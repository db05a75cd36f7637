"""Guesses the language of a text from its script, its most frequent small words and its special letters.

Pure Python and small tables: right for sentences, silent (None) where it is unsure. Knows no model.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from bot.conversation.text.small_words import LETTERS, SMALL_WORDS

MAX_CHARS = 4000

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
    "LATIN": "latin",
}
_BULGARIAN = frozenset(["съм", "са", "се", "от", "какво", "този", "който", "ще", "има", "няма", "това", "е"])
_RUSSIAN = frozenset(
    ["и", "не", "на", "что", "как", "это", "я", "он", "она", "мы", "вы", "привет", "спасибо", "нет"]
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def detect(text: str) -> str | None:
    """The ISO 639-1 code of the language of `text`, or None where the evidence is thin."""
    text = text[:MAX_CHARS]
    scripts = Counter(_script(char) for char in text if char.isalpha())
    scripts.pop("", None)
    if not scripts:
        return None
    if scripts["ja"] and scripts["ja"] + scripts["zh"] > sum(scripts.values()) / 2:
        return "ja" if scripts["ja"] * 10 >= scripts["zh"] else "zh"
    script, count = scripts.most_common(1)[0]
    if count < 0.6 * sum(scripts.values()):
        return None
    if script == "latin":
        return _latin(text)
    return {"ru": _cyrillic, "ar": _arabic}.get(script, lambda _: script)(text)


def _script(char: str) -> str:
    if char < "\u0250":
        return "latin"
    name = unicodedata.name(char, "")
    return next((script for prefix, script in _SCRIPTS.items() if name.startswith(prefix)), "")


def _cyrillic(text: str) -> str | None:
    text = text.lower()
    if any(letter in text for letter in "іїєґ"):
        return "uk"
    if any(letter in text for letter in "ыэё"):
        return "ru"
    words = set(_WORD.findall(text))
    bulgarian = len(words & _BULGARIAN)
    russian = len(words & _RUSSIAN)
    if bulgarian > russian and "ъ" in text:
        return "bg"
    return "ru" if russian or len(words) > 3 else None


def _arabic(text: str) -> str:
    return "fa" if any(letter in text for letter in "پچژگکی") else "ar"


def _latin(text: str) -> str | None:
    """The language with the most small words; special letters add to it. Unsure without a clear lead."""
    text = text.lower().replace("’", "'")
    words = Counter(_WORD.findall(text))
    scores = {
        code: sum(count for word, count in words.items() if word in known)
        + sum(0.6 for letter in set(LETTERS.get(code, "")) if letter in text)
        for code, known in SMALL_WORDS.items()
    }
    (best, score), (_, second) = sorted(scores.items(), key=lambda item: -item[1])[:2]
    is_clear = score >= 1 and score >= 1.2 * second + 0.4
    return best if is_clear and score >= 0.12 * sum(words.values()) else None
