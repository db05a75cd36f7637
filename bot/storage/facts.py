"""Facts: what people asked the bot to keep about a channel. Functions over an open transaction.

They belong to the channel with all its threads, each to the person who gave it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import Author, ConversationKey
from bot.storage.lookup import get_conversation, is_conversation
from bot.storage.models import conversations, facts
from bot.storage.records import Fact


async def add_fact(
    connection: AsyncConnection, key: ConversationKey, author: Author, text: str, message_id: str | None
) -> Fact:
    """See HistoryStore.add_fact."""
    conversation_id = await get_conversation(connection, key.channel)
    counted = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_fact=conversations.c.last_fact + 1)
        .returning(conversations.c.last_fact)
    )
    number: int = (await connection.execute(counted)).scalar_one()
    fact = Fact(number, author, text, datetime.now(UTC), message_id)
    await connection.execute(
        insert(facts).values(
            conversation_id=conversation_id,
            number=number,
            author_id=author.id,
            author_name=author.name,
            author_is_bot=author.is_bot,
            text=text,
            said_at=fact.said_at,
            message_id=message_id,
        )
    )
    return fact


async def list_facts(connection: AsyncConnection, key: ConversationKey) -> list[Fact]:
    """See HistoryStore.facts."""
    rows = await connection.execute(select(facts).where(_is_here(key)).order_by(facts.c.number))
    return [to_fact(row) for row in rows]


def to_fact(row: Row[*tuple[Any, ...]]) -> Fact:
    """The fact of a row that has the columns of `facts`."""
    author = Author(row.author_id, row.author_name, row.author_is_bot)
    return Fact(row.number, author, row.text, row.said_at, row.message_id)


async def change_fact(
    connection: AsyncConnection, key: ConversationKey, number: int, author_id: str, text: str
) -> bool:
    """See HistoryStore.change_fact."""
    result = await connection.execute(
        update(facts).where(_is_own(key, number, author_id)).values(text=text, said_at=datetime.now(UTC))
    )
    return result.rowcount > 0


async def delete_fact(connection: AsyncConnection, key: ConversationKey, number: int, author_id: str) -> bool:
    """See HistoryStore.delete_fact."""
    result = await connection.execute(delete(facts).where(_is_own(key, number, author_id)))
    return result.rowcount > 0


async def erase_facts(connection: AsyncConnection, key: ConversationKey) -> None:
    """Delete all facts of a channel; their numbers stay used."""
    await connection.execute(delete(facts).where(_is_here(key)))


def _is_here(key: ConversationKey) -> ColumnElement[bool]:
    channel = key.channel
    return facts.c.conversation_id.in_(select(conversations.c.id).where(is_conversation(channel)))


def _is_own(key: ConversationKey, number: int, author_id: str) -> ColumnElement[bool]:
    return and_(_is_here(key), facts.c.number == number, facts.c.author_id == author_id)
