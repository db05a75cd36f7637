"""Whether a translation can be one of its source at all, by what both look like. Knows no model.

Coarse signs that something went wrong, for where nobody asked for the translation and silence is better than
nonsense. A translation that passes may still be wrong.
"""

from __future__ import annotations

import re

SHORT_CHARS = 15
"""Texts up to this length may be of any length in another language."""
LEAST_RATIO, MOST_RATIO = 0.3, 3.0
LONGEST_LOOP = 4
_DENSE_FROM, _DENSITY = "\u2e80", 3
"""From here on the scripts have characters that say as much as this many letters."""

_QUESTION = re.compile(r"[?？؟](?!\S)")
_ANY_QUESTION = re.compile(r"[?？؟;]")
"""The Greek question mark is a semicolon."""
_NEGATIONS = {
    "en": r"not|no|never|nothing|nobody|none|nor|neither|without|cannot|nowhere"
    r"|(?:do|does|did|ca|wo|is|are|was|were|could|should|would|have|has|had|must|need)n['’]?t",
    "fr": r"ne|n(?=['’])|pas|jamais|rien|aucune?|sans|non|ni",
    "de": r"nicht|nichts|kein\w*|nie|niemals|niemand\w*|ohne|nein|weder|nirgends",
    "es": r"no|nunca|nada|nadie|ning[uú]n\w*|sin|tampoco|jamás|ni",
}


def doubt(source: str, translation: str, source_code: str, target_code: str, *, is_rough: bool) -> str | None:
    """Why a translation is not to be believed, for a log, or None.

    `source_code` and `target_code` are different languages (ISO 639-1). `is_rough`: a small model made it, so
    that a question or a negation which is gone is rather lost than put otherwise.
    """
    if re.findall(r"\w+", source) == re.findall(r"\w+", translation):
        return "it is the source"
    size = _size(source)
    if size > SHORT_CHARS and not LEAST_RATIO <= _size(translation) / size <= MOST_RATIO:
        return "its length"
    if _has_loop(translation) and not _has_loop(source):
        return "it repeats itself"
    if is_rough and _QUESTION.search(source) and not _ANY_QUESTION.search(translation):
        return "a question is lost"
    if is_rough and _denies(source, source_code) and _denies(translation, target_code) is False:
        return "a negation is lost"
    return None


def _size(text: str) -> int:
    """The length in letters of an alphabet."""
    return sum(_DENSITY if char >= _DENSE_FROM else 1 for char in text.strip())


def _has_loop(text: str) -> bool:
    """Whether one to a few words stand there three times in a row."""
    words = text.casefold().split()
    for length in range(1, LONGEST_LOOP + 1):
        run = 0
        for word, before in zip(words[length:], words, strict=False):
            run = run + 1 if word == before else 0
            if run == 2 * length:
                return True
    return False


def _denies(text: str, code: str) -> bool | None:
    """Whether a text has a word of negation; None for a language whose words are not known here."""
    words = _NEGATIONS.get(code)
    return bool(re.search(rf"(?<!\w)(?:{words})(?!\w)", text, re.IGNORECASE)) if words else None
