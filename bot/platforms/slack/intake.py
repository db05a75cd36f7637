"""Intake: what was read of a channel is written down, and how far it was read.

Events of the channel wait for that short time, so that neither overtakes the other; Slack is not asked for
anything but names. What is wanted, and how far, others decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.conversation.manager import ConversationManager
from bot.messages import IncomingMessage
from bot.platforms.event_order import EventOrder
from bot.platforms.slack.payloads import Payload, text
from bot.platforms.slack.remembering import remembered
from bot.platforms.slack.visit import Visit, thread_of


class ErasedError(Exception):
    """What was read of the channel was erased meanwhile: nothing of it may come back."""


class Intake:
    """Takes in what visits read."""

    def __init__(self, manager: ConversationManager, order: EventOrder[str]) -> None:
        self._manager = manager
        self._order = order

    async def take(self, visit: Visit, messages: Sequence[Payload], edits: Mapping[str, Payload]) -> int:
        """Write down what memory lacks, and note which threads have replies that it lacks; returns how many
        messages were new. `edits` are those that were edited since the visit began. Raises ErasedError and
        StorageError."""
        past, channel_id = self._manager.past, visit.key.channel_id
        found = await remembered(visit.workspace, channel_id, messages)
        ids = [text(message, "ts") for message in messages]
        threads = {text(message, "ts"): thread for message in messages if (thread := thread_of(message))}
        async with self._order.turn(channel_id):
            await self._check(visit)
            found = await _as_edited(visit, messages, found, edits)
            latest = [thread.latest for thread in threads.values()]
            unknown = await past.unknown(visit.channel, [*ids, *latest])
            begins = {key: await past.nothing_before(key) for key in {one.conversation for one in found}}
            new = await self._manager.import_messages(
                [
                    one
                    for one in found
                    if one.message_id in unknown and one.sent_at >= begins[one.conversation]
                ]
            )
        visit.read += len(messages)
        for root, thread in threads.items():
            if root in unknown or thread.latest in unknown:
                visit.stretches.found(root, thread)
        return new

    async def save(self, visit: Visit) -> None:
        """Note how far the channel was read. Raises ErasedError and StorageError."""
        async with self._order.turn(visit.key.channel_id):
            await self._check(visit)
            visit.written = visit.stretches.to_json()
            await self._manager.past.set_stretches(visit.channel, visit.written)

    async def _check(self, visit: Visit) -> None:
        if visit.written is not None and await self._manager.past.stretches(visit.channel) is None:
            raise ErasedError


async def _as_edited(
    visit: Visit, taken: Sequence[Payload], found: list[IncomingMessage], edits: Mapping[str, Payload]
) -> list[IncomingMessage]:
    """The messages as they read after what people edited since they were asked for."""
    before = {text(message, "ts"): message for message in taken}
    late = [message for ts, message in edits.items() if ts in before and before[ts] is not message]
    if not late:
        return found
    anew = {one.message_id: one for one in await remembered(visit.workspace, visit.key.channel_id, late)}
    return [anew.get(one.message_id, one) for one in found]
