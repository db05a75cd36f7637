"""Older databases brought to search and facts, and back: nothing is lost, a kill in the middle is no harm."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot.messages import Author, Command, ConversationKey
from bot.storage import migrate
from bot.storage.store import HistoryStore
from tests.integration.storage.conftest import to_url
from tests.integration.storage.samples import CHANNEL, T0, answer, claimed, said, texts
from tests.integration.storage.test_search import check_index, found

MICROSECONDS = int(T0.timestamp() * 1_000_000)
THREAD = ConversationKey("discord", "guild", "general", "m1")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A database of the first revision: a thread that was stored before its channel, and the channel."""
    path = tmp_path / "first.db"
    migrate.upgrade(to_url(path), "0001")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO conversations VALUES (?, 'discord', 'guild', ?, ?)",
            [(1, "general", "m1"), (2, "random", ""), (3, "general", "")],
        )
    return path


def fill(path: Path, rows: Sequence[tuple[int, str | bytes]], **columns: object) -> None:
    """Rows of (conversation, text), as the first revision wrote them."""
    values = {"is_memory": 1, "deleted_at": None, **columns}
    with closing(sqlite3.connect(path)) as connection, connection:
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM messages").fetchone()
        connection.executemany(
            "INSERT INTO messages (id, conversation_id, message_id, role, is_memory, author_id, author_name,"
            " author_is_bot, text, sent_at, deleted_at, anchor_sent_at, anchor_id)"
            " VALUES (?, ?, ?, 'user', ?, 'u1', 'Ada', 0, ?, ?, ?, ?, ?)",
            [
                (row, place, f"m{row}", values["is_memory"], text, MICROSECONDS + row, values["deleted_at"],
                 MICROSECONDS + row, row)
                for row, (place, text) in enumerate(rows, last + 1)
            ],
        )  # fmt: skip


def rows_of(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT id, conversation_id, message_id, is_memory, text, sent_at, deleted_at FROM messages"
        ).fetchall()


async def test_what_was_said_before_is_found(first: Path) -> None:
    surrogate = "lone \udc80 secret".encode(errors="surrogatepass")
    fill(first, [(3, "a Sécret"), (1, "secret in the thread"), (2, "secret elsewhere"), (3, surrogate)])
    fill(first, [(3, "secret command")], is_memory=0)
    fill(first, [(3, "secret tombstone")], deleted_at=MICROSECONDS)
    before = rows_of(first)
    migrate.upgrade(to_url(first))
    assert rows_of(first) == before
    check_index(first)
    store = HistoryStore(to_url(first))
    expected = {"a Sécret", "secret in the thread", "lone \udc80 secret"}
    assert set(await found(store, "secret")) == set(await found(store, "secret", THREAD)) == expected
    await store.forget(CHANNEL, "m1")
    await store.amend(THREAD, "m2", "öther", T0)
    await store.erase_conversation(ConversationKey("discord", "guild", "random"))
    assert await found(store, "secret") == ["lone \udc80 secret"]
    await store.close()
    check_index(first)


async def test_replies_and_commands_from_before_are_read(first: Path) -> None:
    fill(first, [(3, "/help")])
    with closing(sqlite3.connect(first)) as connection, connection:
        connection.execute(
            "INSERT INTO replies (id, conversation_id, state, attempt) VALUES (7, 3, 'writing', 1)"
        )
        connection.execute(
            "INSERT INTO inbox VALUES (1, 'discord', 'guild', 'e1', 3, 'm1', ?, 'answering', 7)",
            ('["help", {}]',),
        )
    migrate.upgrade(to_url(first))
    store = HistoryStore(to_url(first))
    assert await store.recover("discord") == [CHANNEL]
    job = await claimed(store)
    assert (job.reply_id, job.variation, job.messages[0].command) == (7, 0, Command("help"))
    await answer(store, job, "help")
    assert (await store.add_fact(CHANNEL, Author("u1", "Ada"), "a fact")).number == 1
    await store.close()


async def test_down_and_up_again_keeps_what_was_said(database: Path, url: str) -> None:
    store = HistoryStore(url)
    await store.accept(said("m1", "a Sécret"))
    await answer(store, await claimed(store), "an answer")
    await store.add_fact(CHANNEL, Author("u1", "Ada"), "a fact")
    await store.close()
    for revision in ("0002", "0001"):
        before = rows_of(database)
        migrate.downgrade(url, revision)
        assert migrate.current(url) == revision
        assert rows_of(database) == before
        fill(database, [(1, f"secret written by {revision}")])
    migrate.upgrade(url)
    store = HistoryStore(url)
    assert set(await found(store, "secret")) == {
        "a Sécret",
        "secret written by 0002",
        "secret written by 0001",
    }
    assert (await texts(store))[:2] == ["a Sécret", "an answer"]
    assert await store.facts(CHANNEL) == [], "the first revision has no place for them"
    await store.close()
    check_index(database)


@pytest.mark.slow
def test_killed_in_the_middle_of_a_hundred_thousand_rows(first: Path) -> None:
    fill(first, [(3, f"Zeile {row}: the buïld fails on the second runner") for row in range(100_000)])
    before = rows_of(first)
    program = "import sys; from bot.storage import migrate; migrate.upgrade(sys.argv[1])"
    for delay_s in (0.8, 1.6, 2.4):
        process = subprocess.Popen([sys.executable, "-c", program, to_url(first)])
        time.sleep(delay_s)
        process.kill()
        process.wait(timeout=60)
        assert migrate.current(to_url(first)) in ("0001", migrate.head())
    begun = time.perf_counter()
    migrate.upgrade(to_url(first))
    print(f"100,000 rows to search: {time.perf_counter() - begun:.1f} s")  # noqa: T201
    assert rows_of(first) == before
    check_index(first)
