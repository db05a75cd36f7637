"""Splits a Markdown text into posts that fit a platform's limit, each of which can be read alone.

It decides where a post ends; `blocks` and `inline` know what a cut would break. A list item, a quote, a
table, a code block or a spoiler is never cut where it fits in a post; a heading is never the last of one.
Every post is decided from the text up to the point where it overflowed and from nothing after that, so posts
that are closed stay as they are while the text grows. Work is linear in the text: every post looks at `limit`
characters, and two posts in a row take at least a quarter of the limit.

Join rule: `Chunk.body` is a verbatim slice, and all bodies of `chunks()` joined are the text. What makes a
part readable alone (the fence of a code block, the header of a table, the mark of a quote) is in `opening`
and `closing`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.conversation.text.blocks import ALL_QUOTED, MAX_PREFIX, Blocks, scan
from bot.conversation.text.inline import Span, atoms_and_emphasis, is_boundary, unfinished

MIN_LIMIT = 100
MAX_CLUSTER = 64  # UAX 15 calls a run of more than 30 marks no text of any language

_CLOSING_CHARS = MAX_PREFIX + 16 + 1
_SENTENCE_END = re.compile(r"[.!?…][\"')\]”’»]*\s+|[。！？][」』”]?")
_QUOTE_PREFIX = re.compile(r"[ \t]*(?:>[ \t]?)+")
# What would mean something else at the beginning of a line.
_LINE_MARK = re.compile(r"[>|]|```|~~~|(?:[-+*]|-#|#{1,6}|\d{1,9}[.)])(?:\s|\Z)|\d{1,9}\Z")


@dataclass(frozen=True, slots=True)
class Chunk:
    """One post: a verbatim slice of the text, and what is put around it to be readable alone."""

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
    start, opening = 0, ""
    while start < len(text):
        window = _Window(opening + text[start : start + limit + 1 - len(opening)], len(opening), limit)
        overflow = window.overflow()
        if overflow is None:
            found.append(Chunk(text[start:], opening, window.closing_at(len(window.text))))
            break
        known = _Window(window.text[:overflow], len(opening), limit)
        end = known.best_cut(overflow - 1)
        found.append(Chunk(window.text[len(opening) : end], opening, known.closing_at(end)))
        start += end - len(opening)
        opening = known.opening_after(end)
    return found


class _Window:
    """One post: what opens it (`first` characters), then the text to the character that overflows it."""

    def __init__(self, text: str, first: int, limit: int) -> None:
        self.text, self._first, self._limit = text, first, limit

    @cached_property
    def _blocks(self) -> Blocks:
        return scan(self.text)

    def overflow(self) -> int | None:
        """The size that is too large, None where all fits."""
        if "```" not in self.text and "~~~" not in self.text:
            return self._limit + 1 if len(self.text) > self._limit else None
        sizes = range(max(self._first + 1, self._limit - _CLOSING_CHARS), len(self.text) + 1)
        return next((size for size in sizes if not self._fits(size)), None)

    def closing_at(self, size: int) -> str:
        """What closes a code block that is open after `size` characters."""
        fence = self._blocks.fence_at(size)
        if fence is None:
            return ""
        return fence.closing if self.text.endswith("\n", 0, size) else "\n" + fence.closing

    def opening_after(self, size: int) -> str:
        """What the next post begins with, for one that ends after `size` characters."""
        line_start = self.text.rfind("\n", 0, size) + 1
        prefix = _QUOTE_PREFIX.match(self.text[line_start:size])
        quote = prefix[0] if prefix and len(prefix[0]) <= MAX_PREFIX else ""
        fence = self._blocks.fence_at(size)
        header = self._blocks.header_at(size)
        if fence is not None:
            header, quote = fence.line + "\n", quote if fence.is_quoted else ""
        elif len(header) > self._limit // 2 - 2 * MAX_PREFIX:
            header = ""
        quoted_from = self._blocks.all_quoted_from
        if quoted_from is not None and quoted_from < size:
            return f"{ALL_QUOTED}\n{header}"
        return header + quote

    def best_cut(self, top: int) -> int:
        """The best place at or before `top`; the text ends right after `top`."""
        while top > self._first + 1 and not self._fits(top):
            top -= 1
        tight, blocks, emphasis = self._protected()
        finders = self._finders()
        most, least = max(top // 2, self._first), self._first
        every, whole, unbroken = _merged(tight + blocks + emphasis), _merged(tight + blocks), _merged(tight)
        none: list[Span] = []
        passes = (
            (every, most, finders),
            (whole, least, finders[1:]),
            (unbroken, most, finders),
            (none, most, finders),
        )
        for protected, floor, kinds in passes:
            for last_at in kinds:
                place = self._allowed(last_at, top, floor, protected)
                if place:
                    return place
        return top

    # --- inside ------------------------------------------------------------------------------

    def _fits(self, size: int) -> bool:
        return size + len(self.closing_at(size)) <= self._limit

    def _allowed(self, last_at: Callable[[int], int], top: int, floor: int, spans: list[Span]) -> int:
        """The last place of one kind in (floor, top] that breaks nothing, or 0."""
        starts = [start for start, _ in spans]
        place, tries = last_at(top), 0
        while place > floor and tries < MAX_CLUSTER:
            index = bisect_left(starts, place) - 1
            if index >= 0 and place < spans[index][1]:
                place = last_at(spans[index][0])
            elif not is_boundary(self.text, place) or not self._fits(place) or self._would_turn(place):
                place, tries = last_at(place - 1), tries + 1
            else:
                return place
        return 0

    def _would_turn(self, place: int) -> bool:
        """Whether what follows a place inside a line would be a list, a heading or a quote in a new post."""
        return self.text[place - 1] != "\n" and _LINE_MARK.match(self.text, place) is not None

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

    def _protected(self) -> tuple[list[Span], list[Span], list[Span]]:
        """Where no cut may fall strictly inside: what it would break, blocks that can be whole in this post
        or in the next, and emphasis of a length that people emphasise."""
        blocks, size = self._blocks, len(self.text)
        atoms, emphasis, spoilers = atoms_and_emphasis(self.text, _between(blocks.code + blocks.rows, size))
        tight = atoms + blocks.tight + blocks.rows + [(at, size) for at in unfinished(self.text)]
        kept = [
            (block.start, block.end)
            for block in blocks.blocks
            if not block.is_open or block.start > self._first
        ]
        kept += [(start, end) for start, end in spoilers if end < size or start > self._first]
        return tight, kept, [(start, end) for start, end in emphasis if end - start <= self._limit // 4]


def _between(spans: list[Span], size: int) -> list[Span]:
    """What of a text of `size` characters is in none of the spans."""
    gaps, at = [], 0
    for start, end in _merged(spans):
        gaps.append((at, start))
        at = end
    return [*gaps, (at, size)]


def _merged(spans: list[Span]) -> list[Span]:
    """The same places as spans in order that do not overlap."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
