"""Takes out of a sentence what must survive its translation, checks what comes back, and puts it in again.

A masked text has one private character for each mention, link, amount and so on. A model sees a placeholder
such as ⟦0⟧ instead. What it answers is taken only when every placeholder is there once, in a sensible place,
and nothing was invented. Knows nothing about languages, and of models only their placeholder.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.conversation.text.protected import FORMAT, LINE_MARKS, SHOWN, SOFT, Kind, finds

PLACEHOLDER = "⟦{n}⟧"
FIRST = 0xF0000
"""Masks are the private characters from here on (plane 15); `protected` lets none of a text's own through."""

MASK = re.compile("[\U000f0000-\U000fffff]")
"""One mask in a masked text or a skeleton."""
_JOINTS = " \t,;:-–—()"
"""What joins the parts of a sentence and stays where it is when they are translated apart."""
_SAFE_AFTER = re.compile(r"[\s.,;:!?)\]}>\"'…»”’、。，！？）」』*_~|]|[\U000f0000-\U000fffff]|\Z")
_OPEN_ENDED: frozenset[Kind] = frozenset(["link", "name", "file", "amount", "number"])
"""A letter right behind one of these would become part of it."""


@dataclass(frozen=True, slots=True)
class Mask:
    """What was taken out, what is put in for it, and of what kind it is."""

    original: str
    output: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with a private character, FIRST + its place in `masks`, for each thing taken out. `near` are the
    originals of the same line, which the translation must not have more often than the source.
    `is_strict`: for a model whose numbers cannot be trusted, each is taken out, and none may be added."""

    text: str
    masks: tuple[Mask, ...]
    near: frozenset[str] = frozenset()
    terms: Mapping[str, str] | None = None
    is_strict: bool = False

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate."""
        return any(char.isalpha() for char in self.text)

    @property
    def is_soft(self) -> bool:
        """Whether a model may be shown all that was masked."""
        return all(mask.kind in SHOWN for mask in self.masks)

    def fits(self, placeholder: str) -> bool:
        """Whether the text itself has nothing that looks like the placeholder."""
        return not _patterns(placeholder)[0].search(self.text)

    def part(self, start: int, end: int) -> Masked:
        """A slice, with its own masks only, numbered anew."""
        places = [ord(char) - FIRST for char in MASK.findall(self.text, start, end)]
        numbers = {place: chr(FIRST + number) for number, place in enumerate(places)}
        text = MASK.sub(lambda match: numbers[ord(match[0]) - FIRST], self.text[start:end])
        return Masked(
            text, tuple(self.masks[place] for place in places), self.near, self.terms, self.is_strict
        )

    def between(self) -> list[tuple[int, int]]:
        """From where to where there are words between the masks: around those that no model may be shown,
        or where there are only others, around all."""
        is_cut = [self.is_soft or mask.kind not in SHOWN for mask in self.masks]
        cuts = [match.start() for match in MASK.finditer(self.text) if is_cut[ord(match[0]) - FIRST]]
        found = []
        for start, end in zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(self.text)], strict=True):
            body = self.text[start:end].lstrip(_JOINTS + ".!?…").rstrip(_JOINTS)
            if any(char.isalpha() for char in body):
                at = self.text.index(body, start)
                found.append((at, at + len(body)))
        return found

    def trimmed(self) -> tuple[int, int]:
        """From where to where the text is without white space, emoji and Markdown's marks at its ends, which
        stay there; marks only where their partner goes with them or is not in this text."""
        pairs = self._pairs()
        both = pairs | {close: open_ for open_, close in pairs.items()}
        start, end = 0, len(self.text)
        while start < end:
            first, last = self.text[start], self.text[end - 1]
            if first.isspace() or self._is_edge(first, both):
                start += 1
            elif last.isspace() or self._is_edge(last, both):
                end -= 1
            elif (
                MASK.match(first) and MASK.match(last) and pairs.get(ord(first) - FIRST) == ord(last) - FIRST
            ):
                start, end = start + 1, end - 1
            else:
                break
        return start, end

    def _is_edge(self, char: str, both: Mapping[int, int]) -> bool:
        if not MASK.match(char):
            return False
        place = ord(char) - FIRST
        kind = self.masks[place].kind
        return kind == "emoji" or (kind in FORMAT and place not in both)

    def shown(self, placeholder: str | None) -> str:
        """The text as a model sees it; without a placeholder, with the originals."""
        if placeholder is None:
            return MASK.sub(lambda match: self._mask(match).original, self.text)
        return MASK.sub(lambda match: placeholder.replace("{n}", str(ord(match[0]) - FIRST)), self.text)

    def restored(self, skeleton: str | None = None) -> str:
        """`skeleton` (a translation as `read` gives it, or this text) with what belongs into it."""
        return MASK.sub(lambda match: self._mask(match).output, self.text if skeleton is None else skeleton)

    def read(self, answer: str, placeholder: str | None) -> str | None:
        """A model's answer to `shown` as a skeleton, or None where it cannot be trusted."""
        answer = self._line_of(answer)
        if MASK.search(answer):
            return None
        skeleton = self._unshown(answer, placeholder)
        return skeleton if skeleton is not None and self.is_sound(skeleton) else None

    def _line_of(self, answer: str) -> str:
        """The line of an answer that is the translation: the first, or what an announcement introduces."""
        lines = [line.strip() for line in answer.splitlines() if line.strip()] or [""]
        is_announced = len(lines) > 1 and lines[0].endswith(":") and not self.text.rstrip().endswith(":")
        return lines[1] if is_announced else lines[0]

    def is_sound(self, skeleton: str) -> bool:
        """Whether a skeleton has every mask once, Markdown's marks in pairs, words where the source has
        some, and nothing in it that only the source could have brought."""
        numbers = [ord(char) - FIRST for char in MASK.findall(skeleton)]
        words = MASK.sub("", skeleton)
        return (
            sorted(numbers) == list(range(len(self.masks)))
            and (any(char.isalnum() for char in words) or not self.has_words)
            and len(words) <= 6 * len(self.text) + 200
            and self._is_nested(numbers)
            and not self._invents(skeleton)
            and (not self.is_strict or self.has_same_numbers(skeleton))
        )

    def has_same_numbers(self, skeleton: str) -> bool:
        """Whether the digits outside the masks are those of the source, each number as often."""
        return _numbers(skeleton) == _numbers(self.text)

    def is_unchanged(self, skeleton: str) -> bool:
        """Whether a skeleton only says again what the source says, which has more than one word: a name alone
        may be the same in two languages."""
        said = re.findall(r"\w+", MASK.sub(" ", self.text))
        return len(said) > 1 and re.findall(r"\w+", MASK.sub(" ", skeleton)) == said

    def tidied(self, skeleton: str) -> str:
        """A sound skeleton without space between a Markdown mark and what it marks, and with space where a
        letter would run into a link or an amount."""
        pairs = self._pairs()
        if pairs:
            openers, closers = (_class(places) for places in (pairs.keys(), pairs.values()))
            skeleton = re.sub(
                f"([ \t]*)({openers}+)([ \t]+)", lambda match: (match[1] or match[3]) + match[2], skeleton
            )
            skeleton = re.sub(
                f"([ \t]+)({closers}+)([ \t]*)", lambda match: match[2] + (match[3] or match[1]), skeleton
            )
        return MASK.sub(lambda match: self._spaced(match, skeleton), skeleton).strip()

    def _spaced(self, match: re.Match[str], skeleton: str) -> str:
        kind, at = self._mask(match).kind, self.text.index(match[0])
        if kind in FORMAT or kind == "emoji":
            return match[0]
        is_joined = _ends_in_letter(skeleton[: match.start()]) and not _ends_in_letter(self.text[:at])
        runs_on = kind in _OPEN_ENDED and not _SAFE_AFTER.match(skeleton, match.end())
        return " " * is_joined + match[0] + " " * (runs_on and bool(_SAFE_AFTER.match(self.text, at + 1)))

    def _unshown(self, answer: str, placeholder: str | None) -> str | None:
        if placeholder is None:
            return self._from_originals(answer)
        pattern, stray = _patterns(placeholder)
        skeleton = pattern.sub(lambda match: chr(FIRST + min(int(match[1]), 0xFFF)), answer)
        return None if stray.search(skeleton) else skeleton

    def _from_originals(self, answer: str) -> str | None:
        """An answer in which the amounts are still written out."""
        places: dict[str, list[int]] = {}
        for number, mask in enumerate(self.masks):
            places.setdefault(mask.original, []).append(number)
        skeleton, at = "", 0
        for find in finds(answer, self.terms, has_numbers=self.is_strict):
            numbers = places.get(answer[find.start : find.end])
            if numbers:
                skeleton += answer[at : find.start] + chr(FIRST + numbers.pop(0))
                at = find.end
        return None if any(places.values()) else skeleton + answer[at:]

    def _invents(self, skeleton: str) -> bool:
        """Whether a skeleton has something to be kept that its source has not: a link, code, an emoji; or
        an amount or a term that the source's line has, beyond its masks; or a sign that makes a list, a cell
        or code of it."""
        words = MASK.sub(" ", skeleton)
        return (
            any(words.count(sign) > self.text.count(sign) for sign in "`|")
            or bool(LINE_MARKS.match(skeleton) and not LINE_MARKS.match(self.text))
            or any(
                find.kind not in SOFT or words[find.start : find.end].casefold() in self.near
                for find in finds(words, self.terms)
            )
        )

    def _pairs(self) -> dict[int, int]:
        """The places of Markdown's marks that open something, each with that of the one that closes it."""
        pairs: dict[int, int] = {}
        waiting: dict[str, int] = {}
        for place, mask in enumerate(self.masks):
            sign = "[" if mask.kind in ("opener", "closer") else mask.original
            if mask.kind not in FORMAT:
                continue
            if sign in waiting and mask.kind != "opener":
                pairs[waiting.pop(sign)] = place
            elif mask.kind != "closer":
                waiting[sign] = place
        return pairs

    def _is_nested(self, numbers: list[int]) -> bool:
        pairs = self._pairs()
        closers, waiting = set(pairs.values()), []
        tags = [number for number in numbers if self.masks[number].kind == "tag"]
        if tags != sorted(tags):
            return False
        for number in numbers:
            if number in pairs:
                waiting.append(pairs[number])
            elif number in closers and (not waiting or waiting.pop() != number):
                return False
        return True

    def _mask(self, match: re.Match[str]) -> Mask:
        return self.masks[ord(match[0]) - FIRST]


def mask(text: str, terms: Mapping[str, str] | None = None, *, is_strict: bool = False) -> Masked:
    """One line of text with everything taken out that must survive. `terms` are a glossary's, each with its
    fixed translation; `is_strict` as in `Masked`."""
    masks: list[Mask] = []
    masked, at = "", 0
    for find in finds(text, terms, has_numbers=is_strict):
        masked += text[at : find.start] + chr(FIRST + len(masks))
        masks.append(Mask(text[find.start : find.end], find.output, find.kind))
        at = find.end
    near = frozenset(mask.original.casefold() for mask in masks)
    return Masked(masked + text[at:], tuple(masks), near, terms, is_strict)


def _numbers(text: str) -> Counter[str]:
    """The sequences of digits outside the masks, in whatever script."""
    found = re.findall(r"\d+", MASK.sub(" ", text))
    return Counter("".join(str(unicodedata.decimal(digit)) for digit in number) for number in found)


def _class(places: Iterable[int]) -> str:
    return f"[{''.join(chr(FIRST + place) for place in places)}]"


def _ends_in_letter(text: str) -> bool:
    """Whether the last character is a letter or digit of a script that sets words apart by spaces."""
    return bool(text) and text[-1].isalnum() and ord(text[-1]) < 0x0E00


@lru_cache(maxsize=16)
def _patterns(placeholder: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A placeholder with its number, and what is left of one that was altered."""
    begin, _, end = placeholder.partition("{n}")
    rest = "|".join(["[⟦⟧]", *(re.escape(part) for part in (begin.strip(), end.strip()) if part.strip())])
    return re.compile(rf"{re.escape(begin)}\s?(\d{{1,4}})\s?{re.escape(end)}"), re.compile(rest)
