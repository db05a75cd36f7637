"""Points in time as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.text.times import is_last_visit, parse_since
from bot.errors import CommandError

FRIDAY_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", FRIDAY_NOON - timedelta(hours=2)),
        ("9:00", FRIDAY_NOON.replace(hour=9)),
        ("13:00", FRIDAY_NOON.replace(day=19, hour=13)),
        ("yesterday", FRIDAY_NOON.replace(day=19, hour=0)),
        ("Monday", FRIDAY_NOON.replace(day=16, hour=0)),
        ("last friday", FRIDAY_NOON.replace(day=13, hour=0)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("20.11.", FRIDAY_NOON.replace(hour=0)),
        ("19.11. 09:00", FRIDAY_NOON.replace(day=19, hour=9)),
        ("21.11.", datetime(2025, 11, 21, tzinfo=UTC)),
        ("29.2.", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_points_in_time(text: str, expected: datetime) -> None:
    assert parse_since(text, FRIDAY_NOON) == expected


@pytest.mark.parametrize(
    "text", ["my last message", "since my last message", "I was last here", "i was here last"]
)
def test_the_last_visit_has_several_names(text: str) -> None:
    assert is_last_visit(text)


@pytest.mark.parametrize("text", ["soon", "25:00", "my birthday", "30.2.", "20/20"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    assert not is_last_visit(text)
    with pytest.raises(CommandError, match="since:9:00") as refused:
        parse_since(text, FRIDAY_NOON)
    assert f"`{text}`" in refused.value.user_message


def test_what_may_be_two_days_is_refused_with_both() -> None:
    with pytest.raises(CommandError, match=r"since:2026-03-04.*since:2026-04-03"):
        parse_since("3/4", FRIDAY_NOON)
