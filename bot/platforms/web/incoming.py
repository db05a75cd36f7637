"""From the playground's messages to the bot's: pure functions, no I/O.

They decide what is meant for the bot. They know nothing of sockets or of the board's file.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from bot.conversation.rules import USUAL, Rules
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.web.notes import Note

PLATFORM = "web"
WORKSPACE = "local"


def conversation_key(channel: str, thread: str | None) -> ConversationKey:
    """The bot's name for a channel or thread of the playground."""
    return ConversationKey(PLATFORM, WORKSPACE, channel, thread)


def is_mentioned(text: str, bot_name: str) -> bool:
    """Whether a text calls the bot by `@name`, as a word of its own."""
    return re.search(rf"(?<![\w@])@{re.escape(bot_name)}(?!\w)", text, re.IGNORECASE) is not None


def is_for_bot(
    note: Note,
    bot_name: str,
    *,
    is_direct: bool,
    answers_bot: bool,
    is_bot_in_thread: bool,
    rules: Rules = USUAL,
) -> bool:
    """Whether the bot is to answer: in a direct channel always, and for commands; where `rules` let it speak
    in a thread that it was called into, when it is mentioned or a wake word said, and when one of its
    messages is replied to; by the rules to everything that is no reply to somebody else."""
    if note.is_command or is_direct:
        return True
    if rules.speak == "off":
        return False
    if answers_bot or is_bot_in_thread or is_mentioned(note.text, bot_name):
        return True
    return note.reply_to is None if rules.speak == "always" else rules.is_woken_by(note.text)


def to_incoming(note: Note, command: Command | None = None) -> IncomingMessage:
    """A message of the board as the bot is told of it. The id that the page made names message and event."""
    return IncomingMessage(
        conversation=conversation_key(note.channel, note.thread),
        message_id=note.id,
        event_id=f"web-{note.id}",
        author=Author(note.author_id, note.author_name, note.is_bot),
        text=note.text,
        sent_at=datetime.fromtimestamp(note.sent_ms / 1000, UTC),
        is_addressed=note.is_addressed,
        command=command,
        reply_to=note.reply_to,
    )


def to_note(message: IncomingMessage) -> Note:
    """An imported message as the board shows it."""
    return Note(
        id=message.message_id,
        channel=message.conversation.channel_id,
        thread=message.conversation.thread_id,
        author_id=message.author.id,
        author_name=message.author.name,
        text=message.text,
        sent_ms=int(message.sent_at.timestamp() * 1000),
        reply_to=message.reply_to,
    )


def with_prefix(message: IncomingMessage, channel: str) -> IncomingMessage:
    """An imported message under ids that are unique on the board, which has one id space for all channels."""
    prefix = f"{channel}:"
    thread = message.conversation.thread_id
    return replace(
        message,
        conversation=conversation_key(channel, prefix + thread if thread else None),
        message_id=prefix + message.message_id,
        event_id=f"web-{prefix}{message.event_id}",
        reply_to=prefix + message.reply_to if message.reply_to else None,
    )
