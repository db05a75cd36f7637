"""The shared vocabulary: what every room of the house says to every other.

Frozen dataclasses, standard library only. Nothing here knows a platform's SDK, a database
or a model; platform ids are opaque strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

Role = Literal["system", "user", "assistant"]

DIRECT_WORKSPACE = "dm"
"""The workspace of conversations outside of all workspaces, each of one person with the bot."""


@dataclass(frozen=True, slots=True)
class ConversationKey:
    """The unit of memory: one channel, or one thread of a channel."""

    platform: str
    workspace_id: str
    channel_id: str
    thread_id: str | None = None

    @property
    def channel(self) -> ConversationKey:
        """The channel itself, whatever thread of it is meant."""
        return replace(self, thread_id=None)

    def __str__(self) -> str:
        thread = f"/{self.thread_id}" if self.thread_id else ""
        return f"{self.platform}:{self.workspace_id}/{self.channel_id}{thread}"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote a message. `id` is the platform's, `name` what people see."""

    id: str
    name: str
    is_bot: bool = False


Given = Literal["directly", "said", "outside"]


@dataclass(frozen=True, slots=True)
class Command:
    """A command such as `/translate`, with its options as the platform delivered them.

    `options` maps option names to text; the task parses and checks the values. `by_manager`: the platform
    says that whoever gave it may manage the channel, and so may change what holds for everybody in it.
    `language` is the code of the language that the person's client is set to, "" where that is not known.
    `given` says how: by the platform's own means, said in a message that others can read, or by those means
    outside, where the bot is no member. `is_own_place`: whoever gave it manages this conversation because it
    is theirs alone with the bot, and so nothing else of its workspace.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    by_manager: bool = False
    language: str = ""
    given: Given = "directly"
    is_own_place: bool = False


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """One message or command from a platform, before anything was decided about it.

    `message_id` names the message in its conversation, `event_id` the delivery: a platform
    that delivers the same event again uses the same `event_id`. `is_addressed` says that the
    bot should answer (a mention, a direct message, a command); other messages are remembered
    only. `reply_to` is the `message_id` this one replies to. `sent_at` is timezone-aware. `sees_history`: the
    platform lets the author read what was said here before; if not, the answer may not tell of it. `is_call`:
    the bot was called by a mention, which the text does not have any more; not kept.
    """

    conversation: ConversationKey
    message_id: str
    event_id: str
    author: Author
    text: str
    sent_at: datetime
    is_addressed: bool
    command: Command | None = None
    reply_to: str | None = None
    sees_history: bool = True
    is_call: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class File:
    """A part of an answer that is shown as a file of its own, such as a long block of code."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One remembered message of a conversation, as storage gives it back.

    The order of a list of turns is the order of memory: a reply of the bot stands right
    after the last message that it answers, whatever arrived meanwhile. `thread_id` names the thread of the
    channel that it was said in, None for the channel itself.
    """

    role: Role
    text: str
    author: Author | None
    sent_at: datetime
    message_id: str
    reply_to: str | None = None
    is_edited: bool = False
    thread_id: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """A sign of life from long work, shown while nothing of the answer can be shown yet.

    Never part of the answer and never remembered.
    """

    text: str


Piece = str | Progress
"""What an answer's stream yields: text of the answer, or a sign of life."""
