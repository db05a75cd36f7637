"""The health check: it says within seconds when the database cannot be written."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.database import CHECK_TIMEOUT_S
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore


async def test_a_locked_database_is_reported_in_time_and_is_well_again_after(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    upgrade(url)
    store = HistoryStore(url)
    await store.check()
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    started = time.monotonic()
    with pytest.raises(StorageError, match="locked"):
        await store.check()
    assert time.monotonic() - started < CHECK_TIMEOUT_S + 1.5
    other.execute("ROLLBACK")
    other.close()
    await store.check()
    await store.close()
