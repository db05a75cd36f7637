"""`python -m bot slack ...`: what an operator needs from this side to bring the bot to Slack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import only_instance
from bot.config import load_only
from bot.errors import ConfigError
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.manifest import manifest
from bot.platforms.slack.sealing import Sealing, new_key
from bot.platforms.slack.token_store import TokenStore
from bot.settings import BARE, Settings, is_bare_address, is_workspace_id
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

__all__ = ["forget_tokens", "forget_workspace", "manifest_settings", "manifest_text", "new_key"]

MAX_TOLD = 20
"""Of the workspaces that are known, where another one was named."""


def manifest_settings(http: str | None = None, env_file: Path = Path(".env")) -> Settings:
    """What the manifest is made from: with `http` nothing says over what events come. Raises ConfigError."""
    over = () if http is not None else ("slack_transport", "slack_app_token", "slack_signing_secret")
    return load_only(("bot_name", "slack_public_url", *over), env_file)


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
    no workspaces can or the bot is running, and StorageError."""
    if settings.slack_client_id is None:
        raise ConfigError("SLACK_CLIENT_ID is missing: without it no workspaces install the bot")
    async with _store(settings) as store:
        count = await _tokens(store, settings.slack_client_id).forget_all()
    return f"forgot the tokens of {count} workspace(s): start the bot, and let them install it anew"


async def forget_workspace(settings: Settings, workspace_id: str, *, is_sure: bool) -> str:
    """Delete a workspace's tokens, and have everything erased that was said there; what was done. Raises
    ConfigError where it is not known, nobody is sure or the bot is running, and StorageError."""
    if not is_workspace_id(workspace_id):
        raise ConfigError("the id of a workspace begins with T, or with E for an organisation: T0123456789")
    async with _store(settings) as store:
        tokens = _tokens(store, settings.slack_client_id) if settings.slack_client_id else None
        known = {*(await store.known.workspaces(PLATFORM)), *(await tokens.names() if tokens else ())}
        if workspace_id not in known:
            told = ", ".join(sorted(known)[:MAX_TOLD]) or "none"
            raise ConfigError(f"nothing is kept of workspace {workspace_id}; known are: {told}")
        heard = await store.conversations(PLATFORM, workspace_id)
        count = f"{sum(one.messages for one in heard)} message(s) in {len(heard)} conversation(s)"
        what = f"of workspace {workspace_id}: its tokens, its settings, and {count}"
        if not is_sure:
            raise ConfigError(f"this erases for good what is kept {what}. If that is meant, add --yes")
        if tokens is not None:
            await tokens.remove(workspace_id)
        await store.departures.note(PLATFORM, workspace_id)
    return f"when the bot starts it erases what is kept {what}"


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[HistoryStore]:
    """The database, while no bot is running on Slack: it would keep what is forgotten here."""
    with only_instance(settings, PLATFORM):
        await asyncio.to_thread(upgrade, settings.database_url)
        store = HistoryStore(settings.database_url)
        try:
            yield store
        finally:
            await store.close()


def _tokens(store: HistoryStore, client_id: str) -> TokenStore:
    """What nothing is read from needs no key."""
    return TokenStore(store.database, client_id, Sealing([new_key()]))
