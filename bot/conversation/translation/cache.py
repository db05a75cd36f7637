"""Translations that were made once and are not made again: in the database, and the newest in memory too.

A sentence is known by its text with the masks taken out, its languages and the model; a glossary needs no
place in that, because its terms are masks too. What is kept rests on the messages that said the sentence:

- in the database as derived data, which storage drops as soon as any of these messages changes;
- in memory with the sentence itself, so that after an edit the sentences that the message still has are found
  again, and those that it lost are gone at once; a deleted message takes all of its own with it.

Everything stays within one channel and its threads. It knows no model.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakKeyDictionary

from bot.conversation.text.masking import Masked
from bot.conversation.text.protected import SHOWN
from bot.messages import ConversationKey
from bot.storage.records import Derived
from bot.storage.store import HistoryStore

KIND = "translation"
MAX_REMEMBERED = 2000
"""Sentences in memory, some 2 MB."""


@dataclass(slots=True)
class _Known:
    sentence: str
    skeleton: str
    source_ids: set[str] = field(default_factory=set)


class SentenceMemory:
    """The newest translations of every channel. Told of every change of a message by the store."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[ConversationKey, str], _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, channel: ConversationKey, name: str) -> str | None:
        """The translation kept under `name`, or None."""
        known = self._known.get((channel, name))
        return known.skeleton if known else None

    def put(self, channel: ConversationKey, name: str, known: _Known) -> None:
        """Keep a translation; the same one may rest on more messages than before."""
        before = self._known.pop((channel, name), None)
        if before is not None:
            known.source_ids |= before.source_ids
        self._known[channel, name] = known
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def changed(self, key: ConversationKey, message_id: str | None, text: str | None) -> None:
        """A message has another text, or with None none any more; without an id, a whole conversation."""
        channel = key.channel
        for place, known in list(self._known.items()):
            if place[0] != channel or (message_id is not None and message_id not in known.source_ids):
                continue
            if text is not None and known.sentence in text:
                continue
            known.source_ids.discard(message_id or "")
            if message_id is None or not known.source_ids:
                del self._known[place]


_memories: WeakKeyDictionary[HistoryStore, SentenceMemory] = WeakKeyDictionary()


def memory_of(store: HistoryStore) -> SentenceMemory:
    """The one memory of a store, which lives as long as the store does."""
    if store not in _memories:
        _memories[store] = SentenceMemory()
        store.watch(_memories[store].changed)
    return _memories[store]


class Cache:
    """The translations of one run: those that are known at its beginning, and those that it makes."""

    def __init__(
        self,
        store: HistoryStore,
        key: ConversationKey,
        pair: tuple[str, str, str],
        source_ids: tuple[str, ...],
        begun_at: datetime,
    ) -> None:
        """`pair` is the source's language, the target's and the model; `source_ids` are the messages that
        say what is translated. A message edited after `begun_at` keeps nothing of this run."""
        self._store, self._memory = store, memory_of(store)
        self._channel = key.channel
        self._pair, self._source_ids, self._begun_at = pair, source_ids, begun_at
        self._found: dict[str, str] = {}

    async def load(self, sentences: Sequence[Masked]) -> None:
        """Look up all sentences of a text at once."""
        names = list({self._name(sentence) for sentence in sentences})
        rows = await self._store.derived_many(self._channel, KIND, names)
        self._found = {name: row.text for name, row in rows.items()}
        for name in names:
            remembered = self._memory.get(self._channel, name)
            if name not in self._found and remembered is not None:
                self._found[name] = remembered

    def get(self, sentence: Masked) -> str | None:
        """The skeleton of a sentence's translation, where it is known and fits here."""
        skeleton = self._found.get(self._name(sentence))
        return skeleton if skeleton is not None and sentence.is_sound(skeleton) else None

    async def put(self, sentence: Masked, skeleton: str) -> None:
        """Keep a translation for this run, and for later ones if all the messages are as they were."""
        name = self._name(sentence)
        self._found[name] = skeleton
        derived = Derived(KIND, name, skeleton, self._pair[2], self._source_ids, self._begun_at)
        if self._source_ids and await self._store.put_derived(self._channel, derived):
            known = _Known(sentence.shown(None), skeleton, set(self._source_ids))
            self._memory.put(self._channel, name, known)

    def _name(self, sentence: Masked) -> str:
        kinds = [f"{mask.kind}:{mask.original if mask.kind in SHOWN else ''}" for mask in sentence.masks]
        return hashlib.sha256(repr((sentence.text, kinds, self._pair)).encode()).hexdigest()[:32]
