"""The tables, and how text and time are written into them. Knows no queries.

The migrations in `migrations/versions` make the same tables; `python -m bot.storage.migrate check` compares.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# What is to be done about an event (inbox.state). NOTED asks for no answer.
NOTED: Final = "noted"
WAITING: Final = "waiting"
ANSWERING: Final = "answering"
DONE: Final = "done"
CANCELLED: Final = "cancelled"

# How far a reply is (replies.state), beside WAITING, DONE and CANCELLED. WAITING was interrupted.
WRITING: Final = "writing"
SENDING: Final = "sending"
RUNNING: Final = (WRITING, SENDING)
OPEN: Final = (WAITING, WRITING, SENDING)


class AnyText(TypeDecorator[str]):
    """Any Python string. What UTF-8 cannot hold (lone surrogates) is kept as bytes, all other text as TEXT.

    A full-text index over such a column therefore sees plain text.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | bytes | None:
        """Text as it is, or bytes for text with lone surrogates."""
        if value is None:
            return None
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
        return value

    def process_result_value(self, value: str | bytes | None, dialect: Dialect) -> str | None:
        """The string that was bound."""
        return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


class Instant(TypeDecorator[datetime]):
    """A timezone-aware time, as whole microseconds since 1970 UTC; read back in UTC."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Microseconds. Raises ValueError for a time without a zone."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """An aware time in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


def to_microseconds(value: datetime) -> int:
    """Microseconds since 1970 UTC. Raises ValueError for a time without a zone."""
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return (value - EPOCH) // timedelta(microseconds=1)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", AnyText, nullable=False),
    Column("workspace_id", AnyText, nullable=False),
    Column("channel_id", AnyText, nullable=False),
    # "" for the channel itself: NULLs would never be equal to each other.
    Column("thread_id", AnyText, nullable=False),
    # The first row of the same channel: one number for a channel with all its threads.
    Column("place", Integer, nullable=False, server_default="0"),
    # How many facts were ever said in this channel: their numbers are never used again.
    Column("last_fact", Integer, nullable=False, server_default="0"),
    UniqueConstraint("platform", "workspace_id", "channel_id", "thread_id"),
)

# Everything that people saw. `is_memory` is false for commands and for answers that are not remembered.
# Memory is ordered by (anchor_sent_at, anchor_id, id): a person's message is its own anchor, an answer has
# that of the last message it answers. Triggers keep the index `messages_fts` in step (migration 0003).
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", Integer, ForeignKey("conversations.id"), nullable=False),
    Column("message_id", AnyText, nullable=False),
    Column("role", AnyText, nullable=False),
    Column("is_memory", Boolean, nullable=False),
    Column("author_id", AnyText, nullable=False),
    Column("author_name", AnyText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("text", AnyText, nullable=False),
    # What search reads instead of the text (bot.storage.words): NULL where that is the text itself.
    Column("folded", AnyText),
    Column("sent_at", Instant, nullable=False),
    Column("reply_to", AnyText),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("reply_id", Integer, ForeignKey("replies.id", ondelete="SET NULL")),
    Column("anchor_sent_at", Instant, nullable=False),
    Column("anchor_id", Integer, nullable=False),
    UniqueConstraint("message_id", "conversation_id"),
    Index(None, "conversation_id", "anchor_sent_at", "anchor_id", "id"),
    Index(None, "reply_id"),
    sqlite_autoincrement=True,
)

# Every event that a platform delivered, for good: an event is accepted once. (conversation_id, message_id)
# leads to its message.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", AnyText, nullable=False),
    Column("workspace_id", AnyText, nullable=False),
    Column("event_id", AnyText, nullable=False),
    Column("conversation_id", Integer, ForeignKey("conversations.id"), nullable=False),
    Column("message_id", AnyText, nullable=False),
    Column("command", AnyText),
    Column("state", AnyText, nullable=False),
    Column("reply_id", Integer, ForeignKey("replies.id", ondelete="SET NULL")),
    Column("sees_history", Boolean, nullable=False, server_default="1"),
    # The message that a command is about (its option `message`): the answer goes with that.
    Column("about", AnyText),
    UniqueConstraint("platform", "workspace_id", "event_id"),
    Index(None, "message_id", "conversation_id"),
    Index(None, "state", "conversation_id"),
    Index(None, "reply_id"),
    Index(None, "about", sqlite_where=text("about IS NOT NULL")),
)

# The outbox. `text` is held only from the end of writing to the end of sending. Ids are never used again,
# because platforms see them in nonces. `variation` counts how often a person asked for another answer.
replies = Table(
    "replies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", Integer, ForeignKey("conversations.id"), nullable=False),
    Column("state", AnyText, nullable=False),
    Column("text", AnyText),
    Column("attempt", Integer, nullable=False),
    Column("variation", Integer, nullable=False, server_default="0"),
    Column("finish_reason", AnyText),
    Index(None, "conversation_id"),
    Index(None, "state", "conversation_id"),
    sqlite_autoincrement=True,
)

reply_posts = Table(
    "reply_posts",
    metadata,
    Column("reply_id", Integer, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("message_id", AnyText, nullable=False),
    Index(None, "message_id"),
)

# What people thought of an answer: one row a person, without a word of what was said.
feedback = Table(
    "feedback",
    metadata,
    Column("reply_id", Integer, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", AnyText, primary_key=True),
    Column("is_good", Boolean, nullable=False),
    Column("said_at", Instant, nullable=False),
)

channel_settings = Table(
    "channel_settings",
    metadata,
    Column("conversation_id", Integer, ForeignKey("conversations.id"), primary_key=True),
    Column("name", AnyText, primary_key=True),
    Column("value", AnyText, nullable=False),
)

# Settings of a whole workspace have "" for the person.
workspace_settings = Table(
    "workspace_settings",
    metadata,
    Column("platform", AnyText, primary_key=True),
    Column("workspace_id", AnyText, primary_key=True),
    Column("person_id", AnyText, primary_key=True),
    Column("name", AnyText, primary_key=True),
    Column("value", AnyText, nullable=False),
)

# What people asked the bot to keep, by the channel's own row of `conversations`, threads included.
# `message_id`: the message that asked for it, with which it goes.
facts = Table(
    "facts",
    metadata,
    Column("conversation_id", Integer, ForeignKey("conversations.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("author_id", AnyText, nullable=False),
    Column("author_name", AnyText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("message_id", AnyText),
)

derived_texts = Table(
    "derived",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("conversation_id", Integer, ForeignKey("conversations.id"), nullable=False),
    Column("kind", AnyText, nullable=False),
    Column("key", AnyText, nullable=False),
    Column("text", AnyText, nullable=False),
    Column("model", AnyText, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("conversation_id", "kind", "key"),
)

derived_sources = Table(
    "derived_sources",
    metadata,
    Column("derived_id", Integer, ForeignKey("derived.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("message_id", AnyText, nullable=False),
    Index(None, "message_id"),
)

# Workspaces that threw the bot out, until what was said there is erased.
departures = Table(
    "departures",
    metadata,
    Column("platform", AnyText, primary_key=True),
    Column("workspace_id", AnyText, primary_key=True),
)
