"""DiscordPlatform: Discord as a platform like any other. It puts the adapter's pieces together."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import discord

from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.messages import DIRECT_WORKSPACE, ConversationKey, IncomingMessage, Progress
from bot.platforms.backfill import Backfill
from bot.platforms.base import ReplySink
from bot.platforms.discord.access import find_readable
from bot.platforms.discord.buttons import Buttons
from bot.platforms.discord.client import ParleyClient
from bot.platforms.discord.command_sink import CommandSink
from bot.platforms.discord.command_token import OpenCommands
from bot.platforms.discord.connection import Connection, Endpoints
from bot.platforms.discord.excuses import Excuses
from bot.platforms.discord.incoming import BY_COMMAND, PLATFORM, channel_id
from bot.platforms.discord.interactions import Interactions
from bot.platforms.discord.listener import Listener
from bot.platforms.discord.outside import is_outside
from bot.platforms.discord.pace import Pace
from bot.platforms.discord.presence import Presence
from bot.platforms.discord.problems import HEARS_CALLS_ONLY, own_permissions, why_unread
from bot.platforms.discord.reactions import Reactions
from bot.platforms.discord.shards import Shards
from bot.platforms.discord.sink import PERSON, ChannelSink, PersonSink, Surroundings
from bot.platforms.discord.typing_status import TypingStatus
from bot.platforms.event_order import EventOrder

SETTLE_S = 5.0


class DiscordPlatform:
    """One bot account on Discord.

    `api_url` (with `/api/v10`), `gateway_url` and `cdn_url` name other servers than Discord's own; discord.py
    keeps them for the whole process. `shard_ids` of `shard_count` are this process's, all where it names
    none; `status` is what people read below the bot's name. `backfill_messages` of a conversation are read
    back where the bot missed them.
    """

    name = PLATFORM

    def __init__(
        self,
        token: str,
        *,
        bot_name: str,
        api_url: str | None = None,
        gateway_url: str | None = None,
        cdn_url: str | None = None,
        shard_count: int = 0,
        shard_ids: tuple[int, ...] = (),
        status: str | None = None,
        backfill_messages: int = 0,
    ) -> None:
        self._bot_name = bot_name
        self._connection = Connection(token, Endpoints(api_url, gateway_url, cdn_url))
        self._shards = Shards(shard_count, shard_ids)
        self._status = status
        self._backfill_messages = backfill_messages
        self._backfill: Backfill[discord.Message] | None = None
        self._listener: Listener | None = None
        self._typing = TypingStatus()
        self._pace = Pace()
        self._surroundings = Surroundings(
            self._connection, self._typing, self._pace, Excuses(), self._is_known
        )
        self._open_commands = OpenCommands()
        self._manager: ConversationManager | None = None
        self._order: EventOrder[int] = EventOrder()

    async def run(self, manager: ConversationManager) -> None:
        """Stay connected until cancelled or closed. PlatformError: Discord will not have this bot."""
        self._manager = manager
        self._backfill = Backfill(manager, self._backfill_messages)
        listener = Listener(manager, self._bot_name, self._typing, self._order, self._backfill)
        self._listener = listener
        interactions = Interactions(manager, self._open_commands, self._order, listener)
        reactions = Reactions(manager, self._order, listener)
        buttons = Buttons(manager, self._open_commands, self._order)

        presence = Presence(self._status, lambda: manager.model_status)

        def build(intents: discord.Intents) -> discord.AutoShardedClient:
            return ParleyClient(
                listener,
                interactions,
                reactions,
                buttons,
                intents,
                self._connection.opened,
                presence,
                self._shards,
                self._pace.trace(),
            )

        await self._connection.run(build)

    def sink(self, reply: Reply) -> ReplySink:
        """A sink for one reply: through the command's token where there is one, else into the channel."""
        question = reply.question
        interaction = self._open_commands.get(question.message_id)
        is_direct = reply.conversation.workspace_id == DIRECT_WORKSPACE
        is_alone = is_direct and not question.event_id.startswith(BY_COMMAND)
        is_for_one = reply.audience is not None and not is_alone
        went_to_one = any(post.startswith(PERSON) for post in reply.posts)
        if is_for_one and interaction is None:
            # What the command's token showed is out of reach now: only posts to the person are left.
            reply.posts = tuple(post for post in reply.posts if post.startswith(PERSON))
        kind = PersonSink if is_for_one or went_to_one else ChannelSink
        channel = kind(
            reply,
            self._surroundings,
            takes_files=self._takes_files(channel_id(reply.conversation)),
            is_shareable=is_for_one and not is_direct,
        )
        if server := self._server_of(reply.conversation):
            channel.max_file_bytes = server.filesize_limit
        if interaction is None:
            return channel
        is_hidden = is_for_one or is_outside(interaction)
        return CommandSink(interaction, channel, is_private=is_hidden)

    def permalink(self, key: ConversationKey, message_id: str) -> str | None:
        """The address of a message, as Discord's clients know it; what went to a person has none here."""
        if message_id.startswith(PERSON):
            return None
        server = "@me" if key.workspace_id == DIRECT_WORKSPACE else key.workspace_id
        return f"https://discord.com/channels/{server}/{channel_id(key)}/{message_id}"

    async def find_readable(
        self, wanted: str, person_id: str, here: ConversationKey
    ) -> ConversationKey | None:
        """See Access."""
        return await find_readable(await self._connection.client(), wanted, person_id, here)

    async def prepare(
        self, question: IncomingMessage, place: ConversationKey
    ) -> AsyncGenerator[Progress, None]:
        """See Access: what was said in another place before the bot first read it. What was said here was
        read before the question was accepted."""
        if self._listener is None or question.command is None or place == question.conversation:
            return
        client, now_id = await self._connection.client(), discord.utils.time_snowflake(datetime.now(UTC))
        yield Progress("reading")
        async with self._order.turn(channel_id(place)):
            await self._listener.before_command(client, place, now_id, question.command)

    async def hindrance(self, place: ConversationKey, *, is_live: bool = False) -> str:
        """See Access: the message content intent, or a permission, that the bot lacks."""
        client = await self._connection.client()
        hears_all = client.intents.message_content or place.workspace_id == DIRECT_WORKSPACE
        reasons = ["" if hears_all else HEARS_CALLS_ONLY]
        reasons += [] if is_live else [why_unread(client.get_channel(channel_id(place)))]
        return " ".join(filter(None, reasons))

    async def close(self) -> None:
        """Leave Discord; what has arrived is still written down."""
        await self._typing.close()
        if self._backfill is not None:
            await self._backfill.close()
        await self._connection.close()
        await self._order.settle(SETTLE_S)

    def _server_of(self, key: ConversationKey) -> discord.Guild | None:
        """The server of a conversation, where it has one that is known."""
        client = self._connection.current
        if client is None or key.workspace_id == DIRECT_WORKSPACE:
            return None
        return client.get_guild(int(key.workspace_id))

    def _takes_files(self, channel: int) -> bool:
        """Whether the bot may attach files in a channel, as far as it is known."""
        client = self._connection.current
        permissions = own_permissions(client.get_channel(channel)) if client else None
        return permissions is None or permissions.attach_files

    async def _is_known(self, message_id: str) -> bool:
        return self._manager is not None and await self._manager.has_posted(PLATFORM, message_id)
