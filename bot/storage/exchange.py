"""The store as it shows itself to people who may not read what was said in a channel before.

Of every channel they have only their own exchange with the bot: what they said, and its answers to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.messages import ConversationKey, IncomingMessage, Turn
from bot.storage import history
from bot.storage.digests import Count, Digests, Place, Placed
from bot.storage.records import ConversationSummary, Derived, Fact, Hit
from bot.storage.store import HistoryStore


def seen_by(store: HistoryStore, messages: Sequence[IncomingMessage]) -> HistoryStore:
    """The store for an answer to `messages`: all of it, or the exchange with the one of their authors who may
    not read the channel. Of several such authors none sees what another said."""
    blind = {message.author.id for message in messages if not message.sees_history}
    if not blind:
        return store
    return ExchangeStore(store, blind.pop() if len(blind) == 1 else "")


class ExchangeStore(HistoryStore):
    """A store of which one person's exchanges with the bot can be read, and written like any other."""

    def __init__(self, store: HistoryStore, person_id: str) -> None:
        vars(self).update(vars(store))  # the same database, and the same watchers
        self._person_id = person_id
        self.digests = NoDigests(self._database)

    async def turns(
        self,
        key: ConversationKey,
        *,
        limit: int | None = None,
        since: datetime | None = None,
        before_message_id: str | None = None,
        through_message_id: str | None = None,
        memory_only: bool = True,
    ) -> list[Turn]:
        """Those of the exchange."""
        query = history.TurnQuery(
            limit, since, before_message_id, through_message_id, memory_only, self._person_id
        )
        async with self._database.read() as connection:
            return await history.turns(connection, key, query)

    async def conversations(self, platform: str, workspace_id: str) -> list[ConversationSummary]:
        """None."""
        return []

    async def turns_around(
        self, key: ConversationKey, message_id: str, before: int = 3, after: int = 3
    ) -> list[Turn]:
        """None."""
        return []

    async def search(
        self,
        key: ConversationKey,
        query: str,
        *,
        limit: int = 20,
        since: datetime | None = None,
        before_message_id: str | None = None,
    ) -> list[Hit]:
        """Nothing."""
        return []

    async def facts(self, key: ConversationKey) -> list[Fact]:
        """The person's own."""
        return [fact for fact in await super().facts(key) if fact.author.id == self._person_id]

    async def derived(self, key: ConversationKey, kind: str, name: str) -> Derived | None:
        """None: it may tell what others said."""
        return None

    async def derived_many(self, key: ConversationKey, kind: str, names: Sequence[str]) -> dict[str, Derived]:
        """None."""
        return {}

    async def derived_of_kind(self, key: ConversationKey, kind: str) -> list[Derived]:
        """None."""
        return []


class NoDigests(Digests):
    """The stretches of an empty channel."""

    async def stretch(
        self, key: ConversationKey, after: Place, through: Place, newest: int | None = None
    ) -> list[Placed]:
        return []

    async def counts(self, key: ConversationKey, spans: Sequence[tuple[Place, Place]]) -> list[Count]:
        return [Count(0, 0) for _ in spans]

    async def has_messages(self, key: ConversationKey, after: Place, through: Place) -> bool:
        return False

    async def messages_through(self, key: ConversationKey, place: Place) -> int:
        return 0

    async def place_of(self, key: ConversationKey, message_id: str) -> Place | None:
        return None

    async def place_of_number(self, key: ConversationKey, number: int) -> Place | None:
        return None

    async def last_place_of(self, key: ConversationKey, author_id: str) -> Place | None:
        return None

    async def place_of_newest(self, key: ConversationKey, count: int) -> Place | None:
        return None

    async def kept(self, key: ConversationKey, kind: str, prefix: str) -> list[str]:
        return []
