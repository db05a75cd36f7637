"""Flags under messages, told to the manager: each asks for a translation, once a message and language.

It decides nothing about answers. A flag that cannot be followed is passed over in silence.
"""

from __future__ import annotations

from datetime import UTC, datetime

import discord

from bot.conversation.manager import ConversationManager
from bot.conversation.menus import language_of_flag
from bot.conversation.tasks.translate import BY_FLAG
from bot.messages import DIRECT_WORKSPACE, Author, Command, ConversationKey, IncomingMessage
from bot.platforms.discord.history import find_channel, may_read
from bot.platforms.discord.listener import Listener
from bot.platforms.discord.places import find_key
from bot.platforms.discord.referred import fetch_message, remember_message
from bot.platforms.event_order import EventOrder
from bot.platforms.patience import patiently


class Reactions:
    """Takes reactions. `order` is shared with the listener: a channel's events are handled one by one."""

    def __init__(self, manager: ConversationManager, order: EventOrder[int], listener: Listener) -> None:
        self._manager = manager
        self._order = order
        self._listener = listener

    async def added(self, client: discord.Client, reaction: discord.RawReactionActionEvent) -> None:
        """Have a message translated into the language of a flag that a person put under it."""
        language = None if reaction.emoji.is_custom_emoji() else language_of_flag(reaction.emoji.name)
        is_bot = reaction.member is not None and reaction.member.bot
        if language is None or is_bot or (client.user is not None and reaction.user_id == client.user.id):
            return
        async with self._order.turn(reaction.channel_id):
            key = await find_key(client, reaction.channel_id, reaction.guild_id)
            if not await self._is_wanted(key) or not may_read(find_channel(client, key)):
                return  # without reading back one cannot reply either
            if await patiently(lambda: self._is_remembered(client, reaction, key)):
                wish = _wish(reaction, key, language.code)
                await patiently(lambda: self._manager.accept(wish))

    async def _is_remembered(
        self, client: discord.Client, reaction: discord.RawReactionActionEvent, key: ConversationKey
    ) -> bool:
        """Whether memory has the message under the flag, or has it now. Raises StorageError."""
        if await self._manager.past.is_known(key, str(reaction.message_id)):
            return True
        me = self._listener.me(client)
        if not me.hears_all and key.workspace_id != DIRECT_WORKSPACE:
            return False  # what does not mention the bot is empty, and the rest is known
        message = await fetch_message(client, key, reaction.message_id)
        return message is not None and await remember_message(self._manager, message, key, me)

    async def _is_wanted(self, key: ConversationKey) -> bool:
        rules = await self._manager.rules.of(key)
        return rules.flags and (rules.speak != "off" or key.workspace_id == DIRECT_WORKSPACE)


def _wish(reaction: discord.RawReactionActionEvent, key: ConversationKey, code: str) -> IncomingMessage:
    """The command that a flag stands for. Its id makes it the same whoever puts that flag there."""
    message_id = str(reaction.message_id)
    wish_id = f"{BY_FLAG}{message_id}:{code}"
    return IncomingMessage(
        conversation=key,
        message_id=wish_id,
        event_id=wish_id,
        author=Author(str(reaction.user_id), reaction.member.display_name if reaction.member else "somebody"),
        text=f"/translate message:{message_id} to:{code}",
        sent_at=datetime.now(UTC),
        is_addressed=True,
        command=Command("translate", {"message": message_id, "to": code}),
        reply_to=message_id,
    )
