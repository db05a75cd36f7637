"""The words of wishes in all languages that there are words in, as patterns over folded text; and a line of
text from which what was understood is struck out. Pure. What the words are for is decided in `wording`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from bot.conversation.text.languages import LANGUAGES, Language, find_language, folded
from bot.conversation.text.language_names import OTHER_NAMES
from bot.conversation.words import LOCALES, words

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff"
"""Letters of scripts that are written without spaces: a word may begin or end anywhere among them."""

BEGIN, END = rf"(?<![^\W{_UNSPACED}])", rf"(?![^\W{_UNSPACED}]|['’]\w)"
"""Where a word of another script begins and ends."""

_STRUCK = "\0"
_MIN_LANGUAGE_CHARS = 3
_OTHER_WORDS = {"lets", "pools", "fins", "ests", "turks", "thais", "iers", "deens", "indi", "italia"}
"""Names of languages somewhere that are words of other kinds elsewhere."""


class Line:
    """A text as it is read: `left` is what is not understood yet, folded, in which all else is struck out."""

    def __init__(self, text: str) -> None:
        self.text = text
        folds = [
            (folding, at)
            for at, char in enumerate(text)
            for folding in unicodedata.normalize("NFKD", char.casefold())
            if unicodedata.category(folding) != "Mn"
        ]
        self.left = "".join(folding for folding, _ in folds)
        self._at = [at for _, at in folds]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first place where `pattern` is, which is struck out."""
        match = pattern.search(self.left)
        if match is not None:
            self.strike(match.start(), match.end())
        return match

    def take_all(self, pattern: re.Pattern[str]) -> bool:
        """Strike out every place where `pattern` is; whether there was one."""
        left = pattern.sub(lambda match: _STRUCK * len(match[0]), self.left)
        is_there, self.left = left != self.left, left
        return is_there

    def strike(self, begin: int, end: int) -> None:
        """Strike a part out."""
        self.left = self.left[:begin] + _STRUCK * (end - begin) + self.left[end:]

    def original(self, begin: int, end: int) -> str:
        """A part as it was written."""
        return self.text[self._at[begin] : self._at[end - 1] + 1] if begin < end else ""

    def unread(self) -> str:
        """What is left, as it was written: runs of what is not understood; "" where there are no words."""
        runs = [self.original(*match.span()) for match in re.finditer(rf"[^{_STRUCK}]+", self.left)]
        return " ".join(run.strip() for run in runs if re.search(r"\w", run))


@cache
def phrases(*names: str) -> tuple[str, ...]:
    """All phrases under these names, folded, the longest first."""
    found = {
        folded(phrase)
        for locale in (*LOCALES, "en")
        for name in names
        for phrase in words(locale).wording.get(name, ())
    }
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))


@cache
def any_of(*names: str) -> str:
    """A pattern of all phrases under these names, which matches nothing where there are none."""
    return alternatives(phrases(*names))


def alternatives(choices: tuple[str, ...]) -> str:
    """A pattern of phrases, each as whole words."""
    return f"(?:{'|'.join(map(_pattern, choices))})" if choices else r"(?!)"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def numbers() -> dict[str, int]:
    """Numbers in words, folded."""
    pairs = [phrase.split(" ", 1) for phrase in phrases("numbers")]
    return {name: int(value) for value, name in pairs}


@cache
def a_number() -> str:
    """A pattern of numbers in digits or words."""
    return rf"(?:(?<!\d)\d{{1,5}}(?!\d)|{alternatives(tuple(sorted(numbers(), key=len, reverse=True)))})"


def number_of(text: str) -> int:
    """The number that such a pattern found."""
    return int(text) if text.isdecimal() else numbers()[text]


@cache
def languages() -> dict[str, Language]:
    """Languages by the names that people write in a sentence, folded: no codes."""
    listed = [name for locale in LOCALES for name in words(locale).languages.values()]
    listed += [name for known in OTHER_NAMES.values() for name in known]
    listed += [name for entry in LANGUAGES for name in (entry.name, entry.own_name)]
    named = {folded(name) for name in listed}
    is_long = {name for name in named if len(name) >= _MIN_LANGUAGE_CHARS or not name.isascii()}
    found = {name: find_language(name) for name in is_long - _OTHER_WORDS}
    return {name: entry for name, entry in found.items() if entry is not None}


@cache
def a_language() -> str:
    """A pattern of the names of languages, as a group `language`; in German they may be inflected."""
    names = "|".join(re.escape(name) for name in sorted(languages(), key=len, reverse=True))
    return rf"{BEGIN}(?P<language>{names})(?:e[nrs]?)?{END}"


def _pattern(phrase: str) -> str:
    """A phrase as whole words; `…` stands for anything between its two parts."""
    inside = re.escape(phrase).replace(r"\ ", r"\s+").replace("'", "['’]")
    begin = BEGIN if phrase[0] < "\u3000" else ""
    end = END if phrase[-1] < "\u3000" else ""
    return f"{begin}{inside}{end}"
