"""AnswerSink: what sinks with buttons have in common. Each post is laid out, sent, and loses its buttons when
another one follows it. Where posts go, and how, is what each platform's kinds add.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress

from bot.errors import BotError, PlatformError
from bot.messages import File
from bot.platforms.base import PostGoneError
from bot.platforms.layout import Layout, Post

ENDINGS = {
    "stopped": "Stopped.",
    "finished": "I have no answer to that.",
    "failed": BotError.default_user_message,
}
"""What a command shows that ended without a word of an answer, by its outcome."""


class AnswerSink(ABC):
    """Most of a ReplySink. `send` and `change` are for another sink, which decides how posts look."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Post the next part, with the buttons where it is the last one; the one before loses them."""
        post = self.layout.of(text, file)
        message_id = await self.send(post, nonce)
        self.layout.shown(message_id, post)
        await self._move_buttons(is_over=False)
        return message_id

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace a post's text and file. Raises PostGoneError."""
        post = self.layout.of(text, file, message_id)
        try:
            await self.change(message_id, post)
        except PostGoneError:
            self.layout.gone(message_id)
            raise
        self.layout.shown(message_id, post)

    async def finish(self, outcome: str) -> None:
        """Show what can be done about the answer now that it is whole, where that is not shown already."""
        if outcome in ("finished", "stopped"):
            await self._move_buttons(is_over=True)

    @abstractmethod
    async def send(self, post: Post, nonce: str) -> str:
        """Post a message; its id. Raises PlatformError."""

    @abstractmethod
    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`. Raises PostGoneError and PlatformError."""

    async def _move_buttons(self, *, is_over: bool) -> None:
        """The text stands: a button that cannot be changed is no reason to fail."""
        for message_id, post in list(self.layout.outdated(is_over=is_over)):
            with suppress(PlatformError):
                await self._dress(message_id, post)
                self.layout.shown(message_id, post)

    async def _dress(self, message_id: str, post: Post) -> None:
        """Give a message other buttons below the same text."""
        await self.change(message_id, post)
