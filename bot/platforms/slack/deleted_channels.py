"""Deleted channels: what was said in them is erased.

A channel that the bot merely left, or that was archived, stays in memory: it is read to nobody who may not
read it on Slack.
"""

from __future__ import annotations

import asyncio

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey
from bot.platforms.backfill import Backfill
from bot.platforms.event_order import EventOrder
from bot.platforms.removal import erase_place
from bot.platforms.slack.events import Events
from bot.platforms.slack.incoming import PLATFORM
from bot.platforms.slack.payloads import Payload, part, text
from bot.platforms.slack.workspaces import Workspace

EVENTS = ("channel_deleted", "group_deleted")

STOPPING_S = 1.5
"""How long Slack waits for its event while answers there are being stopped."""


class DeletedChannels:
    """Takes what Slack tells of deleted channels. `order` is shared with the listener."""

    def __init__(
        self, manager: ConversationManager, order: EventOrder[str], backfill: Backfill[Payload]
    ) -> None:
        self._manager = manager
        self._order = order
        self._backfill = backfill
        self._erasing: set[asyncio.Task[None]] = set()

    def listen(self, events: Events) -> None:
        """Be told of deleted channels."""
        for event_type in EVENTS:
            events.listen(event_type, self.deleted)

    async def deleted(self, workspace: Workspace, body: Payload) -> None:
        """Forget a channel. Raises StorageError: then the event comes again."""
        key = ConversationKey(PLATFORM, workspace.id, text(part(body, "event"), "channel"))
        if not key.channel_id:
            return
        async with self._order.turn(key.channel_id):
            await self._manager.erase(key)
        erasing = asyncio.create_task(self._erase_answers(key))
        self._erasing.add(erasing)
        erasing.add_done_callback(self._erasing.discard)
        done, _ = await asyncio.wait({erasing}, timeout=STOPPING_S)
        for task in done:
            task.result()

    async def _erase_answers(self, key: ConversationKey) -> None:
        """Erase what the answers left that were being made there."""
        async with self._order.turn(key.channel_id):
            for gone in {key, *await erase_place(self._manager, key)}:
                self._backfill.forget(gone)
