"""Admission: what the bot takes in of what a platform tells it, before anything is written down.

A message may be let in as it is, let in as one that is not to be answered, or not at all.
"""

from __future__ import annotations

from dataclasses import replace

from bot.conversation.bridges import Bridges
from bot.messages import IncomingMessage


class Admission:
    """Decides on each message that arrives."""

    def __init__(self, bridges: Bridges) -> None:
        self._bridges = bridges

    async def admit(self, message: IncomingMessage) -> IncomingMessage | None:
        """The message as it is to be taken, None where nothing of it may be kept. Raises StorageError."""
        if message.is_addressed and await self._bridges.is_to_bridge(message):
            return replace(message, is_addressed=False)
        return message
