"""What a platform is to the rest of the house: two protocols, no behaviour.

A platform turns its SDK's events into `IncomingMessage` (a pure `to_incoming`), hands them to
the manager, and gives out sinks that post and edit. Delivery does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import PlatformError
from bot.messages import ConversationKey, File


@dataclass(frozen=True, slots=True)
class DeliveryLimits:
    """What a platform allows: characters in one post, and seconds between two posts or edits of a reply,
    which may change from one to the next. A block of code longer than `max_code_chars` goes as a file; None
    where the platform takes none. A file has at most `max_file_bytes`. `no_files` says to people why none can
    be attached where most can."""

    max_chars: int
    min_edit_interval_s: float
    max_code_chars: int | None = None
    max_file_bytes: int | None = None
    no_files: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at before the bot is started. `is_fine` False means that the bot will not
    work as it stands; `detail` then says how to mend it. A note found nothing wrong, and tells what could not
    be seen."""

    is_fine: bool
    subject: str
    detail: str
    is_note: bool = False

    @property
    def mark(self) -> str:
        """What people see before it: ok, note or WRONG."""
        return "WRONG" if not self.is_fine else "note" if self.is_note else "ok"


class PostGoneError(PlatformError):
    """A post is not there any more: somebody deleted it."""


class ReplySink(Protocol):
    """Where one reply goes. All methods raise PlatformError when the platform fails for good."""

    @property
    def limits(self) -> DeliveryLimits: ...

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Post a new message and return its id. The same `nonce` again must not post twice where the
        platform can prevent that. A `file` comes only where `limits` allow it."""

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace the text of a posted message, and its file: without `file` it carries none any more. Raises
        PostGoneError for one that is gone."""

    async def delete(self, message_id: str) -> None:
        """Remove a posted message; one that is gone already is no error."""

    async def find(self, nonce: str) -> str | None:
        """The id of the message posted with `nonce` by an earlier process, if the platform has it."""

    async def status(self, text: str) -> None:
        """Show a sign of life where the platform can (typing, a status line); never an error. It is asked for
        every few seconds while nothing new can be shown, behind an answer that has begun too."""

    async def finish(self, outcome: str) -> None:
        """The reply is complete: "finished", "stopped", "withdrawn" or "failed". Last call of a delivery."""


class Platform(Protocol):
    """A platform adapter. `name` is the `platform` of its conversation keys."""

    name: str

    async def run(self, manager: ConversationManager) -> None:
        """Listen until cancelled or closed; returns when the platform has ended by itself."""

    def sink(self, reply: Reply) -> ReplySink:
        """A sink for one reply."""

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address at which people can open a message of a conversation, None where there is none."""

    async def close(self) -> None:
        """Stop listening and free everything."""
