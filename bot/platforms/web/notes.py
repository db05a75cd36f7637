"""What stands on the board: messages, channels, people. Plain values; nothing of files or sockets."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the playground. `kind`: "direct" (every message is for the bot) or "channel"."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to speak as."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """One message on the board. `seq` orders the board, `sent_ms` and `edited_ms` are Unix milliseconds.

    `audience` is the only person to be shown it, None for everybody. `kind` says what a message of the bot's
    own is: "answer" for one that can be made again, "cut" for one that can also be continued, "bridge" for a
    translation that nobody asked for, "" for anything else.
    """

    id: str
    channel: str
    thread: str | None
    author_id: str
    author_name: str
    text: str
    sent_ms: int
    is_bot: bool = False
    reply_to: str | None = None
    edited_ms: int | None = None
    nonce: str | None = None
    is_addressed: bool = False
    is_command: bool = False
    is_deleted: bool = False
    audience: str | None = None
    kind: str = ""
    seq: int = 0
    thread_replies: int = 0


def now_ms() -> int:
    """The wall clock in Unix milliseconds."""
    return int(time.time() * 1000)
