"""Replies on their way out. Functions over an open transaction; each is silent about a reply whose state it
does not fit (a late call about a reply that was withdrawn, released or erased meanwhile)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, bindparam, case, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey
from bot.storage.derived import drop_derived
from bot.storage.inbox import AT_MESSAGE, cancel_deleted_questions
from bot.storage.lookup import to_key
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    DONE,
    OPEN,
    RUNNING,
    SENDING,
    WAITING,
    conversations,
    inbox,
    messages,
    replies,
    reply_posts,
)

_AFTER_RESTART = {
    "state": WAITING,
    "text": None,
    "finish_reason": None,
    "attempt": case((replies.c.attempt > 1, 1), else_=replies.c.attempt),
}
"""A restart that was meant is no failed attempt: the next one is the second, however often it happens."""

# The last message that an unfinished reply answers: its answer stands after this one.
_LAST_QUESTION = (
    select(messages.c.message_id, messages.c.anchor_sent_at, messages.c.anchor_id)
    .join(inbox, AT_MESSAGE)
    .where(
        inbox.c.reply_id == bindparam("of_reply"),
        inbox.c.state == ANSWERING,
        messages.c.deleted_at.is_(None),
    )
    .order_by(messages.c.anchor_sent_at.desc(), messages.c.anchor_id.desc())
    .limit(1)
)
_FIRST_POST = (
    select(reply_posts.c.message_id)
    .where(reply_posts.c.reply_id == bindparam("of_reply"))
    .order_by(reply_posts.c.position)
    .limit(1)
)
_NEW_TURN = insert(messages)
# The platform may have shown us our own post already, as a message like any other.
_ADD_TURN = _NEW_TURN.on_conflict_do_update(
    index_elements=["message_id", "conversation_id"],
    set_={name: column for name, column in _NEW_TURN.excluded.items() if name != "id"},
)


async def record_post(connection: AsyncConnection, reply_id: int, index: int, message_id: str) -> None:
    """See HistoryStore.record_post."""
    if await connection.scalar(select(replies.c.id).where(replies.c.id == reply_id)) is None:
        return
    post = insert(reply_posts).values(reply_id=reply_id, position=index, message_id=message_id)
    await connection.execute(
        post.on_conflict_do_update(index_elements=["reply_id", "position"], set_={"message_id": message_id})
    )


async def record_text(
    connection: AsyncConnection, reply_id: int, text: str, finish_reason: str | None
) -> None:
    """See HistoryStore.record_text."""
    await connection.execute(
        update(replies)
        .where(replies.c.id == reply_id, replies.c.state.in_(RUNNING))
        .values(state=SENDING, text=text, finish_reason=finish_reason)
    )


async def complete(connection: AsyncConnection, reply_id: int, *, is_memory: bool, author: Author) -> None:
    """See HistoryStore.complete."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state not in RUNNING:
        return
    await cancel_deleted_questions(connection, reply_id)
    question = (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first()
    if question is not None and reply.text and reply.text.strip():
        await _append_turn(connection, reply, question, author, is_memory)
    await _set_questions(connection, reply_id, ANSWERING, DONE)
    await connection.execute(update(replies).where(replies.c.id == reply_id).values(state=DONE, text=None))


async def _append_turn(
    connection: AsyncConnection,
    reply: Row[*tuple[Any, ...]],
    question: Row[*tuple[Any, ...]],
    author: Author,
    is_memory: bool,
) -> None:
    first_post: str | None = await connection.scalar(_FIRST_POST, {"of_reply": reply.id})
    turn = {
        "conversation_id": reply.conversation_id,
        "message_id": first_post or f"reply:{reply.id}",
        "role": "assistant",
        "is_memory": is_memory,
        "author_id": author.id,
        "author_name": author.name,
        "author_is_bot": True,
        "text": reply.text,
        "sent_at": datetime.now(UTC),
        "reply_to": question.message_id,
        "edited_at": None,
        "deleted_at": None,
        "reply_id": reply.id,
        "anchor_sent_at": question.anchor_sent_at,
        "anchor_id": question.anchor_id,
    }
    await connection.execute(_ADD_TURN, turn)


async def release(connection: AsyncConnection, reply_id: int) -> None:
    """See HistoryStore.release."""
    await connection.execute(
        update(replies).where(replies.c.id == reply_id, replies.c.state.in_(OPEN)).values(_AFTER_RESTART)
    )


async def withdraw(connection: AsyncConnection, reply_id: int, message_id: str | None) -> bool:
    """See HistoryStore.withdraw."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state not in OPEN:
        return reply is None or reply.state == CANCELLED
    going = [inbox.c.reply_id == reply_id, inbox.c.state == ANSWERING]
    if message_id is not None:
        going.append(inbox.c.message_id == message_id)
    await connection.execute(update(inbox).where(*going).values(state=CANCELLED, command=None))
    await cancel_deleted_questions(connection, reply_id)
    if (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first() is not None:
        await release(connection, reply_id)
        return False
    await connection.execute(
        update(replies).where(replies.c.id == reply_id).values(state=CANCELLED, text=None)
    )
    return True


async def reopen(connection: AsyncConnection, reply_id: int, *, is_variation: bool) -> ConversationKey | None:
    """See HistoryStore.reopen."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state != DONE:
        return None
    await _set_questions(connection, reply_id, DONE, ANSWERING)
    await cancel_deleted_questions(connection, reply_id)
    if (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first() is None:
        return None
    of_reply = select(conversations).where(conversations.c.id == reply.conversation_id)
    key = to_key((await connection.execute(of_reply)).one())
    turn = (await connection.execute(select(messages).where(messages.c.reply_id == reply_id))).first()
    if turn is not None:
        await drop_derived(connection, key, turn.message_id)
        await connection.execute(delete(messages).where(messages.c.id == turn.id))
    variation = reply.variation + 1 if is_variation else 0
    await connection.execute(
        update(replies).where(replies.c.id == reply_id).values(**_AFTER_RESTART, variation=variation)
    )
    return key


async def _reply(connection: AsyncConnection, reply_id: int) -> Row[*tuple[Any, ...]] | None:
    return (await connection.execute(select(replies).where(replies.c.id == reply_id))).first()


async def _set_questions(connection: AsyncConnection, reply_id: int, old: str, new: str) -> None:
    await connection.execute(
        update(inbox).where(inbox.c.reply_id == reply_id, inbox.c.state == old).values(state=new)
    )
