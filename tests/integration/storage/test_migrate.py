"""Migrations: up, down, at once from several processes, killed, refused, and in agreement with the tables."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import ConfigError, StorageError
from bot.storage import migrate
from bot.storage.store import HistoryStore
from tests.integration.storage.conftest import to_url
from tests.integration.storage.samples import CHANNEL, answer, claimed, said, texts


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%' ORDER BY name"
        ).fetchall()


def test_migrations_make_the_tables_that_the_code_expects() -> None:
    assert migrate.check() == []


def test_check_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import Column, Integer, MetaData, Table

    from bot.storage import models

    other = MetaData()
    for table in models.metadata.tables.values():
        table.to_metadata(other)
    Table("new", other, Column("id", Integer, primary_key=True))
    monkeypatch.setattr(models, "metadata", other)
    assert "new" in "".join(migrate.check())


def test_head_is_the_newest_script() -> None:
    from alembic.script import ScriptDirectory

    assert ScriptDirectory(str(migrate.scripts_folder())).get_heads() == [migrate.head()]


def test_a_new_database_in_a_new_folder(tmp_path: Path) -> None:
    url = to_url(tmp_path / "data" / "parley.db")
    assert migrate.current(url) is None
    assert not (tmp_path / "data").exists(), "asking makes nothing"
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()
    with closing(sqlite3.connect(tmp_path / "data" / "parley.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_down_and_up_again(database: Path, url: str) -> None:
    before = schema(database)
    migrate.downgrade(url, "base")
    assert migrate.current(url) is None
    assert [name for name, _ in schema(database)] == ["alembic_version"]
    migrate.upgrade(url)
    assert schema(database) == before
    store = HistoryStore(url)
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "answer")
    assert await texts(store) == ["text of m1", "answer"]
    await store.close()


async def test_upgrading_what_is_up_to_date_is_quick_and_keeps_everything(url: str) -> None:
    store = HistoryStore(url)
    await store.accept(said("m1"))
    begun = time.perf_counter()
    for _ in range(10):
        migrate.upgrade(url)
    took_ms = (time.perf_counter() - begun) * 100
    print(f"upgrade with nothing to do: {took_ms:.2f} ms")  # noqa: T201
    assert took_ms < 50
    assert await texts(store) == ["text of m1"]
    await store.close()


def test_upgrading_what_is_up_to_date_imports_neither_alembic_nor_sqlalchemy(url: str) -> None:
    program = (
        "import sys; from bot.storage import migrate; migrate.upgrade(sys.argv[1]); "
        "sys.exit(bool({'alembic', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program, url], timeout=60).returncode == 0


def test_a_newer_database_is_refused_and_left_alone(database: Path, url: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = schema(database)
    for attempt in (lambda: migrate.upgrade(url), lambda: migrate.downgrade(url, "base")):
        with pytest.raises(StorageError, match=r"9999.*newer"):
            attempt()
    assert migrate.current(url) == "9999"
    assert schema(database) == before


def test_an_unknown_revision_is_refused(url: str) -> None:
    with pytest.raises(StorageError, match="7777"):
        migrate.upgrade(url, "7777")
    assert migrate.current(url) == migrate.head()


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(b"nothing that SQLite knows" * 100)
    for attempt in (migrate.upgrade, migrate.current):
        with pytest.raises(StorageError, match="not a database"):
            attempt(to_url(path))
    with pytest.raises(ConfigError):
        migrate.upgrade("postgresql://db/parley")


def test_a_foreign_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE messages (theirs TEXT)")
    before = schema(path)
    with pytest.raises(StorageError, match="messages"):
        migrate.upgrade(to_url(path))
    assert schema(path) == before


def test_several_processes_at_once(tmp_path: Path) -> None:
    program = "import sys; from bot.storage import migrate; migrate.upgrade(sys.argv[1])"
    path = tmp_path / "data" / "parley.db"
    processes = [
        subprocess.Popen([sys.executable, "-c", program, to_url(path)], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [process.communicate(timeout=100)[1] for process in processes]
    assert errors == [""] * 4
    assert [process.returncode for process in processes] == [0] * 4
    assert migrate.current(to_url(path)) == migrate.head()


def test_a_failing_migration_changes_nothing_and_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = Path(shutil.copytree(migrate.scripts_folder(), tmp_path / "migrations"))
    second = scripts / "versions" / "next.py"
    second.write_text(
        "from alembic import op\n"
        "from bot.storage import migrate\n"
        "revision, down_revision = 'next', migrate.head()\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE half_done (id INTEGER)')\n"
        "    op.execute('INSERT INTO not_there VALUES (1)')\n"
    )
    path = tmp_path / "parley.db"
    monkeypatch.setattr(migrate, "scripts_folder", lambda: scripts)
    with pytest.raises(StorageError, match="not_there"):
        migrate.upgrade(to_url(path))
    assert schema(path) == [], "not even the earlier migrations, which had succeeded"
    second.write_text(second.read_text().replace("INSERT INTO not_there VALUES (1)", "SELECT 1"))
    migrate.upgrade(to_url(path))
    assert migrate.current(to_url(path)) == "next"


def test_logging_is_left_as_it_is(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("bot").disabled)
    migrate.upgrade(to_url(tmp_path / "parley.db"))
    assert (root.level, list(root.handlers), logging.getLogger("bot").disabled) == before


async def test_inside_a_running_loop(tmp_path: Path) -> None:
    url = to_url(tmp_path / "parley.db")
    migrate.upgrade(url)
    store = HistoryStore(url)
    assert await store.turns(CHANNEL) == []
    await store.close()


def test_the_check_of_the_command_line() -> None:
    command = [sys.executable, "-m", "bot.storage.migrate"]
    assert subprocess.run([*command, "check"], timeout=60).returncode == 0
    refused = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert (refused.returncode, "usage" in refused.stderr) == (1, True)
