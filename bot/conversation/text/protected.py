"""What of a message must survive a translation as it is written, and of what kind each find is.

Mentions, emoji, links, code, commands, files, amounts, Markdown's marks and the terms of a glossary. Knows
the syntax of chat platforms, nothing about languages or models. Every pattern takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "code",
    "mention",
    "link",
    "term",
    "name",
    "file",
    "emoji",
    "amount",
    "number",
    "opener",
    "closer",
    "mark",
    "tag",
]
"""`opener` and `closer` are Markdown marks such as `**`, `mark` one that may be either, `tag` is HTML's."""

FORMAT: frozenset[Kind] = frozenset(["opener", "closer", "mark"])
SHOWN: frozenset[Kind] = frozenset(["amount", "number"])
"""What a model may be shown as it is, where it was taught no placeholder."""
SOFT: frozenset[Kind] = SHOWN | {"term"}
"""What a translation may well contain more often than its source, and what a model may be shown."""

CODE_BLOCK = re.compile(
    r"```(?:[^`]|`(?!``))*+```"
    r"|(?<![^\n])[ \t>]*```[^\n]*(?:\n[\s\S]*)?\Z"  # one that is never closed
)

LINE_MARKS = re.compile(
    r"[ \t]*(?:(?:>{1,3}|[-+*•]|-?#{1,6}|\d{1,3}[.)])(?:[ \t]+|\Z)|>(?=\S)|\[[ xX]\][ \t]+)+"
)
"""What begins a line as a quotation, a list item, a task or a heading."""

_EMOJI_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3"
    "\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c"
    "\u2b50\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_EMOJI = (
    "[0-9#*]\ufe0f?\u20e3"  # keycaps
    "|[\U0001f1e6-\U0001f1ff]{2}"  # flags of countries
    f"|{_EMOJI_BASE}[\ufe0f\U0001f3fb-\U0001f3ff]*[\U000e0020-\U000e007f]*"  # skin tones, flags of regions
    f"(?:\u200d{_EMOJI_BASE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)
_EXTENSIONS = (
    "7z|avi|bat|bin|bz2|cfg|conf|cpp|cs|css|csv|db|dll|dmg|docx?|env|exe|gif|go|gz|html?|ini|ipynb|iso|jar|java"
    "|jpe?g|js|json|jsonl|jsx|key|kt|lock|log|lua|md|mkv|mov|mp3|mp4|odt|ogg|parquet|pdf|pem|php|png|pptx?|ps1"
    "|py|rar|rb|rs|rst|rtf|sh|sql|sqlite|svg|tar|tex|tgz|tiff?|toml|tsv?|tsx|ttf|txt|wav|webm|webp|whl|xlsx?|xml"
    "|ya?ml|zip"
)
_DOMAINS = "ai|app|biz|cloud|com|dev|edu|gov|info|io|net|org"
_LINK_CHAR = "[^\\s<>()\u3000-\u303f\uff00-\uffef\U000f0000-\U000fffff]"
_LINK_END = "[^\\s<>().,;:!?'\"*_~|`\u3000-\u303f\uff00-\uffef\U000f0000-\U000fffff]"
_NUMBER = r"\d++(?:[.,]\d++)*+"
_MONEY = "[$€£¥₹₽₩₺₴₫₪]"
_CURRENCY = "USD|EUR|GBP|JPY|CHF|CAD|AUD|CNY|INR|BRL|MXN|SEK|NOK|DKK|PLN|CZK|RUB|UAH|TRY|KRW|BTC"
_UNIT = (
    "[kKMGTP]i?[bB](?:ps|/s)?|[kMG]bit/s|[kcmµn]?m[²³23]?|km/h|mph|m/s|[kmµ]?g|lbs?|oz|[mc]?l|[mµn]?s|min|hrs?"
    "|[kMGT]?Hz|[kMG]Wh?|mAh|kV|mA|px|dpi|fps|rpm|dB|hPa|kcal|h"
)
_TIGHT_UNIT = "[bBdxAVWK]|in|em|mi|pt|ft|yd"
"""Units that are words too: only where they touch their number."""
_AMOUNT = "|".join(
    [
        r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
        r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp](?:[Mm]\b|\.[Mm]\.))?",
        r"\d{1,2}\s?[AaPp](?:[Mm]\b|\.[Mm]\.)",
        r"\d{1,2}h\d\d",
        r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)",
        rf"(?:{_MONEY}|(?:{_CURRENCY})\b)\s?{_NUMBER}(?:\s?(?:[kKMB]|bn|mn)\b)?",
        rf"{_NUMBER}(?:\s?[-–]\s?{_NUMBER})?\s?(?:%|‰|°(?:\s?[CF])?|{_MONEY}|(?:{_CURRENCY}|{_UNIT})(?![\w'’]))",
        rf"{_NUMBER}(?:{_TIGHT_UNIT})(?![A-Za-z0-9_'’])",
        r"[vV]\d+(?:\.\d+)*+(?:[-.+]?(?:alpha|beta|rc|dev|post)[\d.]*)?",
        r"\d+(?:\.\d+){2,}+(?:[-+](?:alpha|beta|rc|dev)[\w.]*)?",
        r"\d{3,}+(?:[.,]\d++)*+|\d++(?:[.,]\d++)++",
        r"#\d+",
    ]
)
_TO_THE_LEFT = "(?<![A-Za-z0-9_.,])"
_PLAIN_NUMBER = r"(?<![\w.,])(?:\d++|(?!\d++(?:st|nd|rd|th)\b)(?=[A-Za-z]*\d)(?=\d*[A-Z])[A-Za-z0-9]++)(?!\w)"
"""A number alone, or a name with digits such as `Q3`; ordinals are words."""

_BEFORE_TERMS: dict[str, str] = {
    "code": r"``[^\n]+?``|`[^`\n]+`|\$\{[^{}\s]{1,80}\}(?:/[\w.+@-]+)*|%[A-Za-z_]\w{1,40}%(?:\\[\w.-]+)*",
    "tag": r"</?[A-Za-z][\w-]{0,40}(?:\s[^<>\n]{0,400})?/?>|<!--[^<>\n]{0,400}-->",
    "mention": (
        r"<(?:[@#!]|a?:|t:|id:|https?://|mailto:|tel:|/)[^<>\s][^<>\n]{0,400}>"
        r"|[⟦⟧\U000f0000-\U000fffff]|<\|[^<>|\n]{0,40}\|>"  # what looks like a placeholder or a control token
    ),
    "closer": r"\]\([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*(?:\s\"[^\"\n]{0,200}\")?\)",
    "opener": r"!?\[(?=[^\[\]\n]{0,400}\]\()",
    "link": (
        rf"(?:https?://|\bwww\.)(?:{_LINK_CHAR}|\({_LINK_CHAR}*\))*(?:{_LINK_END}|\({_LINK_CHAR}*\))"
        r"|(?<![\w.+-])[\w+-][\w.+-]*@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?!\w)"
        rf"|(?<![\w.@/-])\w[\w-]*(?:\.[\w-]+)*\.(?:{_DOMAINS})(?:/{_LINK_CHAR}*{_LINK_END})?(?![\w@])(?!\.\w)"
    ),
}
_AFTER_TERMS: dict[str, str] = {
    "file": (
        r"(?<![\w$])\$[A-Za-z_]\w*(?:/[\w.+@-]*[\w+@-])*/?"
        r"|(?<![A-Za-z0-9])[A-Za-z]:\\[^\s<>:\"|?*]*[^\s<>:\"|?*.,;!)]"
        r"|(?<![\w./~-])(?:~|\.{1,2})?(?:/[\w.+@-]*[\w+@-]){2,}+/?"
        r"|(?<![\w./~-])(?:~|\.{1,2})/[\w.+@-]*[\w+@-]/?"
        r"|(?<![\w./-])\w[\w-]*(?:\.[\w-]+)*(?:/[\w.-]*[\w-])+\.\w{1,5}(?![\w/])"
        rf"|(?<![\w./-])[\w-]+(?:\.[\w-]+)*\.(?:{_EXTENSIONS})(?!\w)"
    ),
    "name": (
        r"\*\*[^*\n]{1,80}\*\*(?=: “|, \d{4}-\d\d-\d\d \d\d:\d\d: )"  # who is quoted
        r"|(?<![A-Za-z0-9_.@])@\w+(?:[.-]\w+)*"
        r"|(?<![\w&#/])#[^\W\d][\w-]*"
        r"|(?<![\w/.<:])/[A-Za-z][\w-]*(?![\w/])"
        r"|(?<!\S)--?[A-Za-z][\w-]+(?:=\S+)?"  # an option of a command line
        r"|(?<!\w)[A-Za-z][A-Za-z0-9]*+(?:_++[A-Za-z0-9]++)++(?!\w)"  # a name in a program
    ),
    "emoji": (
        rf"(?:{_EMOJI})+"
        r"|(?<![\w:])(?::[A-Za-z0-9_+'-]{2,40}:)+(?!\w)"
        r"|(?<!\S)[:;=][-'o]?[()DPpOo/|3*](?!\S)|(?<!\S)<3(?!\w)"
    ),
    "amount": rf"{_TO_THE_LEFT}(?:{_AMOUNT})(?![A-Za-z0-9_])",
    "mark": (
        r"(?<!\\)(?:\*{2,3}|~~|\|\|)"
        r"|(?<![\w*\\])\*(?=[^\s*])|(?<=[^\s*])\*(?![\w*])"
        r"|(?<![\w\\])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?!\w)"
    ),
}


@dataclass(frozen=True, slots=True)
class Find:
    """One thing to be kept, from `start` to `end`. `output` is what stands for it in the translation."""

    start: int
    end: int
    kind: Kind
    output: str


def finds(text: str, terms: Mapping[str, str] | None = None, *, has_numbers: bool = False) -> Iterator[Find]:
    """What is to be kept in one line of `text`, from left to right and apart from each other.

    `terms` gives the fixed translation of a glossary's terms, which are found whatever their case.
    `has_numbers`: numbers alone and names with digits are kept too, not only amounts.
    """
    by_key = {term.casefold(): output for term, output in (terms or {}).items()}
    known = tuple(sorted(by_key, key=lambda term: (-len(term), term)))
    for match in _pattern(known, has_numbers).finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        output = by_key.get(match[0].casefold(), match[0]) if kind == "term" else match[0]
        yield Find(match.start(), match.end(), kind, output or match[0])


@lru_cache(maxsize=64)
def _pattern(terms: tuple[str, ...], has_numbers: bool) -> re.Pattern[str]:
    parts = [f"(?P<{kind}>{pattern})" for kind, pattern in _BEFORE_TERMS.items()]
    if terms:
        parts.append(f"(?P<term>(?i:{'|'.join(_bounded(term) for term in terms)}))")
    parts += [f"(?P<{kind}>{pattern})" for kind, pattern in _AFTER_TERMS.items()]
    return re.compile("|".join(parts + [f"(?P<number>{_PLAIN_NUMBER})"] * has_numbers))


def _bounded(term: str) -> str:
    """A term as a pattern; it must not begin or end within a word, where its script has spaces."""
    before = r"(?<!\w)" if _has_spaces(term[0]) else ""
    after = r"(?!\w)" if _has_spaces(term[-1]) else ""
    return before + re.escape(term) + after


def _has_spaces(char: str) -> bool:
    """Whether words of this letter's script are set apart by spaces (the scripts below U+0E00 are)."""
    return char.isalnum() and ord(char) < 0x0E00
