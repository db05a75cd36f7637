"""Derived data, which rests on messages and goes with them, and channel settings.

Functions over an open transaction.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, distinct, func, or_, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.lookup import channel_ids, find_conversation, get_conversation, insert_row, is_in_channel
from bot.storage.models import channel_settings, conversations, derived_sources, derived_texts, messages
from bot.storage.records import Derived

_IDS_AT_ONCE = 1000
"""Values in one statement; SQLite takes at most 32,766 (SQLITE_MAX_VARIABLE_NUMBER)."""


async def get_derived(
    connection: AsyncConnection, key: ConversationKey, kind: str, name: str
) -> Derived | None:
    """See HistoryStore.derived."""
    conversation_id = await find_conversation(connection, key)
    statement = select(derived_texts).where(
        derived_texts.c.conversation_id == conversation_id,
        derived_texts.c.kind == kind,
        derived_texts.c.key == name,
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    sources = (
        select(derived_sources.c.message_id)
        .where(derived_sources.c.derived_id == row.id)
        .order_by(derived_sources.c.position)
    )
    source_ids = tuple((await connection.scalars(sources)).all())
    return Derived(row.kind, row.key, row.text, row.model, source_ids, row.created_at)


async def put_derived(connection: AsyncConnection, key: ConversationKey, derived: Derived) -> bool:
    """See HistoryStore.put_derived."""
    if not await _are_intact(connection, key, derived.source_ids, derived.created_at):
        return False
    conversation_id = await get_conversation(connection, key)
    await connection.execute(
        delete(derived_texts).where(
            derived_texts.c.conversation_id == conversation_id,
            derived_texts.c.kind == derived.kind,
            derived_texts.c.key == derived.key,
        )
    )
    values = {
        "conversation_id": conversation_id,
        "kind": derived.kind,
        "key": derived.key,
        "text": derived.text,
        "model": derived.model,
        "created_at": derived.created_at,
    }
    derived_id = await insert_row(connection, derived_texts, values)
    sources = [
        {"derived_id": derived_id, "position": position, "message_id": message_id}
        for position, message_id in enumerate(derived.source_ids)
    ]
    if sources:
        await connection.execute(insert(derived_sources), sources)
    return True


async def _are_intact(
    connection: AsyncConnection, key: ConversationKey, source_ids: tuple[str, ...], since: datetime
) -> bool:
    """Whether all sources are in memory and none was edited after `since`. Threads of the channel count."""
    wanted = sorted(set(source_ids))
    found = 0
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        statement = (
            select(func.count(distinct(messages.c.message_id)))
            .join(conversations)
            .where(
                messages.c.message_id.in_(wanted[start : start + _IDS_AT_ONCE]),
                is_in_channel(key),
                messages.c.deleted_at.is_(None),
                or_(messages.c.edited_at.is_(None), messages.c.edited_at <= since),
            )
        )
        found += (await connection.execute(statement)).scalar_one()
    return found == len(wanted)


async def drop_derived(connection: AsyncConnection, key: ConversationKey, message_id: str) -> None:
    """Delete what was derived from one message, wherever in its channel it is kept."""
    resting = select(derived_sources.c.derived_id).where(derived_sources.c.message_id == message_id)
    await connection.execute(
        delete(derived_texts).where(
            derived_texts.c.id.in_(resting), derived_texts.c.conversation_id.in_(channel_ids(key))
        )
    )


async def get_setting(connection: AsyncConnection, key: ConversationKey, name: str) -> str | None:
    """See HistoryStore.setting."""
    statement = (
        select(channel_settings.c.value)
        .join(conversations)
        .where(
            is_in_channel(key),
            conversations.c.thread_id.in_({"", key.thread_id or ""}),
            channel_settings.c.name == name,
        )
        .order_by(conversations.c.thread_id.desc())
        .limit(1)
    )
    value: str | None = await connection.scalar(statement)
    return value


async def set_setting(
    connection: AsyncConnection, key: ConversationKey, name: str, value: str | None
) -> None:
    """See HistoryStore.set_setting."""
    conversation_id = await get_conversation(connection, key)
    if value is None:
        await connection.execute(
            delete(channel_settings).where(
                channel_settings.c.conversation_id == conversation_id, channel_settings.c.name == name
            )
        )
        return
    setting = insert(channel_settings).values(conversation_id=conversation_id, name=name, value=value)
    await connection.execute(
        setting.on_conflict_do_update(index_elements=["conversation_id", "name"], set_={"value": value})
    )
