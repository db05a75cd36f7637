"""discord.py's client, made small: it keeps no messages and no members, and hands events to the listener."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable

import aiohttp
import discord

from bot.errors import BotError, where
from bot.platforms.discord.autocomplete import suggest_while_typing
from bot.platforms.discord.buttons import Buttons
from bot.platforms.discord.interactions import Interactions
from bot.platforms.discord.listener import Listener
from bot.platforms.discord.presence import Presence
from bot.platforms.discord.reactions import Reactions
from bot.platforms.discord.reading import read_what_is_told
from bot.platforms.discord.registration import register_patiently
from bot.platforms.discord.shards import ShardedClient, Shards

log = logging.getLogger(__name__)


class ParleyClient(ShardedClient):
    """The gateway's events on their way to a listener. `opened` is called when the gateway greets the bot on
    a shard."""

    def __init__(
        self,
        listener: Listener,
        interactions: Interactions,
        reactions: Reactions,
        buttons: Buttons,
        intents: discord.Intents,
        opened: Callable[[], None],
        presence: Presence,
        shards: Shards,
        http_trace: aiohttp.TraceConfig,
    ) -> None:
        super().__init__(
            intents=intents,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=http_trace,
            shard_count=shards.count or None,
            shard_ids=list(shards.ids) or None,
        )
        read_what_is_told(self)
        self._listener = listener
        self._interactions = interactions
        self._reactions = reactions
        self._buttons = buttons
        self._buttons.listen(self)
        self._opened = opened
        self._presence = presence
        self._presence.begin(self)
        self._beside: list[asyncio.Task[None]] = []

    async def setup_hook(self) -> None:
        """Register the commands beside the connecting, as their rate limit may take minutes, in one of the
        processes; and show the presence."""
        self._beside.append(asyncio.create_task(self._presence.show(self)))
        if not self.shard_ids or 0 in self.shard_ids:
            self._beside.append(asyncio.create_task(register_patiently(self)))

    async def close(self) -> None:
        """Leave the gateway and give up what is on its way."""
        for task in self._beside:
            task.cancel()
        await super().close()

    async def on_shard_connect(self, shard_id: int) -> None:
        """A new session of one shard; a resumed one is no news."""
        servers = sum(guild.shard_id == shard_id for guild in self.guilds)
        log.info(
            "connected to Discord as %s: shard %d of %s, in %d servers",
            self.user,
            shard_id,
            self.shard_count,
            servers,
        )
        self._opened()
        await self._listener.session_began(self, shard_id)

    async def on_message(self, message: discord.Message) -> None:
        """A message was posted."""
        await self._listener.message(self, message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message was edited, or Discord added a preview to it."""
        await self._listener.edit(self, payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message was deleted."""
        await self._listener.deletion(self, payload.channel_id, payload.guild_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages were deleted at once."""
        await self._listener.deletion(self, payload.channel_id, payload.guild_id, sorted(payload.message_ids))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        await self._listener.removal(channel.guild.id, channel.id)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """A thread was deleted; a private one is a channel of its own."""
        is_private = payload.thread_type is discord.ChannelType.private_thread
        parent_id = None if is_private else payload.parent_id
        await self._listener.removal(payload.guild_id, payload.thread_id, parent_id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """The bot is no member of a server any more."""
        await self._listener.departure(guild.id)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        """Somebody put an emoji under a message."""
        await self._reactions.added(self, payload)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A command was given, or is being typed; pressed buttons come by themselves."""
        if interaction.type is discord.InteractionType.autocomplete:
            await suggest_while_typing(interaction)
        elif interaction.type is discord.InteractionType.component:
            await self._buttons.refuse_forged(interaction)
        else:
            await self._interactions.command(self, interaction)

    async def on_error(self, event_method: str, /, *args: object, **kwargs: object) -> None:
        """An event could not be handled: one line for the operator, without what people wrote."""
        error = sys.exc_info()[1]
        is_closing = self.is_closed() and isinstance(error, RuntimeError)  # its session is closed already
        if error is not None and not is_closing:
            log.error("%s: %s", event_method, error if isinstance(error, BotError) else where(error))
