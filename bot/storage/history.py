"""Memory out: turns in the order of memory, and the list of conversations.

Functions over an open transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Row,
    Select,
    bindparam,
    case,
    func,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey, Turn
from bot.storage.lookup import THIS_CHANNEL_IDS, THIS_ID, find_message, to_key, to_parameters
from bot.storage.models import conversations, messages
from bot.storage.records import ConversationSummary

TURN_COLUMNS = (
    messages.c.role,
    messages.c.text,
    messages.c.author_id,
    messages.c.author_name,
    messages.c.author_is_bot,
    messages.c.sent_at,
    messages.c.message_id,
    messages.c.reply_to,
    messages.c.edited_at,
    conversations.c.thread_id,
)


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
    with_threads = query.include_threads and key.thread_id is None
    parameters = to_parameters(key)
    bounds: list[str] = []
    for bound, message_id in (("before", query.before_message_id), ("through", query.through_message_id)):
        if message_id is not None:
            of_message = {**parameters, "of_message": message_id}
            place = (await connection.execute(_place(with_threads), of_message)).first()
            if place is not None:
                bounds.append(bound)
                parameters |= {f"{bound}_{index}": value for index, value in enumerate(place)}
    statement = _newest(with_threads, query.memory_only, query.since is not None, tuple(bounds))
    # SQLite reads a negative limit as none.
    parameters |= {"since": query.since, "newest": -1 if query.limit is None else query.limit}
    rows = (await connection.execute(statement, parameters)).all()
    found = [to_turn(row) for row in reversed(rows)]
    if key.thread_id is not None and (query.limit is None or len(found) < query.limit):
        return [*await _thread_starter(connection, key, query), *found]
    return found


async def turns_around(
    connection: AsyncConnection, key: ConversationKey, message_id: str, before: int, after: int
) -> list[Turn]:
    """See HistoryStore.turns_around."""
    found = await find_message(connection, key, message_id)
    if found is None or found.row_id is None:
        return []
    place = (await connection.execute(PLACE_OF_ROW, {"of_row": found.row_id})).one()
    here = to_key(place)
    earlier = await turns(connection, here, TurnQuery(limit=before, before_message_id=place.message_id))
    parameters = {**to_parameters(here), "count": after + 1}
    parameters |= {f"from_{index}": value for index, value in enumerate(place[:3])}
    later = [to_turn(row) for row in await connection.execute(_FROM_HERE, parameters)]
    is_itself = bool(later) and later[0].message_id == place.message_id
    return [*earlier, *later[: after + is_itself]]


async def _thread_starter(connection: AsyncConnection, key: ConversationKey, query: TurnQuery) -> list[Turn]:
    """The channel's message that a thread hangs on: both platforms name a thread by that message's id."""
    statement = (
        select(*TURN_COLUMNS)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            conversations.c.platform == key.platform,
            conversations.c.workspace_id == key.workspace_id,
            conversations.c.channel_id == key.channel_id,
            conversations.c.thread_id == "",
            messages.c.message_id == key.thread_id,
            messages.c.deleted_at.is_(None),
        )
    )
    if query.memory_only:
        statement = statement.where(messages.c.is_memory)
    if query.since is not None:
        statement = statement.where(messages.c.sent_at >= query.since)
    return [to_turn(row) for row in (await connection.execute(statement)).all()]


@cache
def _newest(
    with_threads: bool, memory_only: bool, has_since: bool, bounds: tuple[str, ...]
) -> Select[*tuple[Any, ...]]:
    """The statement for one shape of query; building one takes longer than running it."""
    order = _order_with_threads() if with_threads else _order_of_one()
    statement = (
        select(*TURN_COLUMNS).select_from(order.rows).where(order.which, messages.c.deleted_at.is_(None))
    )
    if memory_only:
        statement = statement.where(messages.c.is_memory)
    if has_since:
        statement = statement.where(messages.c.anchor_sent_at >= bindparam("since"))
    here = tuple_(*order.places)
    for bound in bounds:
        there = tuple_(*(bindparam(f"{bound}_{index}", type_=Integer) for index in range(len(order.places))))
        statement = statement.where(here < there if bound == "before" else here <= there)
    newest_first = [place.desc() for place in order.places]
    return statement.order_by(*newest_first).limit(bindparam("newest", type_=Integer))


@cache
def _place(with_threads: bool) -> Select[*tuple[Any, ...]]:
    """Where a message stands, deleted or not."""
    order = _order_with_threads() if with_threads else _order_of_one()
    of_message = messages.c.message_id == bindparam("of_message")
    return select(*order.places).select_from(order.rows).where(order.which, of_message)


def whole(column: ColumnElement[datetime]) -> ColumnElement[int]:
    """A column of times as the whole numbers that are stored."""
    return type_coerce(column, Integer)


def _order_of_one() -> _Order:
    places = (whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
    return _Order(messages.join(conversations), messages.c.conversation_id == THIS_ID, places)


PLACE_OF_ROW: Select[*tuple[Any, ...]] = (
    select(*_order_of_one().places, messages.c.message_id, conversations)
    .join(conversations)
    .where(messages.c.id == bindparam("of_row"))
)
_FROM_HERE = (
    select(*TURN_COLUMNS)
    .join(conversations)
    .where(
        _order_of_one().which,
        messages.c.deleted_at.is_(None),
        messages.c.is_memory,
        tuple_(*_order_of_one().places)
        >= tuple_(*(bindparam(f"from_{index}", type_=Integer) for index in range(3))),
    )
    .order_by(*_order_of_one().places)
    .limit(bindparam("count", type_=Integer))
)


def _order_with_threads() -> _Order:
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
            func.coalesce(whole(first.c.anchor_sent_at), whole(oldest)).label("at"),
            func.coalesce(first.c.anchor_id, -conversations.c.id).label("anchor"),
            func.coalesce(first.c.id, 0).label("row"),
        )
        .outerjoin(
            first, (first.c.message_id == conversations.c.thread_id) & (first.c.conversation_id == THIS_ID)
        )
        .where(conversations.c.id.in_(THIS_CHANNEL_IDS), conversations.c.thread_id != "")
        .subquery("threads")
    )
    rows = messages.join(conversations).outerjoin(threads, threads.c.thread_row == messages.c.conversation_id)
    is_own = threads.c.thread_row.is_(None)
    own = (whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
    hung_on = (threads.c["at"], threads.c.anchor, threads.c.row)
    outer = tuple(case((is_own, mine), else_=theirs) for mine, theirs in zip(own, hung_on, strict=True))
    inside = tuple(case((is_own, -1), else_=mine) for mine in own)
    return _Order(rows, messages.c.conversation_id.in_(THIS_CHANNEL_IDS), outer + inside)


def to_turn(row: Row[*tuple[Any, ...]]) -> Turn:
    """The turn of a row that has TURN_COLUMNS."""
    """A row that has TURN_COLUMNS, as a turn."""
    return Turn(
        role=row.role,
        text=row.text,
        author=Author(row.author_id, row.author_name, row.author_is_bot),
        sent_at=row.sent_at,
        message_id=row.message_id,
        reply_to=row.reply_to,
        is_edited=row.edited_at is not None,
        thread_id=row.thread_id or None,
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
