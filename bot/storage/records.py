"""What storage gives back, beyond the shared vocabulary. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.messages import Author, ConversationKey, IncomingMessage, Turn

CONTROL_COMMANDS = ("stop", "regenerate", "continue", "undo", "context")
"""Commands about an answer; what they are answered with is not an answer itself."""

OPTED_OUT = ("memory", "off")
"""The setting, and its value, of a person who wants nothing remembered but what they say to the bot."""


@dataclass(frozen=True, slots=True)
class Job:
    """One reply to be made, claimed from the inbox: what it answers and what was already sent.

    `messages` are the addressed messages it answers, oldest first: one command, or one or more chat
    messages that waited together. `posts` are the platform message ids that an earlier
    attempt already posted, in order; `text` is the whole answer where an earlier attempt finished
    writing it but not sending it, `finish_reason` how that ended. `attempt` counts from 1. `variation`
    is above 0 where a person asked for another answer than the one before. `begun` is the text of an answer
    that is to be continued. With `is_withdrawn` nothing is to be made: the posts are to be removed, and
    `messages` are what is left of deleted ones, without their text.
    """

    reply_id: int
    conversation: ConversationKey
    messages: tuple[IncomingMessage, ...]
    posts: tuple[str, ...]
    text: str | None
    attempt: int
    variation: int = 0
    begun: str = ""
    finish_reason: str | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A finished reply: what it answered, what it said, and how it ended.

    `questions` are what is left of the messages that it answered, oldest first, commands with them.
    `is_memory`: the text is part of memory. `finish_reason` is what `record_text` was told.
    """

    reply_id: int
    questions: tuple[IncomingMessage, ...]
    text: str
    is_memory: bool
    finish_reason: str | None
    posts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """An answer that quoted what is gone: where it is, the turn that it was and its text now, None for one
    that is no turn yet."""

    conversation: ConversationKey
    message_id: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Dependent:
    """An answer to a command about a message that is gone: a translation of it, say. One that is still being
    made (`is_open`) is to be withdrawn; a finished one waits in its conversation to be taken back."""

    conversation: ConversationKey
    reply_id: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit or a deletion touched.

    `is_known`: the message was in memory (and its text differs, for an edit). `open_reply_id`: the
    unfinished reply that answers it, `posting_reply_id` the one that posted it. `done_reply_id`: the finished
    reply that answers it, only when that is the latest reply of its conversation. `waiting_in`: the
    conversation in which the finished reply to a deleted message waits now, to be taken back, or to be made
    again for its other questions. `corrections`: the answers that quoted the message or rested on it; their
    replies wait to be shown anew. `dependents`: the answers to commands about a deleted message.
    """

    is_known: bool
    open_reply_id: int | None = None
    done_reply_id: int | None = None
    waiting_in: ConversationKey | None = None
    posting_reply_id: int | None = None
    corrections: tuple[Correction, ...] = ()
    dependents: tuple[Dependent, ...] = ()


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One line of a list of conversations: how many messages, and when the last was sent."""

    conversation: ConversationKey
    messages: int
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Derived:
    """Text made from messages: a summary, a translation. It goes when any of its sources changes."""

    kind: str
    key: str
    text: str
    model: str
    source_ids: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fact:
    """What a person asked the bot to keep about a channel. `number` counts from 1 within the channel;
    `message_id` is the message that asked for it, None where none did."""

    number: int
    author: Author
    text: str
    said_at: datetime
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Traces:
    """How much is kept of a person: messages, answers to them, facts, settings, and opinions of answers; and
    `since` when there are messages."""

    messages: int
    answers: int
    facts: int
    settings: int
    opinions: int
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is kept, and where."""

    conversation: ConversationKey
    what: Turn | Fact
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a person thought of the answer that a post shows."""

    conversation: ConversationKey
    post_id: str
    is_good: bool
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is kept of a person: turns (their own, and the answers to them) oldest first, facts, settings by
    name, and opinions."""

    turns: tuple[Kept, ...]
    facts: tuple[Kept, ...]
    settings: dict[str, str]
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of a channel or a workspace: what people said and since when, how many they are, answers, what
    was thought of them, and facts."""

    messages: int
    since: datetime | None
    people: int
    answers: int
    good: int
    bad: int
    facts: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One message that a search found. The higher `score`, the better; it compares hits of one search."""

    turn: Turn
    score: float
