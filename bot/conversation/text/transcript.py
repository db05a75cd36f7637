"""Reads a conversation that was copied or exported as plain text: who said what, and when where it says so.

Knows the shapes `Name: text`, `[10:02] Name: text`, `2026-11-20 10:02 Name: text`, WhatsApp's
`20/11/2026, 10:02 - Name: text` and `[20.11.26, 10:02:11] Name: text`, IRC's `[10:02] <name> text`, and what
is copied from Discord or Slack: a line `Name — Today at 10:02` or `Name  [10:02 AM]` with the text below it.
Text in no such shape is one message a paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from bot.conversation.text.times import in_local_zone

MIN_MARKED = 0.4
"""The share of lines that must begin a message, for a text to be taken as a transcript."""

_TIME = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.]\d{2})?(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
_DATE = r"(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})"
_STAMP = rf"(?:{_DATE}(?:,?\s|T))?\s?{_TIME}"
_BARE_STAMP = _STAMP.replace("?P<", "?P<_")
_NAME = r"(?P<name>[^\s:<>\[\]{}\"`/\\\-*#•][^:\n<>\[\]{}\"`/\\]{0,39}?)"
_SHAPES = (
    re.compile(
        rf"^[\u200e\u202f]?(?:\[{_STAMP}\]|{_BARE_STAMP}(?:\s-|:)?)?\s*{_NAME}:(?:\s+|$)(?P<text>.*)$"
    ),
    re.compile(rf"^(?:\[{_STAMP}\]|{_BARE_STAMP})?\s*<[@+~&%]?(?P<name>[^<>\s]{{1,40}})>\s+(?P<text>.*)$"),
)
_HEADER = re.compile(
    rf"^{_NAME}(?:\s{{2,}}|\s+[—–-]\s+|\s*\[)(?:(?:Today|Yesterday)(?: at)?\s)?{_STAMP}\]?(?P<text>)$",
    re.IGNORECASE,
)
_ONLY_MARKS = re.compile(r"[>|\d.\s]*")
_MAX_LINE_CHARS = 100_000
_HINT = re.compile(r"[:>\d]")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a transcript."""

    author: str | None
    text: str
    sent_at: datetime | None = None


def parse_transcript(text: str) -> list[Said]:
    """The messages of a plain text, in its order; lines that begin none belong to the one before."""
    lines = text.splitlines()
    matches = [_match(line) for line in lines]
    filled = sum(bool(line.strip()) for line in lines)
    marked = sum(1 if match["text"] else 2 for match in matches if match)
    if not filled or marked < MIN_MARKED * filled:
        return [
            Said(None, paragraph.strip()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()
        ]
    found: list[tuple[str | None, list[str], datetime | None]] = []
    is_day_first = _is_day_first(matches)
    day: date | None = None
    for line, match in zip(lines, matches, strict=True):
        if match:
            day = _date(match.get("date"), is_day_first) or day
            found.append((match["name"].strip(), [match["text"]], _moment(match, day)))
        elif found:
            found[-1][1].append(line)
        elif line.strip():
            found.append((None, [line], None))
    said = [Said(author, "\n".join(parts).strip(), when) for author, parts, when in found]
    return [entry for entry in said if entry.text]


def _match(line: str) -> dict[str, str]:
    """The parts of a line that begins a message; empty for any other line."""
    if len(line) > _MAX_LINE_CHARS or not _HINT.search(line):
        return {}
    match = next((found for shape in (*_SHAPES, _HEADER) if (found := shape.match(line))), None)
    if match is None or _ONLY_MARKS.fullmatch(match["name"]):
        return {}
    return {name.lstrip("_"): part for name, part in match.groupdict().items() if part is not None}


def _is_day_first(matches: list[dict[str, str]]) -> bool:
    """Whether dates are written day first; they are, unless one of them can only be month first."""
    dates = [match.get("date", "") for match in matches]
    return not any("/" in text and int(text.split("/")[1]) > 12 for text in dates)


def _date(text: str | None, is_day_first: bool) -> date | None:
    if not text:
        return None
    try:
        if "-" in text:
            return date.fromisoformat(text)
        first, second, year = (int(part) for part in re.split(r"[/.]", text))
        day, month = (first, second) if is_day_first else (second, first)
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _moment(match: dict[str, str], day: date | None) -> datetime | None:
    """When a message was sent; None without a date. Transcripts name no time zone: it is this machine's."""
    if "hour" not in match or day is None:
        return None
    hour, minute = int(match["hour"]), int(match["minute"])
    if "half" in match:
        hour = hour % 12 + 12 * (match["half"].lower() == "p")
    if hour > 23 or minute > 59:
        return None
    return in_local_zone(datetime.combine(day, time(hour, minute)))
