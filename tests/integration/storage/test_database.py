"""Many writers, a locked, full or missing database, cancellation, crashes of the process, logs, and time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.messages import ConversationKey
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, claimed, said, texts

MANY = 400


def is_whole(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_many_transactions_at_once_none_locked(url: str, database: Path) -> None:
    """Two stores stand for two processes: the lock within a process does not help between them."""
    stores = [HistoryStore(url), HistoryStore(url)]
    keys = [ConversationKey("discord", "guild", f"channel {number}") for number in range(10)]

    async def one(number: int) -> None:
        store, key = stores[number % 2], keys[number % 10]
        await store.accept(said(f"m{number}", key=key, is_addressed=False))
        await store.turns(key, limit=5)

    results = await asyncio.gather(*(one(number) for number in range(MANY)), return_exceptions=True)
    assert [result for result in results if result is not None] == []
    assert sum([len(await stores[0].turns(key)) for key in keys]) == MANY
    await asyncio.gather(*(store.close() for store in stores))
    assert is_whole(database)


async def test_claims_at_once_give_each_message_to_one_job(store: HistoryStore) -> None:
    for number in range(20):
        await store.accept(said(f"m{number}"))
    jobs = [job for job in await asyncio.gather(*(store.claim(CHANNEL) for _ in range(10))) if job]
    names = [message.message_id for job in jobs for message in job.messages]
    assert sorted(names) == sorted({*names}) == sorted(f"m{number}" for number in range(20))


async def test_cancelled_calls_leave_nothing_half_written_and_nothing_locked(
    database: Path, store: HistoryStore
) -> None:
    for number in range(120):
        task = asyncio.create_task(store.accept(said(f"m{number}")))
        await asyncio.sleep(number % 24 * 0.0002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert await store.accept(said("last"))
    job = await claimed(store)
    assert {message.text for message in job.messages} == set(await texts(store))
    await store.close()
    assert is_whole(database)


async def test_a_database_locked_for_two_seconds_is_waited_for(database: Path, store: HistoryStore) -> None:
    await store.accept(said("m0"))
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        accepting = [asyncio.create_task(store.accept(said(f"m{number}"))) for number in range(1, 6)]
        assert await texts(store) == ["text of m0"], "readers are not locked out"
        await asyncio.sleep(2)
        assert not any(task.done() for task in accepting)
        other.execute("COMMIT")
    assert await asyncio.gather(*accepting) == [True] * 5
    assert len(await texts(store)) == 6


async def test_a_database_locked_for_too_long_is_an_error_and_recovers(
    url: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bot.storage.database as module

    monkeypatch.setattr(module, "_PRAGMAS", ("PRAGMA busy_timeout = 100", *module._PRAGMAS[1:]))
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.3)
    store = HistoryStore(url)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = await asyncio.gather(
            *(store.accept(said(f"m{number}")) for number in range(20)), return_exceptions=True
        )
        assert {type(error) for error in refused} == {StorageError}
        assert {word for error in refused for word in ("locked", "busy") if word in str(error)} == {
            "locked",
            "busy",
        }
        other.execute("COMMIT")
    assert await store.accept(said("m0"))
    await store.close()


async def test_a_full_disk_refuses_the_event_and_recovers(
    url: str, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import bot.storage.database as module

    with closing(sqlite3.connect(database)) as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
    monkeypatch.setattr(module, "_PRAGMAS", (*module._PRAGMAS, f"PRAGMA max_page_count = {pages + 3}"))
    store = HistoryStore(url)
    secret = "a very private sentence " * 2000
    with pytest.raises(StorageError, match="full") as caught:
        await store.accept(said("m1", text=secret))
    assert "private" not in str(caught.value)
    assert "private" not in str(caught.value.__cause__)
    assert await texts(store) == []
    assert await store.accept(said("m2", text="short")), "what fits is taken"
    await store.close()
    monkeypatch.undo()
    roomy = HistoryStore(url)
    assert await roomy.accept(said("m1", text=secret)), "the event was not taken for seen"
    assert len((await claimed(roomy)).messages) == 2
    await roomy.close()
    assert is_whole(database)


@pytest.mark.parametrize("damage", ["not a database", "no tables"])
async def test_a_useless_file_is_a_storage_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "other.db"
    if damage == "not a database":
        path.write_bytes(b"nothing that SQLite knows" * 100)
    store = HistoryStore(f"sqlite+aiosqlite:///{path}")
    for call in (store.accept(said("m1")), store.turns(CHANNEL)):
        with pytest.raises(StorageError, match=r"not a database|no such table"):
            await call
    await store.close()


async def test_texts_never_reach_a_log_or_an_error(
    store: HistoryStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await store.accept(said("m1", text="a very private sentence"))
    await answer(store, await claimed(store), "a very private answer")
    await store.forget(CHANNEL, "m1")
    naive = said("m2", text="a very private sentence")
    naive = type(naive)(
        CHANNEL, "m2", "e2", naive.author, naive.text, naive.sent_at.replace(tzinfo=None), True
    )
    with pytest.raises(StorageError, match="zone") as caught:
        await store.accept(naive)
    assert "private" not in f"{caplog.text} {caught.value} {caught.value.__cause__}"


async def test_deletions_at_once_share_one_rebuilding(store: HistoryStore) -> None:
    await store.import_messages([said(f"m{number}") for number in range(30)])
    database = store._database
    rebuilt = 0
    rebuild = database._rebuild

    async def counted() -> None:
        nonlocal rebuilt
        rebuilt += 1
        await rebuild()

    database._rebuild = counted  # type: ignore[method-assign]
    await asyncio.gather(*(store.forget(CHANNEL, f"m{number}") for number in range(30)))
    assert 1 <= rebuilt < 15
    assert await texts(store) == []


WRITER = """
import asyncio, sys
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, said

async def main():
    store = HistoryStore(sys.argv[1])
    for number in range(100000):
        await store.accept(said(f"{sys.argv[2]}.{number}", second=number))
        print(number, flush=True)
        job = await store.claim(CHANNEL)
        await answer(store, job, "answer")

asyncio.run(main())
"""


def _killed_writer(url: str, run: int, acknowledged: int) -> int:
    """Kill a process that takes and answers messages; the last message that it had acknowledged."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, str(run)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= acknowledged:
                time.sleep(run * 0.0007)
                writer.kill()
                return max([int(line), *(int(rest) for rest in writer.stdout.read().split())])
    raise AssertionError("the writer ended by itself")


async def test_kill_9_loses_nothing_that_was_acknowledged(url: str, database: Path) -> None:
    for run in range(6):
        last = await asyncio.to_thread(_killed_writer, url, run, 3)
        store = HistoryStore(url)
        await store.recover("discord")
        while job := await store.claim(CHANNEL):
            await answer(store, job, "answer after the crash")
        found = [turn for turn in await store.turns(CHANNEL) if turn.message_id.startswith(f"{run}.")]
        assert len(found) >= last + 1
        asked = [turn.message_id for turn in await store.turns(CHANNEL) if turn.role == "user"]
        answered = [turn.reply_to for turn in await store.turns(CHANNEL) if turn.role == "assistant"]
        assert sorted(asked) == sorted(set(filter(None, answered))) == sorted(filter(None, answered))
        await store.close()
    assert is_whole(database)


# --- time ----------------------------------------------------------------------------------------


@contextmanager
def timed(name: str, bound_ms: float) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    took_ms = (time.perf_counter() - begun) * 1000
    print(f"{name}: {took_ms:.1f} ms")  # noqa: T201
    assert took_ms < bound_ms, name


async def _median_ms(name: str, call: Callable[[int], Awaitable[object]]) -> float:
    times = []
    for number in range(60):
        begun = time.perf_counter()
        await call(number)
        times.append((time.perf_counter() - begun) * 1000)
    times.sort()
    print(f"{name}: p50 {times[30]:.2f} ms, slowest {times[-1]:.2f} ms")  # noqa: T201
    return times[30]


@pytest.mark.slow
async def test_a_hundred_thousand_messages(store: HistoryStore) -> None:
    """Bounds are generous, for shared machines; what they would catch is a missing index."""
    keys = [ConversationKey("discord", "guild", f"channel {number}") for number in range(5)]
    with timed("import of 100,000 messages", 60_000):
        messages = [
            said(
                f"m{number}", f"text {number} about {number % 97} things", key=keys[number % 5], second=number
            )
            for number in range(100_000)
        ]
        assert await store.import_messages(messages) == 100_000

    async def accept(number: int) -> None:
        assert await store.accept(said(f"n{number}", key=keys[0], second=200_000 + number))

    async def recent(number: int) -> None:
        assert len(await store.turns(keys[0], limit=64, before_message_id=f"n{number}")) == 64

    async def claim_and_complete(number: int) -> None:
        await store.accept(said(f"o{number}", key=keys[1], second=300_000 + number))
        await answer(store, await claimed(store, keys[1]), "answer")

    async def search(number: int) -> None:
        of_text = 1000 + number * 500
        hits = await store.search(keys[0], f"what is in text {of_text}?")
        assert hits[0].turn.text == f"text {of_text} about {of_text % 97} things"

    async def search_short(_: int) -> None:
        assert len(await store.search(keys[0], "96")) == 20

    assert await _median_ms("search", search) < 200
    assert await _median_ms("search for a short word", search_short) < 200
    assert await _median_ms("accept", accept) < 60
    assert await _median_ms("turns(limit=64)", recent) < 60
    assert await _median_ms("accept, claim, answer", claim_and_complete) < 200
    with timed("conversations", 3000):
        assert len(await store.conversations("discord", "guild")) == 5
    with timed("digests.newest(64)", 3000):
        assert len(await store.digests.newest(keys[0], 64)) == 64
    with timed("forget", 6000):
        assert (await store.forget(keys[0], "m50000")).is_known
    with timed("recover", 1000):
        assert await store.recover("discord") == [keys[0]]
    with timed("erase 20,000", 9000):
        assert await store.erase_conversation(keys[2]) == 20_000
