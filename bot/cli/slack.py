"""`python -m bot slack ...`: what an operator needs from this side to bring the bot to Slack."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from bot.errors import ConfigError
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.sealing import Sealing, new_key
from bot.platforms.slack.token_store import TokenStore
from bot.settings import Settings
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

__all__ = ["forget_tokens", "manifest_text", "new_key"]


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


async def forget_tokens(settings: Settings) -> str:
    """Delete the tokens of all workspaces that installed the bot; what was done. Raises ConfigError where
    no workspaces can, and StorageError."""
    if settings.slack_client_id is None:
        raise ConfigError("SLACK_CLIENT_ID is missing: without it no workspaces install the bot")
    upgrade(settings.database_url)
    store = HistoryStore(settings.database_url)
    try:
        tokens = TokenStore(store.database, settings.slack_client_id, Sealing([new_key()]))
        count = await tokens.forget_all()
    finally:
        await store.close()
    return f"forgot the tokens of {count} workspace(s): start the bot, and let them install it anew"
