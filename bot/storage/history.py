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
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey, Turn
from bot.storage.lookup import THIS_ID, find_message, to_key, to_parameters
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
    memory_only: bool = True
    person_id: str | None = None


async def turns(connection: AsyncConnection, key: ConversationKey, query: TurnQuery) -> list[Turn]:
    """See HistoryStore.turns."""
    parameters = to_parameters(key)
    bounds: list[str] = []
    for bound, message_id in (("before", query.before_message_id), ("through", query.through_message_id)):
        if message_id is not None:
            of_message = {**parameters, "of_message": message_id}
            place = (await connection.execute(_PLACE_OF_MESSAGE, of_message)).first()
            if place is not None:
                bounds.append(bound)
                parameters |= {f"{bound}_{index}": value for index, value in enumerate(place)}
    statement = _newest(
        query.memory_only, query.since is not None, tuple(bounds), query.person_id is not None
    )
    # SQLite reads a negative limit as none.
    parameters |= {"since": query.since, "newest": -1 if query.limit is None else query.limit}
    parameters |= {"person": query.person_id}
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
    if query.person_id is not None:
        statement = statement.where(messages.c.author_id == query.person_id)
    return [to_turn(row) for row in (await connection.execute(statement)).all()]


def whole(column: ColumnElement[datetime]) -> ColumnElement[int]:
    """A column of times as the whole numbers that are stored."""
    return type_coerce(column, Integer)


_PLACES = (whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
"""The whole numbers that say where a message stands in its conversation."""

_HERE = messages.c.conversation_id == THIS_ID
_PLACE_OF_MESSAGE = select(*_PLACES).where(_HERE, messages.c.message_id == bindparam("of_message"))
PLACE_OF_ROW: Select[*tuple[Any, ...]] = (
    select(*_PLACES, messages.c.message_id, conversations)
    .join(conversations)
    .where(messages.c.id == bindparam("of_row"))
)
_FROM_HERE = (
    select(*TURN_COLUMNS)
    .join(conversations)
    .where(
        _HERE,
        messages.c.deleted_at.is_(None),
        messages.c.is_memory,
        tuple_(*_PLACES) >= tuple_(*(bindparam(f"from_{index}", type_=Integer) for index in range(3))),
    )
    .order_by(*_PLACES)
    .limit(bindparam("count", type_=Integer))
)


_OF_PERSON = messages.alias()
_IS_EXCHANGE = or_(
    and_(messages.c.role == "user", messages.c.author_id == bindparam("person")),
    exists().where(
        messages.c.role == "assistant",
        _OF_PERSON.c.conversation_id == messages.c.conversation_id,
        _OF_PERSON.c.message_id == messages.c.reply_to,
        _OF_PERSON.c.role == "user",
        _OF_PERSON.c.author_id == bindparam("person"),
    ),
)
"""What one person said, and the bot's answers to that."""


@cache
def _newest(
    memory_only: bool, has_since: bool, bounds: tuple[str, ...], of_person: bool
) -> Select[*tuple[Any, ...]]:
    """The statement for one shape of query; building one takes longer than running it."""
    statement = select(*TURN_COLUMNS).join(conversations).where(_HERE, messages.c.deleted_at.is_(None))
    if memory_only:
        statement = statement.where(messages.c.is_memory)
    if of_person:
        statement = statement.where(_IS_EXCHANGE)
    if has_since:
        statement = statement.where(messages.c.anchor_sent_at >= bindparam("since"))
    here = tuple_(*_PLACES)
    for bound in bounds:
        there = tuple_(*(bindparam(f"{bound}_{index}", type_=Integer) for index in range(len(_PLACES))))
        statement = statement.where(here < there if bound == "before" else here <= there)
    newest_first = [place.desc() for place in _PLACES]
    return statement.order_by(*newest_first).limit(bindparam("newest", type_=Integer))


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
