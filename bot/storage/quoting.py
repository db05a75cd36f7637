"""Which of many messages an answer quotes, found without trying each of them. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import quote

from bot.storage.quotations import DELETED, MIN_QUOTED, MIN_SHORT, Redaction, plain_text, seeds_of

_GRAM = 20
"""Characters of each piece by which a quotation is recognised; of short messages MIN_SHORT."""

_TARGET = re.compile(r"\]\(([^()\s]*)\)")


class Quotable(NamedTuple):
    """One message that may be quoted: its id, the number of its channel, and its text."""

    message_id: str
    place: int
    text: str


class Quotations:
    """Takes what many messages of one person said out of answers, each in its own channel.

    A short message ("thank you") counts as quoted only in an answer that names the person: everybody says
    such things. `names` are what the person was called.
    """

    def __init__(self, quotable: Sequence[Quotable], names: Collection[str]) -> None:
        self._quotable = quotable
        self._by_gram: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        self._by_name: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        self._name = _any_of(names)
        seen: set[tuple[int, str]] = set()
        for index, message in enumerate(quotable):
            text = (message.place, plain_text(message.text))
            if text not in seen:
                seen.add(text)
                for gram in _grams(text[1]):
                    self._by_gram[message.place, gram].append(index)
            for name in {message.message_id, quote(message.message_id, safe=":")}:
                self._by_name[message.place, name].append(index)
                self._by_name[message.place, name.replace(".", "")].append(index)

    def taken_out(self, place: int, text: str) -> str:
        """An answer in the channel `place` without what it quotes or cites; `text` itself if nothing."""
        candidates = self._candidates(place, text)
        redacted = text
        for index in sorted(candidates):
            message = self._quotable[index]
            redacted = Redaction(message.message_id, message.text).of(redacted)
        return redacted if redacted == text or self._name is None else self._unnamed(redacted)

    def _candidates(self, place: int, text: str) -> set[int]:
        plain = plain_text(text)
        found: set[int] = set()
        for at in range(len(plain) - _GRAM + 1):
            found.update(self._by_gram.get((place, plain[at : at + _GRAM]), ()))
        if self._name is not None and self._name.search(plain):
            for at in range(len(plain) - MIN_SHORT + 1):
                found.update(self._by_gram.get((place, plain[at : at + MIN_SHORT]), ()))
        for name in _named(text):
            found.update(self._by_name.get((place, name), ()))
        return found

    def _unnamed(self, text: str) -> str:
        """A redacted answer, the person's names taken out of the lines that lost something."""
        assert self._name is not None
        lines = text.split("\n")
        return "\n".join(self._name.sub(DELETED, line) if DELETED in line else line for line in lines)


def _any_of(names: Collection[str]) -> re.Pattern[str] | None:
    spelled = sorted((plain_text(name) for name in names if plain_text(name)), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, spelled))})(?!\w)") if spelled else None


def _grams(plain: str) -> set[str]:
    """The pieces of a message of which its quotations have one."""
    if len(plain) < MIN_QUOTED:
        return {plain[:MIN_SHORT]} if len(plain) >= MIN_SHORT else set()
    return {seed[:_GRAM] for seed, _, _ in seeds_of(plain)}


def _named(text: str) -> Iterator[str]:
    """What the addresses in an answer may name a message by: their ends."""
    for target in _TARGET.findall(text):
        for address in {target, target.partition("?")[0]}:
            for mark in re.finditer(r"[/#]", address):
                end = address[mark.end() :]
                yield from (end, end.removeprefix("p"), end.removeprefix("m-"))
