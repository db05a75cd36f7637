"""AnswerSink: what all sinks of Discord have in common. Each post is laid out, sent, and loses its buttons
when another one follows it. Where posts go, and how, is what its kinds add.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import suppress

from bot.errors import PlatformError
from bot.messages import File
from bot.platforms.base import DeliveryLimits, PostGoneError
from bot.platforms.discord.layout import Layout, Post
from bot.platforms.discord.pace import Pace

MAX_CHARS = 2000
MAX_CODE_CHARS = 1900
"""A longer block of code does not fit into one post with its fences, and goes as a file."""
MAX_FILE_BYTES = 10 * 1024 * 1024
"""What Discord takes anywhere; an interaction, or a server with boosts, may say more."""
NO_FILES = "I lack the permission Attach Files. Ask me for it in a channel where I have it."


class AnswerSink(ABC):
    """Most of a ReplySink. `send` and `change` are for another sink, which decides how posts look."""

    def __init__(self, layout: Layout, pace: Pace, *, takes_files: bool) -> None:
        """`takes_files`: the bot may attach files there."""
        self.layout = layout
        self.pace = pace
        self.max_file_bytes = MAX_FILE_BYTES
        self._takes_files = takes_files
        self._edits = 0

    @property
    def limits(self) -> DeliveryLimits:
        """2,000 characters a post, and the pace that Discord's headers allow by now."""
        now_s = asyncio.get_running_loop().time()
        pause_s = self.pace.interval_s(self._bucket, self._edits, now_s)
        if not self._takes_files:
            return DeliveryLimits(MAX_CHARS, pause_s, no_files=NO_FILES)
        return DeliveryLimits(MAX_CHARS, pause_s, MAX_CODE_CHARS, self.max_file_bytes)

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
        self._edits += 1
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

    @property
    @abstractmethod
    def _bucket(self) -> str:
        """The place whose edits are counted together, as Discord's paths name it."""

    async def _move_buttons(self, *, is_over: bool) -> None:
        """The text stands: a button that cannot be changed is no reason to fail."""
        for message_id, post in list(self.layout.outdated(is_over=is_over)):
            with suppress(PlatformError):
                await self._dress(message_id, post)
                self.layout.shown(message_id, post)

    async def _dress(self, message_id: str, post: Post) -> None:
        """Give a message other buttons below the same text."""
        await self.change(message_id, post)
