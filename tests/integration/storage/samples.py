"""Short ways to write messages and to carry a reply through, for the tests of storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.records import Job
from bot.storage.store import HistoryStore

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CHANNEL = ConversationKey("discord", "guild", "general")


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def said(
    name: str,
    text: str = "",
    *,
    key: ConversationKey = CHANNEL,
    second: float = 0,
    event: str = "",
    is_addressed: bool = True,
    command: Command | None = None,
    reply_to: str | None = None,
) -> IncomingMessage:
    """A message whose id is its name."""
    return IncomingMessage(
        conversation=key,
        message_id=name,
        event_id=event or f"event of {name}",
        author=Author("u1", "Ada"),
        text=text or f"text of {name}",
        sent_at=at(second),
        is_addressed=is_addressed,
        command=command,
        reply_to=reply_to,
    )


async def claimed(store: HistoryStore, key: ConversationKey = CHANNEL) -> Job:
    """Claim a job that must be there."""
    job = await store.claim(key)
    assert job is not None
    return job


async def answer(store: HistoryStore, job: Job, text: str, *posts: str, is_memory: bool = True) -> None:
    """Carry a claimed reply to its end."""
    for index, post in enumerate(posts or (f"post of {job.reply_id}",)):
        await store.record_post(job.reply_id, index, post)
    await store.record_text(job.reply_id, text)
    await store.complete(job.reply_id, is_memory=is_memory, author_id="bot", author_name="Parley")


async def texts(store: HistoryStore, key: ConversationKey = CHANNEL) -> list[str]:
    """What memory holds, oldest first."""
    return [turn.text for turn in await store.turns(key)]
