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
        ("OK I'll buy it by 3 December", "3 December, 2026-12-03"),
        ("it must be paid by 30 November", "30 November, 2026-11-30"),
        ("the deadline for the form is 12 January", "12 January, 2027-01-12"),
        ("Bob macht die Migration bis zum 10. Dezember", "10. Dezember, 2026-12-10"),
        ("Yes, I will pay it tomorrow", "tomorrow, 2026-11-21"),
        ("I'll deploy at 17:00", "17:00"),
        ("I'll deploy tomorrow at 17:00", "tomorrow at 17:00, 2026-11-21"),
        ("Alice, please update the wiki until Friday", "Friday"),
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
        ("the codeword is new and Ben owns it by 3 December", "Ben"),
        ("Ben macht die Migration bis zum 10. Dezember", "Ben"),
        ("Alice, please update the wiki until Friday", "Alice"),
        ("Yes, please update the wiki", ""),
    ],
)
def test_who(text: str, owner: str) -> None:
    assert owner_of(text, "Ann", ["Ann", "Ben", "Cem Yilmaz"]) == owner
