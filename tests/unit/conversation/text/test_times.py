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
    ],
)
def test_points_in_time(text: str, expected: datetime) -> None:
    assert parse_since(text, FRIDAY_NOON) == expected


@pytest.mark.parametrize(
    "text", ["my last message", "since my last message", "I was last here", "i was here last"]
)
def test_the_last_visit_has_several_names(text: str) -> None:
    assert is_last_visit(text)


@pytest.mark.parametrize("text", ["soon", "25:00", "my birthday"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    assert not is_last_visit(text)
    with pytest.raises(CommandError, match="since:9:00"):
        parse_since(text, FRIDAY_NOON)
