"""Excuses: tells the person who asked why no answer comes where they asked, once and in one sentence.

Knows nothing of answers. What cannot be told is left: the operator's log has it.
"""

from __future__ import annotations

import secrets
from contextlib import suppress

import discord

from bot.platforms.discord.problems import CONNECTION_ERRORS, missing_permissions
from bot.platforms.recently import Recently

CANNOT_WRITE = "I cannot write to you directly: use the slash command, or open your direct messages."


class Excuses:
    """Remembers whom it told of which channel; a person hears of one at most once an hour."""

    def __init__(self) -> None:
        self._told = Recently()

    async def tell(self, client: discord.Client, person_id: int, channel_id: int, sentence: str) -> None:
        """Write to a person that the bot cannot answer in a channel. Never an error."""
        if not self._told.is_news((person_id, channel_id)):
            return
        with suppress(discord.HTTPException, *CONNECTION_ERRORS):
            direct = await client.create_dm(discord.Object(person_id))
            await direct.send(
                sentence,
                nonce=secrets.token_hex(12),
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
            )

    async def say(self, channel: discord.abc.Messageable, person_id: int, sentence: str) -> None:
        """Say in a channel that a person cannot be written to. Never an error."""
        if not self._told.is_news(person_id):
            return
        with suppress(discord.HTTPException, *CONNECTION_ERRORS):
            await channel.send(
                f"<@{person_id}> {sentence}",
                nonce=secrets.token_hex(12),
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
            )


def excuse(channel_id: int, channel: object, doing: str = "post") -> str:
    """Why no answer comes in a channel, for the person who asked there."""
    missing = " and ".join(missing_permissions(channel, doing)) or "View Channel or Send Messages"
    return (
        f"I cannot answer you in <#{channel_id}>: I lack the permission {missing} there. "
        "Somebody who manages the server can give it to me."
    )
