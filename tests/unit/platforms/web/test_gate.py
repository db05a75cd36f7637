import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.web.gate import (
    KEY_BYTES,
    RENEWAL_S,
    SESSION_S,
    Doorkeeper,
    OneTimeToken,
    Sessions,
    is_loopback,
    session_key,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_token_opens_once_and_a_wrong_guess_does_not_spend_it():
    token = OneTimeToken()
    right = token.current
    assert not token.redeem("wrong")
    assert not token.redeem("")
    assert not token.redeem("\ud800é")
    assert token.redeem(right)
    assert not token.redeem(right)
    assert token.current != right
    assert token.redeem(token.current)


def test_tokens_are_long_and_differ():
    tokens = {OneTimeToken().current for _ in range(50)}
    assert len(tokens) == 50
    assert min(map(len, tokens)) >= 32


def test_addresses_are_announced_at_most_once_in_a_while():
    clock = Clock()
    token = OneTimeToken(clock)
    assert not token.may_announce()  # the first one was printed at the start
    clock.now += RENEWAL_S
    assert [token.may_announce() for _ in range(100)] == [True] + [False] * 99


def test_a_session_survives_a_restart_and_ends_in_time():
    clock = Clock()
    cookie = Sessions(b"k" * KEY_BYTES, clock).issue()
    after_restart = Sessions(b"k" * KEY_BYTES, clock)
    assert after_restart.is_valid(cookie)
    clock.now += SESSION_S + 1
    assert not after_restart.is_valid(cookie)


def test_a_session_of_another_key_or_with_another_expiry_is_refused():
    sessions = Sessions(b"k" * KEY_BYTES)
    cookie = sessions.issue()
    assert not Sessions(b"x" * KEY_BYTES).is_valid(cookie)
    expiry, nonce, signature = cookie.split(".")
    assert not sessions.is_valid(f"{int(expiry) + 1}.{nonce}.{signature}")
    assert not sessions.is_valid(f"{expiry}.{nonce}")


@given(st.text(max_size=200))
def test_no_text_is_a_session_by_accident(text):
    assert not Sessions(b"k" * KEY_BYTES).is_valid(text)


def test_the_key_is_kept_for_its_owner_only(tmp_path: Path):
    path = tmp_path / "deep" / "key"
    key = session_key(path)
    assert len(key) == KEY_BYTES
    assert session_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_cut_short_is_made_anew(tmp_path: Path):
    path = tmp_path / "key"
    path.write_bytes(b"short")
    assert len(session_key(path)) == KEY_BYTES


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("127.0.0.1:8080", True),
        ("localhost:8080", True),
        ("LOCALHOST:8080", True),
        ("[::1]:8080", True),
        ("127.0.0.1:8081", False),
        ("127.0.0.1", False),
        ("evil.example:8080", False),
        ("127.0.0.1.evil.example:8080", False),
        ("evil.example@127.0.0.1:8080", False),
        ("192.168.1.7:8080", False),
        ("127.0.0.1:99999", False),
        ("", False),
        (None, False),
    ],
)
def test_only_names_of_this_server_are_its_hosts(header, expected):
    assert Doorkeeper("127.0.0.1", 8080).is_own_host(header) is expected


def test_bound_to_all_interfaces_addresses_are_own_and_names_are_not():
    door = Doorkeeper("0.0.0.0", 8080, extra_names=["bot.example.org"])
    assert door.is_own_host("192.168.1.7:8080")
    assert door.is_own_host("localhost:8080")
    assert door.is_own_host("bot.example.org")
    assert not door.is_own_host("evil.example:8080")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://127.0.0.1:8080", True),
        ("https://127.0.0.1:8080", True),
        ("http://localhost:8080", False),  # the request went to 127.0.0.1
        ("http://127.0.0.1:8081", False),
        ("http://evil.example", False),
        ("null", False),
        ("file://127.0.0.1:8080", False),
        (None, False),
    ],
)
def test_an_origin_is_own_when_it_is_the_host_asked(origin, expected):
    assert Doorkeeper("127.0.0.1", 8080).is_own_origin(origin, "127.0.0.1:8080") is expected
