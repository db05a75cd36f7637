"""Past: what adapters ask who read a platform's own history back, and the marks of how far they came.

Knows storage, and nothing of platforms or of what is worth reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.conversation.bridges import is_lane
from bot.messages import ConversationKey
from bot.storage.digests import Place
from bot.storage.known import KnownMessage, Reach
from bot.storage.records import Derived
from bot.storage.store import HistoryStore

READ_BACK, NOTHING_BEFORE, MISSING_SINCE = "read-back", "nothing-before", "missing-since"
"""The settings: how much of a conversation was read back, from when on it may be, and since when a platform's
bot missed messages that it has not read yet."""

STRETCHES = "read-stretches"
"""The setting that says which stretches of a channel were read back, where that is known so exactly."""

BEGINNING = datetime.min.replace(tzinfo=UTC)


class Past:
    """What is known of the past of every conversation. All methods raise StorageError."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    async def reach(self, platform: str, before: datetime | None = None) -> list[Reach]:
        """Every conversation of a platform that has messages, and how far they reach, before a moment if that
        is given."""
        known = await self._store.known.reach(platform, before)
        return [reach for reach in known if not is_lane(reach.conversation)]

    async def since(self, key: ConversationKey, earliest: datetime | None) -> list[KnownMessage]:
        """What memory has or had of a conversation from a moment on, or all of it."""
        return await self._store.known.since(key, earliest)

    async def is_known(self, key: ConversationKey, message_id: str) -> bool:
        """Whether memory has or had a message of the channel of `key`, or a post of the bot's own there."""
        return message_id in await self._store.known.among(key, [message_id])

    async def thread_of(self, key: ConversationKey, message_id: str) -> str | None:
        """The thread that a message in the channel of `key`, or a post of the bot's own, is in or would
        begin: its own id where it stands in the channel itself. None for one that memory does not have."""
        turns = await self._store.turns_around(key, message_id, 0, 0)
        for turn in turns:
            if turn.message_id == message_id:
                return turn.thread_id or message_id
        answered = await self._store.known.questions_of_post(key, message_id)
        return (answered[-1].conversation.thread_id or message_id) if answered else None

    async def unknown(self, key: ConversationKey, message_ids: Sequence[str]) -> set[str]:
        """Those of these messages that memory never had."""
        return set(message_ids) - await self._store.known.among(key, message_ids)

    async def read_back(self, key: ConversationKey) -> int:
        """How many messages were asked for when this conversation was read back; 0: it was not."""
        place, _, count = (await self._store.setting(key, READ_BACK) or "").partition(" ")
        # A thread without a mark of its own is told its channel's.
        return int(count) if place == _place(key) else 0

    async def set_read_back(self, key: ConversationKey, count: int) -> None:
        """Remember that so many messages were read back; 0: none, as if it had never been read."""
        value = f"{_place(key)} {count}" if count else None
        await self._store.set_setting(key, READ_BACK, value)
        if not count:
            await self.set_stretches(key, None)

    async def stretches(self, channel: ConversationKey) -> str | None:
        """What `set_stretches` wrote of a channel, threads included."""
        return await self._store.setting(channel, STRETCHES)

    async def set_stretches(self, channel: ConversationKey, written: str | None) -> None:
        """Write down which stretches of a channel were read, as the platform's adapter says it."""
        await self._store.set_setting(channel, STRETCHES, written)

    async def place_of_newest(self, key: ConversationKey, count: int) -> Place | None:
        """Where the `count`-th newest message of memory stands, threads included; None where there are not so
        many."""
        return await self._store.digests.place_of_newest(key, count)

    async def last_place_of(self, key: ConversationKey, person_id: str) -> Place | None:
        """Where the newest message of a person stands, threads included."""
        return await self._store.digests.last_place_of(key, person_id)

    async def derived(self, key: ConversationKey, kind: str, name: str) -> Derived | None:
        """What was made of a conversation and kept: see HistoryStore.derived."""
        return await self._store.derived(key, kind, name)

    async def nothing_before(self, key: ConversationKey) -> datetime:
        """The moment from which on a conversation may be read: before it, all was erased."""
        value = await self._store.setting(key, NOTHING_BEFORE)
        return datetime.fromisoformat(value) if value else BEGINNING

    async def set_nothing_before(self, key: ConversationKey, moment: datetime) -> None:
        """Remember that moment, for a channel's threads too."""
        await self._store.set_setting(key, NOTHING_BEFORE, moment.isoformat())

    async def missing_since(self, platform: str) -> datetime | None:
        """Since when the bot may have missed what it has not read yet; None: it has read it all."""
        value = await self._store.workspace_setting(_of(platform), MISSING_SINCE)
        return datetime.fromisoformat(value) if value else None

    async def set_missing_since(self, platform: str, moment: datetime | None) -> None:
        """Remember that moment, until it is None."""
        value = moment.isoformat() if moment else None
        await self._store.set_workspace_setting(_of(platform), MISSING_SINCE, value)


def _place(key: ConversationKey) -> str:
    return key.thread_id or key.channel_id


def _of(platform: str) -> ConversationKey:
    """No workspace has this name: what is kept there is the whole platform's."""
    return ConversationKey(platform, "", "")
