"""TokenStore: installations of the app and the states of those begun, in the bot's own database.

Slack's SDK keeps them in its own tables; here tokens are sealed, and what is gone leaves no byte. A workspace
is called by its id, or by that of its organisation where that has the app as a whole.
"""

from __future__ import annotations

from datetime import UTC, datetime

from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import (
    AsyncSQLAlchemyInstallationStore,
    SQLAlchemyInstallationStore,
)
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.sdk_log import SDK_LOG
from bot.platforms.slack.sealing import SealedText, Sealing
from bot.storage.database import Database
from bot.storage.departures import note_departure

STATE_S = 600
"""How long a begun installation may take."""

MAX_STATES = 10_000
"""Installations that may be begun at once; more push the oldest out, so that nobody fills the database."""

_SEALED = ("bot_token", "bot_refresh_token", "user_token", "user_refresh_token", "incoming_webhook_url")


def workspace_id(installation: Installation) -> str:
    """How conversation keys name the workspace, or organisation."""
    is_organisation = installation.is_enterprise_install
    return (installation.enterprise_id if is_organisation else installation.team_id) or ""


class TokenStore:
    """Of one app, by its client id. All methods raise StorageError when the database fails."""

    def __init__(self, database: Database, client_id: str, sealing: Sealing) -> None:
        self._database = database
        self._sealing = sealing
        self._client_id = client_id
        self._installs = AsyncSQLAlchemyInstallationStore(client_id, database.engine, logger=SDK_LOG)
        self._states = AsyncSQLAlchemyOAuthStateStore(STATE_S, database.engine, SDK_LOG)
        self._tables = (self._installs.installations, self._installs.bots)
        for column in (column for table in self._tables for column in _sealed(table)):
            column.type = SealedText(sealing)

    async def all(self) -> list[Installation]:
        """The latest installation of each workspace. Raises ConfigError where no key opens its tokens."""
        table = self._installs.installations
        statement = select(table).where(table.c.client_id == self._client_id).order_by(table.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).mappings().all()
        found = map(SQLAlchemyInstallationStore.build_installation_entity, rows)
        return list({workspace_id(installation): installation for installation in found}.values())

    async def names(self) -> list[str]:
        """The ids of the workspaces that have installations, which no key need open."""
        table = self._installs.installations
        columns = (table.c.is_enterprise_install, table.c.enterprise_id, table.c.team_id)
        statement = select(*columns).where(table.c.client_id == self._client_id)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [(row.enterprise_id if row.is_enterprise_install else row.team_id) or "" for row in rows]

    async def save(self, installation: Installation) -> None:
        """Keep an installation in place of those that the workspace had."""
        async with self._database.turn():
            await self._installs.async_save(installation)
        async with self._database.write() as connection:
            for table in self._tables:
                here = self._is_of(table, workspace_id(installation))
                newest = select(func.max(table.c.id)).where(here).scalar_subquery()
                await connection.execute(delete(table).where(here, table.c.id != newest))
        await self._database.scrub()

    async def remove(self, workspace: str) -> None:
        """A workspace has thrown the app out: its tokens go, and it is noted that what was said there must
        go too. Until that is done, bytes may be left in free pages of the file."""
        async with self._database.write() as connection:
            for table in self._tables:
                await connection.execute(delete(table).where(self._is_of(table, workspace)))
            await note_departure(connection, PLATFORM, workspace)

    async def forget_all(self) -> int:
        """Delete all tokens, whatever key sealed them; how many installations that were. What was said stays,
        until a workspace throws the app out."""
        async with self._database.write() as connection:
            gone = [
                await connection.execute(delete(table).where(table.c.client_id == self._client_id))
                for table in self._tables
            ]
        await self._database.scrub()
        return gone[0].rowcount

    async def seal_anew(self) -> int:
        """Seal with the first key what an older one sealed; how many tokens that were. Raises ConfigError
        where no key opens one."""
        async with self._database.write() as connection:
            columns = [column for table in self._tables for column in _sealed(table)]
            count = sum([await self._seal_anew(connection, column) for column in columns])
        if count:
            await self._database.scrub()
        return count

    async def issue_state(self) -> str:
        """The state of an installation that somebody begins. It is good once, for STATE_S seconds."""
        async with self._database.turn():
            state = await self._states.async_issue()
        table = self._states.oauth_states
        is_over = table.c.expire_at < datetime.now(UTC).replace(tzinfo=None)
        newest = select(func.max(table.c.id)).scalar_subquery()
        async with self._database.write() as connection:
            await connection.execute(delete(table).where(or_(is_over, table.c.id <= newest - MAX_STATES)))
        return str(state)

    async def consume_state(self, state: str) -> bool:
        """Whether an installation was begun with this state, which is good no more."""
        async with self._database.turn():
            return bool(await self._states.async_consume(state))

    def _is_of(self, table: Table, workspace: str) -> ColumnElement[bool]:
        is_organisation = and_(table.c.is_enterprise_install, table.c.enterprise_id == workspace)
        is_workspace = and_(~table.c.is_enterprise_install, table.c.team_id == workspace)
        return and_(table.c.client_id == self._client_id, or_(is_organisation, is_workspace))

    async def _seal_anew(self, connection: AsyncConnection, column: Column[str]) -> int:
        sealed = type_coerce(column, Text)
        table = column.table
        is_ours = and_(table.c.client_id == self._client_id, sealed.is_not(None))
        rows = await connection.execute(select(table.c.id, sealed.label("sealed")).where(is_ours))
        old = [row for row in rows.all() if not self._sealing.is_up_to_date(row.sealed)]
        for row in old:
            opened = self._sealing.open(row.sealed)
            await connection.execute(update(table).where(table.c.id == row.id).values({column.name: opened}))
        return len(old)


def _sealed(table: Table) -> list[Column[str]]:
    return [column for column in table.c if column.name in _SEALED]
