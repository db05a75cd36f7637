"""Removal of a place that is gone on its platform: what was said there goes from memory. The same everywhere.

It knows in which order that is safe: memory, then the answers that are being made, then what those left.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey

STOPPING_S = 3.0
"""How long answers may take to stop."""

AT_ONCE = 20
"""Channels that are erased at the same time: they share the rebuilding of the database's file."""


async def erase_place(manager: ConversationManager, key: ConversationKey) -> list[ConversationKey]:
    """Erase a conversation, or a channel with its threads; returns those that had something said in them.
    Raises StorageError."""
    known = [summary.conversation for summary in await manager.conversations(key.platform, key.workspace_id)]
    here = [other for other in known if other == key or _is_thread_of(other, key)]
    await manager.erase(key)
    for other in here:
        await manager.stop(other)
    with suppress(TimeoutError):
        async with asyncio.timeout(STOPPING_S):
            for other in here:
                await manager.idle(other)
    await manager.erase(key)
    for other in {key, *here}:
        await manager.past.set_read_back(other, 0)
    return here


async def erase_workspace(manager: ConversationManager, platform: str, workspace_id: str) -> None:
    """Erase all that was said in a workspace. Raises StorageError."""
    known = [summary.conversation for summary in await manager.conversations(platform, workspace_id)]
    channels = dict.fromkeys(ConversationKey(platform, workspace_id, key.channel_id) for key in known)
    turns = asyncio.Semaphore(AT_ONCE)

    async def erase(channel: ConversationKey) -> None:
        async with turns:
            await erase_place(manager, channel)

    await asyncio.gather(*map(erase, channels))


def _is_thread_of(key: ConversationKey, channel: ConversationKey) -> bool:
    return channel.thread_id is None and key.channel_id == channel.channel_id
