"""Checks by rule, without a model, whether messages support a statement about them.

What is checked, in this order: literals (links, file names, code), people and other names, numbers, days and
times, content words, and then clause by clause who said or does it and whether it is denied. English is read
best; where statement and sources are in different languages, only what no translation changes is compared. A
verdict's reason never has a word of a message in it. Linear in the length of what is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.conversation.text.claims import Clause, clauses, people_in, tokens_of
from bot.conversation.text.dates import Day, day_of, days, times_of_day, without_dates
from bot.conversation.text.detect import detect
from bot.conversation.text.evidence import MAX_SOURCE_CHARS, Evidence, Unit, same_word
from bot.conversation.text.quantities import codes, implied, missing, quantities
from bot.conversation.text.statements import Statement
from bot.conversation.text.synonyms import ASKING, REPORTING
from bot.conversation.text.words import normal, stem, words
from bot.messages import Turn

MAX_STATEMENT_CHARS = 2000
MIN_COVERAGE = 0.7
"""The share of a statement's content words that its sources must have."""
MIN_FOUND = 0.5
"""The share of a text's words that messages must have to be named as its sources."""
MIN_GAIN = 0.15
"""The share of a text's words that one more source must add."""
_UNKNOWN_WEIGHT = 0.5
"""What a word counts that no message has; one that a single message has counts 1."""
_FOREIGN_COVERAGE = 0.34
"""With fewer of its words in its sources, a statement may be in another language than they are."""
_LITERAL = re.compile(
    r"https?://[^\s<>)\]\"']+|`([^`\n]{1,200})`|(?<![\w-])[\w-]{1,60}\.(?:py|js|ts|md|txt|json|ya?ml|toml|pdf|png"
    r"|jpe?g|csv|zip|html?|css|docx?|xlsx?|sh|go|rs|c|cpp|h|java|log|env|cfg|ini|sql)\b"
    r"|\b[a-z]+[A-Z]\w*\b|\b[^\W_]+_\w+\b|(?<!\S)--?[a-z][\w-]+"
)
_CAPITALISED = re.compile(r"(?<=[\w,;)] )(?<!\bI )[A-ZÀ-ÖØ-Þ][\w’'&-]*|(?<![\w.])[A-Z]{2,}\b")
_QUOTATION = re.compile(
    r"\W{0,3}(?P<who>[^:\n]{1,40}?)(?:\s(?:says?|said|writes?|wrote|(?:asks?|asked)(?:\s[^:\s]{1,30})?))?:\s"
    r"(?P<said>.+)$",
    re.DOTALL,
)
_SENTENCE_END = re.compile(r"[.!?…。！？\n]+(?:\s|$)|(?<=[。！？])")
_BY = re.compile(r"\b(?:by|according to)\s$")
_OBJECT = re.compile(
    r"\b(?:to|with|for|from|of|about|and|or|than|as|at|on|in|via|asks?|tells?|told|asked|thanks?)\s$"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a statement may stand, and why, in words that may be logged."""

    is_supported: bool
    reason: str


def check(statement: Statement, turns: Sequence[Turn]) -> Verdict:
    """Whether the sources of `statement` among `turns` support it. Without sources it is never supported."""
    sources = [index for index in statement.sources if 0 <= index < len(turns)]
    if not sources:
        return Verdict(False, "it names no source")
    if len(statement.text) > MAX_STATEMENT_CHARS:
        return Verdict(False, "it is too long to be checked")
    evidence = Evidence(turns, sources)
    text = statement.text.replace("**", "").replace("__", "")
    if _is_quotation(text, evidence):
        return Verdict(True, "it is a quotation")
    reason = _unfounded(text, evidence)
    if reason:
        return Verdict(False, reason)
    free = REPORTING | evidence.name_stems
    wanted = Counter(tokens_of(text, free))
    covered = sum(count for token, count in wanted.items() if evidence.has(token))
    coverage = covered / sum(wanted.values()) if wanted else 1.0
    if coverage < _FOREIGN_COVERAGE and _is_foreign(text, evidence.text):
        return Verdict(True, "names, numbers, days and links agree; the languages differ")
    if coverage < MIN_COVERAGE:
        return Verdict(False, "too few of its words are in its sources")
    reason = _contradiction(text, evidence, free)
    return Verdict(not reason, reason or "its sources say so")


def _is_quotation(text: str, evidence: Evidence) -> bool:
    """Whether a statement is `Name: words` or `Name says: "words"` with words that this person wrote so."""
    match = _QUOTATION.match(text)
    if match is None:
        return False
    people = {
        person for _, end, person in people_in(match["who"], evidence.names) if end == len(match["who"])
    }
    said = " ".join(words(match["said"]))
    return bool(said) and any(
        (turn.author.id if turn.author else turn.role) in people
        and _has_sentences(turn.text[:MAX_SOURCE_CHARS], said)
        for turn in evidence.sources
    )


def _has_sentences(text: str, said: str) -> bool:
    """Whether `said` is one or more whole sentences of `text`: half of one may mean its opposite."""
    sentences = [" ".join(words(part)) for part in _SENTENCE_END.split(text)]
    edges = {0, *accumulate(len(sentence) + 1 for sentence in sentences if sentence)}
    whole = " ".join(filter(None, sentences))
    at = whole.find(said)
    while at >= 0 and not (at in edges and at + len(said) + 1 in edges):
        at = whole.find(said, at + len(said))
    return at >= 0


def find_sources(text: str, turns: Sequence[Turn], count: int = 3) -> tuple[int, ...]:
    """At most `count` indices of the turns that say what `text` does, ascending; empty where none do.

    Chosen one after the other, each for the words that those before it lack; rare words weigh more.
    """
    spoken = [
        _bag(turn.text[:MAX_SOURCE_CHARS]) | _bag(turn.author.name if turn.author else "") for turn in turns
    ]
    shared = Counter(token for bag in spoken for token in bag)
    wanted = _bag(text[:MAX_STATEMENT_CHARS])
    left = {token: 1 / shared[token] for token in wanted if shared[token]}
    names = {_name(turn) for turn in turns}
    unknown = sum(_UNKNOWN_WEIGHT for token in wanted if not shared[token] and token not in REPORTING)
    total, found, gained = sum(left.values()) + unknown, list[int](), 0.0
    if not left or set(left) <= {stem(part) for name in names for part in words(name)}:
        return ()
    while len(found) < count and left:
        gains = [sum(left[token] for token in bag & left.keys()) for bag in spoken]
        best = max(range(len(turns)), key=lambda index: gains[index])
        if gains[best] < MIN_GAIN * total:
            break
        found.append(best)
        gained += gains[best]
        left = {token: weight for token, weight in left.items() if token not in spoken[best]}
    return tuple(sorted(found)) if gained >= MIN_FOUND * total else ()


def _bag(text: str) -> set[str]:
    numbers = {f"#{value:g}" for number in quantities(text) for value in number.values}
    return numbers | set(tokens_of(text)) | set(codes(text))


def _name(turn: Turn) -> str:
    return normal(turn.author.name) if turn.author else ""


# --- what must be found as it is ----------------------------------------------------------------


def _unfounded(text: str, evidence: Evidence) -> str:
    """What of links, code, names, numbers, days and times the sources do not have; "" where all is there."""
    literals = [normal(match[1] or match[0]).rstrip(".,;:!?/") for match in _LITERAL.finditer(text)]
    if any(literal not in evidence.normal for literal in literals):
        return "a link, file name or piece of code is not in its sources"
    people = people_in(text, evidence.names)
    if any(person not in evidence.people for _, _, person in people):
        return "a person is not in its sources"
    plain = _LITERAL.sub(" ", text)
    if not _names_are_there(plain, evidence):
        return "a name is not in its sources"
    if not _numbers_are_there(plain, evidence):
        return "a number is not in its sources"
    return "" if _days_are_there(plain, evidence) else "a day or a time is not in its sources"


def _names_are_there(text: str, evidence: Evidence) -> bool:
    """Whether each capitalised word is in the sources. German writes every noun so: there it is not asked."""
    if detect(text) == "de":
        return True
    spoken = evidence.words | evidence.names.keys()
    for shown in _CAPITALISED.findall(without_dates(text)):
        parts = words(shown.removesuffix("’s").removesuffix("'s"))
        if any(part not in spoken and stem(part) not in evidence.tokens for part in parts if len(part) > 1):
            return False
    return True


def _numbers_are_there(text: str, evidence: Evidence) -> bool:
    if any(code not in evidence.normal for code in codes(text)):
        return False
    return not missing(quantities(without_dates(text)), quantities(evidence.text) + implied(evidence.text))


def _days_are_there(text: str, evidence: Evidence) -> bool:
    """Days are resolved by when each source was sent; that day itself counts where the sources name none."""
    said = [day for turn in evidence.sources for day in days(turn.text[:MAX_SOURCE_CHARS], turn.sent_at)]
    known = list(dict.fromkeys(said or [day_of(turn.sent_at) for turn in evidence.sources]))
    clock = set(times_of_day(evidence.text))
    if not all(any(day.agrees(other) for other in _sharpest(day, known)) for day in set(days(text, None))):
        return False
    hours = {value for q in quantities(without_dates(evidence.text)) for value in q.values if not clock}
    return all(
        any(moment.agrees(other) for other in clock)
        or bool({moment.minutes / 60, moment.minutes / 60 - 12} & hours)
        for moment in set(times_of_day(text))
    )


def _sharpest(day: Day, known: Sequence[Day]) -> Sequence[Day]:
    """The known days to compare with: if some of the same number have a month, those without say nothing."""
    dated = [other for other in known if day.day == other.day is not None and other.month is not None]
    return dated or known


def _is_foreign(text: str, source: str) -> bool:
    one, other = detect(text), detect(source)
    return one is not None and other is not None and one != other


# --- who said what, and whether it is denied ----------------------------------------------------


def _contradiction(text: str, evidence: Evidence, free: frozenset[str]) -> str:
    """Why a clause of a statement does not hold by its sources; "" where all do."""
    subject: str | None = None
    is_report = False
    for clause in clauses(text):
        people = people_in(clause.text, evidence.names)
        verbs = [found for word in words(clause.text) if (found := stem(word)) in REPORTING]
        named = _subject(clause, people)
        if named is not None or (people and clause.person != 3):
            subject, is_report = named, False
        is_report = is_report or bool(verbs) or bool(people and clause.text[people[0][1] :].startswith(":"))
        claim = _Claim(clause, subject, is_report, bool(verbs) and verbs[0] in ASKING, free)
        reason = claim.fault(evidence) if clause.tokens or people else ""
        if reason:
            return reason
    return ""


def _subject(clause: Clause, people: Sequence[tuple[int, int, str]]) -> str | None:
    """Who acts or speaks in a clause: the agent of a passive, or the first who is named and is no object."""
    for begin, _, person in people:
        if _BY.search(clause.text[:begin].lower()[-16:]):
            return person
    for begin, _, person in people:
        if not _OBJECT.search(clause.text[:begin].lower()[-12:]):
            return person
    return None


@dataclass(frozen=True, slots=True)
class _Claim:
    """One clause of a statement, and whose word or deed it reports."""

    clause: Clause
    subject: str | None
    is_report: bool
    is_asking: bool
    free: frozenset[str]

    def fault(self, evidence: Evidence) -> str:
        """Why the sources contradict the clause; "" where they do not."""
        numbers = {f"#{value:g}" for number in quantities(self.clause.text) for value in number.values}
        wanted = frozenset(map(evidence.said, (self.clause.tokens - self.free) | numbers)) - {""}
        units = evidence.units
        if self.subject is not None:
            own = [unit for unit in units if self._is_own(unit, self.subject)]
            if not own or self._is_others(wanted, own, [unit for unit in units if unit not in own]):
                return "another person said it"
            units = own
        return "" if self._agrees(wanted, units) else "its sources say the opposite"

    def _is_own(self, unit: Unit, subject: str) -> bool:
        if self.is_asking and not (unit.clause.is_question or unit.clause.is_request):
            return False
        return unit.carries(subject, is_act=not self.is_report)

    def _is_others(self, wanted: frozenset[str], own: Sequence[Unit], rest: Sequence[Unit]) -> bool:
        """Whether somebody else said more of the clause, or as much in more of its very words."""
        mine = len(wanted & frozenset().union(*(unit.marks for unit in own)))
        words_of_mine = max(self._small(unit) for unit in own)
        for speaker in {unit.speaker for unit in rest} - {self.subject}:
            theirs = [unit for unit in rest if unit.speaker == speaker]
            shared = len(wanted & frozenset().union(*(unit.marks for unit in theirs)))
            if shared > mine or (shared == mine and max(map(self._small, theirs)) > words_of_mine):
                return True
        return False

    def _small(self, unit: Unit) -> int:
        return len(self.clause.small & unit.clause.small)

    def _agrees(self, wanted: frozenset[str], units: Sequence[Unit]) -> bool:
        """Whether the units nearest to the clause deny what it denies, and nothing else of it."""
        nearness = [(len(wanted & unit.marks), self._small(unit)) for unit in units]
        best = [unit for unit, near in zip(units, nearness, strict=True) if near == max(nearness)]
        return not best or any(self._has_same_polarity(wanted, unit.clause) for unit in best)

    def _has_same_polarity(self, wanted: frozenset[str], said: Clause) -> bool:
        if self.clause.is_negative or not said.is_negative:
            return self.clause.is_negative == said.is_negative
        if not said.heads:
            return not said.small_heads <= self.clause.small
        shared = (wanted | self.clause.tokens) & said.tokens
        return not any(same_word(token, head) for token in shared for head in said.heads)
