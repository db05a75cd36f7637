"""Takes what a deleted or edited message said out of the bot's answers, and has their posts corrected.

Functions over an open transaction.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey
from bot.storage.derived import drop_derived
from bot.storage.lookup import channel_ids, to_key
from bot.storage.models import OPEN, conversations, messages, replies
from bot.storage.outbox import resend
from bot.storage.quotations import Redaction
from bot.storage.records import Correction
from bot.storage.words import folded

_ANSWERS = (
    select(conversations, messages.c.id.label("row_id"), messages.c.message_id, messages.c.text)
    .add_columns(messages.c.reply_id)
    .join(messages, messages.c.conversation_id == conversations.c.id)
    .where(messages.c.role == "assistant", messages.c.deleted_at.is_(None))
)
_UNSENT = (
    select(conversations, replies.c.id.label("reply_id"), replies.c.text)
    .join(replies, replies.c.conversation_id == conversations.c.id)
    .where(replies.c.state.in_(OPEN), replies.c.text.is_not(None))
)


async def redact(
    connection: AsyncConnection, key: ConversationKey, redaction: Redaction, reworked: int | None = None
) -> tuple[Correction, ...]:
    """Correct all answers in a channel and its threads, at once where they are kept; each then waits to be
    shown again. The reply `reworked` is made anew anyway."""
    # First what is written and not yet sent: an answer that is shown again has its text there, too.
    unsent = (await connection.execute(_UNSENT.where(conversations.c.id.in_(channel_ids(key))))).all()
    found = [row for row in unsent if redaction.of(row.text) != row.text]
    for row in found:
        changed = update(replies).where(replies.c.id == row.reply_id).values(text=redaction.of(row.text))
        await connection.execute(changed)
        await resend(connection, row.reply_id, "")
    corrections = [Correction(to_key(row)) for row in found]
    answers = (await connection.execute(_ANSWERS.where(conversations.c.id.in_(channel_ids(key))))).all()
    for row in answers:
        text = redaction.of(row.text)
        if text != row.text:
            await _correct(connection, row, text)
            if row.reply_id is not None and row.reply_id != reworked:
                await resend(connection, row.reply_id, text)
            corrections.append(Correction(to_key(row), row.message_id, text))
    return tuple(corrections)


async def _correct(connection: AsyncConnection, row: Row[*tuple[Any, ...]], text: str) -> None:
    await drop_derived(connection, to_key(row), row.message_id)
    await connection.execute(
        update(messages).where(messages.c.id == row.row_id).values(text=text, folded=folded(text))
    )
