"""Which of many messages an answer quotes, found without trying each of them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from bot.storage.quotations import (
    DELETED,
    MIN_QUOTED,
    MIN_SHORT,
    Redaction,
    outside_links,
    plain_text,
    seeds_of,
)

_GRAM = 20
"""Characters of each piece by which a quotation is recognised; of short messages MIN_SHORT."""

_TARGET = re.compile(r"\]\(([^()\s]*)\)")


class Quotable(NamedTuple):
    """One message that may be quoted: its id, the number of its channel, and its text."""

    message_id: str
    place: int
    text: str


class _Index:
    """Numbers by strings. Most strings have one number: hundreds of thousands of lists would keep Python's
    garbage collector, and with it the whole bot, busy."""

    def __init__(self) -> None:
        self._first: dict[str, int] = {}
        self._more: dict[str, list[int]] = {}

    def add(self, keys: Iterable[str], number: int) -> None:
        for key in keys:
            if self._first.setdefault(key, number) != number:
                self._more.setdefault(key, []).append(number)

    def find(self, keys: Iterable[str]) -> set[int]:
        first = self._first
        hits = {key for key in keys if key in first}
        return {first[key] for key in hits}.union(*(self._more.get(key, ()) for key in hits))


class Quotations:
    """Takes what many messages of one person said out of answers, each in its own channel.

    A short message ("thank you") counts as quoted only in an answer that names the person: everybody says
    such things. `names` are what the person was called.
    """

    def __init__(self, quotable: Sequence[Quotable], names: Collection[str]) -> None:
        self._quotable = quotable
        self._by_gram: defaultdict[int, _Index] = defaultdict(_Index)
        self._by_name: defaultdict[int, _Index] = defaultdict(_Index)
        self._name = _any_of(names)
        seen: set[tuple[int, str]] = set()
        for number, message in enumerate(quotable):
            text = (message.place, plain_text(message.text))
            if text not in seen:
                seen.add(text)
                self._by_gram[message.place].add(_grams(text[1]), number)
            names_of = {message.message_id, quote(message.message_id, safe=":")}
            names_of |= {name.replace(".", "") for name in names_of}
            self._by_name[message.place].add(names_of, number)

    def taken_out(self, place: int, text: str) -> str:
        """An answer in the channel `place` without what it quotes or cites; `text` itself if nothing."""
        redacted = text
        for number in sorted(self._candidates(place, text)):
            message = self._quotable[number]
            redacted = Redaction(message.message_id, message.text).of(redacted)
        return redacted if redacted == text or self._name is None else self._unnamed(redacted)

    def _candidates(self, place: int, text: str) -> set[int]:
        plain = plain_text(text)
        by_gram = self._by_gram[place]
        found = by_gram.find(plain[at : at + _GRAM] for at in range(len(plain) - _GRAM + 1))
        if self._name is not None and self._name.search(plain):
            found |= by_gram.find(plain[at : at + MIN_SHORT] for at in range(len(plain) - MIN_SHORT + 1))
        return found | self._by_name[place].find(_named(text))

    def _unnamed(self, text: str) -> str:
        """A redacted answer, the person's names taken out of the lines that lost something."""
        assert self._name is not None
        lines = text.split("\n")
        name = self._name
        return "\n".join(outside_links(name, DELETED, line) if DELETED in line else line for line in lines)


def _any_of(names: Collection[str]) -> re.Pattern[str] | None:
    spelled = sorted((plain_text(name) for name in names if plain_text(name)), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, spelled))})(?!\w)") if spelled else None


def _grams(plain: str) -> set[str]:
    """The pieces of a message of which its quotations have one."""
    if len(plain) < MIN_QUOTED:
        return {seed[:MIN_SHORT] for seed, _, _ in seeds_of(plain)}
    return {seed[:_GRAM] for seed, _, _ in seeds_of(plain)}


def _named(text: str) -> Iterator[str]:
    """What the addresses in an answer may name a message by: their ends."""
    for target in _TARGET.findall(text):
        for address in {target, target.partition("?")[0]}:
            for mark in re.finditer(r"[/#]", address):
                end = address[mark.end() :]
                yield from (end, end.removeprefix("p"), end.removeprefix("m-"))
