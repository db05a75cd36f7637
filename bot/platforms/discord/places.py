"""Where things happen: which conversation a Discord channel is, and which threads the bot was called into."""

from __future__ import annotations

from itertools import pairwise

import discord

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey, Turn
from bot.platforms.discord.incoming import conversation_key
from bot.platforms.discord.problems import CONNECTION_ERRORS

MAX_THREADS = 10_000


async def find_key(
    client: discord.Client, channel_id: int, guild_id: int | None, channel: object = None
) -> ConversationKey:
    """The conversation of a channel or thread. Discord is asked where discord.py's cache does not know."""
    if guild_id is None:
        return conversation_key(None, channel_id)
    channel = channel or client.get_channel(channel_id) or await _fetch(client, channel_id)
    parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
    return conversation_key(guild_id, channel_id, parent_id)


async def _fetch(client: discord.Client, channel_id: int) -> object:
    try:
        return await client.fetch_channel(channel_id)
    except (discord.HTTPException, discord.InvalidData, *CONNECTION_ERRORS):
        return None


class CalledThreads:
    """The threads where the bot needs no further mention: it has chatted there, or was called."""

    def __init__(self, manager: ConversationManager) -> None:
        self._manager = manager
        self._known: dict[ConversationKey, bool] = {}

    async def has(self, key: ConversationKey) -> bool:
        """Whether the bot takes part in this thread. Memory is asked once a thread."""
        if key not in self._known:
            self._remember(key, _has_chatted(await self._manager.history(key)))
        return self._known[key]

    def add(self, key: ConversationKey) -> None:
        """The bot was called into this thread."""
        if key.thread_id is not None:
            self._remember(key, True)

    def _remember(self, key: ConversationKey, takes_part: bool) -> None:
        self._known.pop(key, None)
        self._known[key] = takes_part
        if len(self._known) > MAX_THREADS:
            del self._known[next(iter(self._known))]


def _has_chatted(turns: list[Turn]) -> bool:
    """Whether one of the answers is to no command: a summary in a thread is no invitation to stay."""
    return any(
        answer.role == "assistant" and not question.text.startswith("/")
        for question, answer in pairwise(turns)
    )
