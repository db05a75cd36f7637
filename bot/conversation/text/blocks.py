"""Markdown's blocks, read line by line: code fences, quotes, list items, tables, headings.

Pure. It says where a text may be cut; `splitting` decides where it is, `filing` what becomes a file. Every
answer about a place depends on the text before it alone, so it holds for a text that still grows.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

ALL_QUOTED = ">>> "
MAX_PREFIX = 8
MAX_FENCE_LINE = 25
"""What is repeated of a line that opens a code block is at most so long."""

_FENCE = re.compile(r"([ \t>]*+)(`{3,16}(?!`)|~{3,16}(?!~))([^`\n]*)\n?\Z")
_START = re.compile(
    r"(?P<lead>[ \t>]*+)(?:"
    r"(?P<item>(?:[-*+]|\d{1,9}[.)])(?=[ \t\n]|\Z))"
    r"|(?P<heading>#{1,6}(?=[ \t])|\*\*[^*\n]+\*\*:?[ \t]*(?=\n|\Z))"
    r"|(?P<row>\|(?!\|))"
    r"|)"
)
_DELIMITER_ROW = re.compile(r"[ \t>]*+\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\n?\Z")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fence:
    """An open code block: what its lines begin with in a quote or a list, its marks, what follows them."""

    lead: str
    marks: str
    info: str

    @property
    def is_quoted(self) -> bool:
        """Whether it ends with the quote that it is in."""
        return ">" in self.lead and not self.lead.startswith(ALL_QUOTED)

    @property
    def line(self) -> str:
        """The line that opens it again, as short as it can be read."""
        for info in (self.info, self.info.partition(" ")[0]):
            if len(self.marks + info) <= MAX_FENCE_LINE:
                return f"{self._prefix}{self.marks}{info}"
        return self._prefix + self.marks

    @property
    def closing(self) -> str:
        """The line that closes it."""
        return self._prefix + self.marks

    @property
    def _prefix(self) -> str:
        is_repeated = len(self.lead) <= MAX_PREFIX and not self.lead.startswith(ALL_QUOTED)
        return self.lead if is_repeated else ""


@dataclass(frozen=True, slots=True)
class Block:
    """A list item with all that belongs to it, a quote, a table or a code block, with the headings right
    before it. `is_open`: the text ends inside of it."""

    start: int
    end: int
    is_open: bool


@dataclass(slots=True)
class Blocks:
    """What `scan` found. `tight` are spans that a cut would break at any price: rows, the lines of fences,
    a heading and what it is the heading of. `code` are spans where nothing but a fence means anything.
    `all_quoted_from`: from the line that begins there, all is one quote for chat platforms."""

    text: str
    blocks: list[Block] = field(default_factory=list)
    tight: list[Span] = field(default_factory=list)
    code: list[Span] = field(default_factory=list)
    rows: list[Span] = field(default_factory=list)
    tables: list[tuple[int, int, str]] = field(default_factory=list)
    fences: list[tuple[int, Fence | None]] = field(default_factory=lambda: [(0, None)])
    all_quoted_from: int | None = None

    def fence_at(self, place: int) -> Fence | None:
        """The code block that is open at a place, as far as can be told from the text before it."""
        line_start = self.text.rfind("\n", 0, place) + 1
        index = bisect_right(self.fences, line_start, key=lambda change: change[0]) - 1
        return after_line(self.fences[index][1], self.text[line_start:place])

    def header_at(self, place: int) -> str:
        """The header and the delimiter row of the table that a place is in, "" for none."""
        return next((header for start, end, header in self.tables if start < place < end), "")


def after_line(fence: Fence | None, line: str) -> Fence | None:
    """The open code block after a line, or after what is there of it."""
    if not (fence and fence.lead) and "```" not in line and "~~~" not in line:
        return fence
    found = _FENCE.match(line)
    if fence is None:
        return Fence(found[1], found[2], found[3].strip()) if found else None
    if line and fence.is_quoted and not line.lstrip(" \t").startswith(">"):
        return after_line(None, line)  # the quote is over
    is_end = found and found[2].startswith(fence.marks) and not found[3].strip()
    return None if is_end else fence


def followed_by(text: str, ending: str) -> str:
    """A text and what is said behind it, outside of a code block that it leaves open."""
    if not ending:
        return text
    fence = scan(text).fence_at(len(text))
    return "\n\n".join(part for part in (text + (f"\n{fence.closing}" if fence else ""), ending) if part)


def scan(text: str) -> Blocks:
    """The blocks of a text. Linear in its length."""
    return _Scanner(text).scan()


class _Scanner:
    """Where the reading of a text stands: which blocks are open, and where they began."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = Blocks(text)
        self._fence: Fence | None = None
        self._fence_start = 0
        self._items: list[Span] = []  # where an item begins, and how far it is indented
        self._quote = -1
        self._table = self._heading = -1
        self._rows_start, self._header = 0, ""
        self._last_line = -1  # a line that may turn out to be a table's header
        self._after_blank = False

    def scan(self) -> Blocks:
        """Read all lines; what is open then is open."""
        text, at = self._text, 0
        while at < len(text):
            end = text.find("\n", at) + 1 or len(text)
            line = text[at:end]
            if self._fence is None and line.isspace():
                if line.endswith("\n"):
                    self._blank(at)
            else:
                self._line(at, end, line)
            at = end
        self._close_all(len(text), is_open=True)
        return self._found

    def _line(self, at: int, end: int, line: str) -> None:
        was, self._fence = self._fence, after_line(self._fence, line)
        if was is not self._fence:
            self._found.fences.append((end, self._fence))
        if was is None:
            self._begin(at, end, line)
        elif self._fence is not was:
            if was.is_quoted and not line.lstrip(" \t").startswith(">"):
                self._end_code(at)
                if line.isspace():
                    self._blank(at)
                else:
                    self._begin(at, end, line)
            else:
                self._found.tight.append((max(at - 1, 0), end))
                self._end_code(end)

    def _end_code(self, end: int, *, is_open: bool = False) -> None:
        self._found.blocks.append(Block(self._fence_start, end, is_open))
        self._found.code.append((self._fence_start, end))

    def _begin(self, at: int, end: int, line: str) -> None:
        """A line outside of code."""
        found = _START.match(line)
        assert found is not None
        lead = found["lead"]
        if line.startswith(ALL_QUOTED) and self._found.all_quoted_from is None:
            self._found.all_quoted_from = at
        quoted = ">" in lead
        indent = len(lead[lead.rfind(">") + 1 :].expandtabs(4))
        if quoted != (self._quote >= 0):
            self._close_all(at)
            if quoted:
                self._quote = self._begins(at)
        if found.lastgroup == "heading":
            self._close_items(at, indent)
            self._close_table(at)
            self._heading = self._begins(at)
            self._last_line = -1
            return
        if found.lastgroup == "item":
            self._close_table(at)
            self._close_items(at, indent)
            self._items.append((self._begins(at), indent))
        elif self._after_blank:
            self._close_items(at, indent)
        if self._fence is not None:
            self._close_table(at)
            self._last_line = -1
            self._fence_start = self._begins(at)
            self._found.tight.append((at, end + 1))
        else:
            self._row(at, end, line, is_row=found.lastgroup == "row")
        if self._heading >= 0:
            self._found.tight.append((self._heading, at + 1))
        self._heading, self._after_blank = -1, False

    def _row(self, at: int, end: int, line: str, *, is_row: bool) -> None:
        """A line that may belong to a table."""
        if self._table >= 0:
            self._found.rows.append((at, end))
        elif self._last_line >= 0 and "|" in line and _DELIMITER_ROW.match(line):
            self._table, self._rows_start = self._last_line, end
            header_at = self._text.rfind("\n", 0, at - 1) + 1
            self._header = self._text[header_at:end]
            self._found.rows.append((header_at, end))
        elif is_row:
            self._found.rows.append((at, end))
        self._last_line = self._begins(at) if "|" in line else -1

    def _blank(self, at: int) -> None:
        self._after_blank = True
        self._last_line = -1
        self._close_table(at)
        if self._quote >= 0:
            self._close_all(at)

    def _begins(self, at: int) -> int:
        """Where a block begins: with the headings right before it."""
        return self._heading if self._heading >= 0 else at

    def _close_items(self, at: int, indent: int, *, is_open: bool = False) -> None:
        while self._items and indent <= self._items[-1][1]:
            self._found.blocks.append(Block(self._items.pop()[0], at, is_open))

    def _close_table(self, at: int, *, is_open: bool = False) -> None:
        if self._table >= 0:
            self._found.blocks.append(Block(self._table, at, is_open))
            self._found.tables.append((self._rows_start - 1, at, self._header))
            self._table = -1

    def _close_all(self, at: int, *, is_open: bool = False) -> None:
        self._close_table(at, is_open=is_open)
        self._close_items(at, -1, is_open=is_open)
        if self._quote >= 0:
            self._found.blocks.append(Block(self._quote, at, is_open))
            self._quote = -1
        if is_open and self._fence is not None:
            self._end_code(at, is_open=True)
