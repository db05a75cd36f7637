"""Finding rows by the names that platforms use. Functions over an open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, Table, and_, bindparam, desc, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.models import conversations, messages, replies, reply_posts


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """The row of a message or, for the bot's own posts, of the turn they show (None if there is none).

    `reply_id` is the reply that posted it, None for what people wrote.
    """

    row_id: int | None
    conversation_id: int
    text: str
    is_deleted: bool
    reply_id: int | None


# Statements that run for every message are built once; these are their parameters for a conversation.
THIS_CONVERSATION = and_(
    conversations.c.platform == bindparam("key_platform"),
    conversations.c.workspace_id == bindparam("key_workspace_id"),
    conversations.c.channel_id == bindparam("key_channel_id"),
    conversations.c.thread_id == bindparam("key_thread_id"),
)
THIS_ID = select(conversations.c.id).where(THIS_CONVERSATION).scalar_subquery()


def to_parameters(key: ConversationKey) -> dict[str, object]:
    """The values for THIS_CONVERSATION and THIS_ID."""
    return {
        "key_platform": key.platform,
        "key_workspace_id": key.workspace_id,
        "key_channel_id": key.channel_id,
        "key_thread_id": key.thread_id or "",
    }


def is_conversation(key: ConversationKey) -> ColumnElement[bool]:
    """The condition that a conversation's row is exactly this one."""
    return and_(is_in_channel(key), conversations.c.thread_id == (key.thread_id or ""))


def is_in_channel(key: ConversationKey) -> ColumnElement[bool]:
    """The condition that a conversation's row is this channel or one of its threads."""
    return and_(
        conversations.c.platform == key.platform,
        conversations.c.workspace_id == key.workspace_id,
        conversations.c.channel_id == key.channel_id,
    )


def channel_ids(key: ConversationKey) -> Select[tuple[int]]:
    """The row ids of a channel and of all its threads."""
    return select(conversations.c.id).where(is_in_channel(key))


def to_key(row: Row[tuple[str, str, str, str]]) -> ConversationKey:
    """The key of a row that has the columns of `conversations`."""
    return ConversationKey(row.platform, row.workspace_id, row.channel_id, row.thread_id or None)


async def find_conversation(connection: AsyncConnection, key: ConversationKey) -> int | None:
    """The row id of a conversation, None when nothing was ever stored of it."""
    found: int | None = await connection.scalar(select(conversations.c.id).where(is_conversation(key)))
    return found


async def get_conversation(connection: AsyncConnection, key: ConversationKey) -> int:
    """The row id of a conversation, which is made where it is missing."""
    found = await find_conversation(connection, key)
    if found is not None:
        return found
    values = {
        "platform": key.platform,
        "workspace_id": key.workspace_id,
        "channel_id": key.channel_id,
        "thread_id": key.thread_id or "",
    }
    place = await connection.scalar(select(conversations.c.place).where(is_in_channel(key)).limit(1))
    row_id = await insert_row(connection, conversations, values)
    await connection.execute(
        update(conversations).where(conversations.c.id == row_id).values(place=place or row_id)
    )
    return row_id


async def insert_row(connection: AsyncConnection, table: Table, values: Mapping[str, object]) -> int:
    """Insert one row and return its id."""
    row_id: int = (await connection.execute(insert(table).values(values).returning(table.c.id))).scalar_one()
    return row_id


async def find_message(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> FoundMessage | None:
    """A message by its platform id: in this conversation, else elsewhere in the channel and its threads.

    An event about a thread's message may come without the thread, but ids are unique within a channel.
    """
    return await _find_post(connection, key, message_id) or await _find_row(connection, key, message_id)


async def _find_row(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> FoundMessage | None:
    statement = (
        select(messages)
        .join(conversations)
        .where(messages.c.message_id == message_id, is_in_channel(key))
        .order_by(desc(conversations.c.thread_id == (key.thread_id or "")))
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    return FoundMessage(row.id, row.conversation_id, row.text, row.deleted_at is not None, row.reply_id)


async def _find_post(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> FoundMessage | None:
    statement = (
        select(
            replies.c.conversation_id,
            reply_posts.c.reply_id,
            messages.c.id,
            messages.c.text,
            messages.c.deleted_at,
        )
        .select_from(reply_posts)
        .join(replies, replies.c.id == reply_posts.c.reply_id)
        .join(conversations, conversations.c.id == replies.c.conversation_id)
        .outerjoin(messages, messages.c.reply_id == reply_posts.c.reply_id)
        .where(reply_posts.c.message_id == message_id, is_in_channel(key))
        .order_by(desc(conversations.c.thread_id == (key.thread_id or "")))
    )
    row = (await connection.execute(statement)).first()
    if row is None:
        return None
    return FoundMessage(row.id, row.conversation_id, row.text or "", row.deleted_at is not None, row.reply_id)


def batches(rows: Sequence[int], size: int) -> list[Sequence[int]]:
    """Row ids in parts of `size`, for statements and transactions of a bounded length."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
