"""Discord's own history, for backfill: pages of it, where servers say that there is something new.

It decides neither what is read nor what becomes of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from datetime import datetime
from typing import Protocol

import discord

from bot.errors import PlatformError
from bot.messages import DIRECT_WORKSPACE, ConversationKey, IncomingMessage
from bot.platforms.backfill import PAGE, UnreadableError
from bot.platforms.discord.incoming import PLATFORM, Me, channel_id, to_incoming
from bot.platforms.discord.places import key_of
from bot.platforms.discord.problems import CONNECTION_ERRORS, own_permissions
from bot.platforms.discord.reading import read_page
from bot.platforms.event_order import EventOrder
from bot.platforms.gaps import Past, Place
from bot.storage.known import KnownMessage

GUILDS_S = 30.0
"""How long servers may take to tell of themselves after a session began."""

Messageable = discord.abc.Messageable
_WITH_MESSAGES = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel, discord.Thread)


class Taker(Protocol):
    """Who takes what was missed, as if Discord had just told of it."""

    def me(self, client: discord.Client) -> Me: ...

    async def take_missed(
        self, client: discord.Client, message: discord.Message, key: ConversationKey, *, is_late: bool
    ) -> None: ...

    async def take_edit(
        self, client: discord.Client, message: discord.Message, key: ConversationKey
    ) -> None: ...


class History:
    """What one shard of a client can read. See `Reader`."""

    platform = PLATFORM

    def __init__(self, client: discord.Client, shard_id: int, taker: Taker, order: EventOrder[int]) -> None:
        self._client = client
        self._shard_id = shard_id
        self._taker = taker
        self._order = order

    def serves(self, key: ConversationKey) -> bool:
        """See Reader. Direct messages go to the first shard."""
        if key.workspace_id == DIRECT_WORKSPACE:
            return self._shard_id == 0
        guild = self._client.get_guild(int(key.workspace_id))
        return guild is not None and guild.shard_id == self._shard_id

    def turn(self, key: ConversationKey) -> AbstractAsyncContextManager[None]:
        """See Reader."""
        return self._order.turn(channel_id(key))

    async def places(self) -> list[Place]:
        """See Reader. Archived threads are not listed; nobody writes there without opening them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GUILDS_S):
                while any(guild.unavailable for guild in self._guilds()):
                    await self._client.wait_for("guild_available")
        return [
            Place(key_of(channel), _time_of(channel.last_message_id), str(channel.last_message_id))
            for guild in self._guilds()
            for channel in (*guild.channels, *guild.threads)
            if isinstance(channel, _WITH_MESSAGES) and may_read(channel)
        ]

    async def page(self, key: ConversationKey, before: str | None) -> list[Past[discord.Message]]:
        """See Reader."""
        doing = f"read channel {channel_id(key)}"
        try:
            channel = find_channel(self._client, key)
            if not may_read(channel):
                raise UnreadableError("the bot may not read there", is_refusal=False)
            messages = await read_page(self._client, channel, PAGE, int(before) if before else None)
        except (discord.Forbidden, discord.NotFound) as error:
            raise UnreadableError("Discord lets the bot read nothing there", is_refusal=True) from error
        except discord.HTTPException as error:
            raise PlatformError(
                f"could not {doing}: Discord answered {error.status}, code {error.code}"
            ) from None
        except CONNECTION_ERRORS as error:
            raise PlatformError(
                f"could not {doing}: Discord cannot be reached ({type(error).__name__})"
            ) from error
        return [Past(str(message.id), message.created_at, message.edited_at, message) for message in messages]

    def threads(self, key: ConversationKey) -> Sequence[ConversationKey]:
        """See Reader. Threads are channels, which say themselves what is new."""
        return ()

    def remembered(self, key: ConversationKey, past: Past[discord.Message]) -> IncomingMessage | None:
        """See Reader. What bots and webhooks say is kept no more than when it is told."""
        return to_incoming(past.message, self._taker.me(self._client), key)

    async def accept(self, key: ConversationKey, past: Past[discord.Message], *, is_late: bool) -> None:
        """See Reader."""
        await self._taker.take_missed(self._client, await self._placed(key, past), key, is_late=is_late)

    async def amend(self, key: ConversationKey, past: Past[discord.Message]) -> None:
        """See Reader."""
        await self._taker.take_edit(self._client, await self._placed(key, past), key)

    def is_from_here(self, key: ConversationKey, known: KnownMessage) -> bool:
        """See Reader. What somebody picks in a server where the bot is no member is kept with their direct
        messages."""
        return known.message_id.isdecimal() and (
            known.was_told or known.is_own or key.workspace_id != DIRECT_WORKSPACE
        )

    async def _placed(self, key: ConversationKey, past: Past[discord.Message]) -> discord.Message:
        """A message in a channel of its proper kind: what is said to the bot alone is for it."""
        if key.workspace_id == DIRECT_WORKSPACE and not isinstance(past.message.channel, discord.DMChannel):
            channel = await self._client.fetch_channel(channel_id(key))
            if isinstance(channel, discord.DMChannel):
                past.message.channel = channel
        return past.message

    def _guilds(self) -> list[discord.Guild]:
        return [guild for guild in self._client.guilds if guild.shard_id == self._shard_id]


def find_channel(client: discord.Client, key: ConversationKey) -> Messageable:
    """Where a conversation is, as discord.py knows it, or by its id alone."""
    channel = client.get_channel(channel_id(key))
    if isinstance(channel, Messageable):
        return channel
    guild_id = None if key.workspace_id == DIRECT_WORKSPACE else int(key.workspace_id)
    return client.get_partial_messageable(channel_id(key), guild_id=guild_id)


def may_read(channel: object) -> bool:
    """Whether the bot may read what was said in a channel, as far as discord.py knows. Discord does not
    refuse it: it says that nothing was said."""
    try:
        has = own_permissions(channel)
    except discord.ClientException:  # a thread whose channel is not known
        return False
    return has is None or (has.view_channel and has.read_message_history)


def _time_of(message_id: int | None) -> datetime | None:
    return None if message_id is None else discord.utils.snowflake_time(message_id)
