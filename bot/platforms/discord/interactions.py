"""Commands that people give on Discord, by a slash or from a message's menu, told to the manager.

Acknowledged at once, because Discord waits three seconds only. It decides nothing about answers.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial

import discord

from bot.conversation.commands import check_options, command_task, is_private
from bot.conversation.manager import ConversationManager
from bot.errors import BotError, CommandError, PlatformError
from bot.messages import Command, ConversationKey
from bot.platforms.discord import menus
from bot.platforms.discord.command_token import ORIGINAL, CommandToken, OpenCommands, TokenExpiredError
from bot.platforms.discord.commands import chosen
from bot.platforms.discord.incoming import channel_id, from_interaction
from bot.platforms.discord.listener import Listener
from bot.platforms.discord.outside import find_key_of, is_outside
from bot.platforms.discord.problems import ALREADY_ACKNOWLEDGED, CONNECTION_ERRORS
from bot.platforms.discord.referred import remember_message
from bot.platforms.event_order import EventOrder
from bot.platforms.layout import Post
from bot.platforms.patience import patiently

log = logging.getLogger(__name__)


class Interactions:
    """Takes interactions. `order` is shared with the listener: a channel's events are handled one by one."""

    def __init__(
        self,
        manager: ConversationManager,
        open_commands: OpenCommands,
        order: EventOrder[int],
        listener: Listener,
    ) -> None:
        self._manager = manager
        self._open_commands = open_commands
        self._order = order
        self._listener = listener

    async def command(self, client: discord.Client, interaction: discord.Interaction) -> None:
        """Take a slash command, or an entry of a message's menu."""
        command = chosen(interaction.data) or menus.chosen(interaction.data)
        is_command = interaction.type is discord.InteractionType.application_command
        if command is None or not is_command or not interaction.channel_id:
            return
        try:
            was_taken_along = is_outside(interaction)
            if was_taken_along:
                command = replace(command, given="outside")
                await self._acknowledge(interaction, is_private=True)
            key = await find_key_of(interaction)
            # Told at once, and not in the turn of the channel: nobody waits for what is refused.
            if refusal := self._manager.rate.refusal(from_interaction(interaction, key, command)):
                await _tell(interaction, refusal)
                return
            if misuse := _misuse(command):
                await _tell(interaction, misuse)
                return
            if not was_taken_along:
                await self._acknowledge(interaction, is_private=is_private(command, here=key))
            await self._accept(client, interaction, key, command)
        except BotError as error:
            await _tell(interaction, error.user_message)
            raise

    async def _accept(
        self,
        client: discord.Client,
        interaction: discord.Interaction,
        key: ConversationKey,
        command: Command,
    ) -> None:
        async with self._order.turn(channel_id(key)):
            await self._listener.before_command(client, key, interaction.id, command)
            if target := menus.target_of(interaction):
                me = self._listener.me(client)
                await patiently(partial(remember_message, self._manager, target, key, me))
            incoming = from_interaction(interaction, key, command)
            await patiently(lambda: self._manager.accept(incoming))

    async def _acknowledge(self, interaction: discord.Interaction, *, is_private: bool) -> None:
        if await _defer(interaction, is_private=is_private):
            self._open_commands.add(interaction)


def _misuse(command: Command) -> str:
    """What is wrong with a command, as far as that can be told before it is run; "" for nothing."""
    try:
        check_options(command_task(command.name), command.options)
    except CommandError as error:
        return error.user_message
    return ""


async def _defer(interaction: discord.Interaction, *, is_private: bool) -> bool:
    """Acknowledge a command; False when that came too late or was not possible."""
    try:
        await interaction.response.defer(thinking=True, ephemeral=is_private)
    except discord.HTTPException as error:
        if error.code == ALREADY_ACKNOWLEDGED:
            return True
        log.warning(
            "a command could not be acknowledged: Discord answered %d, code %d", error.status, error.code
        )
        return False
    except CONNECTION_ERRORS as error:
        log.warning("a command may not have been acknowledged: %s", type(error).__name__)
    return True


async def _tell(interaction: discord.Interaction, text: str) -> None:
    """A sentence for the person who gave a command, instead of an answer."""
    with suppress(discord.HTTPException, PlatformError, TokenExpiredError, *CONNECTION_ERRORS):
        if interaction.response.is_done():
            await CommandToken(interaction).edit(ORIGINAL, Post(text, is_plain=True), None)
        else:
            await interaction.response.send_message(text, ephemeral=True)
