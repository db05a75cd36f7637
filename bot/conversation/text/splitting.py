"""Splits a Markdown text into posts that fit a platform's limit.

Knows Markdown's code fences, links and table rows, and what belongs to one visible character; nothing
about platforms. Every post is decided from the text up to the point where it overflowed and from nothing
after that, so posts that are closed stay as they are while the text grows. Work is linear in the
text: every post looks at `limit` characters, and two posts in a row take at least a quarter of the limit.

Join rule: `Chunk.body` is a verbatim slice, and all bodies of `chunks()` joined are the text. What a split
inside a code block adds (the closing fence, and the fence line again) is in `opening` and `closing`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass

MIN_LIMIT = 100
MAX_CLUSTER = 64  # UAX 15 calls a run of more than 30 marks no text of any language

_FENCE_LINE = re.compile(r"^[ \t]*+(`{3,16}(?=[^`]|\Z)|~{3,16}(?=[^~]|\Z))([^`\n]*)$", re.MULTILINE)
_URL = r"\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)"
_ATOM = re.compile(
    rf"!?\[!\[[^\[\]\n]*\]{_URL}\]{_URL}"  # a picture that is a link
    rf"|!?\[[^\[\]\n]*\]{_URL}"  # a link
    r"|<[^<>\s]{1,400}>"  # an autolink, a mention, a custom emoji
    r"|https?://[^\s<>]+"
    r"|`[^`\n]+`"  # a code span
    r"|^[ \t]*+\|[^\n]*\n?",  # a table row
    re.MULTILINE,
)
_UNFINISHED = re.compile(
    r"!?\[(?:!\[[^\[\]\n]*\]\([^()\s]*\))?[^\[\]\n]*(?:\](?:\([^\s]*)?)?\Z|<[^<>\s]{0,400}\Z"
)
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’»]*\s+|[。！？][」』”]?")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code block: the marks that close it, and the line that opens it again."""

    marks: str
    line: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """One post: a verbatim slice of the text, and the fence lines put around it."""

    body: str
    opening: str = ""
    closing: str = ""

    @property
    def text(self) -> str:
        """What is posted."""
        return self.opening + self.body + self.closing


def split(text: str, limit: int) -> list[str]:
    """The posts of `text`, each of at most `limit` characters and none of them blank.

    Raises ValueError for a limit under MIN_LIMIT.
    """
    return [chunk.text for chunk in chunks(text, limit) if not chunk.body.isspace()]


def split_stream(text_so_far: str, limit: int) -> list[str]:
    """The posts of a text that still grows: all but the last stay as they are, whatever is added."""
    return split(text_so_far, limit)


def chunks(text: str, limit: int) -> list[Chunk]:
    """The posts of `text` with their parts; the bodies joined are the text."""
    if limit < MIN_LIMIT:
        raise ValueError(f"limit must be at least {MIN_LIMIT}, not {limit}")
    found: list[Chunk] = []
    start, fence = 0, None
    while start < len(text):
        opening = f"{fence.line}\n" if fence else ""
        window = _Window(text[start : start + limit + 1 - len(opening)], fence, limit - len(opening))
        size = window.cut()
        fence = window.fence_at(size)
        body = window.text[:size]
        found.append(Chunk(body, opening, _closing(body, fence)))
        start += size
    return found


def _closing(body: str, fence: Fence | None) -> str:
    if fence is None:
        return ""
    return fence.marks if body.endswith("\n") else "\n" + fence.marks


class _Window:
    """The text from the start of one post to the character that may overflow it."""

    def __init__(self, text: str, fence: Fence | None, room: int) -> None:
        self.text, self._before, self._room = text, fence, room
        self._fences = list(_FENCE_LINE.finditer(text))
        self._fence_starts = [match.start() for match in self._fences]
        self._states = [fence]
        for match in self._fences:
            self._states.append(_after_line(self._states[-1], match))

    def fence_at(self, size: int) -> Fence | None:
        """The code block that is open after `size` characters."""
        line_start = self.text.rfind("\n", 0, size) + 1
        fence = self._states[bisect_left(self._fence_starts, line_start)]
        last = _FENCE_LINE.match(self.text[line_start:size])
        return _after_line(fence, last) if last else fence

    def _fits(self, size: int) -> bool:
        return size + len(_closing(self.text[:size], self.fence_at(size))) <= self._room

    def cut(self) -> int:
        """How many characters the post takes."""
        sizes = range(max(1, self._room - 17), len(self.text) + 1)
        size = next((size for size in sizes if not self._fits(size)), None)
        if size is None:
            return len(self.text)
        known = _Window(self.text[:size], self._before, self._room)
        return known._best_cut(size - 1)

    def _best_cut(self, top: int) -> int:
        """The best place at or before `top`; the text ends right after `top`."""
        while top > 1 and not self._fits(top):
            top -= 1
        spans = _merged(self._protected())
        finders = self._finders()
        none: list[Span] = []
        passes = ((spans, top // 2, finders), (spans, 0, finders[1:]), (none, top // 2, finders))
        for protected, floor, kinds in passes:
            for last_at in kinds:
                place = self._allowed(last_at, top, floor, protected)
                if place:
                    return place
        return top

    def _allowed(self, last_at: Callable[[int], int], top: int, floor: int, spans: list[Span]) -> int:
        """The last place of one kind in (floor, top] that breaks nothing, or 0."""
        starts = [start for start, _ in spans]
        place, tries = last_at(top), 0
        while place > floor and tries < MAX_CLUSTER:
            index = bisect_left(starts, place) - 1
            if index >= 0 and place < spans[index][1]:
                place = last_at(spans[index][0])
            elif not _is_boundary(self.text, place) or not self._fits(place):
                place, tries = last_at(place - 1), tries + 1
            else:
                return place
        return 0

    def _finders(self) -> list[Callable[[int], int]]:
        """For paragraphs, lines, sentences, words and characters: the last place at or before a position."""
        text = self.text
        ends = [match.end() for match in _SENTENCE_END.finditer(text)]

        def after(mark: str, top: int) -> int:
            found = text.rfind(mark, 0, max(top, 0))
            return found + len(mark) if found >= 0 else 0

        def sentence(top: int) -> int:
            index = bisect_right(ends, top)
            return ends[index - 1] if index else 0

        return [
            lambda top: after("\n\n", top),
            lambda top: after("\n", top),
            sentence,
            lambda top: max(after(" ", top), after("\n", top), after("\t", top)),
            lambda top: top,
        ]

    def _protected(self) -> list[Span]:
        """Where no cut may fall strictly inside: links, table rows, fence lines with a line of their code."""
        text = self.text
        spans = [match.span() for match in _ATOM.finditer(text)]
        spans += [(at, len(text)) for at in _unfinished(text)]
        for match, before, after in zip(self._fences, self._states, self._states[1:], strict=False):
            if before is None and after is not None:
                spans.append((match.start(), match.end() + 2))
            elif before is not None and after is None:
                spans.append((max(match.start() - 1, 0), match.end()))
        return spans


def _after_line(fence: Fence | None, match: re.Match[str]) -> Fence | None:
    """The open code block after a line that looks like a fence."""
    marks, info = match[1], match[2].strip()
    if fence is None:
        line = f"{marks}{info}"
        return Fence(marks, line if len(line) <= MIN_LIMIT // 4 else marks)
    is_closing = marks[0] == fence.marks[0] and len(marks) >= len(fence.marks) and not info
    return None if is_closing else fence


def _unfinished(text: str) -> list[int]:
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


def _merged(spans: list[Span]) -> list[Span]:
    """The same places as spans in order that do not overlap."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_boundary(text: str, at: int) -> bool:
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
