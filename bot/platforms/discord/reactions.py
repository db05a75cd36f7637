"""Flags under messages, told to the manager: each asks for a translation, once a message and language.

It decides nothing about answers. A flag that cannot be followed is passed over in silence.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import discord

from bot.conversation.manager import ConversationManager
from bot.conversation.menus import language_of_flag
from bot.conversation.tasks.translate import BY_FLAG
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.platforms.discord.incoming import DIRECT
from bot.platforms.discord.patience import patiently
from bot.platforms.discord.places import find_key
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.discord.targets import remember
from bot.platforms.event_order import EventOrder

MAX_DONE = 1_000
"""Flags that are known to have been followed, without asking anybody."""

log = logging.getLogger(__name__)


class Reactions:
    """Takes reactions. `order` is shared with the listener: a channel's events are handled one by one."""

    def __init__(self, manager: ConversationManager, order: EventOrder[int]) -> None:
        self._manager = manager
        self._order = order
        self._done: dict[str, None] = {}

    async def added(self, client: discord.Client, reaction: discord.RawReactionActionEvent) -> None:
        """Have a message translated into the language of a flag that a person put under it."""
        language = language_of_flag(reaction.emoji.name)
        is_bot = reaction.member is not None and reaction.member.bot
        if language is None or is_bot or (client.user is not None and reaction.user_id == client.user.id):
            return
        wish_id = f"{BY_FLAG}{reaction.message_id}:{language.code}"
        async with self._order.turn(reaction.channel_id):
            if wish_id in self._done:
                return
            key = await find_key(client, reaction.channel_id, reaction.guild_id)
            if not await self._is_wanted(key):
                return
            message = await _fetch(client, reaction)
            if message is not None and await remember(client, self._manager, message, key):
                wish = _wish(wish_id, reaction, message, key, language.code)
                await patiently(lambda: self._manager.accept(wish))
                self._remember(wish_id)

    def _remember(self, wish_id: str) -> None:
        """Spare Discord the same question where more people put the same flag there."""
        self._done[wish_id] = None
        if len(self._done) > MAX_DONE:
            del self._done[next(iter(self._done))]

    async def _is_wanted(self, key: ConversationKey) -> bool:
        rules = await self._manager.rules.of(key)
        return rules.flags and (rules.speak != "off" or key.workspace_id == DIRECT)


def _wish(
    wish_id: str,
    reaction: discord.RawReactionActionEvent,
    message: discord.Message,
    key: ConversationKey,
    code: str,
) -> IncomingMessage:
    """The command that a flag stands for. Its id makes it the same whoever puts that flag there."""
    message_id = str(reaction.message_id)
    return IncomingMessage(
        conversation=key,
        message_id=wish_id,
        event_id=wish_id,
        author=Author(str(reaction.user_id), _name(reaction, message)),
        text=f"/translate message:{message_id} to:{code}",
        sent_at=datetime.now(UTC),
        is_addressed=True,
        command=Command("translate", {"message": message_id, "to": code}),
        reply_to=message_id,
    )


def _name(reaction: discord.RawReactionActionEvent, message: discord.Message) -> str:
    """What a person is called, as far as the event tells."""
    if reaction.member is not None:
        return reaction.member.display_name
    return message.author.display_name if message.author.id == reaction.user_id else "somebody"


async def _fetch(client: discord.Client, reaction: discord.RawReactionActionEvent) -> discord.Message | None:
    """The message under the flag, None where the bot may not read it or it is gone."""
    channel = client.get_partial_messageable(reaction.channel_id, guild_id=reaction.guild_id)
    try:
        return await channel.fetch_message(reaction.message_id)
    except discord.HTTPException:
        return None
    except CONNECTION_ERRORS as error:
        log.warning("a message could not be read: %s", type(error).__name__)
        return None
