"""Answers to commands about a message, such as its translation: they go with it.

Functions over an open transaction.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.lookup import is_in_channel, to_key
from bot.storage.models import ANSWERING, DONE, OPEN, conversations, inbox, replies
from bot.storage.outbox import take_back
from bot.storage.records import Dependent


async def drop_dependents(
    connection: AsyncConnection, key: ConversationKey, message_id: str
) -> tuple[Dependent, ...]:
    """Take back the finished answers to commands about a message of a channel, and name the open ones. A
    command that still waits finds no such message when its turn comes."""
    statement = (
        select(conversations, replies.c.id.label("reply_id"), replies.c.state)
        .join(replies, replies.c.conversation_id == conversations.c.id)
        .join(inbox, inbox.c.reply_id == replies.c.id)
        .where(inbox.c.about == message_id, inbox.c.state.in_((ANSWERING, DONE)), is_in_channel(key))
    )
    found = (await connection.execute(statement)).all()
    for row in found:
        if row.state == DONE:
            await take_back(connection, row.reply_id)
    return tuple(
        Dependent(to_key(row), row.reply_id, row.state in OPEN) for row in found if row.state in (DONE, *OPEN)
    )
