"""Markdown as Discord reads it: its code blocks begin and end with exactly three backticks, and it knows no
tables.

Longer fences and tildes mean nothing there, and the first three backticks in a row end a block. A message
keeps no spaces at its beginning. A table is shown as code, its columns in line. Pure.
"""

from __future__ import annotations

import re

from bot.conversation.text.blocks import Fence, after_line
from bot.platforms.discord.tables import aligned, goes_on_with, is_begun_by, lead_of

MAX_CHARS = 4000
"""All texts of one message together."""

_ZERO_WIDTH = "\u200b"
_FENCE = "```"
# Discord takes away the spaces that a message begins with, and with them the level of a list.
_NESTED_ITEM = re.compile(r"[ \t]+(?:[-*+]|\d{1,9}[.)])[ \t]")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]+(?=\s|\Z)")


def to_discord(markdown: str) -> str:
    """`markdown` with code blocks that Discord shows as they were meant, a little longer where code shows
    fences, and with tables as code: in columns as long as all has room in a message, else as they are
    written."""
    if _NESTED_ITEM.match(markdown):
        markdown = f"{_ZERO_WIDTH}\n{markdown}"
    if _FENCE not in markdown and "~~~" not in markdown and "|" not in markdown:
        return markdown
    lines: list[str] = []
    tables: list[tuple[int, list[str]]] = []
    fence: Fence | None = None
    written = markdown.split("\n")
    at = 0
    while at < len(written):
        line = written[at]
        before, fence = fence, after_line(fence, line)
        if before is None and fence is None and (size := _table_size(written[at:])):
            table = written[at : at + size]
            tables.append((len(lines) + 1, table))
            lines += [lead_of(line) + _FENCE, *map(_in_code, table), lead_of(table[-1]) + _FENCE]
            at += size
            continue
        lines.append(_line(line, before, fence))
        at += 1
    _align(lines, tables)
    return "\n".join(lines)


def _line(line: str, before: Fence | None, fence: Fence | None) -> str:
    """A line as Discord reads it; `before` it and after it these code blocks are open."""
    if fence is not None and fence is not before:
        language = _LANGUAGE.match(fence.info)
        return f"{fence.lead}{_FENCE}{language[0] if language else ''}"
    if fence is not None:
        return _in_code(line)
    if before is not None and before.marks in line:
        return line.replace(line.strip(" \t>"), _FENCE)
    return line


def _in_code(line: str) -> str:
    return line.replace(_FENCE, f"`{_ZERO_WIDTH}``")


def _table_size(lines: list[str]) -> int:
    """How many lines from the first on are a table: 0 for none."""
    if len(lines) < 2 or not is_begun_by(lines[0], lines[1]):
        return 0
    size = 2
    while size < len(lines) and goes_on_with(lines[0], lines[size]):
        size += 1
    return size


def _align(lines: list[str], tables: list[tuple[int, list[str]]]) -> None:
    """Put the tables, each of which begins at an index of `lines`, in columns where that has room."""
    size = sum(map(len, lines)) + len(lines) - 1
    for at, table in tables:
        columns = [lead_of(line) + _in_code(shown) for line, shown in zip(table, aligned(table), strict=True)]
        more = sum(map(len, columns)) - sum(map(len, lines[at : at + len(table)]))
        if size + more <= MAX_CHARS:
            lines[at : at + len(table)] = columns
            size += more
