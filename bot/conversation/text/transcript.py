"""Reads a conversation that was copied or exported as plain text: who said what, and when where it says so.

Knows the shapes `Name: text`, `[10:02] Name: text`, `2026-11-20 10:02 Name: text`, and WhatsApp's
`20/11/2026, 10:02 - Name: text` and `[20.11.26, 10:02:11] Name: text`. Text in no such shape is one message a
paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

MIN_MARKED = 0.4
"""The share of lines that must begin a message, for a text to be taken as a transcript."""

_TIME = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.]\d{2})?(?:\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
_DATE = r"(?P<date>\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})"
_STAMP = rf"(?:{_DATE}(?:,?\s|T))?\s?{_TIME}"
_NAME = r"(?P<name>[^\s:<>\[\]{}\"`/\\][^:\n<>\[\]{}\"`/\\]{0,39})"
_BARE_STAMP = _STAMP.replace("?P<", "?P<_")
_LINE = re.compile(
    rf"^[\u200e\u202f]?(?:\[{_STAMP}\]|{_BARE_STAMP}(?:\s-|:)?)?\s*{_NAME}:(?:\s+|$)(?P<text>.*)$"
)
_ONLY_MARKS = re.compile(r"[-*#>|\d.\s]*")


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a transcript."""

    author: str | None
    text: str
    sent_at: datetime | None = None


def parse_transcript(text: str) -> list[Said]:
    """The messages of a plain text, in its order; lines that begin none belong to the one before."""
    lines = text.splitlines()
    matches = [_LINE.match(line) if len(line) < 100_000 else None for line in lines]
    filled = sum(bool(line.strip()) for line in lines)
    if not filled or sum(match is not None for match in matches) < MIN_MARKED * filled:
        return [
            Said(None, paragraph.strip()) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()
        ]
    found: list[tuple[str | None, list[str], datetime | None]] = []
    is_day_first = _is_day_first(matches)
    day: date | None = None
    for line, match in zip(lines, matches, strict=True):
        if match is None or _ONLY_MARKS.fullmatch(match["name"]):
            if found:
                found[-1][1].append(line)
            elif line.strip():
                found.append((None, [line], None))
            continue
        day = _date(match["date"] or match["_date"], is_day_first) or day
        found.append((match["name"].strip(), [match["text"]], _moment(match, day)))
    said = [Said(author, "\n".join(parts).strip(), when) for author, parts, when in found]
    return [entry for entry in said if entry.text]


def _is_day_first(matches: list[re.Match[str] | None]) -> bool:
    """Whether dates are written day first; they are, unless one of them can only be month first."""
    dates = [match["date"] or match["_date"] or "" for match in matches if match]
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


def _moment(match: re.Match[str], day: date | None) -> datetime | None:
    """When a message was sent; None without a date. Transcripts name no time zone, so it is taken as UTC."""
    hour_text, half = match["hour"] or match["_hour"], match["half"] or match["_half"]
    if not hour_text or day is None:
        return None
    hour, minute = int(hour_text), int(match["minute"] or match["_minute"])
    if half:
        hour = hour % 12 + 12 * (half.lower() == "p")
    if hour > 23 or minute > 59:
        return None
    return datetime.combine(day, time(hour, minute), tzinfo=UTC)
