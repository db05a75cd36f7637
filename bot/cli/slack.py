"""`python -m bot slack ...`: what an operator needs from this side to bring the bot to Slack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.errors import ConfigError
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.sealing import Sealing, new_key
from bot.platforms.slack.token_store import TokenStore
from bot.settings import BARE, Settings, is_bare_address
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

__all__ = ["forget_tokens", "forget_workspace", "manifest_text", "new_key"]


def manifest_text(settings: Settings, http: str | None = None) -> str:
    """The manifest to paste: with `http`, or where the settings say so, for events over HTTP. Raises
    ConfigError."""
    if http is not None and not (http.startswith("https://") and is_bare_address(http)):
        raise ConfigError(
            f"--http: write the address that Slack reaches, such as https://bot.example.org, {BARE}"
        )
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
    async with _store(settings) as store:
        count = await _tokens(store, settings.slack_client_id).forget_all()
    return f"forgot the tokens of {count} workspace(s): start the bot, and let them install it anew"


async def forget_workspace(settings: Settings, workspace_id: str) -> str:
    """Delete a workspace's tokens, and have everything erased that was said there; what was done. Raises
    StorageError."""
    async with _store(settings) as store:
        if settings.slack_client_id is not None:
            await _tokens(store, settings.slack_client_id).remove(workspace_id)
        await store.departures.note(PLATFORM, workspace_id)
    return f"what was said in workspace {workspace_id} is erased when the bot starts"


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[HistoryStore]:
    await asyncio.to_thread(upgrade, settings.database_url)
    store = HistoryStore(settings.database_url)
    try:
        yield store
    finally:
        await store.close()


def _tokens(store: HistoryStore, client_id: str) -> TokenStore:
    """What nothing is read from needs no key."""
    return TokenStore(store.database, client_id, Sealing([new_key()]))
