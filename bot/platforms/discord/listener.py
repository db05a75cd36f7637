"""What happens on Discord, told to the manager: messages, edits, deletions, each channel in order.

It decides nothing about answers and posts nothing but the first sign of life.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import discord

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey
from bot.platforms.called_threads import CalledThreads
from bot.platforms.discord.incoming import (
    Me,
    guild_id_of,
    is_call,
    is_from_person,
    text_of,
    to_incoming,
)
from bot.platforms.discord.patience import patiently
from bot.platforms.discord.places import find_key
from bot.platforms.discord.typing_status import TypingStatus
from bot.platforms.event_order import EventOrder

log = logging.getLogger(__name__)

LATE_CALL = timedelta(minutes=15)
"""How old a message may be that an edit makes a question."""


class Listener:
    """Tells the manager what happened. One instance for all connections of a run."""

    def __init__(
        self,
        manager: ConversationManager,
        bot_name: str,
        typing: TypingStatus,
        order: EventOrder[int],
    ) -> None:
        self._manager = manager
        self._bot_name = bot_name
        self._typing = typing
        self._threads = CalledThreads(manager)
        self._order = order

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
            await patiently(lambda: self._manager.amend(key, str(message.id), text, edited_at))
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
                await patiently(partial(self._manager.forget, key, str(message_id)))

    # --- inside ------------------------------------------------------------------------------

    async def _accept(
        self, client: discord.Client, message: discord.Message, key: ConversationKey, event: str = "message"
    ) -> None:
        is_thread = key.thread_id is not None or isinstance(message.channel, discord.Thread)
        is_called_into = is_thread and await self._threads.has(key)
        incoming = to_incoming(message, self._me(client), key, is_called_into=is_called_into, event=event)
        if incoming is None:
            return
        if await patiently(lambda: self._manager.accept(incoming)) and incoming.is_addressed:
            if is_thread:
                self._threads.add(key)
            self._typing.show(client.get_partial_messageable(message.channel.id))

    def _me(self, client: discord.Client) -> Me:
        assert client.user is not None
        return Me(client.user.id, self._bot_name)
