"""Reads the running notes of a conversation, which `remembering.py` makes in idle time."""

from __future__ import annotations

from bot.conversation.memory.material import RunningNote
from bot.messages import ConversationKey
from bot.storage.records import Derived
from bot.storage.store import HistoryStore

KIND = "memory"
"""The kind of derived data that notes are; their names are "level:time:id of the last message"."""


async def running_notes(store: HistoryStore, key: ConversationKey) -> tuple[RunningNote, ...]:
    """The running notes of a conversation, oldest first; those that a note of notes covers are left out."""
    kept: list[Derived] = []
    covered: set[str] = set()
    for derived in sorted(await store.derived_of_kind(key, KIND), key=lambda one: one.key, reverse=True):
        if not covered.issuperset(derived.source_ids):
            kept.append(derived)
            covered.update(derived.source_ids)
    in_order = sorted(kept, key=lambda one: one.key.partition(":")[2])
    return tuple(RunningNote(one.text, frozenset(one.source_ids)) for one in in_order if one.text)
