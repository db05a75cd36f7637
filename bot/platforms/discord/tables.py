"""Markdown's tables as text in columns, for Discord, which knows no tables.

Pure. It reads the lines of a table and lays its cells out; where tables are, and what is around them, is the
dialect's business.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

GAP = "  "

_LEAD = re.compile(r"[ \t>]*")
_DELIMITER = re.compile(r":?-+:?")
_PIPE = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"(`+)([^`]+)\1")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKS = (
    (re.compile(r"<br ?/?>", re.IGNORECASE), " "),
    (re.compile(r"!?\[([^\[\]]*)\]\(<?([^()\s<>]*)>?(?:\s\"[^\"]*\")?\)"), r"\1 (\2)"),
    (re.compile(r"<(https?://[^<>\s]+)>"), r"\1"),
    (re.compile(r"<a?(:\w+:)\d+>"), r"\1"),
    (re.compile(r"(?<![\\*])\*{2,3}(?=[^\s*])([^*]+)(?<=\S)\*{2,3}(?!\*)"), r"\1"),
    (re.compile(r"(?<![\\*\w])\*(?=[^\s*])([^*]+)(?<=\S)\*(?![*\w])"), r"\1"),
    (re.compile(r"(?<![\\_\w])_{1,3}(?=[^\s_])([^_]+(?:_\w[^_]*)*)(?<=\S)_{1,3}(?![_\w])"), r"\1"),
    (re.compile(r"~~(?=\S)([^~]+)(?<=\S)~~"), r"\1"),
)
"""What makes words bold, a link or the like, and what is left of it where nothing is rendered."""


def lead_of(line: str) -> str:
    """What a line begins with in a quote or a list."""
    found = _LEAD.match(line)
    return found[0] if found else ""


def is_begun_by(header: str, delimiters: str) -> bool:
    """Whether two lines that follow each other are the beginning of a table."""
    if "|" not in header or "|" not in delimiters:
        return False
    marks = _cells(delimiters)
    return all(map(_DELIMITER.fullmatch, marks)) and len(marks) == len(_cells(header))


def goes_on_with(header: str, line: str) -> bool:
    """Whether a line is a row of the table that a header began: in the same quote, and with the same edge.
    What begins with two bars is hidden text."""
    lead, own = lead_of(header), lead_of(line)
    is_same = lead.startswith(">>>") or (">" in lead) == (">" in own)
    has_edge = header.startswith("|", len(lead))
    is_hidden = line.startswith("||", len(own))
    return is_same and not is_hidden and (line.startswith("|", len(own)) if has_edge else "|" in line)


def aligned(lines: Sequence[str]) -> list[str]:
    """The lines of a table in columns: its header, a rule, its rows; what a quote puts before them is left
    out. As many lines as there were."""
    marks = _cells(lines[1])
    rows = [[bare(cell) for cell in _cells(line)][: len(marks)] for line in (lines[0], *lines[2:])]
    widths = [max(map(width, column)) for column in zip_longest(*rows, fillvalue="")]
    shown = [
        GAP.join(map(_padded, [*row, *[""] * (len(marks) - len(row))], widths, marks)).rstrip()
        for row in rows
    ]
    return [shown[0], GAP.join("-" * max(1, size) for size in widths), *shown[1:]]


def width(text: str) -> int:
    """How many columns a text takes: wide signs of East Asia two, what stands on other signs none."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def bare(cell: str) -> str:
    """A cell's words without the marks that nothing renders in code."""
    shown, at = "", 0
    for code in _CODE.finditer(cell):
        shown += _unmarked(cell[at : code.start()]) + code[2].strip()
        at = code.end()
    return (shown + _unmarked(cell[at:])).replace("\\|", "|").strip()


def _unmarked(text: str) -> str:
    for mark, rest in _MARKS:
        text = mark.sub(rest, text)
    return _ESCAPED.sub(r"\1", text)


def _cells(line: str) -> list[str]:
    row = line[len(lead_of(line)) :].rstrip()
    row = row.removeprefix("|")
    row = row[:-1] if row.endswith("|") and not row.endswith("\\|") else row
    return [cell.strip() for cell in _PIPE.split(row)]


def _padded(cell: str, size: int, mark: str) -> str:
    room = max(1, size) - width(cell)
    if mark.endswith(":"):
        left = room // 2 if mark.startswith(":") else room
        return " " * left + cell + " " * (room - left)
    return cell + " " * room
