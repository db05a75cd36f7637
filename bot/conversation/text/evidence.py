"""What the sources of a statement say, read once: their words, people, and clause by clause who says what.

English by rule. Knows nothing of verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bot.conversation.text.claims import Clause, clauses, people_in, tokens_of
from bot.conversation.text.quantities import codes, quantities
from bot.conversation.text.words import SMALL, normal, stem, words
from bot.messages import Turn

MAX_SOURCE_CHARS = 8000
"""What stands later in one message is not read, and supports nothing."""
SAME = 0.6
"""Words whose character trigrams overlap by so much (Dice's coefficient) are taken for one."""
NEAR = 6
"""In how many messages before and after is looked for whom a message speaks to."""
_MIN_FUZZY = 5
_NO = re.compile(
    r"\s*(?:no|nope|nah|not really|i don't think so|non|nein|nee|нет|いいえ|不)\b", re.IGNORECASE
)
_YES = re.compile(
    r"\s*(?:yes|yeah|yep|yup|sure|ok|okay|correct|right|exactly|agreed|sounds good|will do|of course"
    r"|absolutely|oui|ja|sí|sim|si|да|好|是|はい)\b",
    re.IGNORECASE,
)
_YOU = re.compile(r"\b(?:you|your|yours|yourself)\b|\bplease\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """One clause of a source: who said it, whom it names, to whom it speaks. `marks`: tokens and numbers."""

    speaker: str
    clause: Clause
    marks: frozenset[str]
    named: frozenset[str]
    addressees: frozenset[str]

    def carries(self, person: str, *, is_act: bool) -> bool:
        """Whether the clause can stand for what a person said, or with `is_act` for what the person does."""
        is_own = person == self.speaker
        if not is_act:
            return is_own or (person in self.named and self.clause.person != 1)
        if self.clause.is_request or self.clause.person == 2:
            return person in self.addressees
        if self.clause.person == 1:
            return is_own
        return person in self.named or (is_own and not (self.clause.person == 3 or self.named))


class Evidence:
    """The sources of one statement among the turns that it is about."""

    def __init__(self, turns: Sequence[Turn], indices: Sequence[int]) -> None:
        self.sources = [turns[index] for index in indices]
        self.names = _names(turns)
        self.name_stems = frozenset(stem(part) for name in self.names for part in words(name))
        self.text = "\n".join(_shown(turn) for turn in self.sources)
        self.normal = normal(self.text)
        self.words = frozenset(words(self.text))
        marks = [*tokens_of(self.text), *codes(self.text)]
        marks += [f"#{value:g}" for number in quantities(self.text) for value in number.values]
        self.tokens = frozenset(marks)
        self._by_beginning = _by_beginning(self.tokens)
        self._neighbours = [_neighbours(turns, index) for index in indices]

    def said(self, token: str) -> str:
        """The token of the sources that is this word, in a form that may differ; "" where none is."""
        if token in self.tokens:
            return token
        alike = (other for other in self._by_beginning.get(token[:3], ()) if same_word(token, other))
        return next(alike, "")

    def has(self, token: str) -> bool:
        return bool(self.said(token))

    @cached_property
    def people(self) -> frozenset[str]:
        """Ids of who wrote the sources, is named in them, or is spoken to there."""
        found = {_id(turn) for turn in self.sources}
        for turn, near in zip(self.sources, self._neighbours, strict=True):
            found.update(person for _, _, person in people_in(turn.text[:MAX_SOURCE_CHARS], self.names))
            if _YOU.search(turn.text[:MAX_SOURCE_CHARS]) or "?" in turn.text or "？" in turn.text:
                found.update(near)
        return frozenset(found)

    @cached_property
    def units(self) -> list[Unit]:
        """The clauses of the sources. A question answered with yes or no is said by who answers, too."""
        found: list[Unit] = []
        questions = 0
        for turn, near in zip(self.sources, self._neighbours, strict=True):
            is_denied = bool(_NO.match(turn.text))
            asked = found[len(found) - questions :]
            if asked and asked[0].speaker != _id(turn) and (is_denied or _YES.match(turn.text)):
                found[len(found) - questions :] = [_left_to_others(unit, _id(turn)) for unit in asked]
                found += [_answered(unit, _id(turn), is_denied=is_denied) for unit in asked]
            own = [self._unit(turn, clause, near) for clause in clauses(turn.text[:MAX_SOURCE_CHARS])]
            own.sort(key=lambda unit: unit.clause.is_question or unit.clause.is_request)
            questions = sum(unit.clause.is_question or unit.clause.is_request for unit in own)
            found += own
        return found

    def _unit(self, turn: Turn, clause: Clause, near: frozenset[str]) -> Unit:
        marks = {*clause.tokens, *codes(clause.text)}
        marks |= {f"#{value:g}" for number in quantities(clause.text) for value in number.values}
        named = frozenset(person for _, _, person in people_in(clause.text, self.names))
        return Unit(_id(turn), clause, frozenset(marks), named, named or near)


def same_word(one: str, other: str) -> bool:
    """Whether two stems are forms of one word: alike in their character trigrams."""
    if one == other:
        return True
    if min(len(one), len(other)) < _MIN_FUZZY:
        return False
    mine, theirs = _trigrams(one), _trigrams(other)
    return 2 * len(mine & theirs) >= SAME * (len(mine) + len(theirs))


def _trigrams(word: str) -> set[str]:
    return {word[at : at + 3] for at in range(len(word) - 2)}


def _by_beginning(tokens: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for token in tokens:
        if len(token) >= _MIN_FUZZY:
            found.setdefault(token[:3], []).append(token)
    return found


def _answered(unit: Unit, speaker: str, *, is_denied: bool) -> Unit:
    """A question as its answer makes it: said by who answers, and denied by a no."""
    clause = unit.clause
    said = replace(
        clause,
        heads=clause.tokens if is_denied else clause.heads,
        is_negative=clause.is_negative != is_denied,
        is_request=False,
        is_question=False,
        person=1,
    )
    return Unit(speaker, said, unit.marks, frozenset(), frozenset())


def _left_to_others(unit: Unit, person: str) -> Unit:
    """A question without the person who answered it: what counts for that one is the answer."""
    return replace(unit, named=unit.named - {person}, addressees=unit.addressees - {person})


def _names(turns: Sequence[Turn]) -> dict[str, str]:
    """Ids by the names of who wrote `turns`, whole and by their first word."""
    found: dict[str, str] = {}
    for turn in turns:
        if turn.author:
            name = " ".join(words(turn.author.name)) or normal(turn.author.name)
            first = name.split(" ")[0]
            if first not in SMALL:
                found.setdefault(first, turn.author.id)
            found[name] = turn.author.id
            found[normal(turn.author.name)] = turn.author.id
    return found


def _neighbours(turns: Sequence[Turn], index: int) -> frozenset[str]:
    """Whom a message speaks to if it names nobody: the next other speaker before it and after it."""
    own = _id(turns[index])
    before = (_id(turn) for turn in reversed(turns[max(index - NEAR, 0) : index]))
    after = (_id(turn) for turn in turns[index + 1 : index + 1 + NEAR])
    found = (next((other for other in side if other != own), "") for side in (before, after))
    return frozenset(other for other in found if other)


def _id(turn: Turn) -> str:
    return turn.author.id if turn.author else turn.role


def _shown(turn: Turn) -> str:
    return f"{turn.author.name if turn.author else turn.role}: {turn.text[:MAX_SOURCE_CHARS]}"
