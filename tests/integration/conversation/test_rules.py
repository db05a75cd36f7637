"""The rules of channels: kept at hand, and read again after a change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.conversation.rules import RuleBook, Rules
from bot.storage import migrate
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import GENERAL


class CountingStore(HistoryStore):
    """Counts how often settings are read."""

    reads = 0

    async def settings(self, key: object) -> dict[str, str]:
        self.reads += 1
        return await super().settings(key)  # type: ignore[arg-type]


async def test_rules_are_read_once_and_again_after_a_change(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    migrate.upgrade(url)
    store = CountingStore(url)
    book, thread = RuleBook(store), replace(GENERAL, thread_id="t1")
    for _ in range(3):
        assert await book.of(GENERAL) == await book.of(thread) == Rules()
    assert store.reads == 2
    await store.set_setting(GENERAL, "speak", "always")
    assert [(await book.of(key)).speak for key in (GENERAL, thread, GENERAL)] == ["always"] * 3
    await store.set_setting(thread, "speak", "off")
    assert [(await book.of(key)).speak for key in (GENERAL, thread)] == ["always", "off"]
    assert store.reads == 6
    await store.close()
