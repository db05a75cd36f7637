"""A Discord for each test, which must be content with the bot at the end; and a database file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from discord import Client

from bot.storage.migrate import upgrade
from tests.integration.discord.fake_discord import FakeDiscord


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord:
        yield discord
    assert discord.problems == []


@pytest.fixture
def no_pause_between_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py waits five seconds before each session but the first."""

    async def at_once(self: Client, shard_id: int | None, *, initial: bool = False) -> None:
        return

    monkeypatch.setattr(Client, "before_identify_hook", at_once)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path
