"""Sealing of tokens: the first key seals, all open, and a wrong one is named."""

from __future__ import annotations

import pytest

from bot.errors import ConfigError
from bot.platforms.slack.sealing import Sealing, new_key

OLD, NEW, TOKEN = new_key(), new_key(), "xoxb-that-must-stay-secret"


def test_what_is_sealed_is_opened_and_says_nothing() -> None:
    sealing = Sealing([NEW])
    sealed = sealing.seal(TOKEN)
    assert sealing.open(sealed) == TOKEN
    assert "xoxb" not in sealed and sealing.seal(TOKEN) != sealed


def test_older_keys_open_and_are_seen_to_be_old() -> None:
    sealed = Sealing([OLD]).seal(TOKEN)
    both = Sealing([NEW, OLD])
    assert both.open(sealed) == TOKEN
    assert not both.is_up_to_date(sealed)
    assert both.is_up_to_date(both.seal(TOKEN))
    assert Sealing([NEW]).open(both.seal(TOKEN)) == TOKEN


@pytest.mark.parametrize("keys", [(NEW,), (NEW, new_key())], ids=["one", "two"])
def test_a_wrong_key_is_named_and_nothing_is_quoted(keys: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="SLACK_TOKEN_KEY") as raised:
        Sealing(keys).open(Sealing([OLD]).seal(TOKEN))
    assert NEW not in str(raised.value)


@pytest.mark.parametrize("key", ["", "short", "é" * 44, "x" * 44, NEW[:-1]], ids=range(5))
def test_what_is_no_key_is_named_and_not_quoted(key: str) -> None:
    with pytest.raises(ConfigError, match="SLACK_TOKEN_KEY is not right") as raised:
        Sealing([NEW, key])
    assert not key or key not in str(raised.value)


def test_a_sealed_text_that_was_changed_is_not_opened() -> None:
    sealing = Sealing([NEW])
    sealed = sealing.seal(TOKEN)
    with pytest.raises(ConfigError):
        sealing.open(sealed[:-4] + "AAAA")
