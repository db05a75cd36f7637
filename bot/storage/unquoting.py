"""Takes quotations of one person's messages out of the answers to others, before those messages are erased.

In small transactions; the newest answers wait to be shown anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select, update

from bot.messages import ConversationKey
from bot.storage.database import Database
from bot.storage.derived import drop_derived
from bot.storage.lookup import batches, to_key
from bot.storage.models import OPEN, conversations, messages, replies
from bot.storage.outbox import resend
from bot.storage.owned import within
from bot.storage.quoting import Quotable, Quotations
from bot.storage.words import folded

ANSWERS_AT_ONCE = 200
"""Answers that are read at once."""

MESSAGES_READ_AT_ONCE = 500

MAX_SHOWN = 100
"""Answers that are shown anew at most."""


class Unquoting:
    """Corrects answers in `within(key)`. Afterwards `waiting` are the conversations in which answers wait to
    be shown anew, `touched` those in which one changed."""

    def __init__(self, database: Database, key: ConversationKey) -> None:
        self._database = database
        self._key = key
        self._shown = 0
        self.waiting: set[ConversationKey] = set()
        self.touched: set[ConversationKey] = set()

    async def take_out(self, ids: Sequence[int], names: Collection[str], leaving: Collection[int]) -> None:
        """Take what the messages in these rows said out of all answers but the replies `leaving`; `names` are
        what their author was called. Raises StorageError."""
        quotations = await asyncio.to_thread(Quotations, await self._quotable(ids), names)
        last: int | None = 0
        while last is not None:
            last = await self._redact_answers(quotations, last, leaving)
        await self._redact_unsent(quotations)

    async def _quotable(self, ids: Sequence[int]) -> list[Quotable]:
        statement = select(messages.c.message_id, messages.c.text, conversations.c.place).join(conversations)
        found: list[Quotable] = []
        async with self._database.read() as connection:
            for part in batches(ids, MESSAGES_READ_AT_ONCE):
                rows = await connection.execute(statement.where(messages.c.id.in_(part)))
                found += [Quotable(row.message_id, row.place, row.text) for row in rows if row.text]
        return found

    async def _redact_answers(
        self, quotations: Quotations, after: int, leaving: Collection[int]
    ) -> int | None:
        """Correct some answers; returns the last of them, None at the end."""
        statement = (
            select(conversations, messages.c.id.label("row_id"), messages.c.message_id, messages.c.text)
            .add_columns(messages.c.reply_id)
            .join(messages, messages.c.conversation_id == conversations.c.id)
            .where(
                within(self._key),
                messages.c.role == "assistant",
                messages.c.deleted_at.is_(None),
                messages.c.id > after,
            )
            .order_by(messages.c.id)
            .limit(ANSWERS_AT_ONCE)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(statement)).all()
        staying = [row for row in rows if row.reply_id not in leaving]
        texts = [(row.place, row.text) for row in staying]
        redacted = await asyncio.to_thread(lambda: [quotations.taken_out(*text) for text in texts])
        for row, text in zip(staying, redacted, strict=True):
            if text != row.text:
                await self._correct(row, text)
        return rows[-1].row_id if rows else None

    async def _correct(self, row: Row[*tuple[Any, ...]], text: str) -> None:
        key = to_key(row)
        async with self._database.write() as connection:
            await drop_derived(connection, key, row.message_id)
            await connection.execute(
                update(messages).where(messages.c.id == row.row_id).values(text=text, folded=folded(text))
            )
            if row.reply_id is not None and self._shown < MAX_SHOWN:
                await resend(connection, row.reply_id, text)
                self._shown += 1
                self.waiting.add(key)
        self.touched.add(key)

    async def _redact_unsent(self, quotations: Quotations) -> None:
        """What is written and not yet sent."""
        statement = (
            select(conversations, replies.c.id.label("reply_id"), replies.c.text)
            .join(replies, replies.c.conversation_id == conversations.c.id)
            .where(within(self._key), replies.c.state.in_(OPEN), replies.c.text.is_not(None))
        )
        async with self._database.write() as connection:
            for row in (await connection.execute(statement)).all():
                text = quotations.taken_out(row.place, row.text)
                if text != row.text:
                    changed = update(replies).where(replies.c.id == row.reply_id)
                    await connection.execute(changed.values(text=text))
                    await resend(connection, row.reply_id, "")
                    self.waiting.add(to_key(row))
