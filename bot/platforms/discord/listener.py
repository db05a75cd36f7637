"""What happens on Discord, told to the manager: messages, edits, deletions, each channel in order.

It decides nothing about answers and posts nothing but the first sign of life.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import discord

from bot.conversation.manager import ConversationManager
from bot.errors import StorageError
from bot.messages import Command, ConversationKey, IncomingMessage
from bot.platforms.backfill import Backfill
from bot.platforms.called_threads import CalledThreads
from bot.platforms.discord.attachments import read_files
from bot.platforms.discord.contents import words_of
from bot.platforms.discord.history import History
from bot.platforms.discord.incoming import (
    PLATFORM,
    Me,
    conversation_key,
    guild_id_of,
    is_call,
    is_from_person,
    sees_history,
    to_incoming,
)
from bot.platforms.discord.places import find_key
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.discord.referred import remember_chain, remember_starter
from bot.platforms.discord.typing_status import TypingStatus
from bot.platforms.event_order import EventOrder
from bot.platforms.gaps import LATE
from bot.platforms.patience import patiently
from bot.platforms.removal import erase_place, erase_workspace

log = logging.getLogger(__name__)


class Listener:
    """Tells the manager what happened. One instance for all connections of a run."""

    def __init__(
        self,
        manager: ConversationManager,
        bot_name: str,
        typing: TypingStatus,
        order: EventOrder[int],
        backfill: Backfill[discord.Message],
    ) -> None:
        self._manager = manager
        self._bot_name = bot_name
        self._typing = typing
        self._threads = CalledThreads(manager)
        self._order = order
        self._backfill = backfill
        self._beginning, self._has_begun = 0, asyncio.Event()
        self._has_begun.set()

    async def session_began(self, client: discord.Client, shard_id: int) -> None:
        """A shard has a new session: Discord replays nothing from before. Events wait until it is known how
        far memory reached."""
        history = History(client, shard_id, self, self._order)
        self._beginning += 1
        self._has_begun.clear()
        try:
            await patiently(lambda: self._backfill.session_began(history))
        finally:
            self._beginning -= 1
            if not self._beginning:
                self._has_begun.set()

    async def message(self, client: discord.Client, message: discord.Message) -> None:
        """Remember a message that a person posted, and have it answered if it is for the bot."""
        async with self._turn(message.channel.id):
            if is_from_person(message):
                key = await find_key(client, message.channel.id, guild_id_of(message))
                await self._accept(client, message, key)

    async def edit(self, client: discord.Client, message: discord.Message) -> None:
        """Remember a message as it now reads. One that calls the bot only now is a question now."""
        async with self._turn(message.channel.id):
            if message.edited_at is not None and is_from_person(message):
                key = await find_key(client, message.channel.id, guild_id_of(message))
                await self.take_edit(client, message, key)

    async def deletion(
        self, client: discord.Client, channel_id: int, guild_id: int | None, message_ids: Iterable[int]
    ) -> None:
        """Forget messages that were deleted. The bot's own count too: a post that it took back is not there
        to be edited when the reply is made again."""
        async with self._turn(channel_id):
            key = await find_key(client, channel_id, guild_id)
            for message_id in message_ids:
                await patiently(partial(self._manager.forget, key, str(message_id)))

    async def removal(self, guild_id: int, channel_id: int, parent_id: int | None = None) -> None:
        """Forget a channel that was deleted, or with `parent_id` a public thread of that channel."""
        async with self._order.turn(channel_id):
            key = conversation_key(guild_id, channel_id, parent_id)
            for gone in {key, *await patiently(lambda: erase_place(self._manager, key))}:
                self._backfill.forget(gone)

    async def departure(self, guild_id: int) -> None:
        """Forget a server that the bot is no member of any more."""
        async with self._order.turn(guild_id):
            await patiently(lambda: erase_workspace(self._manager, PLATFORM, str(guild_id)))
            self._backfill.forget_workspace(PLATFORM, str(guild_id))

    # --- what was not told -------------------------------------------------------------------

    async def before_command(
        self, client: discord.Client, key: ConversationKey, command_id: int, command: Command
    ) -> None:
        """Read what a command should know of the conversation. Call it in the channel's turn, when the person
        sees that the bot is at work."""
        await self._has_begun.wait()
        await self._read_back(client, key, command_id, command)

    async def take_missed(
        self,
        client: discord.Client,
        message: discord.Message,
        key: ConversationKey,
        *,
        is_late: bool,
    ) -> None:
        """Take a message that Discord did not tell of when it was posted; one that `is_late` is not answered.
        In the channel's turn."""
        await self._accept(client, message, key, is_late=is_late)

    async def take_edit(self, client: discord.Client, message: discord.Message, key: ConversationKey) -> None:
        """Take a message as it now reads. In the channel's turn."""
        edited_at, me = message.edited_at, self.me(client)
        if edited_at is None or (not message.content and not client.intents.message_content):
            return
        incoming = await self._incoming(client, message, key)
        is_for_bot = incoming is not None and incoming.is_addressed
        text = words_of(message, me, files=await read_files(message) if is_for_bot else ())
        if is_for_bot:
            await _meet_author(message)
        # Of somebody of whom nobody could say, an answer that is made again takes it that they may not.
        sees = not _is_no_member_yet(message) and sees_history(message)
        await patiently(lambda: self._manager.amend(key, str(message.id), text, edited_at, sees))
        if is_call(message, me) and datetime.now(UTC) - message.created_at < LATE:
            await self._accept(client, message, key, event="edit")

    def me(self, client: discord.Client) -> Me:
        """The bot's own account on a client."""
        assert client.user is not None
        return Me(client.user.id, self._bot_name, client.intents.message_content)

    # --- inside ------------------------------------------------------------------------------

    @asynccontextmanager
    async def _turn(self, channel_id: int) -> AsyncIterator[None]:
        async with self._order.turn(channel_id):
            await self._has_begun.wait()
            yield

    async def _accept(
        self,
        client: discord.Client,
        message: discord.Message,
        key: ConversationKey,
        event: str = "message",
        *,
        is_late: bool = False,
    ) -> None:
        incoming = await self._incoming(client, message, key, event)
        if incoming is None:
            return
        if is_late:
            incoming = replace(incoming, is_addressed=False)
        elif incoming.is_addressed:
            await self._look_around(client, message, key, incoming.command)
            files = await read_files(message)
            incoming = await self._incoming(client, message, key, event, files) or incoming
            if _is_no_member_yet(message):
                # Nobody could say what the author may read there.
                incoming = replace(incoming, sees_history=False)
        taken = incoming
        if await patiently(lambda: self._manager.accept(taken)) and taken.is_addressed:
            if _is_in_thread(message, key):
                self._threads.add(key)
            self._typing.show(client.get_partial_messageable(message.channel.id))

    async def _incoming(
        self,
        client: discord.Client,
        message: discord.Message,
        key: ConversationKey,
        event: str = "message",
        files: tuple[str, ...] = (),
    ) -> IncomingMessage | None:
        is_called_into = _is_in_thread(message, key) and await self._threads.has(key)
        rules = await patiently(lambda: self._manager.rules.of(key))
        return to_incoming(
            message,
            self.me(client),
            key,
            is_called_into=is_called_into,
            event=event,
            rules=rules,
            files=files,
        )

    async def _look_around(
        self,
        client: discord.Client,
        message: discord.Message,
        key: ConversationKey,
        command: Command | None,
    ) -> None:
        """Learn what an answer to a message should know, under a sign of life where that takes a while."""
        is_reply = message.reference is not None
        if is_reply or message.attachments or self._backfill.has_to_read(key, command):
            self._typing.show(client.get_partial_messageable(message.channel.id))
        await self._read_back(client, key, message.id, command)
        if is_reply:
            try:
                await remember_chain(self._manager, client, message, key, self.me(client))
            except StorageError as error:
                log.warning("what a message replies to could not be remembered: %s", error)
        await _meet_author(message)

    async def _read_back(
        self, client: discord.Client, key: ConversationKey, before: int, command: Command | None
    ) -> None:
        is_first = self._backfill.has_to_read(key, command)
        await self._backfill.before_answer(History(client, 0, self, self._order), key, str(before), command)
        if is_first:
            try:
                await remember_starter(self._manager, client, key, self.me(client))
            except StorageError as error:
                log.warning("what a thread hangs on could not be remembered: %s", error)


async def _meet_author(message: discord.Message) -> None:
    """Learn what the author may do there: Discord's history does not say."""
    if message.guild is not None and _is_no_member_yet(message):
        with suppress(discord.HTTPException, *CONNECTION_ERRORS):
            message.author = await message.guild.fetch_member(message.author.id)


def _is_no_member_yet(message: discord.Message) -> bool:
    """Whether all that is known of the author of a server's message is a name."""
    return message.guild is not None and isinstance(message.author, discord.User)


def _is_in_thread(message: discord.Message, key: ConversationKey) -> bool:
    return key.thread_id is not None or isinstance(message.channel, discord.Thread)
