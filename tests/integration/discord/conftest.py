"""A Discord for each test, which must be content with the bot at the end; and a database file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage.migrate import upgrade
from tests.integration.discord.fake_discord import FakeDiscord


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as discord:
        yield discord
    assert discord.problems == []


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path
