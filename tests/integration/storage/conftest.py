"""A migrated database file for each test, copied from one that is made once."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.storage import migrate
from bot.storage.store import HistoryStore


def to_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "parley.db"
    migrate.upgrade(to_url(path))
    return path


@pytest.fixture
def database(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(template, tmp_path / "parley.db"))


@pytest.fixture
def url(database: Path) -> str:
    return to_url(database)


@pytest.fixture
async def store(url: str) -> AsyncIterator[HistoryStore]:
    opened = HistoryStore(url)
    yield opened
    await opened.close()
