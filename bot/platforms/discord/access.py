"""Who may read which channel, as Discord says now: overwrites, private threads, age gates.

Members are not kept in memory, so the person is asked for. Whatever is not certain counts as not allowed.
"""

from __future__ import annotations

import logging

import discord

from bot.conversation.access import named_channel
from bot.messages import DIRECT_WORKSPACE, ConversationKey
from bot.platforms.discord.incoming import channel_id
from bot.platforms.discord.places import key_of
from bot.platforms.discord.problems import CONNECTION_ERRORS

log = logging.getLogger(__name__)

Readable = (
    discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel | discord.Thread
)
"""Where people can read. The posts of a forum are its threads."""

_REFUSALS = (discord.HTTPException, discord.ClientException, discord.InvalidData, *CONNECTION_ERRORS)


async def find_readable(
    client: discord.Client, wanted: str, person_id: str, here: ConversationKey
) -> ConversationKey | None:
    """See Access. From a direct conversation, any server may be asked about that the person is in."""
    try:
        channel = await _find(client, wanted)
        if channel is None or here.workspace_id not in (DIRECT_WORKSPACE, str(channel.guild.id)):
            return None
        if channel.is_nsfw() and not _is_age_gated(client, here):
            return None
        person = await channel.guild.fetch_member(int(person_id))
        if not await _may_read(channel, person) or not await _may_read(channel, channel.guild.me):
            return None
        return key_of(channel)
    except _REFUSALS as error:
        log.info("nobody can say who may read a channel: %s", type(error).__name__)
        return None


async def _find(client: discord.Client, wanted: str) -> Readable | None:
    """The channel or thread that a mention, a link or an id names."""
    name = named_channel(wanted)
    if not (name.isascii() and name.isdecimal() and len(name) <= len(str(2**64))):
        return None
    channel = client.get_channel(int(name)) or await client.fetch_channel(int(name))
    return channel if isinstance(channel, Readable) else None


async def _may_read(channel: Readable, person: discord.Member) -> bool:
    """Whether somebody may see a channel and all that was said there before."""
    may = channel.permissions_for(person)
    is_with_voice = isinstance(channel, discord.VoiceChannel | discord.StageChannel)
    if not (may.view_channel and may.read_message_history and (may.connect or not is_with_voice)):
        return False
    if not isinstance(channel, discord.Thread) or not channel.is_private() or may.manage_threads:
        return True
    try:
        await channel.fetch_member(person.id)
    except discord.NotFound:
        return False
    return True


def _is_age_gated(client: discord.Client, here: ConversationKey) -> bool:
    """Whether everybody who reads `here` has told Discord their age. In direct messages nobody asks."""
    channel = client.get_channel(channel_id(here))
    return isinstance(channel, Readable) and channel.is_nsfw()
