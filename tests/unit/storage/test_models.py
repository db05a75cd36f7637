"""Text and time survive the trip into the database and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select, text
from sqlalchemy.exc import StatementError

from bot.storage.models import AnyText, Instant

_metadata = MetaData()
_rows = Table(
    "rows", _metadata, Column("id", Integer, primary_key=True), Column("said", AnyText), Column("at", Instant)
)
_engine = create_engine("sqlite://")
_metadata.create_all(_engine)
_any_text = st.text(alphabet=st.characters(exclude_categories=()))


@given(said=_any_text, at=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.timezones()))
def test_round_trip(said: str, at: datetime) -> None:
    with _engine.connect() as connection:
        connection.execute(insert(_rows).values(said=said, at=at))
        row = connection.execute(select(_rows).where(_rows.c.said == said)).one()
    assert row.said == said
    assert row.at == at.astimezone(UTC)
    assert row.at.tzinfo is UTC


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("plain", "text"),
        ("", "text"),
        ("nul \0 inside", "text"),
        ("👩‍👩‍👧 שלום", "text"),
        ("lone \udc80", "blob"),
    ],
)
def test_only_what_utf8_cannot_hold_is_kept_as_bytes(said: str, kind: str) -> None:
    with _engine.connect() as connection:
        connection.execute(insert(_rows).values(said=said))
        assert connection.execute(text("SELECT typeof(said) FROM rows")).scalar_one() == kind
        assert connection.execute(select(_rows.c.said)).scalar_one() == said


def test_times_are_exact_and_ordered_across_zones() -> None:
    tokyo = datetime(2026, 1, 1, 9, 0, 0, 1, timezone(timedelta(hours=9)))
    with _engine.connect() as connection:
        connection.execute(insert(_rows).values(at=tokyo))
        stored = connection.execute(text("SELECT at FROM rows")).scalar_one()
    assert stored == 1_767_225_600_000_001


def test_a_time_without_a_zone_is_refused() -> None:
    with _engine.connect() as connection, pytest.raises(StatementError, match="zone"):
        connection.execute(insert(_rows).values(at=datetime(2026, 1, 1)))
