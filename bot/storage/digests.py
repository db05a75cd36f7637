"""Reading a channel by stretches of time, for summaries that are kept and continued. Knows no summaries.

Everything said in a channel and its threads stands in one order here, that of time: a thread's new messages
are new, and not a part of what was said when the thread began. A key with a thread means that thread alone,
with the message that it hangs on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, Turn
from bot.storage.database import Database
from bot.storage.history import TURN_COLUMNS, to_turn, whole
from bot.storage.lookup import channel_ids, is_conversation, is_in_channel
from bot.storage.models import conversations, derived_texts, messages, to_microseconds

_GREATEST = 2**62


class Place(NamedTuple):
    """Where a message stands in time: microseconds, and what orders messages of one instant."""

    at: int
    anchor: int
    row: int

    @classmethod
    def before(cls, moment: datetime) -> Place:
        """The place before everything that was sent at `moment` or later."""
        return cls(to_microseconds(moment) - 1, _GREATEST, _GREATEST)

    @property
    def just_before(self) -> Place:
        """The place between this one and whatever stands before it."""
        return Place(self.at, self.anchor, self.row - 1)


BEGINNING = Place(-_GREATEST, 0, 0)
END = Place(_GREATEST, 0, 0)


@dataclass(frozen=True, slots=True)
class Placed:
    """One message and its place. `turn` is None for what is not to be told: deleted, a command, a notice."""

    place: Place
    turn: Turn | None


class Count(NamedTuple):
    """How many rows stand in a stretch, hidden ones too, and the greatest of their ids (0 without any).

    Rows are never moved and their ids never used twice: a stretch with the same count has the same rows.
    """

    rows: int
    newest_row: int


class Digests:
    """Reads stretches of a channel. `after` is always left out, `through` is part of the stretch."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stretch(
        self, key: ConversationKey, after: Place, through: Place, newest: int | None = None
    ) -> list[Placed]:
        """All rows of a stretch, oldest first; with `newest`, only from its so many newest messages on."""
        async with self._database.read() as connection:
            if newest is not None:
                after = await _before_newest(connection, key, after, through, newest)
            statement = (
                select(*TURN_COLUMNS, messages.c.is_memory, messages.c.deleted_at, *_PLACE)
                .join(conversations)
                .where(_is_within(key, after, through))
                .order_by(*_PLACE)
            )
            return [_placed(row) for row in await connection.execute(statement)]

    async def newest(self, key: ConversationKey, count: int) -> list[Turn]:
        """The `count` newest messages of memory, threads included, oldest first."""
        placed = await self.stretch(key, BEGINNING, END, count)
        return [entry.turn for entry in placed if entry.turn is not None]

    async def counts(self, key: ConversationKey, spans: Sequence[tuple[Place, Place]]) -> list[Count]:
        """What stands in each of the stretches."""
        async with self._database.read() as connection:
            return [await _count(connection, key, after, through) for after, through in spans]

    async def has_messages(self, key: ConversationKey, after: Place, through: Place) -> bool:
        """Whether there is anything to be told in a stretch."""
        async with self._database.read() as connection:
            statement = select(messages.c.id).where(_is_within(key, after, through), *_TOLD).limit(1)
            return await connection.scalar(statement) is not None

    async def messages_through(self, key: ConversationKey, place: Place) -> int:
        """How many messages of memory stand at or before `place`."""
        async with self._database.read() as connection:
            statement = select(func.count()).where(_is_within(key, BEGINNING, place), *_TOLD)
            return (await connection.execute(statement)).scalar_one()

    async def place_of(self, key: ConversationKey, message_id: str) -> Place | None:
        """Where a message of this channel stands, None where there is none of that id."""
        return await self._first(key, messages.c.message_id == message_id)

    async def place_of_number(self, key: ConversationKey, number: int) -> Place | None:
        """Where message `number` of memory stands, counted from 1 at the beginning."""
        statement = select(*_PLACE).where(_is_within(key, BEGINNING, END), *_TOLD)
        async with self._database.read() as connection:
            rows = await connection.execute(statement.order_by(*_PLACE).limit(1).offset(number - 1))
            row = rows.first()
        return Place(*row) if row else None

    async def last_place_of(self, key: ConversationKey, author_id: str) -> Place | None:
        """Where the newest message of a person stands."""
        return await self._first(key, and_(messages.c.author_id == author_id, messages.c.role == "user"))

    async def place_of_newest(self, key: ConversationKey, count: int) -> Place | None:
        """Where the `count`-th newest message stands, None where there are not so many."""
        return await self._first(key, true(), count - 1)

    async def _first(self, key: ConversationKey, which: ColumnElement[bool], skip: int = 0) -> Place | None:
        """The newest place of those, but for the `skip` newest."""
        statement = select(*_PLACE).where(_is_within(key, BEGINNING, END), *_TOLD, which)
        async with self._database.read() as connection:
            newest_first = [place.desc() for place in _PLACE]
            statement = statement.order_by(*newest_first).limit(1).offset(skip)
            row = (await connection.execute(statement)).first()
        return Place(*row) if row else None

    async def kept(self, key: ConversationKey, kind: str, prefix: str) -> list[str]:
        """Texts of derived data of one kind whose keys begin with `prefix`, by key; without their sources,
        which are many."""
        here = select(conversations.c.id).where(is_conversation(key)).scalar_subquery()
        statement = (
            select(derived_texts.c.text)
            .where(
                derived_texts.c.conversation_id == here,
                derived_texts.c.kind == kind,
                derived_texts.c.key >= prefix,
                derived_texts.c.key < f"{prefix}\U0010ffff",
            )
            .order_by(derived_texts.c.key)
        )
        async with self._database.read() as connection:
            return list(await connection.scalars(statement))

    async def drop(self, key: ConversationKey, kind: str, names: Sequence[str]) -> None:
        """Delete derived data of one kind by key."""
        here = select(conversations.c.id).where(is_conversation(key)).scalar_subquery()
        which = (derived_texts.c.conversation_id == here, derived_texts.c.kind == kind)
        async with self._database.write() as connection:
            for name in names:
                await connection.execute(delete(derived_texts).where(*which, derived_texts.c.key == name))


_PLACE = (whole(messages.c.anchor_sent_at), messages.c.anchor_id, messages.c.id)
_TOLD = (messages.c.is_memory, messages.c.deleted_at.is_(None))


def _is_within(key: ConversationKey, after: Place, through: Place) -> ColumnElement[bool]:
    return and_(_is_here(key), tuple_(*_PLACE) > _bound(after), tuple_(*_PLACE) <= _bound(through))


def _is_here(key: ConversationKey) -> ColumnElement[bool]:
    """The channel with its threads, or one thread with the channel's message that it hangs on (both platforms
    name a thread by that message's id)."""
    if key.thread_id is None:
        return messages.c.conversation_id.in_(channel_ids(key))
    own = select(conversations.c.id).where(is_conversation(key)).scalar_subquery()
    channel = select(conversations.c.id).where(is_in_channel(key), conversations.c.thread_id == "")
    starter = and_(
        messages.c.message_id == key.thread_id, messages.c.conversation_id == channel.scalar_subquery()
    )
    return or_(messages.c.conversation_id == own, starter)


def _bound(place: Place) -> ColumnElement[Any]:
    return tuple_(*(literal(value, Integer) for value in place))


async def _before_newest(
    connection: AsyncConnection, key: ConversationKey, after: Place, through: Place, newest: int
) -> Place:
    """The place right before the `newest` newest messages of a stretch."""
    statement: Select[Any] = (
        select(*_PLACE)
        .where(_is_within(key, after, through), *_TOLD)
        .order_by(*(place.desc() for place in _PLACE))
        .limit(1)
        .offset(newest - 1)
    )
    row = (await connection.execute(statement)).first()
    return Place(*row).just_before if row else after


async def _count(connection: AsyncConnection, key: ConversationKey, after: Place, through: Place) -> Count:
    statement = select(func.count(), func.coalesce(func.max(messages.c.id), 0))
    rows, newest = (await connection.execute(statement.where(_is_within(key, after, through)))).one()
    return Count(rows, newest)


def _placed(row: Row[*tuple[Any, ...]]) -> Placed:
    is_told = row.is_memory and row.deleted_at is None
    at, anchor, row_id = row[-3:]
    return Placed(Place(at, anchor, row_id), to_turn(row) if is_told else None)
