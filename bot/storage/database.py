"""The engine: how connections are set up, how transactions begin, what becomes a StorageError.

Knows no tables but the search index. One writer at a time per process (a lock, so that writers do not sleep
in SQLite's busy handler); readers go on beside it, as WAL allows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import StorageError
from bot.storage.driver import connect
from bot.storage.location import prepare_file

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for other writers, in this process and in others."""

CHECK_TIMEOUT_S = 2.0
"""Seconds that a health check waits for the database's write lock."""

_CONNECTIONS = 5
_POOL_TIMEOUT_S = 30.0
_BEGIN = "begin_statement"

# secure_delete overwrites what is deleted with zeros; temp_store keeps sorted text out of temporary files.
_PRAGMAS = (
    f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
)

# The search index only marks entries of deleted text, until "optimize" leaves them out. VACUUM makes a copy
# as large as the database: a file, not memory. The last statement empties the write-ahead log.
_REBUILD = (
    "INSERT INTO messages_fts (messages_fts) VALUES ('optimize')",
    "PRAGMA temp_store = FILE",
    "VACUUM",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)

_log = logging.getLogger(__name__)


class Database:
    """One SQLite file. `read` and `write` are transactions; all raise StorageError when it fails."""

    def __init__(self, url: str) -> None:
        """Opens nothing yet. Raises ConfigError for an unsupported URL or an unwritable place."""
        # aiosqlite logs statements with their parameters, and those are what people wrote.
        logging.getLogger("aiosqlite").setLevel(logging.WARNING)
        path = prepare_file(url)
        self._engine = create_async_engine(
            URL.create("sqlite+aiosqlite", database=str(path)),
            async_creator=lambda: connect(path),
            hide_parameters=True,
            pool_size=_CONNECTIONS,
            max_overflow=0,
            pool_timeout=_POOL_TIMEOUT_S,
        )
        event.listen(self._engine.sync_engine, "connect", _set_up)
        event.listen(self._engine.sync_engine, "begin", _begin)
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._rebuilder = self._engine.execution_options(**{_BEGIN: None})
        self._writing = asyncio.Lock()
        self._deletions = 0
        self._scrubbed = 0
        self._checking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that sees one state of the database."""
        with _reporting():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the write lock from its first moment; rolled back on any exception."""
        async with self.turn(), self._writer.begin() as connection:
            yield connection

    @property
    def engine(self) -> AsyncEngine:
        """For a library that makes its own transactions: they begin like those of `write`. Use it within
        `turn`."""
        return self._writer

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold other writers of this process off, and turn what the engine raises into StorageError."""
        async with self._turn_to_write():
            with _reporting():
                yield

    async def scrub(self) -> None:
        """Leave no byte of deleted text in the database's files. Call it after the deletion was committed.

        secure_delete alone is not enough: SQLite leaves copies of rows that it moves between pages. So the
        file is rebuilt (some 0.6 s for 100,000 messages), once for all deletions that wait for it. Never
        raises: the deletion stands, and what is left goes with the next one; that is logged.
        """
        self._deletions += 1
        mine = self._deletions
        try:
            async with self._turn_to_write():
                if self._scrubbed < mine:
                    latest = self._deletions
                    await self._rebuild()
                    self._scrubbed = latest
        except StorageError as error:
            _log.warning("deleted text may be left in free pages until the next deletion: %s", error)

    async def _rebuild(self) -> None:
        with _reporting():
            async with self._rebuilder.connect() as connection:
                for statement in _REBUILD:
                    result = await connection.exec_driver_sql(statement)
                is_busy, *_ = result.one()
        if is_busy:
            raise StorageError("a reader holds the write-ahead log")

    async def check(self) -> None:
        """Raise StorageError unless a write transaction can begin within CHECK_TIMEOUT_S."""
        # SQLite's own wait for a lock cannot be cancelled: it goes on, and the next check joins it.
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._begin_to_write())
        done, _ = await asyncio.wait({self._checking}, timeout=CHECK_TIMEOUT_S)
        if not done:
            raise StorageError(f"the database was locked for {CHECK_TIMEOUT_S:.0f} s")
        self._checking.result()

    async def _begin_to_write(self) -> None:
        async with self.write():
            pass

    async def close(self) -> None:
        """Close all connections."""
        if self._checking is not None:
            await asyncio.wait({self._checking})
        await self._engine.dispose()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(BUSY_TIMEOUT_S):
                await self._writing.acquire()
        except TimeoutError as error:
            raise StorageError("the database is busy: other writers did not finish in time") from error
        try:
            yield
        finally:
            self._writing.release()


def _set_up(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    statement = connection.get_execution_options().get(_BEGIN, "BEGIN")
    if statement:
        connection.exec_driver_sql(statement)


@contextmanager
def _reporting() -> Iterator[None]:
    """Turn the library's exceptions into StorageError, in words that hold no parameters."""
    try:
        yield
    except DBAPIError as error:
        raise StorageError(f"the database failed: {error.orig}") from error
    except SQLAlchemyError as error:
        raise StorageError(f"the database failed: {type(error).__name__}: {error}") from error
