"""Takes out of a text what must survive translation untouched, and puts it back.

Knows the syntax of mentions, custom emoji, links and code; nothing about languages or models. A masked
text has placeholders such as ⟦0⟧ where a mention, an emoji, a link or code was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MASKED = re.compile(
    r"```(?:[^`]|`(?!``))*+```"  # a code block
    r"|`[^`\n]+`"  # a code span
    r"|<(?:[@#!]|a?:|https?://|mailto:|/)[^<>\s][^<>\n]{0,400}>"  # mentions, custom emoji, autolinks
    r"|https?://[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*)*"
    r"|(?<![\w@])@\w[\w.-]*"
    r"|(?<![\w:]):[a-z0-9_+'-]{2,40}:(?!\w)"  # emoji by name
    r"|⟦[^⟦⟧\n]*⟧"  # whatever looks like a placeholder already
)
_PLACEHOLDER = re.compile(r"⟦\s?(\d+)\s?⟧")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with placeholders, and what they stand for."""

    text: str
    originals: tuple[str, ...]

    def pieces(self) -> list[tuple[bool, str]]:
        """The original text in order, each piece with whether it is to be kept as it is."""
        pieces: list[tuple[bool, str]] = []
        at = 0
        for match in _PLACEHOLDER.finditer(self.text):
            pieces += [(False, self.text[at : match.start()]), (True, self.originals[int(match[1])])]
            at = match.end()
        pieces.append((False, self.text[at:]))
        return [piece for piece in pieces if piece[1]]

    def restore(self, text: str) -> str | None:
        """`text`, which was made from this one, with the originals in place, or None unless each placeholder
        of this one is there exactly once."""
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(self.text)):
            return None
        return _PLACEHOLDER.sub(lambda match: self.originals[int(match[1])], text)


def mask(text: str) -> Masked:
    """Replace mentions, emoji, links and code by numbered placeholders."""
    originals: list[str] = []

    def replace(match: re.Match[str]) -> str:
        originals.append(match[0])
        return f"⟦{len(originals) - 1}⟧"

    return Masked(_MASKED.sub(replace, text), tuple(originals))
