"""The rules of channels: kept at hand, and read again after a change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.conversation.rules import RuleBook, Rules
from bot.messages import Command
from bot.storage import migrate
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import GENERAL, Bench, ListPlatform, say
from tests.integration.conversation.script import PlayedGenerator, echo


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


async def test_translations_are_into_the_language_of_the_channel(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    generator = PlayedGenerator(echo)
    async with Bench(tmp_path / "bot.db", generator, ListPlatform()) as bench:
        for number, code in ((1, "fr"), (2, "de")):
            await bench.store.set_setting(GENERAL, "language", code)
            command = Command("translate", {"text": "the weather is nice today"})
            await bench.manager.accept(say("/translate", number, command=command))
            await bench.manager.idle(GENERAL)
    french, german = str(generator.asked[0].prompt), str(generator.asked[-1].prompt)
    assert "to French" in french and "to German" in german
