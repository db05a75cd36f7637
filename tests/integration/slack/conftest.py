"""A Slack for each test, which must be content with the bot at the end; and a database file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.platforms.slack import sink
from bot.storage.migrate import upgrade
from tests.integration.slack.fake_slack import FakeSlack, Transport


@pytest.fixture
def transport() -> Transport:
    """How Slack's deliveries come. A test says otherwise, or takes both, by `parametrize`."""
    return "socket"


@pytest.fixture
async def slack(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeSlack]:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)  # Slack's SDK would take them for loopback, too
    async with FakeSlack(transport) as slack:
        yield slack
    assert slack.problems == []


@pytest.fixture
def short_posts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers need a second post early."""
    monkeypatch.setattr(sink, "MAX_CHARS", 3500)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path
