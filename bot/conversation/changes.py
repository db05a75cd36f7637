"""Changes: what people said was edited or deleted, so memory follows, and answers follow memory.

Running answers are ended, finished ones made again, taken back or corrected. Knows storage and replies; who
shows them, and in which order, is the manager's business.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

from bot.conversation.bridges import lanes_of
from bot.conversation.reply import Outcome, Reply
from bot.messages import ConversationKey, IncomingMessage
from bot.storage.records import Change
from bot.storage.store import HistoryStore


class Changes:
    """Follows edits and deletions. `schedule` lets a conversation's next reply be made, `end` ends a reply by
    its id, in the making or about to be; `running` gives the one in the making of a conversation."""

    def __init__(
        self,
        store: HistoryStore,
        schedule: Callable[[ConversationKey], None],
        end: Callable[[ConversationKey, int, Outcome], None],
        running: Callable[[ConversationKey], Reply | None],
    ) -> None:
        self._store = store
        self._schedule = schedule
        self._end = end
        self._running = running

    async def amend(
        self,
        key: ConversationKey,
        message_id: str,
        text: str,
        edited_at: datetime,
        sees_history: bool | None = None,
    ) -> None:
        """See ConversationManager.amend."""
        change = await self._store.amend(key, message_id, text, edited_at, sees_history)
        self._correct(change)
        if change.is_known:
            await self._translate_again(key, message_id)
        if change.open_reply_id is not None:
            self._end(key, change.open_reply_id, "restarted")
        elif change.done_reply_id is not None and await self._store.reopen(change.done_reply_id):
            self._schedule(key)

    async def forget(self, key: ConversationKey, message_id: str) -> None:
        """See ConversationManager.forget."""
        # Its translation first, so that a repeated event finds both; and one that was begun meanwhile.
        await self._forget_translation(key, message_id)
        await self._forget(key, message_id)
        await self._forget_translation(key, message_id)

    async def _forget_translation(self, key: ConversationKey, message_id: str) -> None:
        bridged = await self._store.reply_to_message(lanes_of(key), message_id)
        if bridged is not None:
            await self._forget(bridged[1], message_id)

    async def _forget(self, key: ConversationKey, message_id: str) -> None:
        change = await self._store.forget(key, message_id)
        self._correct(change)
        if change.waiting_in is not None:
            self._schedule(change.waiting_in)
        for answer in change.dependents:
            if answer.is_open:
                await self._store.withdraw(answer.reply_id)
                self._end(answer.conversation, answer.reply_id, "withdrawn")
            else:
                self._schedule(answer.conversation)
        if change.posting_reply_id is not None:
            await self._take_back(key, change.posting_reply_id)
        if change.open_reply_id is None:
            return
        is_over = await self._store.withdraw(change.open_reply_id, message_id)
        self._end(key, change.open_reply_id, "withdrawn" if is_over else "restarted")

    async def forget_person(self, command: IncomingMessage) -> AsyncGenerator[tuple[int, int]]:
        """Erase everything of the author of a command, in its workspace and in their direct messages with the
        bot; the command itself last. Yields how many of how many messages are gone. Raises StorageError."""
        erasure = self._store.people.erasure(command.conversation, command.author.id, command.message_id)
        try:
            async with aclosing(erasure.run()) as steps:
                async for step in steps:
                    yield step
        finally:
            for key, reply_id, message_id in erasure.running:
                is_over = await self._store.withdraw(reply_id, message_id)
                self._end(key, reply_id, "withdrawn" if is_over else "restarted")
            for key in erasure.waiting:
                self._schedule(key)

    def _correct(self, change: Change) -> None:
        """Answers that quoted the message are shown without the quotation."""
        for answer in change.corrections:
            self._schedule(answer.conversation)

    async def _take_back(self, key: ConversationKey, reply_id: int) -> None:
        """Somebody deleted a post of an answer in the making: the answer is not wanted. Once all is written
        it may be delivery that deletes what is left over."""
        reply = self._running(key)
        if reply is None or reply.reply_id != reply_id or reply.is_written or reply.has_been_ended:
            return
        await self._store.withdraw(reply_id)
        reply.end("withdrawn")

    async def _translate_again(self, key: ConversationKey, message_id: str) -> None:
        """The translation of an edited message follows it."""
        bridged = await self._store.reply_to_message(lanes_of(key), message_id)
        if bridged is None:
            return
        reply_id, lane = bridged
        if await self._store.reopen(reply_id):
            self._schedule(lane)
        else:
            self._end(lane, reply_id, "restarted")
