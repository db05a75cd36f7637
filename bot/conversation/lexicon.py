"""The words of wishes in all languages that there are words in, and how they are found in a line of text from
which what was understood is struck out. Pure. What the words are for is decided in `wording` and `moments`.

Forms are made of smaller ones: `sequence(maybe(words("since")), named("n", number))`. A form yields every way
in which it stands at a place, the longest first. Words are looked up in tables: patterns of them all would
take seconds to compile.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from bot.conversation.text.language_names import OTHER_NAMES
from bot.conversation.text.languages import LANGUAGES, Language, find_language, folded
from bot.conversation.words import LOCALES
from bot.conversation.words import words as words_of

STRUCK = "\0"
_MIN_LANGUAGE_CHARS = 3
_OTHER_WORDS = {"lets", "pools", "fins", "ests", "turks", "thais", "iers", "deens", "indi", "italia"}
"""Names of languages somewhere that are words of other kinds elsewhere."""

Span = tuple[int, int]


class Found(NamedTuple):
    """Where a form ends, and the spans of its named parts."""

    end: int
    parts: Mapping[str, Span]


class Form:
    """A way to say something. Called with folded text and a place in it."""

    def __init__(self, find: Callable[[str, int], Iterator[Found]]) -> None:
        self.find = find


class Line:
    """A text as it is read: `left` is what is not understood yet, folded, in which all else is struck out."""

    def __init__(self, text: str) -> None:
        self.text = text
        folds = [
            (" " if folding.isspace() and folding != "\n" else "'" if folding == "’" else folding, at)
            for at, char in enumerate(text)
            for folding in unicodedata.normalize("NFKD", char.casefold())
            if unicodedata.category(folding) != "Mn"
        ]
        kept = [one for at, one in enumerate(folds) if one[0] != " " or at == 0 or folds[at - 1][0] != " "]
        self.left = "".join(char for char, _ in kept)
        self._at = [at for _, at in kept]

    def take(self, form: Form) -> dict[str, str] | None:
        """The first place where `form` stands, which is struck out: its named parts, folded."""
        found = self.search(form)
        if found is None:
            return None
        begin, match = found
        parts = {name: self.left[slice(*span)] for name, span in match.parts.items()}
        self.strike(begin, match.end)
        return parts

    def search(self, form: Form) -> tuple[int, Found] | None:
        """The first place where `form` stands, and how."""
        before = ""
        for begin, char in enumerate(self.left):
            is_within = _joins(char) and _joins(before)
            before = char
            if char in " \0" or is_within:
                continue
            for found in form.find(self.left, begin):
                if found.end > begin:
                    return begin, found
        return None

    def take_all(self, form: Form) -> bool:
        """Strike out every place where `form` stands; whether there was one."""
        is_there = False
        while self.take(form) is not None:
            is_there = True
        return is_there

    def strike(self, begin: int, end: int) -> None:
        """Strike a part out."""
        self.left = self.left[:begin] + STRUCK * (end - begin) + self.left[end:]

    def original(self, begin: int, end: int) -> str:
        """A part as it was written."""
        return self.text[self._at[begin] : self._at[end - 1] + 1] if begin < end else ""

    def origin(self, at: int) -> int:
        """Where in the text a place of `left` is."""
        return self._at[at]

    def unread(self) -> str:
        """What is left, as it was written: runs of what is not understood; "" where there are no words."""
        runs = [self.original(*match.span()) for match in re.finditer(rf"[^{STRUCK}]+", self.left)]
        return " ".join(run.strip() for run in runs if re.search(r"[\w<>]", run))


# --- forms -----------------------------------------------------------------------------------


def phrase(*choices: str) -> Form:
    """One of some folded phrases, as whole words."""
    by_length: dict[int, set[str]] = {}
    for choice in choices:
        by_length.setdefault(len(choice), set()).add(choice)
    tables = sorted(by_length.items(), reverse=True)

    def find(text: str, at: int) -> Iterator[Found]:
        for length, table in tables:
            if text[at : at + length] in table and _is_whole(text, at, at + length):
                yield Found(at + length, {})

    return Form(find)


def shape(pattern: str) -> Form:
    """What a regular expression matches; its groups are named parts."""
    compiled = re.compile(pattern)

    def find(text: str, at: int) -> Iterator[Found]:
        if match := compiled.match(text, at):
            named = {name: match.span(name) for name, value in match.groupdict().items() if value is not None}
            yield Found(match.end(), named)

    return Form(find)


def named(name: str, form: Form) -> Form:
    """A form as a named part of a greater one."""

    def find(text: str, at: int) -> Iterator[Found]:
        for found in form.find(text, at):
            yield Found(found.end, {**found.parts, name: (at, found.end)})

    return Form(find)


def maybe(form: Form) -> Form:
    """A form, or nothing."""

    def find(text: str, at: int) -> Iterator[Found]:
        yield from form.find(text, at)
        yield Found(at, {})

    return Form(find)


def either(*forms: Form) -> Form:
    """One of several forms."""

    def find(text: str, at: int) -> Iterator[Found]:
        for form in forms:
            yield from form.find(text, at)

    return Form(find)


def sequence(*forms: Form) -> Form:
    """Forms one behind the other, with or without a space between them."""

    def find(text: str, at: int, number: int = 0) -> Iterator[Found]:
        if number == len(forms):
            yield Found(at, {})
            return
        begin = at + 1 if number and text[at : at + 1] == " " else at
        for first in forms[number].find(text, begin):
            is_empty = first.end == begin
            for rest in find(text, at if is_empty else first.end, number + 1):
                yield Found(rest.end, {**first.parts, **rest.parts})

    return Form(find)


def _is_whole(text: str, begin: int, end: int) -> bool:
    """Whether no word goes on at either end. Scripts without spaces have no such ends."""
    before, after = text[begin - 1 : begin], text[end : end + 1]
    is_cut = _joins(before) and _joins(text[begin])
    if after == "'" and _joins(text[end - 1]):
        return not is_cut and not _joins(text[end + 1 : end + 2])
    return not is_cut and not (_joins(text[end - 1]) and _joins(after))


def _joins(char: str) -> bool:
    """Whether a letter belongs to the one beside it, as in scripts with spaces."""
    return bool(char) and (char.isalnum() or char == "_") and not "\u3040" <= char <= "\u9fff"


# --- the words -------------------------------------------------------------------------------


@cache
def phrases(*names: str) -> tuple[str, ...]:
    """All phrases under these names, folded."""
    tables = [words_of(locale).wording for locale in (*LOCALES, "en")]
    return tuple(
        sorted({folded(phrase) for table in tables for name in names for phrase in table.get(name, ())})
    )


@cache
def words(*names: str) -> Form:
    """One of the phrases under these names."""
    return phrase(*phrases(*names))


@cache
def _numbers() -> dict[str, int]:
    pairs = [phrase.split(" ", 1) for phrase in phrases("numbers")]
    return {name: int(value) for value, name in pairs}


def number_of(text: str) -> int:
    """The number that the form of one found."""
    return int(text) if text.isdecimal() else _numbers()[text]


@cache
def a_number() -> Form:
    """A number in digits or words."""
    return either(shape(r"(?<![\d.,:])\d{1,5}(?![\d]|[.,:]\d)"), phrase(*_numbers()))


@cache
def languages() -> dict[str, Language]:
    """Languages by the names that people write in a sentence, folded: no codes. In German they have ends."""
    listed = [name for locale in LOCALES for name in words_of(locale).languages.values()]
    listed += [name for known in OTHER_NAMES.values() for name in known]
    listed += [name for entry in LANGUAGES for name in (entry.name, entry.own_name)]
    long = {name for name in map(folded, listed) if len(name) >= _MIN_LANGUAGE_CHARS or not name.isascii()}
    known = [(name, find_language(name)) for name in long - _OTHER_WORDS]
    found = {name: entry for name, entry in known if entry is not None}
    return found | {
        f"{name}{end}": found[name] for name in found if name.endswith("sch") for end in ("e", "en")
    }


@cache
def a_language() -> Form:
    """The name of a language, as a part `language`."""
    return named("language", phrase(*languages()))
