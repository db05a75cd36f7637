"""aiosqlite with one trip to its thread per statement.

SQLAlchemy's own use of aiosqlite takes four (cursor, execute, fetchall, close), which is most of the time
of a short transaction. Knows nothing above the driver.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import aiosqlite


class _Cursor:
    """The part of aiosqlite.Cursor that SQLAlchemy uses. All rows are fetched at once."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[object] = []
        self.arraysize = 1
        self.description: object = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[object] = ()) -> Self:
        """Run one statement and fetch all its rows."""
        await self._connection.run_in_thread(
            lambda connection: self._take(connection.execute(sql, parameters))
        )
        return self

    async def executemany(self, sql: str, parameters: Sequence[Sequence[object]]) -> Self:
        """Run one statement for each set of parameters."""
        await self._connection.run_in_thread(
            lambda connection: self._take(connection.executemany(sql, parameters))
        )
        return self

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self.description = cursor.description
        self._rows = cursor.fetchall() if cursor.description else []
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid
        cursor.close()

    async def fetchall(self) -> list[object]:
        """The rows, once."""
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """The real cursor is closed already."""


class _Connection(aiosqlite.Connection):
    def cursor(self) -> _Cursor:  # type: ignore[override]
        return _Cursor(self)

    async def run_in_thread(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """Run work on the real connection, in its thread."""
        await self._execute(work, self._conn)  # type: ignore[no-untyped-call]


async def connect(path: Path) -> aiosqlite.Connection:
    """A connection that begins no transactions by itself; its thread does not keep the process alive."""
    # check_same_thread: after a crash of the event loop the connection may be finalized in another thread.
    connection = _Connection(
        lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False), iter_chunk_size=64
    )
    connection._thread.daemon = True
    return await connection
