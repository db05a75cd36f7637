"""Reads text as claims: clauses with their words, what is denied in them, who they are about and who is
asked.

English grammar by rule; negations of some other languages. Knows nothing of sources and support.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.conversation.text.dates import without_dates
from bot.conversation.text.quantities import NUMBER_WORDS
from bot.conversation.text.synonyms import CANONICAL
from bot.conversation.text.words import SMALL, WORD, normal, stem, words

MAX_CLAUSES = 400
_NO_CONTENT = SMALL | NUMBER_WORDS
_BREAK = re.compile(
    r"(?<=[.!?;…])\s+|[\n;。！？]|,?\s(?:but|because|although|though|while|whereas|however|unless)\s"
    r"|,\s(?:and\s|so\s|then\s)?(?=(?:i|we|you|he|she|they|it|there)\b)"
    r"|\sand\s(?=(?:i|we|you|he|she|they)\b)",
    re.IGNORECASE,
)
_NOT_DENYING = re.compile(
    r"^\s*(?:no|nope|nah)\b[\s,.!]+(?=\w)|\bthat no\b,|\bno (?:problem|worries|doubt|matter)\w*"
    r"|\bnot only\b|\bwhy (?:don't|not)\b"
    r"|^\s*(?:don't|isn't|aren't|won't|can't|doesn't|didn't) (?=\w+ \w+.*\?)|,\s*\w+n't (?:it|you|he"
    r"|she|they|we)\s*\?"
    r"|\bcan't wait\b|\b(?:whether|if) or not\b|\bor not\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|nowhere|neither|nor|without|cannot|[a-z]{2,7}n't|(?:do|ca"
    r"|wo|did|does|is)nt"
    r"|refus\w+|declin\w+|disagree\w*|unable|den(?:y|ies|ied)|nicht|kein\w{0,2}|niemals|pas|jamais"
    r"|aucun\w{0,2}|não|nunca"
    r"|jamás|niet|geen|не|нет|никогда)\b|[不没沒無无]|ない",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:can|could|would|will) you\b|\bplease\b|\byou (?:should|must|need to|have to)\b"
    r"|^\s*(?:let me know|tell me)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?P<first>i|we|my|our)\b|\b(?P<second>you|your|please)\b|\b(?P<third>he|she|they)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. `tokens` are the stems of its words, each put by its group of synonyms; `small` those of
    all.

    `heads` are the first two tokens after a negation, and `small_heads` its next words where it denies no
    token.
    `person` is whom its first pronoun means: 1 the speaker, 2 the addressee, 3 another, 0 unsaid.
    """

    text: str
    tokens: frozenset[str]
    small: frozenset[str]
    heads: frozenset[str]
    small_heads: frozenset[str]
    is_negative: bool
    is_request: bool
    is_question: bool
    person: int


def clauses(text: str) -> list[Clause]:
    """The clauses of `text`, at most MAX_CLAUSES."""
    return [_clause(part) for part, _ in zip(_parts(text), range(MAX_CLAUSES), strict=False)]


def canonical(found: str) -> str:
    """The stem that stands for a stem and its synonyms."""
    return CANONICAL.get(found, found)


def tokens_of(text: str, free: frozenset[str] = frozenset()) -> list[str]:
    """The words of `text` as claims are compared by, in order; dates, times and numbers are read
    elsewhere."""
    found = (
        stem(word) for word in words(without_dates(text)) if word not in _NO_CONTENT and not word.isdecimal()
    )
    return [canonical(each) for each in found if each not in free and len(each) > 1]


def people_in(text: str, names: Mapping[str, str]) -> list[tuple[int, int, str]]:
    """Where `text` names people: begin, end and id. `names` maps names in lower case, of at most three
    words."""
    spans = [match.span() for match in WORD.finditer(text)]
    found: list[tuple[int, int, str]] = []
    at = 0
    while at < len(spans):
        for size in (3, 2, 1):
            last = spans[at : at + size][-1][1]
            shown = text[spans[at][0] : last]
            key = normal(shown).removesuffix("'s")
            if key in names and not (shown[:1].islower() and key in SMALL):
                found.append((spans[at][0], last, names[key]))
                at += size - 1
                break
        at += 1
    return found


def _parts(text: str) -> Iterator[str]:
    begin = 0
    for match in _BREAK.finditer(text):
        yield text[begin : match.start()]
        begin = match.end()
    yield text[begin:]


def _clause(text: str) -> Clause:
    text = text.replace("’", "'")
    read = _NOT_DENYING.sub(" ", text)
    negation = _NEGATION.search(read)
    after = read[negation.end() :] if negation else ""
    heads = tokens_of(after)[:2]
    pronoun = _PRONOUN.search(text)
    return Clause(
        text,
        frozenset(tokens_of(text)),
        frozenset(map(stem, words(text))),
        frozenset(heads),
        frozenset() if heads else frozenset(map(stem, words(after)[:3])),
        negation is not None,
        bool(_REQUEST.search(text)),
        text.rstrip().endswith(("?", "？")),
        {"first": 1, "second": 2, "third": 3}[pronoun.lastgroup or "third"] if pronoun else 0,
    )
