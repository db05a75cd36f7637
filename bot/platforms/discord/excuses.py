"""Excuses: tells the person who asked why no answer comes where they asked, once and in one sentence.

Knows nothing of answers. What cannot be told is left: the operator's log has it.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

import discord

from bot.platforms.discord.problems import CONNECTION_ERRORS, missing_permissions

ONCE_IN_S = 3600.0
MAX_KEPT = 10_000


class Excuses:
    """Remembers whom it told of which channel; a person hears of one at most once an hour."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], float] = {}

    async def tell(self, client: discord.Client, person_id: int, channel_id: int, sentence: str) -> None:
        """Write to a person that the bot cannot answer in a channel. Never an error."""
        now_s = asyncio.get_running_loop().time()
        if len(self._told) > MAX_KEPT:
            self._told = {which: at_s for which, at_s in self._told.items() if now_s - at_s < ONCE_IN_S}
        if now_s - self._told.get((person_id, channel_id), -ONCE_IN_S) < ONCE_IN_S:
            return
        self._told[person_id, channel_id] = now_s
        with suppress(discord.HTTPException, *CONNECTION_ERRORS):
            direct = await client.create_dm(discord.Object(person_id))
            await direct.send(
                sentence,
                nonce=secrets.token_hex(12),
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
            )


def excuse(channel_id: int, channel: object) -> str:
    """Why no answer comes in a channel, for the person who asked there."""
    missing = " and ".join(missing_permissions(channel)) or "View Channel or Send Messages"
    return (
        f"I cannot answer you in <#{channel_id}>: I lack the permission {missing} there. "
        "Somebody who manages the server can give it to me."
    )
