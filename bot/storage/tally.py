"""How much is kept: numbers for people. Functions over an open transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, func, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.feedback import count_feedback
from bot.storage.lookup import is_in_channel
from bot.storage.models import ANSWERING, WAITING, conversations, facts, inbox, messages
from bot.storage.records import Tally


async def count(connection: AsyncConnection, key: ConversationKey, *, whole_workspace: bool) -> Tally:
    """See HistoryStore.tally."""
    here = select(conversations.c.id).where(_is_there(key) if whole_workspace else is_in_channel(key))
    first = type_coerce(func.min(messages.c.sent_at), messages.c.sent_at.type)
    said = (
        select(func.count(), first, func.count(messages.c.author_id.distinct()))
        .select_from(messages)
        .where(
            messages.c.conversation_id.in_(here),
            messages.c.role == "user",
            messages.c.is_memory,
            messages.c.deleted_at.is_(None),
        )
    )
    answered = (
        select(func.count())
        .select_from(messages)
        .where(
            messages.c.conversation_id.in_(here),
            messages.c.role == "assistant",
            messages.c.deleted_at.is_(None),
        )
    )
    known = select(func.count()).select_from(facts).where(facts.c.conversation_id.in_(here))
    total, since, people = (await connection.execute(said)).one()
    good, bad = await count_feedback(connection, here)
    return Tally(
        messages=total,
        since=since,
        people=people,
        answers=(await connection.execute(answered)).scalar_one(),
        good=good,
        bad=bad,
        facts=(await connection.execute(known)).scalar_one(),
    )


async def count_waiting(connection: AsyncConnection) -> int:
    """See HistoryStore.waiting."""
    open_states = inbox.c.state.in_((WAITING, ANSWERING))
    statement = select(func.count()).select_from(inbox).where(open_states)
    return (await connection.execute(statement)).scalar_one()


def _is_there(key: ConversationKey) -> ColumnElement[bool]:
    return and_(conversations.c.platform == key.platform, conversations.c.workspace_id == key.workspace_id)
