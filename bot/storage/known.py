"""What is known of the past: how far memory reaches, and which messages of a stretch it has had.

For those who read a platform's own history back. Tombstones, commands and erased messages count as known:
what was taken out of memory is not to come back by that road.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select, true, type_coerce, union

from bot.messages import ConversationKey, IncomingMessage
from bot.storage import answers
from bot.storage.database import Database
from bot.storage.lookup import channel_ids, is_conversation, to_key
from bot.storage.models import (
    conversations,
    inbox,
    messages,
    replies,
    reply_posts,
    workspace_settings,
)


@dataclass(frozen=True, slots=True)
class KnownMessage:
    """A message that memory has or had.

    `is_own`: an answer of the bot's, by the id of its first post. `is_command`: it is a command, or answers
    one. `was_told`: the platform told of it when it was sent, as it does not of messages that were imported.
    """

    message_id: str
    sent_at: datetime
    edited_at: datetime | None
    is_own: bool
    is_deleted: bool
    is_command: bool
    was_told: bool


@dataclass(frozen=True, slots=True)
class Reach:
    """How far memory reaches in a conversation: its newest message (before a moment, if it has one there) and
    its oldest."""

    conversation: ConversationKey
    newest: datetime | None
    oldest: datetime


class Known:
    """The part of the store that says what is known; each method is one short transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def workspaces(self, platform: str) -> list[str]:
        """The workspaces of a platform of which anything is kept."""
        named = union(
            *(
                select(table.c.workspace_id).where(table.c.platform == platform)
                for table in (conversations, workspace_settings)
            )
        )
        async with self._database.read() as connection:
            return sorted((await connection.scalars(named)).all())

    async def reach(self, platform: str, before: datetime | None = None) -> list[Reach]:
        """Every conversation of a platform that has messages, and how far they reach, before a moment if that
        is given."""
        here = messages.c.conversation_id == conversations.c.id
        at, kind = messages.c.anchor_sent_at, messages.c.sent_at.type
        is_before = true() if before is None else at < before
        newest = select(func.max(at)).where(here, is_before).scalar_subquery()
        oldest = select(func.min(at)).where(here).scalar_subquery()
        statement = select(
            conversations,
            type_coerce(newest, kind).label("newest"),
            type_coerce(oldest, kind).label("oldest"),
        ).where(conversations.c.platform == platform)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [Reach(to_key(row), row.newest, row.oldest) for row in rows if row.oldest is not None]

    async def since(self, key: ConversationKey, earliest: datetime | None) -> list[KnownMessage]:
        """The messages of a conversation from a moment on, or all of them."""
        event, question = inbox.alias(), inbox.alias()
        is_told = exists().where(
            event.c.conversation_id == messages.c.conversation_id, event.c.message_id == messages.c.message_id
        )
        answers_command = exists().where(
            question.c.reply_id == messages.c.reply_id, question.c.command.is_not(None)
        )
        statement = (
            select(
                messages.c.message_id,
                messages.c.role,
                messages.c.is_memory,
                messages.c.sent_at,
                messages.c.edited_at,
                messages.c.deleted_at,
                is_told.label("was_told"),
                answers_command.label("answers_command"),
            )
            .join(conversations)
            .where(is_conversation(key))
        )
        if earliest is not None:
            statement = statement.where(messages.c.anchor_sent_at >= earliest)
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        return [
            KnownMessage(
                message_id=row.message_id,
                sent_at=row.sent_at,
                edited_at=row.edited_at,
                is_own=row.role == "assistant",
                is_deleted=row.deleted_at is not None,
                is_command=not row.is_memory or row.answers_command,
                was_told=row.was_told,
            )
            for row in rows
        ]

    async def among(self, key: ConversationKey, message_ids: Sequence[str]) -> set[str]:
        """Which of these messages are known in the channel of `key`, its threads included."""
        here = channel_ids(key)
        said = select(messages.c.message_id).where(
            messages.c.message_id.in_(message_ids), messages.c.conversation_id.in_(here)
        )
        told = select(inbox.c.message_id).where(
            inbox.c.message_id.in_(message_ids), inbox.c.conversation_id.in_(here)
        )
        posted = (
            select(reply_posts.c.message_id)
            .join(replies, replies.c.id == reply_posts.c.reply_id)
            .where(reply_posts.c.message_id.in_(message_ids), replies.c.conversation_id.in_(here))
        )
        async with self._database.read() as connection:
            return set((await connection.scalars(union(said, told, posted))).all())

    async def questions_of_post(self, key: ConversationKey, post_id: str) -> tuple[IncomingMessage, ...]:
        """What is left of the messages that a reply answers, finished or not, to which a post in the channel
        of `key` belongs: oldest first, each with its own conversation. Nothing for other messages."""
        async with self._database.read() as connection:
            return await answers.questions_of_post(connection, key, post_id)
