"""Reads points in time as people write them: `9:00`, `2h`, `yesterday`, a date. Knows no clock,
only the zone that this machine's clock is in."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.errors import CommandError

_AGO = re.compile(r"(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)(?:\s+ago)?")
_DAY_AND_MONTH = re.compile(r"(\d{1,2})\.(\d{1,2})\.")
_TWO_DATES = re.compile(r"(0?[1-9]|1[0-2])/(0?[1-9]|1[0-2])(?:/(\d{4}))?")
"""A day and a month, or a month and a day."""
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*(am|pm)?")
_LAST_VISIT = re.compile(
    r"(?:since )?(?:my last (?:message|post|visit)|i (?:was|wrote|posted)(?: last)?(?: here)?(?: last)?)"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60, "w": 7 * 24 * 60}


def in_local_zone(when: datetime) -> datetime:
    """`when` with its zone, in UTC; without one, what a clock of this machine showed then.

    People write and copy the time that they see, and the bot mostly runs where they are.
    """
    try:
        return when.astimezone(UTC)
    except (OverflowError, ValueError, OSError):  # the edges of the calendar
        return when.replace(tzinfo=UTC)


def zone_name(when: datetime) -> str:
    """The zone of a time as people know it: `UTC`, `CEST`; by what it is ahead of UTC without a name."""
    name = when.tzname() or "UTC"
    return name if name[0].isalpha() else f"UTC{name}"


def is_last_visit(text: str) -> bool:
    """Whether `text` means the last message of whoever says it: "my last message", "I was last here"."""
    return _LAST_VISIT.fullmatch(" ".join(text.lower().split())) is not None


def can_read_since(text: str) -> bool:
    """Whether people may give `text` as the point in time that something begins at."""
    try:
        parse_since(text, datetime.now(UTC))
    except CommandError:
        return is_last_visit(text)
    return True


def fixed_time(text: str, now: datetime) -> str:
    """A point in time that depends on the zone of `now`, such as `9:00` or `yesterday`, as a date and a time
    that does not. Anything else stays as it is."""
    if _AGO.fullmatch(text.strip().lower()):
        return text
    try:
        return parse_since(text, now).isoformat(" ", "minutes")
    except CommandError:
        return text


def parse_since(text: str, now: datetime) -> datetime:
    """The point in time that `text` means at `now`, in the time zone of `now`.

    A time of day that is still to come means yesterday's, a day without a year the last such day. Raises
    CommandError, which names what is not understood.
    """
    given = text.strip()
    text = text.strip().lower()
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(minutes=int(ago[1]) * _MINUTES[ago[2][0]])
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    when = (
        _day(text, midnight)
        or _day_and_clock(text, midnight)
        or _clock(text, midnight, now)
        or _date(text, now)
    )
    if when is None:
        if two := _TWO_DATES.fullmatch(text):
            month, day, year = int(two[1]), int(two[2]), two[3] or now.year
            raise CommandError(
                f"`{given}` may be one of two days. Write it so: `since:{year}-{month:02}-{day:02}` or "
                f"`since:{year}-{day:02}-{month:02}`."
            )
        raise CommandError(
            f"I do not understand the time `{given[:40]}`. Try `since:9:00`, `since:2h`, "
            "`since:yesterday`, `since:monday` or `since:2026-11-20`."
        )
    return when


def _day(text: str, midnight: datetime) -> datetime | None:
    """The beginning of a day: `20.11.` is the last one of that date."""
    if date := _DAY_AND_MONTH.fullmatch(text):
        return _last_of(int(date[1]), int(date[2]), midnight)
    if text in ("today", "yesterday"):
        return midnight - timedelta(days=text == "yesterday")
    name = text.removeprefix("last ")
    return midnight - timedelta(days=_days_since(name, midnight)) if name in _WEEKDAYS else None


def _last_of(day: int, month: int, midnight: datetime) -> datetime | None:
    """The last such day, None where there is none: eight years may lie between two leap days."""
    for year in range(midnight.year, midnight.year - 9, -1):
        with suppress(ValueError):
            if (found := midnight.replace(year=year, month=month, day=day)) <= midnight:
                return found
    return None


def _day_and_clock(text: str, midnight: datetime) -> datetime | None:
    """`yesterday 9:00`."""
    day, _, clock = text.replace(" at ", " ").rpartition(" ")
    begin = _day(day, midnight)
    return _clock(clock, begin, begin + timedelta(days=1)) if begin else None


def _days_since(weekday: str, now: datetime) -> int:
    """Days since the last day of that name, which is never today."""
    return (now.weekday() - _WEEKDAYS.index(weekday) - 1) % 7 + 1


def _clock(text: str, midnight: datetime, now: datetime) -> datetime | None:
    match = _CLOCK.fullmatch(text)
    if match is None or (match[2] is None and match[3] is None):
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        hour = hour % 12 + 12 * (match[3] == "pm") if 1 <= hour <= 12 else 99
    if hour > 23 or minute > 59:
        return None
    when = midnight.replace(hour=hour, minute=minute)
    return when if when <= now else when - timedelta(days=1)


def _date(text: str, now: datetime) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=now.tzinfo)
