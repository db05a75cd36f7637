"""PacedSink: what all sinks of Discord have in common beside the layout: limits, and the pace of edits."""

from __future__ import annotations

import asyncio
from abc import abstractmethod

from bot.messages import File
from bot.platforms.answer_sink import AnswerSink
from bot.platforms.base import DeliveryLimits
from bot.platforms.discord.pace import Pace
from bot.platforms.layout import Layout

MAX_CHARS = 2000
MAX_CODE_CHARS = 1900
"""A longer block of code does not fit into one post with its fences, and goes as a file."""
MAX_FILE_BYTES = 10 * 1024 * 1024
"""What Discord takes anywhere; an interaction, or a server with boosts, may say more."""
NO_FILES = "I lack the permission Attach Files. Ask me for it in a channel where I have it."


class PacedSink(AnswerSink):
    """An AnswerSink under Discord's limits."""

    def __init__(self, layout: Layout, pace: Pace, *, takes_files: bool) -> None:
        """`takes_files`: the bot may attach files there."""
        super().__init__(layout)
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

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace a post's text and file. Raises PostGoneError."""
        self._edits += 1
        await super().edit(message_id, text, file)

    @property
    @abstractmethod
    def _bucket(self) -> str:
        """The place whose edits are counted together, as Discord's paths name it."""
