"""`python -m bot slack ...`: what an operator needs from this side to bring the bot to Slack."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from bot.errors import ConfigError
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.sealing import new_key
from bot.settings import Settings

__all__ = ["manifest_text", "new_key"]


def manifest_text(settings: Settings, http: str | None = None) -> str:
    """The manifest to paste: with `http`, or where the settings say so, for events over HTTP. Raises
    ConfigError."""
    if http is not None and (urlsplit(http).scheme != "https" or not urlsplit(http).hostname):
        raise ConfigError("--http: write the address that Slack reaches, such as https://bot.example.org")
    if http is None and settings.slack_listens_over_http:
        http = settings.slack_public_url
        if http is None:
            raise ConfigError(
                "SLACK_PUBLIC_URL is missing: write the address that Slack reaches, such as "
                "https://bot.example.org, there or behind --http"
            )
    made = manifest(settings.bot_name, http_url=http, public_url=settings.slack_public_url)
    return json.dumps(made, indent=2, ensure_ascii=False)
