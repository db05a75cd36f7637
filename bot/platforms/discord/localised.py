"""Names and descriptions in the languages that Discord's clients can be set to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.conversation.words import Words, words

LOCALES = ("de", "es-ES", "es-419", "fr", "ja", "pt-BR", "zh-CN", "zh-TW")
"""Those of https://discord.com/developers/docs/reference#locales that there are words for, beside English."""


def localised(word: Callable[[Words], str | None]) -> Mapping[str, str]:
    """One word by locale, as Discord takes it; the languages that lack it are left out."""
    found = {locale: word(words(locale)) for locale in LOCALES}
    return {locale: name for locale, name in found.items() if name is not None}
