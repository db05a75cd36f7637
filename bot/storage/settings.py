"""Settings of channels and their threads, of workspaces, and of persons within a workspace.

What a setting means is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from sqlalchemy import ColumnElement, Table, and_, delete, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.database import Database
from bot.storage.lookup import get_conversation, is_in_channel, to_key
from bot.storage.models import channel_settings, conversations, workspace_settings

SettingsWatcher = Callable[[ConversationKey], None]
"""Is told that a setting changed: of a channel, or of its workspace or a person there."""


class SettingStore:
    """The part of HistoryStore that keeps settings; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._settings_watchers: list[SettingsWatcher] = []

    @property
    def database(self) -> Database:
        """The database itself, for a library that keeps tables of its own there."""
        return self._database

    def watch_settings(self, watcher: SettingsWatcher) -> None:
        """Tell `watcher` of every change of a setting, before the change's method returns."""
        self._settings_watchers.append(watcher)

    def _tell_of_setting(self, key: ConversationKey) -> None:
        for watcher in self._settings_watchers:
            watcher(key)

    async def setting(self, key: ConversationKey, name: str) -> str | None:
        """A channel setting; a thread without one of its own has its channel's."""
        async with self._database.read() as connection:
            return (await get_settings(connection, key)).get(name)

    async def settings(self, key: ConversationKey) -> dict[str, str]:
        """All settings that hold in a channel, or in a thread: its own before its channel's."""
        async with self._database.read() as connection:
            return await get_settings(connection, key)

    async def set_setting(self, key: ConversationKey, name: str, value: str | None) -> None:
        """Set, or with None remove, a channel setting."""
        async with self._database.write() as connection:
            await set_setting(connection, key, name, value)
        self._tell_of_setting(key)

    async def change_setting(
        self, key: ConversationKey, name: str, change: Callable[[str | None], str | None]
    ) -> None:
        """Set a channel's own setting to what `change` makes of the old value, in one transaction."""
        async with self._database.write() as connection:
            conversation_id = await get_conversation(connection, key)
            place = {"conversation_id": conversation_id, "name": name}
            old = await connection.scalar(
                select(channel_settings.c.value).where(_is_at(channel_settings, place))
            )
            await _set(connection, channel_settings, place, change(old))
        self._tell_of_setting(key)

    async def settings_named(self, name: str) -> list[tuple[ConversationKey, str]]:
        """The value of one setting in every channel and thread that has it."""
        statement = select(conversations, channel_settings.c.value).join(conversations)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.where(channel_settings.c.name == name))
            return [(to_key(row), row.value) for row in rows]

    async def person_setting(self, key: ConversationKey, person_id: str, name: str) -> str | None:
        """What a person set for themselves in the workspace of `key`."""
        async with self._database.read() as connection:
            return await get_workspace_setting(connection, key, person_id, name)

    async def set_person_setting(
        self, key: ConversationKey, person_id: str, name: str, value: str | None
    ) -> None:
        """Set, or with None remove, a setting of a person in the workspace of `key`."""
        async with self._database.write() as connection:
            await set_workspace_setting(connection, key, person_id, name, value)
        self._tell_of_setting(key)

    async def workspace_setting(self, key: ConversationKey, name: str) -> str | None:
        """What is set for the whole workspace of `key`."""
        async with self._database.read() as connection:
            return await get_workspace_setting(connection, key, "", name)

    async def set_workspace_setting(self, key: ConversationKey, name: str, value: str | None) -> None:
        """Set, or with None remove, a setting of the whole workspace of `key`."""
        async with self._database.write() as connection:
            await set_workspace_setting(connection, key, "", name, value)
        self._tell_of_setting(key)

    async def erase_settings(self, platform: str, workspace_id: str, kept: Collection[str]) -> None:
        """Remove all settings of a workspace, of its channels and of persons there, but what is `kept`."""
        is_here = and_(conversations.c.platform == platform, conversations.c.workspace_id == workspace_id)
        has_setting = conversations.c.id.in_(select(channel_settings.c.conversation_id))
        in_place = channel_settings.c.conversation_id.in_(select(conversations.c.id).where(is_here))
        in_workspace = and_(
            workspace_settings.c.platform == platform, workspace_settings.c.workspace_id == workspace_id
        )
        async with self._database.write() as connection:
            rows = (await connection.execute(select(conversations).where(is_here, has_setting))).all()
            for table, is_of_it in ((channel_settings, in_place), (workspace_settings, in_workspace)):
                await connection.execute(delete(table).where(is_of_it, table.c.name.not_in(kept)))
        for key in (*map(to_key, rows), ConversationKey(platform, workspace_id, "")):
            self._tell_of_setting(key)


async def get_settings(connection: AsyncConnection, key: ConversationKey) -> dict[str, str]:
    """See SettingStore.settings."""
    # Those of the thread itself come after those of its channel, and replace them.
    statement = (
        select(channel_settings.c.name, channel_settings.c.value)
        .join(conversations)
        .where(is_in_channel(key), conversations.c.thread_id.in_({"", key.thread_id or ""}))
        .order_by(conversations.c.thread_id, channel_settings.c.name)
    )
    return {row.name: row.value for row in await connection.execute(statement)}


async def set_setting(
    connection: AsyncConnection, key: ConversationKey, name: str, value: str | None
) -> None:
    """See SettingStore.set_setting."""
    place = {"conversation_id": await get_conversation(connection, key), "name": name}
    await _set(connection, channel_settings, place, value)


async def get_workspace_setting(
    connection: AsyncConnection, key: ConversationKey, person_id: str, name: str
) -> str | None:
    """See SettingStore.person_setting; "" is the workspace itself."""
    place = _in_workspace(key, person_id, name)
    value: str | None = await connection.scalar(
        select(workspace_settings.c.value).where(_is_at(workspace_settings, place))
    )
    return value


async def set_workspace_setting(
    connection: AsyncConnection, key: ConversationKey, person_id: str, name: str, value: str | None
) -> None:
    """See SettingStore.set_person_setting; "" is the workspace itself."""
    await _set(connection, workspace_settings, _in_workspace(key, person_id, name), value)


def _in_workspace(key: ConversationKey, person_id: str, name: str) -> dict[str, object]:
    return {
        "platform": key.platform,
        "workspace_id": key.workspace_id,
        "person_id": person_id,
        "name": name,
    }


def _is_at(table: Table, place: Mapping[str, object]) -> ColumnElement[bool]:
    return and_(*(table.c[column] == value for column, value in place.items()))


async def _set(
    connection: AsyncConnection, table: Table, place: Mapping[str, object], value: str | None
) -> None:
    """Write the value of a primary key, or remove it with None."""
    if value is None:
        await connection.execute(delete(table).where(_is_at(table, place)))
        return
    setting = insert(table).values(**place, value=value)
    await connection.execute(setting.on_conflict_do_update(index_elements=list(place), set_={"value": value}))
