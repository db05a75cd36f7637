"""What happens on Discord, told to the manager: messages, edits, deletions, commands, each channel in order.

It decides nothing about answers and posts nothing but the first sign of life.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import discord

from bot.conversation.commands import is_private
from bot.conversation.manager import ConversationManager
from bot.errors import StorageError
from bot.messages import ConversationKey
from bot.platforms.called_threads import CalledThreads
from bot.platforms.discord.command_token import OpenCommands
from bot.platforms.discord.commands import chosen
from bot.platforms.discord.incoming import (
    Me,
    from_interaction,
    guild_id_of,
    is_call,
    is_from_person,
    text_of,
    to_incoming,
)
from bot.platforms.discord.places import find_key
from bot.platforms.discord.problems import ALREADY_ACKNOWLEDGED, CONNECTION_ERRORS
from bot.platforms.discord.typing_status import TypingStatus
from bot.platforms.event_order import EventOrder

log = logging.getLogger(__name__)

T = TypeVar("T")

STORAGE_RETRY_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts while the database refuses: Discord delivers an event only once."""

LATE_CALL = timedelta(minutes=15)
"""How old a message may be that an edit makes a question."""


class Listener:
    """Tells the manager what happened. One instance for all connections of a run."""

    def __init__(
        self,
        manager: ConversationManager,
        bot_name: str,
        typing: TypingStatus,
        open_commands: OpenCommands,
    ) -> None:
        self._manager = manager
        self._bot_name = bot_name
        self._typing = typing
        self._open_commands = open_commands
        self._threads = CalledThreads(manager)
        self._order: EventOrder[int] = EventOrder()

    async def message(self, client: discord.Client, message: discord.Message) -> None:
        """Remember a message that a person posted, and have it answered if it is for the bot."""
        async with self._order.turn(message.channel.id):
            if is_from_person(message):
                key = await find_key(client, message.channel.id, guild_id_of(message))
                await self._accept(client, message, key)

    async def edit(self, client: discord.Client, message: discord.Message) -> None:
        """Remember a message as it now reads. One that calls the bot only now is a question now."""
        async with self._order.turn(message.channel.id):
            if message.edited_at is None or not is_from_person(message):
                return
            if not message.content and not client.intents.message_content:
                return
            key = await find_key(client, message.channel.id, guild_id_of(message))
            me, edited_at = self._me(client), message.edited_at
            text = text_of(message, me)
            await _patiently(lambda: self._manager.amend(key, str(message.id), text, edited_at))
            if is_call(message, me) and datetime.now(UTC) - message.created_at < LATE_CALL:
                await self._accept(client, message, key, event="edit")

    async def deletion(
        self, client: discord.Client, channel_id: int, guild_id: int | None, message_ids: Iterable[int]
    ) -> None:
        """Forget messages that were deleted. The bot's own count too: a post that it took back is not there
        to be edited when the reply is made again."""
        async with self._order.turn(channel_id):
            key = await find_key(client, channel_id, guild_id)
            for message_id in message_ids:
                await _patiently(partial(self._manager.forget, key, str(message_id)))

    async def interaction(self, client: discord.Client, interaction: discord.Interaction) -> None:
        """Take a command: acknowledged at once, because Discord waits three seconds only."""
        if interaction.type is not discord.InteractionType.application_command or not interaction.channel_id:
            return
        if await _defer(interaction, is_private=is_private(chosen(interaction.data))):
            self._open_commands.add(interaction)
        async with self._order.turn(interaction.channel_id):
            key = await find_key(client, interaction.channel_id, interaction.guild_id, interaction.channel)
            command = from_interaction(interaction, key)
            try:
                if command is not None:
                    await _patiently(lambda: self._manager.accept(command))
            except StorageError as error:
                await _tell(interaction, error.user_message)
                raise

    async def settle(self, timeout_s: float) -> None:
        """Wait until the events that have arrived are handled."""
        await self._order.settle(timeout_s)

    # --- inside ------------------------------------------------------------------------------

    async def _accept(
        self, client: discord.Client, message: discord.Message, key: ConversationKey, event: str = "message"
    ) -> None:
        is_thread = key.thread_id is not None or isinstance(message.channel, discord.Thread)
        is_called_into = is_thread and await self._threads.has(key)
        incoming = to_incoming(message, self._me(client), key, is_called_into=is_called_into, event=event)
        if incoming is None:
            return
        if await _patiently(lambda: self._manager.accept(incoming)) and incoming.is_addressed:
            if is_thread:
                self._threads.add(key)
            self._typing.show(client.get_partial_messageable(message.channel.id))

    def _me(self, client: discord.Client) -> Me:
        assert client.user is not None
        return Me(client.user.id, self._bot_name)


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    for wait_s in STORAGE_RETRY_S:
        try:
            return await work()
        except StorageError as error:
            log.warning("the database refused, next try in %.1f s: %s", wait_s, error)
        await asyncio.sleep(wait_s)
    return await work()


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
    with suppress(discord.HTTPException, *CONNECTION_ERRORS):
        await interaction.edit_original_response(content=text)
