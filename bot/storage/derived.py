"""Derived data, which rests on messages and goes with them. Functions over an open transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, distinct, func, or_, select, true
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.lookup import channel_ids, get_conversation, insert_row, is_conversation, is_in_channel
from bot.storage.models import conversations, derived_sources, derived_texts, facts, messages
from bot.storage.records import Derived

_IDS_AT_ONCE = 1000
"""Values in one statement; SQLite takes at most 32,766 (SQLITE_MAX_VARIABLE_NUMBER)."""


async def get_many(
    connection: AsyncConnection, key: ConversationKey, kind: str, names: Sequence[str]
) -> dict[str, Derived]:
    """See HistoryStore.derived_many."""
    found: list[Derived] = []
    for start in range(0, len(names), _IDS_AT_ONCE):
        found += await _read(
            connection, key, kind, derived_texts.c.key.in_(names[start : start + _IDS_AT_ONCE])
        )
    return {derived.key: derived for derived in found}


async def get_of_kind(connection: AsyncConnection, key: ConversationKey, kind: str) -> list[Derived]:
    """See HistoryStore.derived_of_kind."""
    return await _read(connection, key, kind, true())


async def _read(
    connection: AsyncConnection, key: ConversationKey, kind: str, which: ColumnElement[bool]
) -> list[Derived]:
    """Derived data with its sources, oldest first."""
    here = and_(
        derived_texts.c.conversation_id.in_(select(conversations.c.id).where(is_conversation(key))),
        derived_texts.c.kind == kind,
        which,
    )
    sources: defaultdict[int, list[str]] = defaultdict(list)
    of_sources = (
        select(derived_sources.c.derived_id, derived_sources.c.message_id)
        .join(derived_texts)
        .where(here)
        .order_by(derived_sources.c.derived_id, derived_sources.c.position)
    )
    for derived_id, message_id in await connection.execute(of_sources):
        sources[derived_id].append(message_id)
    rows = await connection.execute(select(derived_texts).where(here).order_by(derived_texts.c.id))
    return [
        Derived(row.kind, row.key, row.text, row.model, tuple(sources[row.id]), row.created_at)
        for row in rows
    ]


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
    """Delete what was derived from one message, and the fact that it asked to keep, wherever in its channel
    it is kept."""
    resting = select(derived_sources.c.derived_id).where(derived_sources.c.message_id == message_id)
    await connection.execute(
        delete(derived_texts).where(
            derived_texts.c.id.in_(resting), derived_texts.c.conversation_id.in_(channel_ids(key))
        )
    )
    await connection.execute(
        delete(facts).where(facts.c.message_id == message_id, facts.c.conversation_id.in_(channel_ids(key)))
    )
