"""Where things happen: which conversation a Discord channel or thread is."""

from __future__ import annotations

import discord

from bot.messages import ConversationKey
from bot.platforms.discord.incoming import conversation_key
from bot.platforms.discord.problems import CONNECTION_ERRORS


async def find_key(
    client: discord.Client, channel_id: int, guild_id: int | None, channel: object = None
) -> ConversationKey:
    """The conversation of a channel or thread. Discord is asked where discord.py's cache does not know.

    A private thread is a channel of its own: what is said there is not for all of the channel around it.
    """
    if guild_id is None:
        return conversation_key(None, channel_id)
    channel = channel or client.get_channel(channel_id) or await _fetch(client, channel_id)
    return conversation_key(guild_id, channel_id, _parent_id(channel))


def key_of(channel: discord.abc.GuildChannel | discord.Thread) -> ConversationKey:
    """The conversation of a channel or thread of a server, as discord.py knows it."""
    return conversation_key(channel.guild.id, channel.id, _parent_id(channel))


def _parent_id(channel: object) -> int | None:
    if isinstance(channel, discord.Thread) and not channel.is_private():
        return channel.parent_id
    return None


async def _fetch(client: discord.Client, channel_id: int) -> object:
    try:
        return await client.fetch_channel(channel_id)
    except (discord.HTTPException, discord.InvalidData, *CONNECTION_ERRORS):
        return None
