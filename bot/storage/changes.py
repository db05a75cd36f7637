"""Edits, deletions and erasure. Functions over an open transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.dependents import drop_dependents
from bot.storage.derived import drop_derived
from bot.storage.facts import erase_facts
from bot.storage.inbox import AT_MESSAGE
from bot.storage.lookup import (
    FoundMessage,
    channel_ids,
    find_message,
    get_conversation,
    insert_row,
    is_conversation,
)
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    DONE,
    OPEN,
    WAITING,
    conversations,
    derived_sources,
    derived_texts,
    feedback,
    inbox,
    messages,
    replies,
    reply_posts,
)
from bot.storage.outbox import bury, drop_turn, release, reopen, take_back
from bot.storage.quotations import Redaction
from bot.storage.records import Change
from bot.storage.redaction import redact
from bot.storage.words import folded

_UNKNOWN = Change(is_known=False)


async def amend(
    connection: AsyncConnection, key: ConversationKey, message_id: str, text: str, edited_at: datetime
) -> Change:
    """See HistoryStore.amend."""
    found = await find_message(connection, key, message_id)
    if found is None or found.row_id is None or found.is_deleted or found.reply_id is not None:
        return _UNKNOWN
    if found.text == text:
        return _UNKNOWN
    is_newer = messages.c.edited_at.is_(None) | (messages.c.edited_at <= edited_at)
    changes = {"text": text, "folded": folded(text), "edited_at": edited_at}
    result = await connection.execute(
        update(messages).where(messages.c.id == found.row_id, is_newer).values(changes)
    )
    if not result.rowcount:
        return _UNKNOWN
    await drop_derived(connection, key, message_id)
    change = await _change(connection, found.conversation_id, message_id)
    if change.open_reply_id is not None:
        await drop_turn(connection, change.open_reply_id)  # a text that was to be continued
        # It may be written whole and about to be put down as finished: that comes too late now.
        await release(connection, change.open_reply_id)
    redaction = Redaction(message_id, found.text, text)
    return replace(change, corrections=await redact(connection, key, redaction, change.done_reply_id))


async def _change(connection: AsyncConnection, conversation_id: int, message_id: str) -> Change:
    """What answers a message: the unfinished reply, or the finished one if no later reply follows it."""
    answering = (
        select(replies.c.id, replies.c.state)
        .join(inbox, inbox.c.reply_id == replies.c.id)
        .where(
            inbox.c.conversation_id == conversation_id,
            inbox.c.message_id == message_id,
            inbox.c.state.in_((ANSWERING, DONE)),
        )
        .order_by(replies.c.id.desc())
    )
    reply = (await connection.execute(answering)).first()
    if reply is None:
        return Change(is_known=True)
    if reply.state in OPEN:
        return Change(is_known=True, open_reply_id=reply.id)
    is_followed = select(
        exists().where(
            replies.c.conversation_id == conversation_id,
            replies.c.id > reply.id,
            replies.c.state != CANCELLED,
        )
    )
    return Change(is_known=True, done_reply_id=None if await connection.scalar(is_followed) else reply.id)


async def forget(connection: AsyncConnection, key: ConversationKey, message_id: str) -> Change:
    """See HistoryStore.forget."""
    change = await _forget_message(connection, key, message_id)
    return replace(change, dependents=await drop_dependents(connection, key, message_id))


async def _forget_message(connection: AsyncConnection, key: ConversationKey, message_id: str) -> Change:
    found = await find_message(connection, key, message_id)
    if found is None:
        await _add_tombstone(connection, key, message_id)
        return _UNKNOWN
    await drop_derived(connection, key, message_id)
    if found.reply_id is not None:
        return await _forget_post(connection, found, found.reply_id, message_id)
    if found.is_deleted:
        return _UNKNOWN
    await bury(connection, messages.c.id == found.row_id)
    change = await _change(connection, found.conversation_id, message_id)
    event = and_(inbox.c.conversation_id == found.conversation_id, inbox.c.message_id == message_id)
    await connection.execute(update(inbox).where(event).values(command=None))
    await connection.execute(update(inbox).where(event, inbox.c.state == WAITING).values(state=CANCELLED))
    if change.open_reply_id is None:
        waiting_in = await _rework_finished(connection, found.conversation_id, message_id)
        change = replace(change, done_reply_id=None, waiting_in=waiting_in)
    return replace(change, corrections=await redact(connection, key, Redaction(message_id, found.text)))


async def _rework_finished(
    connection: AsyncConnection, conversation_id: int, message_id: str
) -> ConversationKey | None:
    """The finished answer to a deleted message is taken back, or made again for its other questions."""
    answering = select(inbox.c.reply_id).where(
        inbox.c.conversation_id == conversation_id, inbox.c.message_id == message_id, inbox.c.state == DONE
    )
    reply_id = await connection.scalar(answering)
    if reply_id is None:
        return None
    return await reopen(connection, reply_id) or await take_back(connection, reply_id)


async def _add_tombstone(connection: AsyncConnection, key: ConversationKey, message_id: str) -> None:
    """The deletion overtook the message: what comes late must stay silent."""
    now = datetime.now(UTC)
    tombstone = {
        "conversation_id": await get_conversation(connection, key),
        "message_id": message_id,
        "role": "user",
        "is_memory": False,
        "author_id": "",
        "author_name": "",
        "author_is_bot": False,
        "text": "",
        "sent_at": now,
        "deleted_at": now,
        "anchor_sent_at": now,
        "anchor_id": 0,
    }
    row_id = await insert_row(connection, messages, tombstone)
    await connection.execute(update(messages).where(messages.c.id == row_id).values(anchor_id=row_id))


async def _forget_post(
    connection: AsyncConnection, found: FoundMessage, reply_id: int, message_id: str
) -> Change:
    """A post of the bot's own is gone; the text it showed goes with the last of its reply's posts."""
    await connection.execute(
        delete(reply_posts).where(reply_posts.c.reply_id == reply_id, reply_posts.c.message_id == message_id)
    )
    left = (
        select(reply_posts.c.message_id)
        .where(reply_posts.c.reply_id == reply_id)
        .order_by(reply_posts.c.position)
        .limit(1)
    )
    next_post = await connection.scalar(left)
    if next_post is None:
        await connection.execute(update(replies).where(replies.c.id == reply_id).values(text=None))
        await connection.execute(delete(feedback).where(feedback.c.reply_id == reply_id))
        await bury(connection, messages.c.id == found.row_id)
    else:
        await connection.execute(
            update(messages).where(messages.c.id == found.row_id).values(message_id=next_post)
        )
    is_open = select(replies.c.id).where(replies.c.id == reply_id, replies.c.state.in_(OPEN))
    return Change(is_known=not found.is_deleted, posting_reply_id=await connection.scalar(is_open))


async def erase_conversation(connection: AsyncConnection, key: ConversationKey) -> int:
    """See HistoryStore.erase_conversation."""
    here = (
        channel_ids(key) if key.thread_id is None else select(conversations.c.id).where(is_conversation(key))
    )
    await _erase_derived(connection, key, here)
    if key.thread_id is None:
        await erase_facts(connection, key)
    visible = select(func.count()).where(
        messages.c.conversation_id.in_(here), messages.c.is_memory, messages.c.deleted_at.is_(None)
    )
    count = (await connection.execute(visible)).scalar_one()
    # Commands that still wait for their answer are requests, not memory.
    is_request = exists().where(
        AT_MESSAGE, inbox.c.command.is_not(None), inbox.c.state.in_((WAITING, ANSWERING))
    )
    await connection.execute(delete(messages).where(messages.c.conversation_id.in_(here), ~is_request))
    is_left = exists().where(AT_MESSAGE)
    await connection.execute(
        update(inbox)
        .where(inbox.c.conversation_id.in_(here), inbox.c.state == WAITING, ~is_left)
        .values(state=CANCELLED)
    )
    await connection.execute(
        update(inbox).where(inbox.c.conversation_id.in_(here), ~is_left).values(command=None)
    )
    await _erase_replies(connection, here)
    return count


async def _erase_derived(connection: AsyncConnection, key: ConversationKey, here: Select[tuple[int]]) -> None:
    """What is kept in these conversations, and what elsewhere in the channel rests on their messages."""
    going = select(messages.c.message_id).where(messages.c.conversation_id.in_(here))
    resting = select(derived_sources.c.derived_id).where(derived_sources.c.message_id.in_(going))
    is_resting = and_(derived_texts.c.id.in_(resting), derived_texts.c.conversation_id.in_(channel_ids(key)))
    await connection.execute(
        delete(derived_texts).where(or_(derived_texts.c.conversation_id.in_(here), is_resting))
    )


async def _erase_replies(connection: AsyncConnection, here: Select[tuple[int]]) -> None:
    """Finished replies go; open ones stay without their text, and end without a question to answer."""
    await connection.execute(
        delete(replies).where(replies.c.conversation_id.in_(here), replies.c.state.in_((DONE, CANCELLED)))
    )
    await connection.execute(update(replies).where(replies.c.conversation_id.in_(here)).values(text=None))
