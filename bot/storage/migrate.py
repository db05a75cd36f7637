"""Bringing a database to the tables that this code expects.

Synchronous: call it before the event loop starts, or in a thread. One migration is one transaction that holds
SQLite's write lock from its first statement: of two processes that start at once the second waits and finds
nothing to do, and one that is killed leaves nothing behind. Alembic and SQLAlchemy are imported only when
there is something to do.

`python -m bot.storage.migrate check` compares the migrations with the tables in `models.py`.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import StorageError
from bot.storage.location import database_file, prepare_file

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

HEAD = "0006"
"""The newest revision in `migrations/versions`."""

LOCK_TIMEOUT_S = 60.0
"""How long to wait for another process that is migrating."""


def head() -> str:
    """The revision that this code works with."""
    return HEAD


def current(url: str) -> str | None:
    """The revision of a database; None when it has no tables of ours yet. Raises as `upgrade`."""
    path = database_file(url)
    if not path.exists():
        return None
    with _failing_as("read"), closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)) as connection:
        if (
            connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
            is None
        ):
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(url: str, revision: str = "head") -> None:
    """Bring a database up to a revision, making file and folder where they are missing.

    Costs a few milliseconds when there is nothing to do. Raises StorageError, also for a database that is
    newer than this code, and ConfigError for a database that cannot be.
    """
    path = prepare_file(url)
    if revision in ("head", HEAD) and current(url) == HEAD:
        return

    def run(config: Config) -> None:
        from alembic import command

        command.upgrade(config, revision)

    _migrate(path, run)


def downgrade(url: str, revision: str) -> None:
    """Bring a database down to a revision; `base` removes all tables and texts. Raises as `upgrade`."""

    def run(config: Config) -> None:
        from alembic import command

        command.downgrade(config, revision)

    _migrate(prepare_file(url), run)


def check() -> list[str]:
    """What differs between the tables in `models.py` and those that the migrations make; normally nothing."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from bot.storage.models import metadata

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "check.db"
        upgrade(f"sqlite+aiosqlite:///{path}")
        with _transaction(path) as connection:
            migrated = MigrationContext.configure(connection, opts={"include_name": _is_ours})
            return [str(difference) for difference in compare_metadata(migrated, metadata)]


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of `models.py`, not one that SQLite keeps for the search index, nor one of
    Slack's SDK, which has columns of its own."""
    return kind != "table" or not (name or "").startswith(("messages_fts", "slack_"))


def scripts_folder() -> Path:
    """Where the migrations are: in the checkout, or inside the installed package. Raises StorageError."""
    package = Path(__file__).parents[1]
    for folder in (package / "_migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise StorageError("the migrations are missing from this installation")


def _migrate(path: Path, run: Callable[[Config], None]) -> None:
    from alembic.config import Config
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    config = Config()
    config.set_main_option("script_location", str(scripts_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _failing_as("migrate"):
        _use_write_ahead_log(path)
        try:
            with _transaction(path) as connection:
                _refuse_newer(config, connection)
                config.attributes["connection"] = connection
                run(config)
                _check_foreign_keys(connection)
        except (CommandError, SQLAlchemyError) as error:
            raise StorageError(f"the database {path} could not be migrated: {error}") from error


@contextmanager
def _transaction(path: Path) -> Iterator[Connection]:
    """A transaction that has the write lock. Foreign keys are off, as the rebuilding of tables asks."""
    from sqlalchemy import URL, NullPool, create_engine, event

    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"isolation_level": None, "timeout": LOCK_TIMEOUT_S},
        poolclass=NullPool,
        hide_parameters=True,
    )

    def begin(connection: Connection) -> None:
        # A table that is rebuilt must leave no copy of its text in free pages, out of deletions' reach.
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    with engine.begin() as connection:
        yield connection


def _use_write_ahead_log(path: Path) -> None:
    """Two processes that switch a new file at once can meet a lock that SQLite does not wait for."""
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    with closing(sqlite3.connect(path, timeout=LOCK_TIMEOUT_S)) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


def _refuse_newer(config: Config, connection: Connection) -> None:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    version = MigrationContext.configure(connection).get_current_revision()
    try:
        ScriptDirectory.from_config(config).get_revision(version or "base")
    except CommandError as error:
        raise StorageError(
            f"the database has revision {version}, and this version of the bot knows none after {HEAD}: "
            "it was used by a newer one. Install that, or take a backup from before"
        ) from error


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise StorageError(
            f"the migration would break references of the table {broken[0]}; nothing was changed"
        )


@contextmanager
def _failing_as(verb: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"cannot {verb} the database: {error}") from error


if __name__ == "__main__":
    if sys.argv[1:] != ["check"]:
        sys.exit("usage: python -m bot.storage.migrate check")
    sys.exit("\n".join(check()) or None)
