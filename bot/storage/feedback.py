"""What people think of answers: thumbs up and down. Functions over an open transaction.

It goes with its answer: when that is erased, taken back or made anew.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.answers import reply_of_post
from bot.storage.models import feedback, replies


async def put_feedback(
    connection: AsyncConnection, key: ConversationKey, post_id: str, person_id: str, is_good: bool | None
) -> bool:
    """See HistoryStore.put_feedback."""
    reply_id = await reply_of_post(connection, key, post_id)
    if reply_id is None:
        return False
    if is_good is None:
        await connection.execute(delete(feedback).where(_is_said(reply_id, person_id)))
        return True
    said = {"is_good": is_good, "said_at": datetime.now(UTC)}
    opinion = insert(feedback).values(reply_id=reply_id, person_id=person_id, **said)
    await connection.execute(
        opinion.on_conflict_do_update(index_elements=["reply_id", "person_id"], set_=said)
    )
    return True


async def feedback_of(
    connection: AsyncConnection, key: ConversationKey, post_id: str, person_id: str
) -> bool | None:
    """See HistoryStore.feedback_of."""
    reply_id = await reply_of_post(connection, key, post_id)
    if reply_id is None:
        return None
    is_good: bool | None = await connection.scalar(
        select(feedback.c.is_good).where(_is_said(reply_id, person_id))
    )
    return is_good


async def count_feedback(connection: AsyncConnection, here: Select[tuple[int]]) -> tuple[int, int]:
    """See HistoryStore.feedback; `here` are the ids of conversations."""
    statement = (
        select(func.count().filter(feedback.c.is_good), func.count().filter(~feedback.c.is_good))
        .select_from(feedback)
        .join(replies)
        .where(replies.c.conversation_id.in_(here))
    )
    good, bad = (await connection.execute(statement)).one()
    return good, bad


def _is_said(reply_id: int, person_id: str) -> ColumnElement[bool]:
    return (feedback.c.reply_id == reply_id) & (feedback.c.person_id == person_id)
