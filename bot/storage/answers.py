"""Finished replies looked at again: the last one, and which reply a post belongs to.

Functions over an open transaction.
"""

from __future__ import annotations

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, IncomingMessage
from bot.storage.inbox import posts_of, questions_of_reply
from bot.storage.lookup import find_message, is_conversation, is_in_channel, to_key
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    DONE,
    WAITING,
    conversations,
    inbox,
    messages,
    replies,
    reply_posts,
)
from bot.storage.records import CONTROL_COMMANDS, Answered

SHARE = "share"
"""The name of the command that shows everybody what one person was told."""

_COMMAND_NAME = func.json_extract(inbox.c.command, "$[0]")


async def last_answer(
    connection: AsyncConnection, key: ConversationKey, post_id: str | None
) -> Answered | None:
    """See HistoryStore.last_answer."""
    statement = _newest(key)
    if post_id is not None:
        statement = statement.where(replies.c.id == await reply_of_post(connection, key, post_id))
    row: Row[tuple[int, str | None, str, bool]] | None = (await connection.execute(statement)).first()
    if row is None:
        return None
    return Answered(
        reply_id=row.id,
        questions=await questions_of_reply(connection, key, row.id, DONE),
        text=row.text,
        is_memory=row.is_memory,
        finish_reason=row.finish_reason,
        posts=await posts_of(connection, row.id),
    )


def _newest(key: ConversationKey) -> Select[tuple[int, str | None, str, bool]]:
    """The newest finished reply that has a text and answers something beside control commands."""
    question = messages.alias("question")
    is_answer = exists().where(
        inbox.c.reply_id == replies.c.id,
        inbox.c.state == DONE,
        func.coalesce(_COMMAND_NAME, "").not_in(CONTROL_COMMANDS),
        question.c.conversation_id == inbox.c.conversation_id,
        question.c.message_id == inbox.c.message_id,
        question.c.deleted_at.is_(None),
    )
    return (
        select(replies.c.id, replies.c.finish_reason, messages.c.text, messages.c.is_memory)
        .join(messages, messages.c.reply_id == replies.c.id)
        .where(
            replies.c.conversation_id.in_(select(conversations.c.id).where(is_conversation(key))),
            replies.c.state == DONE,
            messages.c.deleted_at.is_(None),
            is_answer,
        )
        .order_by(replies.c.id.desc())
        .limit(1)
    )


async def reply_of_post(connection: AsyncConnection, key: ConversationKey, message_id: str) -> int | None:
    """See HistoryStore.reply_of_post."""
    found = await find_message(connection, key, message_id)
    return None if found is None else found.reply_id


async def is_post(connection: AsyncConnection, platform: str, message_id: str) -> bool:
    """See HistoryStore.is_post."""
    posted = (
        select(reply_posts.c.reply_id)
        .join(replies, replies.c.id == reply_posts.c.reply_id)
        .join(conversations, conversations.c.id == replies.c.conversation_id)
        .where(reply_posts.c.message_id == message_id, conversations.c.platform == platform)
    )
    return (await connection.execute(posted)).first() is not None


async def reply_to_message(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> tuple[int, ConversationKey] | None:
    """See HistoryStore.reply_to_message."""
    statement = (
        select(conversations, replies.c.id.label("reply_id"))
        .join(replies, replies.c.conversation_id == conversations.c.id)
        .join(inbox, inbox.c.reply_id == replies.c.id)
        .where(inbox.c.message_id == message_id, is_in_channel(key), replies.c.state != CANCELLED)
        .order_by(replies.c.id.desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else (row.reply_id, to_key(row))


async def is_shared(connection: AsyncConnection, key: ConversationKey, post_id: str) -> bool:
    """See HistoryStore.is_shared."""
    has_posts = exists().where(reply_posts.c.reply_id == replies.c.id)
    is_on_its_way = inbox.c.state.in_((WAITING, ANSWERING))
    shared = (
        select(inbox.c.id)
        .join(conversations, conversations.c.id == inbox.c.conversation_id)
        .outerjoin(replies, replies.c.id == inbox.c.reply_id)
        .where(
            is_conversation(key),
            inbox.c.about == post_id,
            _COMMAND_NAME == SHARE,
            is_on_its_way | ((inbox.c.state == DONE) & has_posts),
        )
    )
    return (await connection.execute(shared)).first() is not None


async def posts_to_message(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> tuple[str, ...]:
    """See HistoryStore.posts_to_message."""
    found = await reply_to_message(connection, key, message_id)
    return await posts_of(connection, found[0]) if found else ()


async def message_of_post(connection: AsyncConnection, key: ConversationKey, post_id: str) -> str | None:
    """See HistoryStore.message_of_post."""
    reply_id = await reply_of_post(connection, key, post_id)
    if reply_id is None:
        return None
    statement = select(inbox.c.message_id).where(inbox.c.reply_id == reply_id).order_by(inbox.c.id.desc())
    found: str | None = await connection.scalar(statement.limit(1))
    return found


async def questions_of_post(
    connection: AsyncConnection, key: ConversationKey, post_id: str
) -> tuple[IncomingMessage, ...]:
    """See Known.questions_of_post."""
    found = await find_message(connection, key, post_id)
    if found is None or found.reply_id is None:
        return ()
    here = select(conversations).where(conversations.c.id == found.conversation_id)
    place = to_key((await connection.execute(here)).one())
    for state in (ANSWERING, DONE):
        if questions := await questions_of_reply(connection, place, found.reply_id, state):
            return questions
    return ()
