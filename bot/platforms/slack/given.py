"""Commands that people give not by a slash but by a button, a message's menu, a form or a flag. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation.commands import in_zone
from bot.conversation.tasks.task import SHOW
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.slack.incoming import DIRECT, PLATFORM, given_by, workspace_of
from bot.platforms.slack.names import Person
from bot.platforms.slack.payloads import Payload, part, text

_NOT_TOLD = (SHOW.name, "message")
"""Options that say nothing to people."""


def to_message(
    command: Command,
    key: ConversationKey,
    event_id: str,
    user_id: str,
    person: Person,
    reply_to: str | None = None,
) -> IncomingMessage:
    """A command as the bot is told of it. `event_id` is the same for the same deed, and the message's id too,
    so that it cannot be taken for the `ts` of one; `person` is what is known of who gave it."""
    now = datetime.now(UTC)
    said = [f"{name}:{value}" for name, value in command.options.items() if name not in _NOT_TOLD]
    command = given_by(command, person, is_own=key.channel_id.startswith(DIRECT))
    return IncomingMessage(
        conversation=key,
        message_id=event_id,
        event_id=event_id,
        author=Author(user_id, person.name or user_id),
        text=" ".join([f"/{command.name}", *said]),
        sent_at=now,
        is_addressed=True,
        command=in_zone(command, now.astimezone(person.zone)),
        reply_to=reply_to,
    )


def place_of(body: Payload) -> ConversationKey:
    """Where the message of an interaction stands: its channel, or the thread that it is a reply in."""
    channel, message = part(body, "channel"), part(body, "message")
    container = part(body, "container")
    ts = text(message, "ts") or text(container, "message_ts")
    thread = text(message, "thread_ts") or text(container, "thread_ts")
    channel_id = text(channel, "id") or text(container, "channel_id")
    return ConversationKey(
        PLATFORM, workspace_of(body), channel_id, thread if thread not in ("", ts) else None
    )
