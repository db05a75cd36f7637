"""The languages people may name: by ISO 639-1 code, by name in several languages, or by a flag.

Knows no model.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

from bot.conversation.text.language_names import OTHER_NAMES
from bot.conversation.words import LOCALES, words

MAX_NAME_CHARS = 40


@dataclass(frozen=True, slots=True)
class Language:
    """One language. `flags` are country codes whose flag means it, in the order of preference."""

    code: str
    name: str
    own_name: str
    flags: tuple[str, ...]


def _language(code: str, name: str, own_name: str, flags: str) -> Language:
    return Language(code, name, own_name, tuple(flags.split()))


_OFFERED_FIRST = ("en", "es", "zh", "fr", "de", "pt", "ja", "ru", "ar", "hi", "ko", "it", "tr", "pl", "nl")
"""What people are offered first: an order, not a judgement."""

LANGUAGES: tuple[Language, ...] = (
    _language("af", "Afrikaans", "Afrikaans", "ZA"),
    _language("ar", "Arabic", "العربية", "SA EG AE MA DZ IQ JO BH KW LB LY OM PS QA SD SY TN YE"),
    _language("be", "Belarusian", "беларуская", "BY"),
    _language("bg", "Bulgarian", "български", "BG"),
    _language("bn", "Bengali", "বাংলা", "BD"),
    _language("ca", "Catalan", "català", "AD"),
    _language("cs", "Czech", "čeština", "CZ"),
    _language("da", "Danish", "dansk", "DK"),
    _language("de", "German", "Deutsch", "DE AT CH LI"),
    _language("el", "Greek", "ελληνικά", "GR CY"),
    _language("en", "English", "English", "GB US AU NZ IE CA SG JM NG GH"),
    _language("es", "Spanish", "español", "ES MX AR CO CL PE BO CR CU DO EC GT HN NI PA PR PY SV UY VE"),
    _language("et", "Estonian", "eesti", "EE"),
    _language("eu", "Basque", "euskara", ""),
    _language("fa", "Persian", "فارسی", "IR"),
    _language("fi", "Finnish", "suomi", "FI"),
    _language("fr", "French", "français", "FR LU MC SN CI ML CD"),
    _language("ga", "Irish", "Gaeilge", ""),
    _language("gl", "Galician", "galego", ""),
    _language("he", "Hebrew", "עברית", "IL"),
    _language("hi", "Hindi", "हिन्दी", "IN"),
    _language("hr", "Croatian", "hrvatski", "HR"),
    _language("hu", "Hungarian", "magyar", "HU"),
    _language("id", "Indonesian", "Bahasa Indonesia", "ID"),
    _language("is", "Icelandic", "íslenska", "IS"),
    _language("it", "Italian", "italiano", "IT SM VA"),
    _language("ja", "Japanese", "日本語", "JP"),
    _language("ko", "Korean", "한국어", "KR"),
    _language("lt", "Lithuanian", "lietuvių", "LT"),
    _language("lv", "Latvian", "latviešu", "LV"),
    _language("ms", "Malay", "Bahasa Melayu", "MY BN"),
    _language("nl", "Dutch", "Nederlands", "NL BE SR"),
    _language("no", "Norwegian", "norsk", "NO"),
    _language("pl", "Polish", "polski", "PL"),
    _language("pt", "Portuguese", "português", "PT BR AO MZ CV"),
    _language("ro", "Romanian", "română", "RO MD"),
    _language("ru", "Russian", "русский", "RU"),
    _language("sk", "Slovak", "slovenčina", "SK"),
    _language("sl", "Slovenian", "slovenščina", "SI"),
    _language("sq", "Albanian", "shqip", "AL"),
    _language("sr", "Serbian", "српски", "RS ME"),
    _language("sv", "Swedish", "svenska", "SE"),
    _language("sw", "Swahili", "Kiswahili", "KE TZ UG"),
    _language("ta", "Tamil", "தமிழ்", ""),
    _language("th", "Thai", "ไทย", "TH"),
    _language("tl", "Tagalog", "Tagalog", "PH"),
    _language("tr", "Turkish", "Türkçe", "TR"),
    _language("uk", "Ukrainian", "українська", "UA"),
    _language("ur", "Urdu", "اردو", "PK"),
    _language("vi", "Vietnamese", "Tiếng Việt", "VN"),
    _language("zh", "Chinese", "中文", "CN TW HK MO"),
)
_MORE_NAMES = {
    "castellano": "es",
    "farsi": "fa",
    "mandarin": "zh",
    "simplified chinese": "zh",
    "汉语": "zh",
    "漢語": "zh",
    "brazilian": "pt",
    "brazilian portuguese": "pt",
    "flemish": "nl",
    "nb": "no",
    "bokmål": "no",
    "iw": "he",
    "indonesia": "id",
    "한국말": "ko",
}


def find_language(text: str) -> Language | None:
    """The language that `text` names, in any of the ways this module knows, or None."""
    key = folded(text[:MAX_NAME_CHARS])
    names = _names()
    return names.get(key) or names.get(key.replace("_", "-").split("-")[0] if len(key) <= 7 else key)


def language(code: str) -> Language | None:
    """The language with an ISO 639-1 code, or None."""
    return next((entry for entry in LANGUAGES if entry.code == code), None)


def flag(language: Language) -> str:
    """The flag by which people know a language, or its code where it has none."""
    return _flag(language.flags[0]) if language.flags else language.code


def english_name(code: str) -> str:
    """The English name of a language, or its code where it is not in the table."""
    entry = language(code)
    return entry.name if entry else code


def name_in(language: Language, locale: str) -> str:
    """What a language is called in a client set to `locale`; in English where that is not known."""
    return words(locale).languages.get(language.code, language.name)


def search_languages(typed: str) -> list[Language]:
    """The languages that the beginning of a name, a code or a flag may mean, the likeliest first; all of them
    for nothing."""
    wanted = folded(typed[:MAX_NAME_CHARS])
    ranks: dict[Language, int] = {}
    for name, entry in _names().items():
        rank = 0 if name == wanted else 1 if name.startswith(wanted) else 2 if f" {wanted}" in name else None
        if rank is not None:
            ranks[entry] = min(rank, ranks.get(entry, rank))
    in_order = {code: at for at, code in enumerate(_OFFERED_FIRST)}
    return sorted(
        ranks, key=lambda entry: (ranks[entry], in_order.get(entry.code, len(in_order)), entry.name)
    )


@cache
def _names() -> dict[str, Language]:
    by_code = {entry.code: entry for entry in LANGUAGES}
    names = {folded(name): entry for entry in LANGUAGES for name in (entry.code, entry.name, entry.own_name)}
    names |= {_flag(country): entry for entry in LANGUAGES for country in entry.flags}
    listed = [(code, name) for locale in LOCALES for code, name in words(locale).languages.items()]
    listed += [(code, name) for code, known in OTHER_NAMES.items() for name in known]
    others = {folded(name): by_code[code] for code, name in listed}
    return others | names | {folded(name): by_code[code] for name, code in _MORE_NAMES.items()}


def folded(text: str) -> str:
    """A name as it is compared without case and accents, so that `francais` and `Français` are one."""
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    return "".join(char for char in decomposed if unicodedata.category(char) != "Mn")


def _flag(country: str) -> str:
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country)
