"""What platforms offer on a single message: the entries of its menu, and its translation by a flag.

The same on every platform. Each gives a command that names the message by its id: the task reads the text
from memory when it runs, so an answer never outlives what it is about. Knows no platform.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.conversation.tasks.task import SHOW
from bot.conversation.text.languages import Language, find_language
from bot.messages import Command

_COUNTRY = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
_BRITISH = ("gbeng", "gbsct", "gbwls")
"""England, Scotland and Wales have no letters but tags behind a black flag."""


@dataclass(frozen=True, slots=True)
class Menu:
    """One entry of a message's menu: its English name, which tells it from others, its names by language,
    and the command that it gives, which takes the message's id as its option `target`."""

    name: str
    names: Mapping[str, str]
    command: str
    target: str = "message"
    is_private: bool = True

    def command_for(self, message_id: str, language: str = "") -> Command:
        """The command for a message; `language` is the code of the person's, "" where it is not known."""
        shown = {SHOW.name: "me"} if self.is_private else {}
        return Command(self.command, {self.target: message_id, **shown}, language=language)


MENUS = (
    Menu(
        "Translate",
        {
            "es": "Traducir",
            "fr": "Traduire",
            "de": "Übersetzen",
            "pt": "Traduzir",
            "zh": "翻译",
            "zh-TW": "翻譯",
            "ja": "翻訳",
        },
        "translate",
    ),
    Menu(
        "Summarize from here",
        {
            "es": "Resumir desde aquí",
            "fr": "Résumer à partir d’ici",
            "de": "Ab hier zusammenfassen",
            "pt": "Resumir a partir daqui",
            "zh": "从这里开始总结",
            "zh-TW": "從這裡開始總結",
            "ja": "ここから要約",
        },
        "summarize",
        target="from",
    ),
    Menu(
        "Reply to this",
        {
            "es": "Responder a esto",
            "fr": "Répondre à ce message",
            "de": "Hierauf antworten",
            "pt": "Responder a isto",
            "zh": "回复这条消息",
            "zh-TW": "回覆這則訊息",
            "ja": "これに返信",
        },
        "reply",
        is_private=False,
    ),
    Menu(
        "Explain",
        {
            "es": "Explicar",
            "fr": "Expliquer",
            "de": "Erklären",
            "pt": "Explicar",
            "zh": "解释",
            "zh-TW": "解釋",
            "ja": "説明",
        },
        "explain",
    ),
)


def menu_named(name: str) -> Menu | None:
    """The entry with an English name, or None."""
    return next((menu for menu in MENUS if menu.name == name), None)


def language_of_flag(emoji: str) -> Language | None:
    """The language, the first one of several, of the country whose flag an emoji is; None for anything else
    and for countries whose language is not known."""
    tags = "".join(chr(ord(char) - 0xE0000) for char in emoji[1:] if "\U000e0061" <= char <= "\U000e007a")
    if emoji.startswith("\U0001f3f4") and tags in _BRITISH:
        return find_language("en")
    return find_language(emoji) if _COUNTRY.fullmatch(emoji) else None
