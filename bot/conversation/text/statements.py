"""Reads the statements and their citations out of what a model wrote: bullets, paragraphs, headings.

Knows the shapes of citations, `[3]`, `[3][7]`, `[3, 7]`, `[3-5]`, `[#3]`, `[msg 3]` and `(3)`; nothing about
the messages that they point to. Linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_CITED, _KEPT = "\ue000", "\ue001"
"""Stand for a citation, and for code or a link that is not looked into, while a line is cut."""
_WORDS = r"(?:#|\^|(?:msg|messages?|lines?|sources?|no\.?)\s{0,2}#?)"
_NUMBERS = r"\d{1,6}(?:\s{0,2}(?:,|;|&|and|-|–|—|\.\.)\s{0,2}#?\d{1,6}){0,40}"
_OPAQUE = re.compile(
    r"`[^`]*(?:`|$)|!?\[(?:[^\[\].!?…。！？]|[.!?…](?!\s)){0,300}\]\([^()\s。！？]{0,600}(?:\)|$)|<?https?://[^\s\[\]<>]+>?"
)
_CITATION = re.compile(
    rf"[ \t]{{0,3}}(?:[\[【]{{1,2}}{_WORDS}?\s{{0,2}}({_NUMBERS})\s{{0,2}}[\]】]{{1,2}}(?!\()"
    rf"|(?<![^\s.,;:!?…。！？\])])\(({_NUMBERS})\)(?=[\s.,;:!?…(。！？]|$))",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d+)(?:\s*(?:-|–|—|\.\.)\s*#?(\d+))?")
_END = re.compile(
    rf"(?:(?<![.!?…])[.!?…]++[\"'”’»)*_~]*+(?=\s|{_CITED}|$)|(?<![。！？])[。！？]++[」』”）]*+)"
    rf"(?P<cited>(?:\s{{0,3}}{_CITED})*+)\s*"
)
_BULLET = re.compile(r"\s{0,40}(?:[-*+•–]|\d{1,3}[.)])(?:\s+(?:\[[ xX]\]\s+)?|$)")
_QUOTE = re.compile(r"(?:\s{0,3}>)+ ?")
_HEADING = re.compile(
    r"\s{0,3}#{1,6}\s|\s{0,3}(?:\*\*|__)[^*_.!?…。！？]{1,100}(?:\*\*|__):?\s{0,3}$|[\s*_=|:-]*$"
)
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:\w|mr|mrs|ms|dr|prof|st|vs|ca|approx|[a-z]\.[a-z]|bzw|p\.\s?ex)\.$", re.I
)
_HALF_CITATION = re.compile(
    r"(?<!\w)[\[【(]{1,2}[#^]?[a-z]{0,8}\.?\s{0,2}#?[\d,;&#\s–—-]{0,60}$", re.IGNORECASE
)
_SPACES = re.compile(r"\s+")
_BEFORE_STOP = re.compile(r" (?=[.,;:!?…](?:\s|$))")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement without its citations. `sources` are indices of the turns, from 0: `[3]` gives 2."""

    text: str
    sources: tuple[int, ...]


def parse_statements(text: str, count: int) -> list[Statement]:
    """The statements of `text`, whose citations number `count` lines from 1; others are dropped.

    A bullet is cut only after a sentence that has a citation of its own, a paragraph after every sentence.
    Headings, lines that introduce a list, rules and blocks of code give none. While `text` grows, all but the
    last statement stay as they are.
    """
    found: list[Statement] = []
    for line in _lines(_without_half_citation(text)):
        _read_line(line, count, found)
    return found


def _without_half_citation(text: str) -> str:
    """`text` without a citation that has only begun: it may belong to a sentence that is complete."""
    tail = text[-80:]
    match = _HALF_CITATION.search(tail)
    return text[: len(text) - len(tail) + match.start()] if match else text


def _lines(text: str) -> Iterator[str]:
    """Lines outside fenced code; one that goes on in lower case is joined to the one before."""
    pending, is_code = "", False
    for line in text.replace(_CITED, "").replace(_KEPT, "").splitlines():
        if _FENCE.match(line):
            is_code = not is_code
            line = ""
        if is_code:
            continue
        if pending and line.lstrip()[:1].islower() and pending.rstrip()[-1:].isalnum():
            pending += " " + line.strip()
            continue
        yield pending
        pending = line
    yield pending


def _read_line(line: str, count: int, found: list[Statement]) -> None:
    """Append the statements of one line; citations alone belong to the statement before them."""
    line = _QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line
    if _HEADING.match(line):
        return
    bullet = _BULLET.match(line)
    masked, cited, kept = _mask(line[bullet.end() :] if bullet else line, count)
    if not masked.replace(_CITED, "").strip(" \t.,;"):
        if found and cited:
            found[-1] = Statement(found[-1].text, _merged(found[-1].sources, *cited))
        return
    sources, texts = iter(cited), iter(kept)
    for piece in _cut(masked, is_bullet=bullet is not None):
        own = [next(sources) for _ in range(piece.count(_CITED))]
        shown = re.sub(_KEPT, lambda _: next(texts), piece.replace(_CITED, ""))
        shown = _BEFORE_STOP.sub("", _SPACES.sub(" ", shown)).strip().rstrip(",;")
        introduces = not own and shown.rstrip(" *_").endswith((":", "："))
        if not introduces and any(char.isalnum() for char in shown):
            found.append(Statement(shown, _merged((), *own)))


def _mask(line: str, count: int) -> tuple[str, list[tuple[int, ...]], list[str]]:
    """The line with its citations and its code and links each put as one character, and what they were."""
    kept: list[str] = []
    cited: list[tuple[int, ...]] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return _KEPT

    def cite(match: re.Match[str]) -> str:
        sources = _sources(match[1] or match[2], count)
        if match[2] and not sources:
            return match[0]
        cited.append(sources)
        return _CITED

    return _CITATION.sub(cite, _OPAQUE.sub(keep, line)), cited, kept


def _sources(numbers: str, count: int) -> tuple[int, ...]:
    found: set[int] = set()
    for first, last in _RANGE.findall(numbers):
        low, high = sorted((int(first), int(last or first)))
        found.update(range(max(low, 1) - 1, min(high, count)))
    return tuple(sorted(found))


def _cut(masked: str, *, is_bullet: bool) -> Iterator[str]:
    """The pieces of one line that are statements; where it begins with a citation, these stand in front."""
    begin, leads = 0, masked.lstrip().startswith(_CITED)
    for match in _END.finditer(masked):
        end = match.start("cited") if leads else match.end()
        piece = masked[begin:end]
        if not match["cited"] and _goes_on(masked, begin, match):
            continue
        if is_bullet and _CITED not in piece:
            continue
        if piece.strip():
            yield piece
        begin = end
    if masked[begin:].strip():
        yield masked[begin:]


def _goes_on(masked: str, begin: int, match: re.Match[str]) -> bool:
    """Whether a full stop ends no sentence: an abbreviation, or what follows begins in lower case."""
    if masked[match.end() : match.end() + 1].islower():
        return True
    before = masked[max(begin, match.start() - 12) : match.start() + 1]
    return match.end() < len(masked) and bool(_ABBREVIATION.search(before))


def _merged(*groups: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({index for group in groups for index in group}))
