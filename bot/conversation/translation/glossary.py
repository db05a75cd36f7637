"""The glossary of a workspace: words that are always translated the same, or not at all.

Kept as JSON in a workspace setting. Knows nothing of how it is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.messages import ConversationKey
from bot.storage.store import HistoryStore

SETTING = "glossary"
MAX_TERMS = 500
MAX_TERM_CHARS = 80
EVERY_LANGUAGE = "*"


@dataclass(frozen=True, slots=True)
class Glossary:
    """Terms, each with its fixed translations by ISO 639-1 code; EVERY_LANGUAGE stands for all the others."""

    entries: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def terms(self, target: str) -> dict[str, str]:
        """The terms that have a fixed translation into `target`, with it."""
        found = {term: fixed.get(target, fixed.get(EVERY_LANGUAGE)) for term, fixed in self.entries.items()}
        return {term: fixed for term, fixed in found.items() if fixed is not None}

    def with_term(self, term: str, code: str, fixed: str) -> Glossary:
        """The glossary with one more translation; what the term had for this language is replaced."""
        known = self._spelled(term)
        return Glossary({**self.entries, known: {**self.entries.get(known, {}), code: fixed}})

    def without(self, term: str) -> Glossary | None:
        """The glossary without a term, or None where it has none of that name."""
        known = self._spelled(term)
        if known not in self.entries:
            return None
        return Glossary({name: fixed for name, fixed in self.entries.items() if name != known})

    def _spelled(self, term: str) -> str:
        """The term as the glossary has it already, whatever its case."""
        return next((name for name in self.entries if name.casefold() == term.casefold()), term)


async def load_glossary(store: HistoryStore, key: ConversationKey) -> Glossary:
    """The glossary of the workspace of `key`; empty where there is none."""
    value = await store.workspace_setting(key, SETTING)
    return Glossary(json.loads(value)) if value else Glossary()


async def save_glossary(store: HistoryStore, key: ConversationKey, glossary: Glossary) -> None:
    """Keep the glossary of the workspace of `key`."""
    value = json.dumps(glossary.entries, ensure_ascii=False, sort_keys=True) if glossary.entries else None
    await store.set_workspace_setting(key, SETTING, value)
