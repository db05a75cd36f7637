"""`discord invite` on the command line's side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.__main__ import app
from bot.cli.discord import invitation
from bot.config import validate
from bot.errors import ConfigError
from bot.platforms.discord.invite import PERMISSIONS, person_address, server_address

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Zm9v.a-secret-part"


def test_both_addresses_and_every_reason_are_told_and_the_token_is_not() -> None:
    text = invitation(validate({"discord_token": TOKEN}), 7)
    assert server_address(123456789012345678, 7) in text and person_address(123456789012345678) in text
    assert all(permission.name in text and permission.reason in text for permission in PERMISSIONS)
    assert "a-secret-part" not in text


def test_without_a_token_it_says_where_to_get_one() -> None:
    with pytest.raises(ConfigError, match=r"DISCORD_TOKEN is missing.*Reset Token"):
        invitation(validate({}))


def test_another_secret_is_known_and_not_shown() -> None:
    secret = "0123456789abcdef0123456789abcdef"
    with pytest.raises(ConfigError, match="not a bot's token") as caught:
        invitation(validate({"discord_token": secret}))
    assert secret not in str(caught.value)


def test_what_brings_the_bot_to_a_platform_is_found_under_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # no .env
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    invited = CliRunner().invoke(app, ["discord", "invite"])
    assert invited.exit_code == 0 and server_address(123456789012345678) in invited.stdout
    manifest = CliRunner().invoke(app, ["slack", "manifest"])
    assert json.loads(manifest.stdout)["display_information"]["name"] == "Parley"
    assert CliRunner().invoke(app, ["slack-manifest"]).stdout == manifest.stdout
