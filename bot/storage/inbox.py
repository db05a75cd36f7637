"""Messages in, and the jobs that they become. Functions over an open transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from sqlalchemy import (
    BindParameter,
    Integer,
    Row,
    Text,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.lookup import THIS_CONVERSATION, THIS_ID, get_conversation, to_key, to_parameters
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
from bot.storage.words import folded

AT_MESSAGE = and_(
    messages.c.conversation_id == inbox.c.conversation_id, messages.c.message_id == inbox.c.message_id
)

ABOUT = "message"
"""The option of commands that names the message of the channel that they are about."""

_OF_MESSAGE: BindParameter[str] = bindparam("of_message")
_EVENT = and_(inbox.c.conversation_id == conversations.c.id, inbox.c.message_id == _OF_MESSAGE)
_ROW = and_(messages.c.conversation_id == conversations.c.id, messages.c.message_id == _OF_MESSAGE)
_ONE_ROW = select(literal(1)).subquery()
_SEQUENCE = table("sqlite_sequence", column("name", Text), column("seq", Integer))

_WHAT_IS_KNOWN = select(
    conversations.c.id.label("conversation_id"),
    exists()
    .where(
        inbox.c.platform == bindparam("key_platform"),
        inbox.c.workspace_id == bindparam("key_workspace_id"),
        inbox.c.event_id == bindparam("of_event"),
    )
    .label("is_repeated"),
    exists().where(_ROW).label("has_row"),
    exists().where(_ROW, messages.c.deleted_at.is_(None), messages.c.role == "user").label("is_live"),
    exists().where(_EVENT).label("has_event"),
    exists().where(_EVENT, inbox.c.state != NOTED).label("has_job"),
    # The new row's id is one more: a message is its own anchor, so its id must be known beforehand.
    select(_SEQUENCE.c.seq).where(_SEQUENCE.c.name == "messages").scalar_subquery().label("last_id"),
).select_from(_ONE_ROW.outerjoin(conversations, THIS_CONVERSATION))
_ADD_MESSAGE = insert(messages)
_ADD_EVENT = insert(inbox)


async def accept(connection: AsyncConnection, message: IncomingMessage) -> bool:
    """See HistoryStore.accept."""
    key = message.conversation
    parameters = {**to_parameters(key), "of_event": message.event_id, "of_message": message.message_id}
    known = (await connection.execute(_WHAT_IS_KNOWN, parameters)).one()
    if known.is_repeated:
        return False
    conversation_id = known.conversation_id or await get_conversation(connection, key)
    is_new = not known.has_row and not known.has_event
    if is_new:
        row_id = (known.last_id or 0) + 1
        row = {**_to_row(conversation_id, message), "id": row_id, "anchor_id": row_id}
        await connection.execute(_ADD_MESSAGE, row)
    # A message of which only the event is left was erased; a late copy must not bring it back.
    is_job = message.is_addressed and not known.has_job and (is_new or known.is_live)
    event = {
        "platform": key.platform,
        "workspace_id": key.workspace_id,
        "event_id": message.event_id,
        "conversation_id": conversation_id,
        "message_id": message.message_id,
        "command": _to_json(message.command) if is_job else None,
        "state": WAITING if is_job else NOTED,
        "sees_history": message.sees_history,
        "about": message.command.options.get(ABOUT) if is_job and message.command else None,
    }
    await connection.execute(_ADD_EVENT, event)
    return True


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
        "folded": folded(message.text),
        "sent_at": message.sent_at,
        "reply_to": message.reply_to,
        "anchor_sent_at": message.sent_at,
        "anchor_id": 0,
    }


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
    await connection.execute(update(messages).where(unanchored).values(anchor_id=messages.c.id))
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
    open_events = and_(inbox.c.conversation_id == conversations.c.id, inbox.c.state.in_((WAITING, ANSWERING)))
    # A reply that was taken back has no question any more, but its posts are to be removed.
    has_reply = exists().where(replies.c.conversation_id == conversations.c.id, replies.c.state == WAITING)
    waiting = (
        select(conversations)
        .outerjoin(inbox, open_events)
        .where(conversations.c.platform == platform, inbox.c.id.is_not(None) | has_reply)
        .group_by(conversations.c.id)
        .order_by(func.min(inbox.c.id))
    )
    return [to_key(row) for row in await connection.execute(waiting)]


_INTERRUPTED = (
    select(replies)
    .where(replies.c.conversation_id == THIS_ID, replies.c.state == WAITING)
    .order_by(replies.c.id)
)
_EVERY_QUESTION = (
    select(
        inbox.c.id.label("inbox_id"),
        inbox.c.conversation_id,
        inbox.c.event_id,
        inbox.c.command,
        inbox.c.sees_history,
        messages.c.message_id,
        messages.c.author_id,
        messages.c.author_name,
        messages.c.author_is_bot,
        messages.c.text,
        messages.c.sent_at,
        messages.c.reply_to,
    )
    .join(messages, AT_MESSAGE)
    .order_by(inbox.c.id)
)
_QUESTIONS = _EVERY_QUESTION.where(messages.c.deleted_at.is_(None))
_ALL_QUESTIONS_OF_REPLY = _EVERY_QUESTION.where(inbox.c.reply_id == bindparam("of_reply"))
_WAITING_QUESTIONS = _QUESTIONS.where(inbox.c.conversation_id == THIS_ID, inbox.c.state == WAITING)
_QUESTIONS_OF_REPLY = _QUESTIONS.where(
    inbox.c.reply_id == bindparam("of_reply"), inbox.c.state == bindparam("of_state")
)
_ADD_REPLY = insert(replies).returning(replies.c.id)
_TAKE = (
    update(inbox)
    .where(
        inbox.c.conversation_id == bindparam("of_conversation"),
        inbox.c.state == WAITING,
        inbox.c.id.between(bindparam("first"), bindparam("last")),
    )
    .values(state=ANSWERING, reply_id=bindparam("of_reply"))
)

_NEWEST_REPLY = (
    select(func.max(replies.c.id))
    .where(replies.c.conversation_id == bindparam("of_conversation"))
    .scalar_subquery()
)
_LAST_ANSWERED = (
    select(messages.c.author_id)
    .join(inbox, AT_MESSAGE)
    .where(inbox.c.reply_id == _NEWEST_REPLY)
    .order_by(inbox.c.id.desc())
    .limit(1)
)
"""Who asked what the newest reply of a conversation answers."""


async def claim(
    connection: AsyncConnection, key: ConversationKey, *, by_turns: bool = False, is_joining: bool = True
) -> Job | None:
    """See HistoryStore.claim."""
    interrupted = await _claim_interrupted(connection, key)
    return interrupted or await _claim_waiting(connection, key, by_turns=by_turns, is_joining=is_joining)


async def _claim_interrupted(connection: AsyncConnection, key: ConversationKey) -> Job | None:
    for reply in (await connection.execute(_INTERRUPTED, to_parameters(key))).all():
        is_intact = not await cancel_deleted_questions(connection, reply.id)
        questions = await questions_of_reply(connection, key, reply.id, ANSWERING)
        posts = await _renumbered(connection, reply.id)
        deleted = () if questions else await _deleted_questions(connection, key, reply.id)
        if not questions and not (posts and deleted):
            await connection.execute(
                update(replies).where(replies.c.id == reply.id).values(state=CANCELLED, text=None)
            )
            continue
        text = reply.text if is_intact and questions else None
        state = SENDING if deleted or text is not None else WRITING
        changes = {"state": state, "text": text, "attempt": reply.attempt + 1}
        await connection.execute(update(replies).where(replies.c.id == reply.id).values(changes))
        return Job(
            reply.id,
            key,
            questions or deleted,
            posts,
            text,
            reply.attempt + 1,
            reply.variation,
            begun="" if deleted else await _text_so_far(connection, reply.id),
            finish_reason=reply.finish_reason,
            is_withdrawn=bool(deleted),
        )
    return None


async def _deleted_questions(
    connection: AsyncConnection, key: ConversationKey, reply_id: int
) -> tuple[IncomingMessage, ...]:
    """What is left of the messages that a reply answered: who sent them and when."""
    rows = (await connection.execute(_ALL_QUESTIONS_OF_REPLY, {"of_reply": reply_id})).all()
    return _oldest_first([_to_message(key, row) for row in rows])


async def _text_so_far(connection: AsyncConnection, reply_id: int) -> str:
    """The text of a finished reply that waits to be continued: its turn is kept meanwhile."""
    of_reply = select(messages.c.text).where(messages.c.reply_id == reply_id, messages.c.deleted_at.is_(None))
    return await connection.scalar(of_reply) or ""


async def questions_of_reply(
    connection: AsyncConnection, key: ConversationKey, reply_id: int, state: str
) -> tuple[IncomingMessage, ...]:
    """What a reply answers and was not deleted, oldest first; `state` is that of its inbox rows."""
    parameters = {"of_reply": reply_id, "of_state": state}
    rows = (await connection.execute(_QUESTIONS_OF_REPLY, parameters)).all()
    return _oldest_first([_to_message(key, row) for row in rows])


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
    connection: AsyncConnection, key: ConversationKey, *, by_turns: bool, is_joining: bool
) -> Job | None:
    waiting = (await connection.execute(_WAITING_QUESTIONS, to_parameters(key))).all()
    if not waiting:
        return None
    if by_turns and (waiting[0].command or not is_joining):
        waiting = waiting[await _turn_of_another(connection, waiting) :]
    is_alone = waiting[0].command is not None or not is_joining
    taken = waiting[:1] if is_alone else list(takewhile(lambda row: row.command is None, waiting))
    conversation_id, first, last = taken[0].conversation_id, taken[0].inbox_id, taken[-1].inbox_id
    new = {"conversation_id": conversation_id, "state": WRITING, "attempt": 1}
    reply_id = (await connection.execute(_ADD_REPLY, new)).scalar_one()
    span = {"of_conversation": conversation_id, "first": first, "last": last, "of_reply": reply_id}
    await connection.execute(_TAKE, span)
    return Job(reply_id, key, _oldest_first([_to_message(key, row) for row in taken]), (), None, 1)


async def _turn_of_another(connection: AsyncConnection, waiting: Sequence[Row[*tuple[Any, ...]]]) -> int:
    """Where in `waiting` the next turn is: that of the first person who was not answered last, so that nobody
    with many commands keeps the others waiting for all of them. 0 where only one person waits."""
    if len({row.author_id for row in waiting}) == 1:
        return 0
    answered = await connection.scalar(_LAST_ANSWERED, {"of_conversation": waiting[0].conversation_id})
    return next(at for at, row in enumerate(waiting) if row.author_id != answered)


async def _renumbered(connection: AsyncConnection, reply_id: int) -> tuple[str, ...]:
    """The posts of a reply, which are kept from now on as if there had never been those that people deleted:
    whoever goes on with the reply counts the posts that are there."""
    posts = await posts_of(connection, reply_id)
    of_reply = reply_posts.c.reply_id == reply_id
    last = select(func.max(reply_posts.c.position)).where(of_reply)
    if posts and await connection.scalar(last) != len(posts) - 1:
        await connection.execute(delete(reply_posts).where(of_reply))
        rows = [{"reply_id": reply_id, "position": at, "message_id": post} for at, post in enumerate(posts)]
        await connection.execute(insert(reply_posts), rows)
    return posts


async def posts_of(connection: AsyncConnection, reply_id: int) -> tuple[str, ...]:
    """The platform message ids of a reply's posts, in order."""
    statement = (
        select(reply_posts.c.message_id)
        .where(reply_posts.c.reply_id == reply_id)
        .order_by(reply_posts.c.position)
    )
    return tuple((await connection.scalars(statement)).all())


def _oldest_first(arrived: list[IncomingMessage]) -> tuple[IncomingMessage, ...]:
    return tuple(sorted(arrived, key=lambda message: message.sent_at))


def _to_message(key: ConversationKey, row: Row[*tuple[Any, ...]]) -> IncomingMessage:
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
        sees_history=row.sees_history,
    )


def _to_json(command: Command | None) -> str | None:
    if command is None:
        return None
    name, options = command.name, dict(command.options)
    given = command.given, command.is_own_place
    return json.dumps([name, options, command.by_manager, command.language, *given])


def _from_json(command: str | None) -> Command | None:
    if command is None:
        return None
    # Rows from before `by_manager` and what follows it were kept have fewer items.
    return Command(*json.loads(command))
