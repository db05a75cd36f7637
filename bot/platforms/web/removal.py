"""Removal of a channel: what was said there goes from the bot's memory and from the board.

It knows in which order that is safe: memory first, so that a failure leaves a channel that can be deleted
again; then the board, when no answer is being written there any more.
"""

from __future__ import annotations

import asyncio

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey
from bot.platforms.web.board import Board
from bot.platforms.web.hub import Hub
from bot.platforms.web.incoming import conversation_key

STOPPING_S = 5.0
"""How long answers may take to stop; what a later one posts finds no channel on the board."""

POLL_S = 0.02


async def remove_channel(channel: str, board: Board, hub: Hub, manager: ConversationManager) -> None:
    """Erase a channel with its threads. Raises StorageError; then it can be asked for again.

    The caller sees to it that nothing new is sent there meanwhile.
    """
    key = conversation_key(channel, None)
    await manager.erase(key)  # the questions that wait go, and none of them is answered any more
    await _stop_answers(channel, hub, manager)
    await manager.erase(key)  # what the stopped answers have left
    await board.remove_channel(channel)


async def _stop_answers(channel: str, hub: Hub, manager: ConversationManager) -> None:
    seen: set[ConversationKey] = set()
    deadline = asyncio.get_running_loop().time() + STOPPING_S
    while asyncio.get_running_loop().time() < deadline:
        running = {key for key in map(_place, hub.replies) if key.channel_id == channel}
        seen |= running
        if not running and not any(manager.is_answering(key) for key in seen):
            return
        for key in running:
            await manager.stop(key)
        await asyncio.sleep(POLL_S)


def _place(frame: dict[str, object]) -> ConversationKey:
    """Where the answer of a `reply` frame is being made."""
    thread = frame["thread"]
    return conversation_key(str(frame["channel"]), None if thread is None else str(thread))
