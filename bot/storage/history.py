"""Memory out: turns in the order of memory, and the list of conversations.

Functions over an open transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Row,
    case,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey, Turn
from bot.storage.lookup import channel_ids, find_conversation, to_key
from bot.storage.models import conversations, messages
from bot.storage.records import ConversationSummary


@dataclass(frozen=True, slots=True)
class TurnQuery:
    """Which turns of a conversation; the fields are the parameters of HistoryStore.turns."""

    limit: int | None = None
    since: datetime | None = None
    before_message_id: str | None = None
    through_message_id: str | None = None
    include_threads: bool = False
    memory_only: bool = True


@dataclass(frozen=True, slots=True)
class _Order:
    """Rows of messages, and the whole numbers that say where each stands among them."""

    rows: FromClause
    which: ColumnElement[bool]
    places: tuple[ColumnElement[int], ...]


async def turns(connection: AsyncConnection, key: ConversationKey, query: TurnQuery) -> list[Turn]:
    """See HistoryStore.turns."""
    conversation_id = await find_conversation(connection, key)
    if query.include_threads and key.thread_id is None:
        order = _order_with_threads(key, conversation_id)
    elif conversation_id is None:
        return []
    else:
        order = _order_of_one(conversation_id)
    statement = select(messages).select_from(order.rows).where(order.which, messages.c.deleted_at.is_(None))
    if query.memory_only:
        statement = statement.where(messages.c.is_memory)
    if query.since is not None:
        statement = statement.where(messages.c.anchor_sent_at >= query.since)
    if query.before_message_id is not None:
        place = await _place(connection, order, query.before_message_id)
        statement = statement if place is None else statement.where(tuple_(*order.places) < place)
    if query.through_message_id is not None:
        place = await _place(connection, order, query.through_message_id)
        statement = statement if place is None else statement.where(tuple_(*order.places) <= place)
    newest = statement.order_by(*(place.desc() for place in order.places)).limit(query.limit)
    rows = (await connection.execute(newest)).all()
    return [_to_turn(row) for row in reversed(rows)]


def _whole(column: ColumnElement[datetime]) -> ColumnElement[int]:
    return type_coerce(column, Integer)


def _order_of_one(conversation_id: int) -> _Order:
    places = (_whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
    return _Order(messages, messages.c.conversation_id == conversation_id, places)


def _order_with_threads(key: ConversationKey, channel_id: int | None) -> _Order:
    """The channel's own order, and within it each thread right after the message that it hangs on.

    A thread whose first message is not known stands where its oldest message would.
    """
    first = messages.alias("first")
    inner = messages.alias("inner")
    oldest = (
        select(func.min(inner.c.anchor_sent_at))
        .where(inner.c.conversation_id == conversations.c.id)
        .scalar_subquery()
    )
    threads = (
        select(
            conversations.c.id.label("thread_row"),
            func.coalesce(_whole(first.c.anchor_sent_at), _whole(oldest)).label("at"),
            func.coalesce(first.c.anchor_id, -conversations.c.id).label("anchor"),
            func.coalesce(first.c.id, 0).label("row"),
        )
        .outerjoin(
            first, (first.c.message_id == conversations.c.thread_id) & (first.c.conversation_id == channel_id)
        )
        .where(conversations.c.id.in_(channel_ids(key)), conversations.c.thread_id != "")
        .subquery("threads")
    )
    rows = messages.outerjoin(threads, threads.c.thread_row == messages.c.conversation_id)
    is_own = threads.c.thread_row.is_(None)
    own = (_whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
    hung_on = (threads.c["at"], threads.c.anchor, threads.c.row)
    outer = tuple(case((is_own, mine), else_=theirs) for mine, theirs in zip(own, hung_on, strict=True))
    inside = tuple(case((is_own, -1), else_=mine) for mine in own)
    return _Order(rows, messages.c.conversation_id.in_(channel_ids(key)), outer + inside)


async def _place(
    connection: AsyncConnection, order: _Order, message_id: str
) -> ColumnElement[tuple[int, ...]] | None:
    """Where a message stands, deleted or not; None when nothing is known of it."""
    statement = (
        select(*order.places).select_from(order.rows).where(order.which, messages.c.message_id == message_id)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else tuple_(*(literal(value, Integer) for value in row))


def _to_turn(row: Row[tuple[object, ...]]) -> Turn:
    return Turn(
        role=row.role,
        text=row.text,
        author=Author(row.author_id, row.author_name, row.author_is_bot),
        sent_at=row.sent_at,
        message_id=row.message_id,
        reply_to=row.reply_to,
        is_edited=row.edited_at is not None,
    )


async def list_conversations(
    connection: AsyncConnection, platform: str, workspace_id: str
) -> list[ConversationSummary]:
    """See HistoryStore.conversations."""
    last = func.max(messages.c.sent_at).label("last_sent_at")
    statement = (
        select(
            conversations,
            func.count().label("total"),
            type_coerce(last, messages.c.sent_at.type).label("last"),
        )
        .join(messages)
        .where(
            conversations.c.platform == platform,
            conversations.c.workspace_id == workspace_id,
            messages.c.deleted_at.is_(None),
        )
        .group_by(conversations.c.id)
        .order_by(last.desc(), conversations.c.id.desc())
    )
    rows = await connection.execute(statement)
    return [ConversationSummary(to_key(row), row.total, row.last) for row in rows]
