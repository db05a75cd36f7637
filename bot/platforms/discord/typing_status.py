"""The typing status, kept alive: Discord shows it for ten seconds a call.

Never in the way: it is sent beside the work, and a failure to show it is no failure.
"""

from __future__ import annotations

import asyncio

import discord

from bot.platforms.discord.problems import CONNECTION_ERRORS

REPEAT_S = 8.0
REFUSED_S = 60.0
"""How long nothing is tried where the bot may not write: Discord counts what it refuses."""


class TypingStatus:
    """Shows that the bot is writing, in any number of channels."""

    def __init__(self) -> None:
        self._next_at_s: dict[int, float] = {}
        self._sending: set[asyncio.Task[None]] = set()

    def show(self, channel: discord.PartialMessageable) -> None:
        """Show it now, unless it is still shown from the last call."""
        now = asyncio.get_running_loop().time()
        if now < self._next_at_s.get(channel.id, now):
            return
        self._next_at_s = {place: at_s for place, at_s in self._next_at_s.items() if now < at_s}
        self._next_at_s[channel.id] = now + REPEAT_S
        sending = asyncio.create_task(self._send(channel))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    def ended(self, channel_id: int) -> None:
        """A post was made there: Discord takes the status away, so the next call shows it again."""
        self._next_at_s.pop(channel_id, None)

    async def close(self) -> None:
        """Give up what is on its way."""
        for sending in self._sending:
            sending.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send(self, channel: discord.PartialMessageable) -> None:
        try:
            await channel.typing()
        except discord.Forbidden:
            self._next_at_s[channel.id] = asyncio.get_running_loop().time() + REFUSED_S
        except (discord.HTTPException, *CONNECTION_ERRORS):
            return
