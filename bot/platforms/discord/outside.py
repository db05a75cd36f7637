"""Where commands and buttons belong, also where people take the bot along without its being a member: other
servers, groups, talks between people.

Nothing is known or kept of such places. What is asked there belongs to the person's own conversation with
the bot, and nobody else sees the answer.
"""

from __future__ import annotations

import discord

from bot.errors import PlatformError
from bot.messages import ConversationKey
from bot.platforms.discord.incoming import conversation_key
from bot.platforms.discord.places import find_key
from bot.platforms.discord.problems import until_answered


def is_outside(interaction: discord.Interaction) -> bool:
    """Whether the bot is no member of the place where something was asked."""
    if interaction.guild_id is not None:
        return interaction.client.get_guild(interaction.guild_id) is None
    return interaction.context.private_channel


async def find_key_of(interaction: discord.Interaction) -> ConversationKey:
    """The conversation that something asked by an interaction belongs to. PlatformError: Discord does not
    say."""
    if is_outside(interaction) or interaction.channel_id is None:
        return await _find_own_key(interaction)
    return await find_key(
        interaction.client, interaction.channel_id, interaction.guild_id, interaction.channel
    )


async def _find_own_key(interaction: discord.Interaction) -> ConversationKey:
    person = discord.Object(interaction.user.id)
    try:
        direct = await until_answered(
            "open a direct conversation", lambda: interaction.client.create_dm(person)
        )
    except discord.HTTPException as error:
        raise PlatformError(
            f"could not open a direct conversation: Discord answered {error.status}, code {error.code}"
        ) from error
    return conversation_key(None, direct.id)
