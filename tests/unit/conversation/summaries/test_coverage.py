"""The line under a summary: what was read, and what was not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.access import NOTHING_MISSING, Missing
from bot.conversation.summaries.coverage import Coverage, unread

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
SLOW = "Slack limits me"


@pytest.mark.parametrize(
    ("missing", "line"),
    [
        (NOTHING_MISSING, ""),
        (Missing(18, 2, why=SLOW), "I could not read 18 replies in 2 threads (Slack limits me)"),
        (Missing(1, 1), "I could not read 1 reply in 1 thread"),
        (
            Missing(before=NOW.replace(hour=10, minute=2), why=SLOW),
            "I could not read what was said before 10:02 UTC (Slack limits me)",
        ),
        (
            Missing(3, 1, NOW.replace(day=20), lacks_newest=True, why=SLOW),
            "I could not read 3 replies in 1 thread and what was said before 2026-11-20 17:00 UTC "
            "and what is newest (Slack limits me)",
        ),
    ],
)
def test_what_is_missing_is_named(missing: Missing, line: str) -> None:
    assert unread(missing, NOW) == line


def test_a_partial_reading_is_never_sold_as_whole() -> None:
    coverage = Coverage(412, Missing(18, 2, why=SLOW))
    coverage.read, coverage.threads = 412, {"1", "2", "3"}
    coverage.first, coverage.last = NOW.replace(hour=10, minute=2), NOW.replace(hour=16, minute=40)
    assert coverage.line(NOW) == (
        "412 of 430 messages, 10:02 to 16:40 UTC, 3 threads; "
        "I could not read 18 replies in 2 threads (Slack limits me)"
    )


@pytest.mark.parametrize(
    ("zone", "times"),
    [
        (ZoneInfo("Europe/Berlin"), "11:02 to 17:40 CET"),
        (ZoneInfo("Europe/London"), "10:02 to 16:40 GMT"),
        (ZoneInfo("America/Sao_Paulo"), "07:02 to 13:40 UTC-03"),
        (timezone(timedelta(hours=2)), "12:02 to 18:40 UTC+02:00"),
    ],
)
def test_times_are_by_the_clock_of_who_asks_and_say_so(zone: ZoneInfo | timezone, times: str) -> None:
    coverage = Coverage(2, read=2, first=NOW.replace(hour=10, minute=2), last=NOW.replace(hour=16, minute=40))
    assert coverage.line(NOW.astimezone(zone)) == f"2 of 2 messages, {times}"


@pytest.mark.parametrize(
    ("since", "told"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), ", from 2026-11-23 up to now"),
        (datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=9))), ", from 2026-11-23 up to now"),
        (datetime(2026, 11, 24, tzinfo=UTC), ""),
        (datetime(2026, 11, 23, 9, tzinfo=UTC), ""),
        (None, ""),
    ],
)
def test_an_earlier_day_is_said_to_be_where_it_begins(since: datetime | None, told: str) -> None:
    assert Coverage(2, read=2, since=since).line(NOW) == f"2 of 2 messages{told}"
