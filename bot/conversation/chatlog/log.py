"""A message of a log, and how it becomes a past message of a conversation. Knows no format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from bot.messages import Author, ConversationKey, IncomingMessage

MAX_BYTES = 64 * 1024 * 1024
MAX_MESSAGES = 100_000
START_OF_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""When a log without any times is taken to begin; nobody is shown times of that year."""
FORMATS = (
    "I read plain text (`Name: text` lines), JSON lines, Slack exports (a JSON file or a zip of one channel) "
    "and DiscordChatExporter JSON."
)


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One message of a log. `id` and `reply_to` are the log's own, where it has any."""

    author: str
    text: str
    sent_at: datetime | None = None
    id: str | None = None
    reply_to: str | None = None
    author_id: str | None = None
    is_bot: bool = False


def to_incoming(
    messages: Sequence[LogMessage], conversation: ConversationKey, until: datetime | None = None
) -> list[IncomingMessage]:
    """Log messages as past messages of `conversation`, none of them to be answered.

    Their ids come from content and position, so that the same log again makes the same ids. A message
    without a time is sent a second after the one before; a log without any times ends at `until` (default:
    it begins in the year 2000).
    """
    ids = _stable_ids(messages)
    by_log_id = {message.id: own for message, own in zip(messages, ids, strict=True) if message.id}
    times = _times(messages, until)
    return [
        IncomingMessage(
            conversation=conversation,
            message_id=own,
            event_id=f"import:{conversation}:{own}",
            author=Author(message.author_id or f"log:{message.author}", message.author, message.is_bot),
            text=message.text,
            sent_at=when,
            is_addressed=False,
            reply_to=by_log_id.get(message.reply_to) if message.reply_to else None,
        )
        for message, own, when in zip(messages, ids, times, strict=True)
    ]


def _stable_ids(messages: Sequence[LogMessage]) -> list[str]:
    ids = []
    for position, message in enumerate(messages):
        content = json.dumps([position, message.id, message.author, message.text, str(message.sent_at)])
        ids.append("log-" + blake2b(content.encode(), digest_size=12).hexdigest())
    return ids


def _times(messages: Sequence[LogMessage], until: datetime | None) -> list[datetime]:
    known = next((message.sent_at for message in messages if message.sent_at), None)
    start = until - timedelta(seconds=len(messages)) if until else START_OF_UNDATED
    last = (known or start) - timedelta(seconds=1)
    times = []
    for message in messages:
        last = message.sent_at or last + timedelta(seconds=1)
        times.append(last)
    return times
