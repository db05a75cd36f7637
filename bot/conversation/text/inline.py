"""Markdown inside a line: links, code spans, mentions, emphasis, spoilers, and visible characters.

Pure. It says which spans a cut would break. Linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

Span = tuple[int, int]

_URL = r"[^()\s]*(?:\([^()\s]*\)[^()\s]*)*"
_TARGET = rf"\((?:<[^<>\n]*>|{_URL})(?:[ \t]+\"[^\"\n]*\")?\)"
_ATOM = (
    r"\\[!-/:-@\[-`{-~]"  # an escape
    rf"|!?\[!\[[^\[\]\n]*\]{_TARGET}\]{_TARGET}"  # a picture that is a link
    rf"|!?\[[^\[\]\n]*\](?:{_TARGET}|\[[^\[\]\n]*\])?"  # a link
    r"|<[^<>\s]{1,400}>|</[^<>\n]{1,140}:\d{1,20}>"  # an autolink, a mention, a custom emoji, a command
    r"|https?://[^\s<>]+"
    r"|:[\w+-]{1,40}:"  # an emoji by name
    r"|``[^`\n]+(?:`[^`\n]+)*``(?!`)|`[^`\n]+`"  # a code span
)
_INLINE = re.compile(rf"{_ATOM}|(?P<gap>\n[ \t]*\n)|(?P<mark>\*{{1,3}}|_{{1,3}}|~~|\|\|)")
_UNFINISHED = re.compile(
    r"!?\[(?:!\[[^\[\]\n]*\]\([^()\s]*\))?[^\[\]\n]*(?:\](?:\([^\s]*(?:[ \t]+\"[^\"\n]*\"?)?)?)?\Z"
    r"|</?[^<>\s]{0,400}\Z|</[^<>\n]{0,140}\Z"
)


def atoms_and_emphasis(text: str, prose: Iterable[Span]) -> tuple[list[Span], list[Span], list[Span]]:
    """What is one thing in the `prose` of a text: links and the like; what is emphasised; spoilers. Emphasis
    and spoilers that are still open reach to the end."""
    found = _Inline(text)
    for start, end in prose:
        found.read(start, end)
    found.close(len(text))
    return found.atoms, found.emphasis, found.spoilers


class _Inline:
    """The spans of a text, and the marks that are open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._open: dict[str, int] = {}
        self.atoms: list[Span] = []
        self.emphasis: list[Span] = []
        self.spoilers: list[Span] = []

    def read(self, start: int, end: int) -> None:
        """Take in a span of prose."""
        for match in _INLINE.finditer(self._text, start, end):
            if match.lastgroup == "mark":
                self._mark(match[0], match.start(), match.end())
            elif match.lastgroup == "gap":
                self._open = {mark: at for mark, at in self._open.items() if mark == "||"}
            else:
                self.atoms.append(match.span())

    def _mark(self, mark: str, start: int, end: int) -> None:
        before, after = self._text[start - 1 : start], self._text[end : end + 1]
        if mark in self._open and (mark == "||" or not before.isspace()):
            spans = self.spoilers if mark == "||" else self.emphasis
            spans.append((self._open.pop(mark), end))
        elif mark == "||" or (not after.isspace() and not (mark[0] == "_" and before.isalnum())):
            self._open[mark] = start

    def close(self, end: int) -> None:
        """The text ends here, with what is open."""
        for mark, start in self._open.items():
            (self.spoilers if mark == "||" else self.emphasis).append((start, end))


def unfinished(text: str) -> list[int]:
    """Where a link or a mention begins that the text ends inside of."""
    places, top = [], len(text)
    for _ in range(3):
        at = max(text.rfind("[", 0, top), text.rfind("<", 0, top))
        if at < 0:
            break
        if _UNFINISHED.match(text, at):
            places.append(at - 1 if at and text[at] == "[" and text[at - 1] == "!" else at)
        top = at
    return places


def is_boundary(text: str, at: int) -> bool:
    """Whether a visible character ends before `at` (a simplification of Unicode's UAX 29 grapheme rules)."""
    if not 0 < at < len(text):
        return True
    before, char = text[at - 1], text[at]
    if before == "\u200d" or (before == "\r" and char == "\n"):
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= char <= "\udfff":
        return False
    if _is_regional(char) and _is_regional(before):
        run = at
        while run and _is_regional(text[run - 1]):
            run -= 1
        return (at - run) % 2 == 0
    return not _extends(char)


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _extends(char: str) -> bool:
    """Whether a character belongs to the one before it: a mark, a joiner, a skin tone, a Hangul vowel."""
    if char < "\u0300":
        return False
    is_emoji_part = "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"
    is_jamo = "\u1160" <= char <= "\u11ff"
    is_joiner = char in "\u200c\u200d"
    return is_emoji_part or is_jamo or is_joiner or unicodedata.category(char) in ("Mn", "Mc", "Me")
