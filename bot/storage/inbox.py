"""Messages in, and the jobs that they become. Functions over an open transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.lookup import find_conversation, get_conversation, insert_row, to_key
from bot.storage.models import (
    ANSWERING,
    CANCELLED,
    NOTED,
    RUNNING,
    SENDING,
    WAITING,
    WRITING,
    conversations,
    inbox,
    messages,
    replies,
    reply_posts,
)
from bot.storage.records import Job

AT_MESSAGE = and_(
    messages.c.conversation_id == inbox.c.conversation_id, messages.c.message_id == inbox.c.message_id
)


async def accept(connection: AsyncConnection, message: IncomingMessage) -> bool:
    """See HistoryStore.accept."""
    conversation_id = await get_conversation(connection, message.conversation)
    known = (await connection.execute(_what_is_known(conversation_id, message))).one()
    if known.is_repeated:
        return False
    is_new = not known.has_row and not known.events
    if is_new:
        await _add_message(connection, conversation_id, message)
    # A message of which only the event is left was erased; a late copy must not bring it back.
    is_job = message.is_addressed and not known.jobs and (is_new or known.is_live)
    event = {
        "platform": message.conversation.platform,
        "workspace_id": message.conversation.workspace_id,
        "event_id": message.event_id,
        "conversation_id": conversation_id,
        "message_id": message.message_id,
        "command": _to_json(message.command) if is_job else None,
        "state": WAITING if is_job else NOTED,
    }
    await connection.execute(insert(inbox).values(event))
    return True


def _what_is_known(
    conversation_id: int, message: IncomingMessage
) -> Select[tuple[bool, bool, bool, int, int]]:
    key = message.conversation
    row = and_(messages.c.conversation_id == conversation_id, messages.c.message_id == message.message_id)
    event = and_(inbox.c.conversation_id == conversation_id, inbox.c.message_id == message.message_id)
    return select(
        exists()
        .where(
            inbox.c.platform == key.platform,
            inbox.c.workspace_id == key.workspace_id,
            inbox.c.event_id == message.event_id,
        )
        .label("is_repeated"),
        exists().where(row).label("has_row"),
        exists().where(row, messages.c.deleted_at.is_(None), messages.c.role == "user").label("is_live"),
        select(func.count()).select_from(inbox).where(event).scalar_subquery().label("events"),
        select(func.count())
        .select_from(inbox)
        .where(event, inbox.c.state != NOTED)
        .scalar_subquery()
        .label("jobs"),
    )


def _to_row(conversation_id: int, message: IncomingMessage) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "message_id": message.message_id,
        "role": "user",
        "is_memory": message.command is None,
        "author_id": message.author.id,
        "author_name": message.author.name,
        "author_is_bot": message.author.is_bot,
        "text": message.text,
        "sent_at": message.sent_at,
        "reply_to": message.reply_to,
        "anchor_sent_at": message.sent_at,
        "anchor_id": 0,
    }


async def _add_message(connection: AsyncConnection, conversation_id: int, message: IncomingMessage) -> None:
    row_id = await insert_row(connection, messages, _to_row(conversation_id, message))
    await _anchor(connection, messages.c.id == row_id)


async def _anchor(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    """A person's message is its own anchor; its id is known only now."""
    await connection.execute(update(messages).where(which).values(anchor_id=messages.c.id))


async def import_messages(connection: AsyncConnection, past: Sequence[IncomingMessage]) -> int:
    """See HistoryStore.import_messages."""
    ids = {key: await get_conversation(connection, key) for key in {message.conversation for message in past}}
    own = await _own_posts(connection, set(ids.values()))
    rows = [
        _to_row(ids[message.conversation], message)
        for message in past
        if (ids[message.conversation], message.message_id) not in own
    ]
    if not rows:
        return 0
    count = select(func.count()).select_from(messages).where(messages.c.anchor_id == 0)
    statement = insert(messages).on_conflict_do_nothing()
    await connection.execute(statement, rows)
    unanchored = and_(messages.c.conversation_id.in_(ids.values()), messages.c.anchor_id == 0)
    added = (await connection.execute(count.where(unanchored))).scalar_one()
    await _anchor(connection, unanchored)
    return added


async def _own_posts(connection: AsyncConnection, conversation_ids: set[int]) -> set[tuple[int, str]]:
    """The bot's own posts: what they say is remembered already, as turns of its own."""
    statement = (
        select(replies.c.conversation_id, reply_posts.c.message_id)
        .join(reply_posts, reply_posts.c.reply_id == replies.c.id)
        .where(replies.c.conversation_id.in_(conversation_ids))
    )
    return {(row.conversation_id, row.message_id) for row in await connection.execute(statement)}


async def recover(connection: AsyncConnection, platform: str) -> list[ConversationKey]:
    """See HistoryStore.recover."""
    here = select(conversations.c.id).where(conversations.c.platform == platform)
    await connection.execute(
        update(replies)
        .where(replies.c.state.in_(RUNNING), replies.c.conversation_id.in_(here))
        .values(state=WAITING)
    )
    waiting = (
        select(conversations)
        .join(inbox, inbox.c.conversation_id == conversations.c.id)
        .where(inbox.c.state.in_((WAITING, ANSWERING)), conversations.c.platform == platform)
        .group_by(conversations.c.id)
        .order_by(func.min(inbox.c.id))
    )
    return [to_key(row) for row in await connection.execute(waiting)]


async def claim(connection: AsyncConnection, key: ConversationKey) -> Job | None:
    """See HistoryStore.claim."""
    conversation_id = await find_conversation(connection, key)
    if conversation_id is None:
        return None
    return await _claim_interrupted(connection, key, conversation_id) or await _claim_waiting(
        connection, key, conversation_id
    )


async def _claim_interrupted(
    connection: AsyncConnection, key: ConversationKey, conversation_id: int
) -> Job | None:
    interrupted = (
        select(replies)
        .where(replies.c.conversation_id == conversation_id, replies.c.state == WAITING)
        .order_by(replies.c.id)
    )
    for reply in (await connection.execute(interrupted)).all():
        is_intact = not await cancel_deleted_questions(connection, reply.id)
        questions = await _questions(
            connection, key, inbox.c.reply_id == reply.id, inbox.c.state == ANSWERING
        )
        if not questions:
            await connection.execute(
                update(replies).where(replies.c.id == reply.id).values(state=CANCELLED, text=None)
            )
            continue
        text = reply.text if is_intact else None
        state = WRITING if text is None else SENDING
        changes = {"state": state, "text": text, "attempt": reply.attempt + 1}
        await connection.execute(update(replies).where(replies.c.id == reply.id).values(changes))
        posts = await _posts(connection, reply.id)
        return Job(reply.id, key, _oldest_first(questions), posts, text, reply.attempt + 1)
    return None


async def cancel_deleted_questions(connection: AsyncConnection, reply_id: int) -> int:
    """Take questions that were deleted or erased out of an unfinished reply; returns how many."""
    is_live = exists().where(AT_MESSAGE, messages.c.deleted_at.is_(None))
    result = await connection.execute(
        update(inbox)
        .where(inbox.c.reply_id == reply_id, inbox.c.state == ANSWERING, ~is_live)
        .values(state=CANCELLED, command=None)
    )
    return result.rowcount


async def _claim_waiting(
    connection: AsyncConnection, key: ConversationKey, conversation_id: int
) -> Job | None:
    waiting = await _questions(
        connection, key, inbox.c.conversation_id == conversation_id, inbox.c.state == WAITING
    )
    if not waiting:
        return None
    if waiting[0][1].command is not None:
        taken = waiting[:1]
    else:
        taken = list(takewhile(lambda question: question[1].command is None, waiting))
    new = {"conversation_id": conversation_id, "state": WRITING, "attempt": 1}
    reply_id = await insert_row(connection, replies, new)
    last = taken[-1][0]
    await connection.execute(
        update(inbox)
        .where(inbox.c.conversation_id == conversation_id, inbox.c.state == WAITING, inbox.c.id <= last)
        .values(state=ANSWERING, reply_id=reply_id)
    )
    return Job(reply_id, key, _oldest_first(taken), (), None, 1)


async def _questions(
    connection: AsyncConnection, key: ConversationKey, *which: ColumnElement[bool]
) -> list[tuple[int, IncomingMessage]]:
    """Inbox ids and messages that are to be answered, in the order of their arrival."""
    statement = (
        select(inbox.c.id.label("inbox_id"), inbox.c.event_id, inbox.c.command, messages)
        .join(messages, AT_MESSAGE)
        .where(*which, messages.c.deleted_at.is_(None))
        .order_by(inbox.c.id)
    )
    return [(row.inbox_id, _to_message(key, row)) for row in await connection.execute(statement)]


async def _posts(connection: AsyncConnection, reply_id: int) -> tuple[str, ...]:
    statement = (
        select(reply_posts.c.message_id)
        .where(reply_posts.c.reply_id == reply_id)
        .order_by(reply_posts.c.position)
    )
    return tuple((await connection.scalars(statement)).all())


def _oldest_first(questions: list[tuple[int, IncomingMessage]]) -> tuple[IncomingMessage, ...]:
    return tuple(
        message for _, message in sorted(questions, key=lambda question: (question[1].sent_at, question[0]))
    )


def _to_message(key: ConversationKey, row: Row[tuple[object, ...]]) -> IncomingMessage:
    return IncomingMessage(
        conversation=key,
        message_id=row.message_id,
        event_id=row.event_id,
        author=Author(row.author_id, row.author_name, row.author_is_bot),
        text=row.text,
        sent_at=row.sent_at,
        is_addressed=True,
        command=_from_json(row.command),
        reply_to=row.reply_to,
    )


def _to_json(command: Command | None) -> str | None:
    return None if command is None else json.dumps([command.name, dict(command.options)])


def _from_json(command: str | None) -> Command | None:
    if command is None:
        return None
    name, options = json.loads(command)
    return Command(name, options)
