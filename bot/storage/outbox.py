"""Replies on their way out. Functions over an open transaction; each is silent about a reply whose state it
does not fit (a late call about a reply that was withdrawn, released or erased meanwhile)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, case, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey
from bot.storage.derived import drop_derived
from bot.storage.inbox import AT_MESSAGE, cancel_deleted_questions
from bot.storage.lookup import is_conversation, to_key
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    DONE,
    OPEN,
    RUNNING,
    SENDING,
    WAITING,
    WRITING,
    conversations,
    feedback,
    inbox,
    messages,
    replies,
    reply_posts,
)
from bot.storage.words import folded

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


async def stop(connection: AsyncConnection, reply_id: int, text: str) -> None:
    """A person stopped a reply: what is written is its whole text, unless it was finished meanwhile."""
    await connection.execute(
        update(replies)
        .where(replies.c.id == reply_id, replies.c.state == WRITING)
        .values(state=SENDING, text=text, finish_reason="stopped")
    )


async def complete(connection: AsyncConnection, reply_id: int, *, is_memory: bool, author: Author) -> None:
    """See HistoryStore.complete."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state not in RUNNING:
        return
    await cancel_deleted_questions(connection, reply_id)
    question = (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first()
    if question is not None and reply.text and reply.text.strip() and not await _is_kept(connection, reply):
        await drop_turn(connection, reply_id)
        await _append_turn(connection, reply, question, author, is_memory)
    await _set_questions(connection, reply_id, ANSWERING, DONE)
    await connection.execute(update(replies).where(replies.c.id == reply_id).values(state=DONE, text=None))


async def _is_kept(connection: AsyncConnection, reply: Row[*tuple[Any, ...]]) -> bool:
    """Whether memory has just this text of a reply, which was shown once more."""
    turn = select(messages.c.text, messages.c.message_id).where(messages.c.reply_id == reply.id)
    kept = (await connection.execute(turn)).first()
    first_post = await connection.scalar(_FIRST_POST, {"of_reply": reply.id})
    return kept is not None and kept.text == reply.text and first_post in (None, kept.message_id)


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
        "folded": folded(reply.text),
        "sent_at": datetime.now(UTC),
        "reply_to": question.message_id,
        "edited_at": None,
        "deleted_at": None,
        "reply_id": reply.id,
        "anchor_sent_at": question.anchor_sent_at,
        "anchor_id": question.anchor_id,
    }
    await connection.execute(_ADD_TURN, turn)


async def drop_turn(connection: AsyncConnection, reply_id: int) -> None:
    """Delete the turn of a reply that had one, with what was derived from it."""
    of_reply = (
        select(conversations, messages.c.id.label("turn_id"), messages.c.message_id)
        .join(messages, messages.c.conversation_id == conversations.c.id)
        .where(messages.c.reply_id == reply_id)
    )
    turn = (await connection.execute(of_reply)).first()
    if turn is not None:
        await drop_derived(connection, to_key(turn), turn.message_id)
        await connection.execute(delete(messages).where(messages.c.id == turn.turn_id))


async def release(connection: AsyncConnection, reply_id: int) -> None:
    """See HistoryStore.release."""
    await connection.execute(
        update(replies).where(replies.c.id == reply_id, replies.c.state.in_(OPEN)).values(_AFTER_RESTART)
    )


async def withdraw(connection: AsyncConnection, reply_id: int, message_id: str | None) -> bool:
    """See HistoryStore.withdraw."""
    reply = await _reply(connection, reply_id)
    if reply is not None and reply.state == DONE:  # it was finished meanwhile
        return not await reopen(connection, reply_id) and bool(await take_back(connection, reply_id))
    if reply is None or reply.state not in OPEN:
        return reply is None or reply.state == CANCELLED
    going = [inbox.c.reply_id == reply_id, inbox.c.state == ANSWERING]
    if message_id is not None:
        going.append(inbox.c.message_id == message_id)
    await connection.execute(update(inbox).where(*going).values(state=CANCELLED, command=None))
    await cancel_deleted_questions(connection, reply_id)
    await drop_turn(connection, reply_id)
    if (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first() is not None:
        await release(connection, reply_id)
        return False
    await _let_posts_go(connection, reply_id)
    return True


async def _let_posts_go(connection: AsyncConnection, reply_id: int) -> None:
    """A reply without questions waits until its posts are removed; where none are known it is over."""
    has_posts = exists().where(reply_posts.c.reply_id == reply_id)
    state = case((has_posts, WAITING), else_=CANCELLED)
    await connection.execute(delete(feedback).where(feedback.c.reply_id == reply_id))
    await connection.execute(
        update(replies).where(replies.c.id == reply_id).values(**_AFTER_RESTART | {"state": state})
    )


async def reopen(
    connection: AsyncConnection, reply_id: int, *, is_variation: bool = False, keeps_text: bool = False
) -> ConversationKey | None:
    """See HistoryStore.reopen."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state != DONE:
        return None
    await _set_questions(connection, reply_id, DONE, ANSWERING)
    await cancel_deleted_questions(connection, reply_id)
    if (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first() is None:
        return None
    if not keeps_text:
        await drop_turn(connection, reply_id)
        await connection.execute(delete(feedback).where(feedback.c.reply_id == reply_id))
    variation = reply.variation + 1 if is_variation else reply.variation if keeps_text else 0
    await connection.execute(
        update(replies).where(replies.c.id == reply_id).values(**_AFTER_RESTART, variation=variation)
    )
    return await _key_of(connection, reply)


async def restrict_sight(
    connection: AsyncConnection, reply_id: int, person_id: str, sees_history: bool
) -> None:
    """A person who may read the channel, or may not, has a reply made again: it sees what that person and
    whoever asked may both see."""
    changed = [inbox.c.reply_id == reply_id]
    if sees_history:  # of the others nothing new is known
        changed.append(exists().where(AT_MESSAGE, messages.c.author_id == person_id))
    await connection.execute(update(inbox).where(*changed).values(sees_history=sees_history))


async def renew_sight(
    connection: AsyncConnection, key: ConversationKey, message_id: str, sees_history: bool
) -> None:
    """The author of a message may read its channel by now, or may not any more."""
    here = select(conversations.c.id).where(is_conversation(key))
    event = and_(inbox.c.conversation_id.in_(here), inbox.c.message_id == message_id)
    await connection.execute(update(inbox).where(event).values(sees_history=sees_history))


async def resend(connection: AsyncConnection, reply_id: int, text: str) -> None:
    """A finished reply was corrected: it waits to be shown as `text`, and nothing is made anew. One that is
    on its way waits too, with what it has: the attempt that is under way is not written down."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state not in (DONE, *OPEN):
        return
    waiting = _AFTER_RESTART | {"text": reply.text, "finish_reason": reply.finish_reason}
    if reply.state == DONE:
        if await connection.scalar(_FIRST_POST, {"of_reply": reply_id}) is None:
            return
        await _set_questions(connection, reply_id, DONE, ANSWERING)
        await cancel_deleted_questions(connection, reply_id)
        if (await connection.execute(_LAST_QUESTION, {"of_reply": reply_id})).first() is None:
            return
        waiting |= {"text": text, "variation": 0}
    await connection.execute(update(replies).where(replies.c.id == reply_id).values(waiting))


async def take_back(connection: AsyncConnection, reply_id: int) -> ConversationKey | None:
    """See HistoryStore.take_back."""
    reply = await _reply(connection, reply_id)
    if reply is None or reply.state != DONE:
        return None
    key = await _key_of(connection, reply)
    questions = select(messages.c.message_id).join(inbox, AT_MESSAGE).where(inbox.c.reply_id == reply_id)
    for message_id in (await connection.scalars(questions)).all():
        await drop_derived(connection, key, message_id)
    of_reply = select(messages.c.id).join(inbox, AT_MESSAGE).where(inbox.c.reply_id == reply_id)
    await bury(connection, messages.c.id.in_(of_reply) & messages.c.deleted_at.is_(None))
    await drop_turn(connection, reply_id)
    await connection.execute(
        update(inbox).where(inbox.c.reply_id == reply_id).values(state=CANCELLED, command=None)
    )
    await _let_posts_go(connection, reply_id)
    return key


async def posts_removed(connection: AsyncConnection, reply_id: int, left: int) -> None:
    """See HistoryStore.posts_removed."""
    gone = delete(reply_posts).where(reply_posts.c.reply_id == reply_id, reply_posts.c.position >= left)
    await connection.execute(gone)
    is_alive = exists().where(inbox.c.reply_id == reply_id, inbox.c.state.in_((ANSWERING, DONE)))
    await connection.execute(
        update(replies).where(replies.c.id == reply_id, ~is_alive).values(state=CANCELLED, text=None)
    )


async def bury(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """Erase messages' texts and author names, and leave tombstones."""
    erased = {"text": "", "folded": None, "author_name": "", "reply_to": None}
    await connection.execute(update(messages).where(which).values(deleted_at=datetime.now(UTC), **erased))


async def _key_of(connection: AsyncConnection, reply: Row[*tuple[Any, ...]]) -> ConversationKey:
    of_reply = select(conversations).where(conversations.c.id == reply.conversation_id)
    return to_key((await connection.execute(of_reply)).one())


async def _reply(connection: AsyncConnection, reply_id: int) -> Row[*tuple[Any, ...]] | None:
    return (await connection.execute(select(replies).where(replies.c.id == reply_id))).first()


async def _set_questions(connection: AsyncConnection, reply_id: int, old: str, new: str) -> None:
    await connection.execute(
        update(inbox).where(inbox.c.reply_id == reply_id, inbox.c.state == old).values(state=new)
    )
