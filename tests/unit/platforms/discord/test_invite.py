"""Invitations: what is asked for, for whom, and which application a token belongs to."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.discord.invite import (
    PERMISSIONS,
    application_id,
    permission_bits,
    person_address,
    server_address,
)


def query_of(address: str) -> dict[str, str]:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "discord.com", "/oauth2/authorize")
    return {name: value for name, [value] in parse_qs(parts.query).items()}


def test_a_server_is_asked_for_what_the_bot_uses_and_nothing_else() -> None:
    query = query_of(server_address(42))
    assert set(query["scope"].split()) == {"bot", "applications.commands"}
    asked = {name for name, is_given in discord.Permissions(int(query["permissions"])) if is_given}
    assert asked == {
        "read_messages",
        "send_messages",
        "send_messages_in_threads",
        "read_message_history",
        "attach_files",
        "connect",
    }
    assert query["client_id"] == "42" and "guild_id" not in query


def test_one_server_can_be_named() -> None:
    query = query_of(server_address(42, 7))
    assert (query["guild_id"], query["disable_guild_select"]) == ("7", "true")


def test_a_person_gives_no_permissions() -> None:
    query = query_of(person_address(42))
    assert query == {"client_id": "42", "scope": "applications.commands", "integration_type": "1"}


def test_every_permission_has_its_own_bit_and_a_reason() -> None:
    assert sum(permission.bit.bit_count() for permission in PERMISSIONS) == permission_bits().bit_count()
    assert all(permission.bit.bit_count() == 1 and permission.reason for permission in PERMISSIONS)


@given(st.integers(10**16, 2**64 - 1))
def test_the_application_stands_in_the_token(number: int) -> None:
    first = base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")
    assert application_id(f"{first}.Zm9v.bar-baz") == number


@pytest.mark.parametrize("token", ["", ".", "MTIz.a.b", "bot-token", "a.b.c", "é.b", "!!!!.b.c", "/w==.b.c"])
def test_what_is_no_token_has_no_application(token: str) -> None:
    assert application_id(token) is None


@given(st.text())
def test_no_text_breaks_it(token: str) -> None:
    application_id(token)
