"""HistoryStore: the one door to the database. One short transaction per method."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.messages import ConversationKey, IncomingMessage, Turn
from bot.storage.records import Change, ConversationSummary, Derived, Job


class HistoryStore:
    """History, inbox, outbox, channel settings and derived data of every conversation.

    Every method is one short transaction and raises StorageError when the database fails; nothing
    is then half written.
    """

    # --- messages in -------------------------------------------------------------------------

    async def accept(self, message: IncomingMessage) -> bool:
        """Write the history row and the inbox row; False for an event that was seen before.

        A new event about a message already known (Slack sends `message` and `app_mention` for one
        text) adds no second history row, and a job only if the message had none and is addressed
        now. Commands get an inbox row and no history row.
        """
        raise NotImplementedError

    async def import_messages(self, messages: Sequence[IncomingMessage]) -> int:
        """Append past messages, none of them to be answered; returns how many were new."""
        raise NotImplementedError

    async def amend(self, key: ConversationKey, message_id: str, text: str, edited_at: datetime) -> Change:
        """Replace a message's text, and drop derived data that rested on it."""
        raise NotImplementedError

    async def forget(self, key: ConversationKey, message_id: str) -> Change:
        """Erase a message's text and author name and drop derived data that rested on it. The tombstone
        keeps its ids, so that a late copy of the event does not bring the text back. A post of
        the bot's own erases the whole reply's text when it is the reply's only post."""
        raise NotImplementedError

    async def erase_conversation(self, key: ConversationKey) -> int:
        """Delete all messages, replies and derived data of a conversation, threads included; event ids
        stay, so that late copies stay silent. The open reply that is running is kept out of it: its
        row stays, without history. Returns how many messages went."""
        raise NotImplementedError

    # --- jobs: inbox and outbox --------------------------------------------------------------

    async def recover(self, platform: str) -> list[ConversationKey]:
        """After a start: every unfinished reply of this platform waits again (with its posts and its
        text); returns the conversations that have something waiting, oldest first."""
        raise NotImplementedError

    async def claim(self, key: ConversationKey) -> Job | None:
        """Take the next reply to be made in a conversation: what an interrupted reply answered, else one
        waiting command, else all chat messages waiting before the next command. None when nothing waits."""
        raise NotImplementedError

    async def record_post(self, reply_id: int, index: int, message_id: str) -> None:
        """Remember that post `index` (from 0) of a reply now exists on the platform."""
        raise NotImplementedError

    async def record_text(self, reply_id: int, text: str) -> None:
        """The answer is written in full; a later attempt sends this text and generates nothing."""
        raise NotImplementedError

    async def complete(self, reply_id: int, *, is_memory: bool, author_id: str, author_name: str) -> None:
        """The reply is on the platform. With `is_memory` (and a text that is not blank) it becomes an
        assistant turn after the last message that it answers; notices and errors do not."""
        raise NotImplementedError

    async def release(self, reply_id: int) -> None:
        """Put an unfinished reply back to waiting (shutdown, a question edited), posts kept, text dropped."""
        raise NotImplementedError

    async def withdraw(self, reply_id: int, message_id: str | None = None) -> bool:
        """A question was deleted: take it out of its reply. When no question is left the reply is
        cancelled for good and True is returned; else the reply waits again. None cancels all."""
        raise NotImplementedError

    async def reopen(self, reply_id: int) -> ConversationKey | None:
        """Make a finished reply again, into the same posts; its assistant turn is removed meanwhile."""
        raise NotImplementedError

    # --- memory out --------------------------------------------------------------------------

    async def turns(
        self,
        key: ConversationKey,
        *,
        limit: int | None = None,
        since: datetime | None = None,
        before_message_id: str | None = None,
        through_message_id: str | None = None,
        include_threads: bool = False,
    ) -> list[Turn]:
        """The newest `limit` turns in the order of memory, oldest first, deleted ones left out.

        `before_message_id` excludes that message and all after it; `through_message_id` excludes
        what comes after it. With `include_threads`, the channel's threads follow their first message.
        """
        raise NotImplementedError

    async def conversations(self, platform: str, workspace_id: str) -> list[ConversationSummary]:
        """All conversations of a workspace that have messages, newest first."""
        raise NotImplementedError

    # --- channel settings --------------------------------------------------------------------

    async def setting(self, key: ConversationKey, name: str) -> str | None:
        """A channel setting; a thread without one of its own has its channel's."""
        raise NotImplementedError

    async def set_setting(self, key: ConversationKey, name: str, value: str | None) -> None:
        """Set, or with None remove, a channel setting."""
        raise NotImplementedError

    # --- derived data ------------------------------------------------------------------------

    async def derived(self, key: ConversationKey, kind: str, name: str) -> Derived | None:
        """Derived data by kind ("summary", "translation") and name, if its sources are unchanged."""
        raise NotImplementedError

    async def put_derived(self, key: ConversationKey, derived: Derived) -> bool:
        """Keep derived data with the ids it came from, replacing what had its kind and key. False, and nothing
        kept, when a source is deleted or was edited after `derived.created_at`."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close all connections."""
        raise NotImplementedError
