"""Owners and days by rule; what is not said is not made up."""

from __future__ import annotations

import pytest

from bot.conversation.summaries.due import due_of, owner_of
from tests.support import NOON


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("I'll do it by tomorrow", "tomorrow, 2026-11-21"),
        ("please send it until 2026-12-01", "2026-12-01"),
        ("the report is due on Monday", "Monday, 2026-11-23"),
        ("before 9:30 it must be there", "9:30"),
        ("Lo hago antes del viernes", "viernes"),
        ("we met on Friday", ""),
        ("a plan by the team", ""),
    ],
)
def test_until_when(text: str, due: str) -> None:
    assert due_of(text, NOON).partition(", ")[0] == due.partition(", ")[0]
    assert not due.count(", ") or due_of(text, NOON) == due


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("I'll write the notes", "Ann"),
        ("Ben, can you book the room?", "Ben"),
        ("@Ben please book the room", "Ben"),
        ("Great. Cem Yilmaz should call them", "Cem Yilmaz"),
        ("Cem will call them", "Cem Yilmaz"),
        ("somebody has to call Ben", ""),
        ("Benjamin will come", ""),
    ],
)
def test_who(text: str, owner: str) -> None:
    assert owner_of(text, "Ann", ["Ann", "Ben", "Cem Yilmaz"]) == owner
