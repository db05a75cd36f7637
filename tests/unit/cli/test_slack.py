"""`slack manifest` and `slack key` on the command line's side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from bot.cli.slack import manifest_settings, manifest_text, new_key
from bot.config import validate
from bot.errors import ConfigError

ADDRESS = "https://bot.example.org"
OVER_HTTP = {"slack_bot_token": "xoxb-token", "slack_signing_secret": "a-secret-of-the-app"}


def made(http: str | None = None, **values: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(manifest_text(validate({"bot_platforms": "web", **values}), http))
    return manifest


def is_over_http(manifest: dict[str, Any]) -> bool:
    url = manifest["settings"]["event_subscriptions"].get("request_url")
    assert manifest["settings"]["socket_mode_enabled"] == (url is None)
    assert url in (None, f"{ADDRESS}/slack/events")
    return url is not None


def test_before_anything_is_set_it_is_for_socket_mode() -> None:
    assert not is_over_http(made()) and made(bot_name="Polly")["display_information"]["name"] == "Polly"


def test_http_is_chosen_by_the_option_or_the_settings() -> None:
    assert is_over_http(made(ADDRESS)) and is_over_http(made(ADDRESS + "/"))
    assert is_over_http(made(**OVER_HTTP, slack_public_url=ADDRESS))
    assert not is_over_http(made(slack_app_token="xapp-token", slack_public_url=ADDRESS))


def test_an_address_that_is_missing_or_none_is_told() -> None:
    with pytest.raises(ConfigError, match="SLACK_PUBLIC_URL is missing"):
        made(**OVER_HTTP)
    for wrong in ("http://bot.example.org", "bot.example.org", "https://", ""):
        with pytest.raises(ConfigError, match="--http"):
            made(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        f"{ADDRESS}?x=1",
        f"{ADDRESS}#x",
        "https://user:hunter2@bot.example.org",
        f"{ADDRESS}:70000",
        f"{ADDRESS}:0",
        f"{ADDRESS}/slack",
        f"{ADDRESS}/slack/events",
        "https://bot.example.org /x",
        "https://[::1",
    ],
)
def test_an_address_that_cannot_work_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"--http: .*no /slack/events") as refused:
        made(wrong)
    assert "hunter2" not in str(refused.value)
    with pytest.raises(ConfigError, match=r"SLACK_PUBLIC_URL is .*no /slack/events") as refused:
        made(slack_public_url=wrong)
    assert "hunter2" not in str(refused.value)


def test_an_address_behind_a_path_or_a_port_is_taken() -> None:
    for right in (f"{ADDRESS}/parley/", f"{ADDRESS}:8443"):
        url = made(right)["settings"]["event_subscriptions"]["request_url"]
        assert url == f"{right.rstrip('/')}/slack/events"
        made(slack_public_url=right)


def test_what_is_wrong_elsewhere_stops_no_manifest(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text(
        f"BOT_NAME=Polly\nSLACK_CLIENT_ID=1.2\nSLACK_PUBLIC_URL={ADDRESS}\nBOT_DEVICE=abacus\n"
    )
    made = json.loads(manifest_text(manifest_settings(None, env_file)))
    assert made["display_information"]["name"] == "Polly" and made["oauth_config"]["redirect_urls"]
    env_file.write_text("SLACK_APP_TOKEN=nonsense\n")
    with pytest.raises(ConfigError, match="SLACK_APP_TOKEN"):
        manifest_settings(None, env_file)
    assert is_over_http(json.loads(manifest_text(manifest_settings(ADDRESS, env_file), ADDRESS)))
    env_file.write_text("SLACK_PUBLIC_URL=nonsense\n")
    with pytest.raises(ConfigError, match="SLACK_PUBLIC_URL"):
        manifest_settings(ADDRESS, env_file)


def test_a_new_key_is_one() -> None:
    assert new_key() != new_key()
    Fernet(new_key())  # raises for what is no key
