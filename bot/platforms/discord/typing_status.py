"""The typing status, kept alive: Discord shows it for ten seconds a call.

Never in the way: it is sent beside the work, and a failure to show it is no failure.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import discord

from bot.platforms.discord.problems import CONNECTION_ERRORS

REPEAT_S = 8.0


class TypingStatus:
    """Shows that the bot is writing, in any number of channels."""

    def __init__(self) -> None:
        self._shown_at: dict[int, float] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def show(self, channel: discord.PartialMessageable) -> None:
        """Show it now, unless it is still shown from the last call."""
        now = asyncio.get_running_loop().time()
        if now - self._shown_at.get(channel.id, -REPEAT_S) < REPEAT_S:
            return
        self._shown_at = {place: at for place, at in self._shown_at.items() if now - at < REPEAT_S}
        self._shown_at[channel.id] = now
        sending = asyncio.create_task(_send(channel))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    def ended(self, channel_id: int) -> None:
        """A post was made there: Discord takes the status away, so the next call shows it again."""
        self._shown_at.pop(channel_id, None)

    async def close(self) -> None:
        """Give up what is on its way."""
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)


async def _send(channel: discord.PartialMessageable) -> None:
    with suppress(discord.HTTPException, *CONNECTION_ERRORS):
        await channel.typing()
