"""Cuts text: into sentences for translation, keeping the white space between them; or short, for a label.

Knows no language.
"""

from __future__ import annotations

import re

MAX_CHARS = 200
"""Small models were trained on short sentences; a longer one is cut at a clause or a word."""

ENDS = (".", "!", "?", "…", "。", "！", "？")
"""What a sentence ends with."""

_PIECE = re.compile(r"[^\n]*?(?:[.!?…][\"')\]”’»\U000f0000-\U000fffff]*(?=[ \t])|[。！？][」』”]?|(?=\n)|\Z)")
_GAP = re.compile(r"\s*")
_ABBREVIATION = re.compile(
    r"(?<![\w.])(?:[^\W\d_](?:\.[^\W\d_])*|Mr|Mrs|Ms|Dr|Prof|St|Sr|Sra|Mme|vs|etc|approx|ca|bzw|usw|evtl|ggf|Nr"
    r"|No|Abs|env|núm|pág|resp|incl|max|min|Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\.\Z"
)
"""A full stop that ends a word rather than a sentence: `z.B.`, `e.g.`, `Dr.`"""


def sentences(text: str, max_chars: int = MAX_CHARS) -> list[tuple[str, str]]:
    """Sentences of at most `max_chars` characters, each with the white space after it; joined they are
    `text`."""
    found: list[tuple[str, str]] = []
    gap = _GAP.match(text)
    at = gap.end() if gap else 0
    if at:
        found.append(("", text[:at]))
    while at < len(text):
        window = min(at + max_chars + 1, len(text))
        match = _PIECE.match(text, at, window)
        end = match.end() if match and match.end() > at else window
        while match and end < window and _ABBREVIATION.search(text, max(at, end - 10), end):
            match = _PIECE.match(text, end, window)
            end = match.end() if match and match.end() > end else window
        end = _within(text, at, at + len(text[at:end].rstrip()), max_chars)
        after = _GAP.match(text, end)
        following = after.end() if after else end
        found.append((text[at:end], text[end:following]))
        at = following
    return found


def shortened(text: str, max_chars: int) -> str:
    """`text` in at most `max_chars` characters, with an ellipsis where some are left out."""
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"


def _within(text: str, begin: int, end: int, max_chars: int) -> int:
    """The end of the sentence that begins at `begin`, or of its last clause or word that is short enough."""
    if end - begin <= max_chars:
        return end
    top = begin + max_chars
    for mark in (", ", "; ", ": ", " "):
        place = text.rfind(mark, begin + max_chars // 2, top)
        if place > begin:
            return place + len(mark.rstrip())
    return top
