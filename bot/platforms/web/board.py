"""Board: the messages as the page shows them, in a small SQLite file of the playground's own.

Discord and Slack keep their own copy of what people see; here nobody else does, so the playground keeps it:
commands, notices, half-written answers and the nonces of posts, which the bot's memory has no place for. It
knows rows, and nothing of pages, sockets or the bot. Text is UTF-8 with lone surrogates passed through, so
that what was typed is what comes back.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from bot.errors import StorageError
from bot.platforms.web.notes import Channel, Note, Person

PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS people (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, thread TEXT,
    author_id TEXT NOT NULL, author_name BLOB NOT NULL, is_bot INTEGER NOT NULL DEFAULT 0, text BLOB NOT NULL,
    reply_to TEXT, sent_ms INTEGER NOT NULL, edited_ms INTEGER, nonce TEXT UNIQUE,
    is_addressed INTEGER NOT NULL DEFAULT 0, is_command INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0, audience TEXT, kind TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS messages_by_place ON messages (channel, thread, seq);
"""

LATER_COLUMNS = {"audience": "TEXT", "kind": "TEXT NOT NULL DEFAULT ''"}
"""What a board made by an earlier version lacks."""

Values = Sequence[object] | Mapping[str, object]

COLUMNS = (
    "seq, id, channel, thread, author_id, author_name, is_bot, text, reply_to, sent_ms, edited_ms, nonce, "
    "is_addressed, is_command, is_deleted, audience, kind"
)

PAGE_MESSAGES = 60
PAGE_CHARS = 400_000
"""A page of history ends after this many messages, or characters of text."""


class Board:
    """The playground's own messages, channels and people. Every method is one short transaction and raises
    StorageError when the file cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._connection: aiosqlite.Connection | None = None
        self._is_closed = False

    # --- channels and people -----------------------------------------------------------------

    async def channels(self) -> list[Channel]:
        """All channels, in the order in which they were made."""
        rows = await self._read("SELECT id, name, kind FROM channels ORDER BY seq")
        return [Channel(*row) for row in rows]

    async def add_channel(self, channel: Channel) -> bool:
        """Add a channel; False if its id is taken."""
        sql = "INSERT OR IGNORE INTO channels (id, name, kind) VALUES (?, ?, ?)"
        return await self._write(sql, (channel.id, channel.name, channel.kind)) > 0

    async def remove_channel(self, channel: str) -> None:
        """Erase a channel and every message in it; what comes for it later is not put on the board."""
        async with self._transaction() as connection:
            await connection.execute("DELETE FROM channels WHERE id = ?", (channel,))
            await connection.execute("DELETE FROM messages WHERE channel = ?", (channel,))
        await self._read("PRAGMA wal_checkpoint(TRUNCATE)")  # the journal has its text too

    async def people(self) -> list[Person]:
        """Everybody to speak as, in the order in which they came."""
        return [Person(*row) for row in await self._read("SELECT id, name FROM people ORDER BY seq")]

    async def add_person(self, person: Person) -> bool:
        """Add a person; False if the id is taken."""
        sql = "INSERT OR IGNORE INTO people (id, name) VALUES (?, ?)"
        return await self._write(sql, (person.id, person.name)) > 0

    # --- messages ----------------------------------------------------------------------------

    async def add(self, note: Note) -> bool:
        """Put a message on the board; False if its id or nonce is there already, or its channel is not."""
        return await self._write(_INSERT, _values(note)) > 0

    async def add_all(self, notes: Iterable[Note]) -> None:
        """Put many messages on the board at once, in their order; known ids are left as they are,
        and nothing is put into a channel that is not there."""
        async with self._transaction() as connection:
            await connection.executemany(_INSERT, map(_values, notes))  # in the connection's own thread

    async def get(self, note_id: str) -> Note | None:
        """One message, with its whole text."""
        return await self._one("id = ?", note_id)

    async def by_nonce(self, nonce: str) -> Note | None:
        """The bot's message that was posted with this nonce."""
        return await self._one("nonce = ?", nonce)

    async def set_text(self, note_id: str, text: str, edited_ms: int | None) -> bool:
        """Replace a message's text; with `edited_ms` None the change is not marked as an edit."""
        sql = (
            "UPDATE messages SET text = ?, edited_ms = coalesce(?, edited_ms) WHERE id = ? AND NOT is_deleted"
        )
        return await self._write(sql, (_encode(text), edited_ms, note_id)) > 0

    async def set_kind(self, note_id: str, kind: str) -> None:
        """Say what a message of the bot's own is (see Note)."""
        await self._write("UPDATE messages SET kind = ? WHERE id = ?", (kind, note_id))

    async def erase(self, note_id: str) -> bool:
        """Erase a message's text and author; the empty row stays, above a thread and against late copies."""
        sql = (
            "UPDATE messages SET text = '', author_id = '', author_name = '', nonce = NULL, is_deleted = 1 "
            "WHERE id = ? AND NOT is_deleted"
        )
        is_erased = await self._write(sql, (note_id,)) > 0
        await self._read("PRAGMA wal_checkpoint(TRUNCATE)")  # the journal has its text too
        return is_erased

    async def remove(self, note_id: str) -> None:
        """Take a message off the board as if it had never been there."""
        await self._write("DELETE FROM messages WHERE id = ?", (note_id,))

    async def page(
        self, channel: str, thread: str | None, before: int | None, back_to: int | None = None
    ) -> tuple[list[Note], bool]:
        """A page of a channel or thread, oldest first, up to `seq` `before`; and whether older ones remain.

        With `back_to` it goes back to the message of that `seq` and some before it, however many they are.
        A thread begins with its root message. Deleted messages are left out unless a thread hangs on them.
        """
        limit = PAGE_MESSAGES
        if back_to is not None:
            limit += await self._count_since(channel, thread, back_to)
        place = "m.thread IS NULL" if thread is None else "(m.thread = :thread OR m.id = :thread)"
        rows = await self._read(
            f"SELECT {_M_COLUMNS}, {_REPLIES} AS n FROM messages m WHERE m.channel = :channel AND {place} "  # noqa: S608
            "AND m.seq < :before AND (NOT m.is_deleted OR n > 0) ORDER BY m.seq DESC LIMIT :limit",
            {"channel": channel, "thread": thread, "before": before or 1 << 62, "limit": limit + 1},
        )
        notes = [_note(row) for row in rows]
        kept = notes[:limit] if back_to is not None else _within(notes[:limit], PAGE_CHARS)
        return kept[::-1], len(kept) < len(notes)

    async def _count_since(self, channel: str, thread: str | None, seq: int) -> int:
        rows = await self._read(
            "SELECT count(*) FROM messages WHERE channel = ? AND thread IS ? AND seq >= ?",
            (channel, thread, seq),
        )
        return int(rows[0][0])

    async def is_bot_in_thread(self, channel: str, thread: str) -> bool:
        """Whether the bot wrote in this thread or was called into it, its root message included."""
        rows = await self._read(
            "SELECT 1 FROM messages WHERE channel = ? AND (thread = ? OR id = ?) AND NOT is_deleted "
            "AND ((is_bot AND kind != 'bridge') OR (thread IS NOT NULL AND is_addressed)) LIMIT 1",
            (channel, thread, thread),
        )
        return bool(rows)

    async def close(self) -> None:
        """Close the file for good."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
        self._is_closed = True

    # --- inside ------------------------------------------------------------------------------

    async def _open(self) -> aiosqlite.Connection:
        async with self._opening:
            if self._is_closed:
                raise StorageError("the playground's board is closed")
            if self._connection is None:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> aiosqlite.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = await aiosqlite.connect(self._path)
        try:
            await connection.executescript(PRAGMAS + SCHEMA)
            known = await connection.execute_fetchall("SELECT name FROM pragma_table_info('messages')")
            for name in LATER_COLUMNS.keys() - {row[0] for row in known}:
                await connection.execute(f"ALTER TABLE messages ADD COLUMN {name} {LATER_COLUMNS[name]}")
        except sqlite3.Error as error:
            await connection.close()
            raise StorageError(f"the board {self._path} cannot be opened: {error}") from error
        return connection

    async def _read(self, sql: str, values: Values = ()) -> list[sqlite3.Row]:
        connection = await self._open()
        try:
            return list(await connection.execute_fetchall(sql, values))
        except sqlite3.Error as error:
            raise StorageError(f"the playground's board cannot be read: {error}") from error

    async def _write(self, sql: str, values: Values) -> int:
        async with self._transaction() as connection:
            return (await connection.execute(sql, values)).rowcount

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """One at a time: they share a connection, and a failed one must not take another with it."""
        connection = await self._open()
        async with self._writing:
            try:
                yield connection
                await connection.commit()
            except sqlite3.Error as error:
                await connection.rollback()
                raise StorageError(f"the playground's board cannot be written: {error}") from error

    async def _one(self, condition: str, value: str) -> Note | None:
        rows = await self._read(f"SELECT {COLUMNS}, 0 FROM messages WHERE {condition}", (value,))  # noqa: S608
        return _note(rows[0]) if rows else None


_M_COLUMNS = ", ".join(f"m.{name}" for name in COLUMNS.split(", "))
_REPLIES = (
    "(SELECT count(*) FROM messages r WHERE r.channel = m.channel AND r.thread = m.id AND NOT r.is_deleted)"
)
_INSERT = (
    f"INSERT OR IGNORE INTO messages ({COLUMNS}) SELECT {', '.join(f'?{n}' for n in range(1, 18))} "  # noqa: S608
    "WHERE EXISTS (SELECT 1 FROM channels WHERE id = ?3)"
)


def _values(note: Note) -> tuple[object, ...]:
    return (
        None,
        note.id,
        note.channel,
        note.thread,
        note.author_id,
        _encode(note.author_name),
        note.is_bot,
        _encode(note.text),
        note.reply_to,
        note.sent_ms,
        note.edited_ms,
        note.nonce,
        note.is_addressed,
        note.is_command,
        note.is_deleted,
        note.audience,
        note.kind,
    )


def _note(row: sqlite3.Row) -> Note:
    seq, note_id, channel, thread, author_id, author_name, is_bot, text = row[:8]
    reply_to, sent_ms, edited_ms, nonce, is_addressed, is_command, is_deleted = row[8:15]
    audience, kind, thread_replies = row[15:]
    return Note(
        id=note_id,
        channel=channel,
        thread=thread,
        author_id=author_id,
        author_name=_decode(author_name),
        text=_decode(text),
        sent_ms=sent_ms,
        is_bot=bool(is_bot),
        reply_to=reply_to,
        edited_ms=edited_ms,
        nonce=nonce,
        is_addressed=bool(is_addressed),
        is_command=bool(is_command),
        is_deleted=bool(is_deleted),
        audience=audience,
        kind=kind,
        seq=seq,
        thread_replies=thread_replies,
    )


def _within(notes: list[Note], max_chars: int) -> list[Note]:
    """The first notes whose texts hold `max_chars` together, at least one."""
    kept: list[Note] = []
    room = max_chars
    for note in notes:
        room -= len(note.text)
        if kept and room < 0:
            break
        kept.append(note)
    return kept


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _decode(stored: bytes | str) -> str:
    return stored if isinstance(stored, str) else stored.decode("utf-8", "surrogatepass")
