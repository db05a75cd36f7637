"""What people are called."""

from __future__ import annotations

from typing import Any

import pytest

from bot.platforms.slack.names import manages, name_of


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"name": "ann", "real_name": "Ann Lee", "profile": {"display_name": "Annie"}}, "Annie"),
        ({"name": "ann", "real_name": "Ann Lee", "profile": {"display_name": " "}}, "Ann Lee"),
        ({"name": "ann", "profile": {"display_name": "", "real_name": "Ann L."}}, "Ann L."),
        ({"name": "ann", "profile": None}, "ann"),
        ({}, ""),
    ],
)
def test_the_name_is_the_one_that_people_see(user: dict[str, Any], name: str) -> None:
    assert name_of(user) == name


@pytest.mark.parametrize(
    ("user", "is_manager"),
    [
        ({"is_admin": True}, True),
        ({"is_owner": True, "is_admin": False}, True),
        ({"is_admin": True, "is_restricted": True}, False),
        ({"is_admin": "true"}, False),
        ({}, False),
    ],
)
def test_admins_and_owners_manage_and_guests_do_not(user: dict[str, Any], is_manager: bool) -> None:
    assert manages(user) is is_manager
