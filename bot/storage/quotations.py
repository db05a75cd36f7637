"""What is left of the bot's answers when a message that they quote or cite was deleted or edited. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

DELETED = "[deleted]"
EDITED = "[edited since]"

MIN_QUOTED = 24
"""Characters from the beginning of a message, or of a sentence of it, by which a quotation is recognised."""

MIN_SHORT = 8
"""A message of fewer characters is no quotation wherever it stands: everybody says "ok"."""

MIN_ANYWHERE = 40
"""Characters by which a quotation is recognised that begins in the midst of a sentence."""

_ALIGNED = MIN_ANYWHERE // 2  # of any MIN_ANYWHERE characters, some such piece of the message is a part
# What answers add to a quotation, leave out of it, or put another bracket for.
_TABLE = {ord(char): None for char in "*_`~|\\\u200b\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\x7f"}
_TABLE |= dict.fromkeys([*range(9), 11, 12, *range(14, 32)]) | {ord("["): "(", ord("]"): ")"}
# Answers link to much that was never quoted: an address is one character, the same for all, and no evidence.
_ADDRESS = re.compile(r"(?:https?://|#m-)[^\s()<>\"“”„«»]*[\w/=&#%~+$@-]")
_LINK = "\ufffc"
_SENTENCE = re.compile(r"(?:(?<=[.!?…]) |(?<=[。！？]))(?=\S)")
_CUT_BEFORE = re.compile(r"… ?\Z")
_CUT_AFTER = re.compile(r" ?(?:\[…\]|…)")

_CITATIONS = re.compile(r"(?:\[[^\[\]\n]*\]\([^()\s]*\)|\[\d+\])+")
_MARKER = re.compile(r"\s*(?:[-*>]\s+|\d+\.\s+)*")
_LABEL = re.compile(r"[\s_*>-]*(?:\w+:\s+)?(?=\[)")


class Redaction:
    """Takes one message's former text out of answers. `new` is its text now, None where it was deleted."""

    def __init__(self, message_id: str, old: str, new: str | None = None) -> None:
        self._mark = DELETED if new is None else EDITED
        self._is_link_kept = new is not None
        self._old = plain_text(old)
        self._new = plain_text(new or "")
        self._seeds = list(seeds_of(self._old))
        names = {message_id, quote(message_id, safe=":"), message_id.replace(".", "")}
        address = "|".join(re.escape(name) for name in sorted(names))
        self._link = re.compile(rf"\[([^\[\]\n]*)\]\([^()\s]*(?:[/#]|/p|#m-)(?:{address})(?:\?[^()\s]*)?\)")

    def of(self, text: str) -> str:
        """`text` without what quotes the message or rests on it by a citation; `text` itself if nothing does.
        Applying it again changes nothing."""
        plain = plain_text(text)
        if any(seed in plain for seed, _, _ in self._seeds):
            text = self._without_quotations(text)
        numbers = {match[1] for match in self._link.finditer(text)}
        return "\n".join(self._uncited(line, numbers) for line in text.split("\n")) if numbers else text

    def _without_quotations(self, text: str) -> str:
        plain, places = _placed(text)
        kept, at = [], 0
        for begin, end in _merged(self._runs(plain)):
            if plain[begin:end].strip() in self._new:
                continue
            first, last = _with_edges(text, places[begin][0], places[end - 1][1])
            kept += [text[at:first], self._mark]
            at = last
        return "".join([*kept, text[at:]])

    def _runs(self, plain: str) -> Iterator[tuple[int, int]]:
        """Where `plain` says what the message said, each as far as it goes."""
        for seed, offset, needed in self._seeds:
            at = plain.find(seed)
            while at >= 0:
                begin, end = _grown(plain, at, self._old, offset, len(seed))
                is_quoted = end - begin >= needed and (needed >= MIN_QUOTED or _is_word(plain, begin, end))
                if is_quoted:
                    yield begin, end
                # Behind the run: one letter a thousand times would else be compared a thousand times.
                at = plain.find(seed, end if is_quoted else at + 1)

    def _uncited(self, line: str, numbers: set[str]) -> str:
        """A line without the statements that cite the message, by its address or by the number given it."""
        kept, at = "", 0
        for cited in _CITATIONS.finditer(line):
            statement, at = line[at : cited.end()], cited.end()
            bare = set(re.findall(r"\[(\d+)\](?!\()", cited[0]))
            kept += (
                self._unsaid(statement, cited[0])
                if self._link.search(cited[0]) or bare & numbers
                else statement
            )
        return kept + line[at:]

    def _unsaid(self, statement: str, cited: str) -> str:
        before = statement[: -len(cited)]
        label, marker = _LABEL.match(statement), _MARKER.match(before)
        head = before if label and label.end() == len(before) else marker[0] if marker else ""
        if not self._is_link_kept:
            return head + self._mark
        is_said = before.strip() and head != before
        return f"{head}{self._mark} {cited}" if is_said else statement


def plain_text(text: str) -> str:
    """Text without what answers add to a quotation, on one line."""
    return " ".join(_ADDRESS.sub(_LINK, text.translate(_TABLE)).split())


def outside_links(pattern: re.Pattern[str], by: str, text: str) -> str:
    """`text` with `by` for what `pattern` finds, but in no address."""
    kept, at = "", 0
    for address in _ADDRESS.finditer(text):
        kept, at = kept + pattern.sub(by, text[at : address.start()]) + address[0], address.end()
    return kept + pattern.sub(by, text[at:])


def _placed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`plain_text(text)`, and where in `text` each of its characters begins and ends."""
    shown = [(char.translate(_TABLE), place) for place, char in enumerate(text)]
    shown = [(char, place) for char, place in shown if char]
    plain: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    for address in [*_ADDRESS.finditer("".join(char for char, _ in shown)), None]:
        for char, place in shown[at : address.start() if address else None]:
            if not (char.isspace() and (not plain or plain[-1] == " ")):
                plain.append(" " if char.isspace() else char)
                places.append((place, place + 1))
        if address:
            at = address.end()
            plain.append(_LINK)
            places.append((shown[address.start()][1], shown[at - 1][1] + 1))
    return "".join(plain), places


def seeds_of(old: str) -> Iterator[tuple[str, int, int]]:
    """Pieces of a message that its quotations have, where each begins, and how much is to be quoted."""
    return (seed for seed in _pieces(old) if len(seed[0]) - 2 * seed[0].count(_LINK) >= MIN_SHORT)


def _pieces(old: str) -> Iterator[tuple[str, int, int]]:
    if MIN_SHORT <= len(old) < MIN_QUOTED:
        yield old, 0, len(old)
    for begin in (0, *(match.end() for match in _SENTENCE.finditer(old))):
        if len(old) - begin >= MIN_QUOTED:
            yield old[begin : begin + MIN_QUOTED], begin, MIN_QUOTED
    for begin in range(0, len(old) - _ALIGNED + 1, _ALIGNED):
        yield old[begin : begin + _ALIGNED], begin, MIN_ANYWHERE


def _grown(plain: str, at: int, old: str, offset: int, length: int) -> tuple[int, int]:
    """A place that two texts share, as far as they share it, from word to word."""
    end, stop = at + length, offset + length
    while end < len(plain) and stop < len(old) and plain[end] == old[stop]:
        end, stop = end + 1, stop + 1
    while at and offset and plain[at - 1] == old[offset - 1]:
        at, offset = at - 1, offset - 1
    return at + (plain[at] == " "), end - (plain[end - 1] == " ")


def _is_word(plain: str, begin: int, end: int) -> bool:
    """Whether a place is no part of a longer word."""
    around = (plain[max(begin - 1, 0) : begin + 1], plain[end - 1 : end + 1])
    return not any(len(pair) == 2 and pair.isalnum() for pair in around)


def _merged(runs: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(runs):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _with_edges(text: str, first: int, last: int) -> tuple[int, int]:
    """A quotation's place with the marks of a cut and of bold words at its edges."""
    if text[first:last].count("**") % 2:
        if text[:first].endswith("**"):
            first -= 2
        elif text.startswith("**", last):
            last += 2
    before, after = _CUT_BEFORE.search(text, max(first - 2, 0), first), _CUT_AFTER.match(text, last)
    return before.start() if before else first, after.end() if after else last
