"""Departures: workspaces that threw the bot out, until what was said there is erased.

Written down first and erased afterwards, so that a crash in between leaves nothing behind.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database
from bot.storage.models import departures


async def note_departure(connection: AsyncConnection, platform: str, workspace_id: str) -> None:
    """Write down that what was said in a workspace is to be erased."""
    note = insert(departures).values(platform=platform, workspace_id=workspace_id)
    await connection.execute(note.on_conflict_do_nothing())


class DepartureNotes:
    """What is noted. Each method is one short transaction; all raise StorageError when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, platform: str, workspace_id: str) -> None:
        """See note_departure."""
        async with self._database.write() as connection:
            await note_departure(connection, platform, workspace_id)

    async def noted(self, platform: str) -> list[str]:
        """The workspaces of a platform in which something may be left to erase."""
        statement = select(departures.c.workspace_id).where(departures.c.platform == platform)
        async with self._database.read() as connection:
            return list((await connection.scalars(statement)).all())

    async def done(self, platform: str, workspace_id: str) -> None:
        """All messages of the workspace are erased: see that no byte is left of them, and forget the note."""
        await self._database.scrub()
        statement = delete(departures).where(
            departures.c.platform == platform, departures.c.workspace_id == workspace_id
        )
        async with self._database.write() as connection:
            await connection.execute(statement)
