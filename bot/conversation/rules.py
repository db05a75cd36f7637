"""Rules: when the bot speaks in a channel, as its managers set it.

Kept as settings of the channel; a thread has its channel's, unless it has its own. Knows storage and text,
and nothing of platforms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

from bot.messages import ConversationKey
from bot.storage.store import HistoryStore

Speak = Literal["mention", "always", "off"]
"""`mention`: when it is called; `always`: to every message that is not plainly for somebody else; `off`: to
commands only."""

SPEAK, WAKE_WORDS, FLAGS, LANGUAGE = "speak", "wake-words", "flags", "language"
"""The names of the settings."""
NAMES = (SPEAK, WAKE_WORDS, FLAGS, LANGUAGE)

MAX_KNOWN = 10_000
"""Conversations whose rules are kept at hand."""

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts that are written without spaces: a word may stand anywhere among them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds in one channel. `wake_words` call the bot like a mention does; `flags`: a reaction with a
    flag has the message translated; `language`: the code of the language of people there who chose none."""

    speak: Speak = "mention"
    wake_words: tuple[str, ...] = ()
    flags: bool = True
    language: str = ""

    def is_woken_by(self, text: str) -> bool:
        """Whether one of the wake words stands in `text`, as whole words, whatever their case."""
        if not self.wake_words:
            return False
        return _pattern(self.wake_words).search(_plain(text)) is not None

    def without_wake_word(self, text: str) -> str:
        """`text` without a wake word at its beginning: what is said to the bot."""
        for word in self.wake_words:
            begin = rf"\s*{re.escape(word)}(?:[\s,:;!.，、：！。]+|(?=[{_UNSPACED}]))"
            if match := re.match(begin, text, re.IGNORECASE):
                return text[match.end() :]
        return text


USUAL = Rules()
"""What holds where nobody set anything."""


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


@lru_cache(maxsize=256)
def _pattern(wake_words: tuple[str, ...]) -> re.Pattern[str]:
    begin, end = rf"(?<![^\W{_UNSPACED}])", rf"(?![^\W{_UNSPACED}])"
    return re.compile(f"{begin}(?:{'|'.join(re.escape(_plain(word)) for word in wake_words)}){end}")


class RuleBook:
    """The rules of every channel, read once from storage and again after a setting changed."""

    def __init__(self, store: HistoryStore) -> None:
        self._store = store
        self._known: dict[ConversationKey, Rules] = {}
        self._changes = 0
        store.watch_settings(self._forget)

    def _forget(self, key: ConversationKey) -> None:
        """A setting changed: those of a channel hold in its threads too, so nothing of it is kept."""
        self._changes += 1
        for known in [known for known in self._known if known.channel_id == key.channel_id]:
            del self._known[known]

    async def of(self, key: ConversationKey) -> Rules:
        """What holds in a conversation. Raises StorageError."""
        rules = self._known.get(key)
        if rules is not None:
            return rules
        seen = self._changes
        rules = of_settings(await self._store.settings(key))
        if seen == self._changes:  # else it may have been read before the change
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = rules
        return rules


def of_settings(settings: Mapping[str, str]) -> Rules:
    """The rules that the settings of a conversation make."""
    speak = settings.get(SPEAK, "mention")
    return Rules(
        speak=next((choice for choice in get_args(Speak) if choice == speak), "mention"),
        wake_words=tuple(json.loads(settings.get(WAKE_WORDS, "[]"))),
        flags=settings.get(FLAGS) != "off",
        language=settings.get(LANGUAGE, ""),
    )
