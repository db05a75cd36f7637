"""What is kept of one person: found, given out, erased. And who wants to be left out of memory."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.database import Database
from bot.storage.erasure import Erasure
from bot.storage.facts import to_fact
from bot.storage.history import TURN_COLUMNS, to_turn
from bot.storage.lookup import to_key
from bot.storage.models import (
    conversations,
    facts,
    feedback,
    messages,
    replies,
    reply_posts,
    workspace_settings,
)
from bot.storage.owned import answering, facts_of, feedback_of, find_traces, said_by
from bot.storage.records import OPTED_OUT, Belongings, Kept, Opinion, Traces


class People:
    """Persons in a workspace, each with their direct messages with the bot. `on_erased` is told of every
    conversation that lost something. All methods raise StorageError when the database fails."""

    def __init__(self, database: Database, on_erased: Callable[[ConversationKey], None]) -> None:
        self._database = database
        self._on_erased = on_erased

    async def opted_out(self, key: ConversationKey) -> frozenset[str]:
        """Who in the workspace of `key` wants nothing remembered but what they say to the bot."""
        name, value = OPTED_OUT
        statement = select(workspace_settings.c.person_id).where(
            workspace_settings.c.platform == key.platform,
            workspace_settings.c.workspace_id == key.workspace_id,
            workspace_settings.c.name == name,
            workspace_settings.c.value == value,
        )
        async with self._database.read() as connection:
            return frozenset((await connection.scalars(statement)).all())

    async def traces(self, key: ConversationKey, person_id: str) -> Traces:
        """How much is kept of a person."""
        async with self._database.read() as connection:
            return await find_traces(connection, key, person_id)

    def erasure(self, key: ConversationKey, person_id: str, asking: str) -> Erasure:
        """The erasing of a person, to be run; `asking` is the message of `key` that asks for it."""
        return Erasure(self._database, key, person_id, asking, self._on_erased)

    async def belongings(self, key: ConversationKey, person_id: str, limit: int) -> Belongings:
        """What is kept of a person, of messages and answers the newest `limit`: their own words wherever they
        said them, and the bot's where they asked. Nothing that others said."""
        async with self._database.read() as connection:
            return Belongings(
                await _kept(connection, key, person_id, limit),
                await _facts(connection, key, person_id),
                await _settings(connection, key, person_id),
                await _opinions(connection, key, person_id),
            )


async def _kept(
    connection: AsyncConnection, key: ConversationKey, person_id: str, limit: int
) -> tuple[Kept, ...]:
    is_answer = and_(messages.c.role == "assistant", messages.c.reply_id.in_(answering(key, person_id)))
    statement = (
        select(*TURN_COLUMNS, conversations)
        .join(conversations)
        .where(or_(said_by(key, person_id), is_answer), messages.c.deleted_at.is_(None))
        .order_by(messages.c.anchor_sent_at.desc(), messages.c.id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    return tuple(Kept(to_key(row), to_turn(row), row.edited_at) for row in reversed(rows))


async def _facts(connection: AsyncConnection, key: ConversationKey, person_id: str) -> tuple[Kept, ...]:
    statement = select(facts, conversations).join(conversations)
    rows = await connection.execute(statement.where(facts_of(key, person_id)).order_by(facts.c.said_at))
    return tuple(Kept(to_key(row), to_fact(row)) for row in rows)


async def _settings(connection: AsyncConnection, key: ConversationKey, person_id: str) -> dict[str, str]:
    statement = select(workspace_settings.c.name, workspace_settings.c.value).where(
        workspace_settings.c.platform == key.platform,
        workspace_settings.c.workspace_id == key.workspace_id,
        workspace_settings.c.person_id == person_id,
    )
    return {row.name: row.value for row in await connection.execute(statement)}


async def _opinions(connection: AsyncConnection, key: ConversationKey, person_id: str) -> tuple[Opinion, ...]:
    statement = (
        select(conversations, feedback.c.is_good, feedback.c.said_at, reply_posts.c.message_id)
        .join(replies, replies.c.conversation_id == conversations.c.id)
        .join(feedback, feedback.c.reply_id == replies.c.id)
        .join(reply_posts, reply_posts.c.reply_id == replies.c.id)
        .where(feedback_of(key, person_id), reply_posts.c.position == 0)
        .order_by(feedback.c.said_at)
    )
    rows = await connection.execute(statement)
    return tuple(Opinion(to_key(row), row.message_id, row.is_good, row.said_at) for row in rows)
