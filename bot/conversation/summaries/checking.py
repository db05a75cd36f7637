"""What holds of a model's answer: its statements, each checked against the messages that it cites.

Knows messages and statements; no model and no prompts but the numbers of their lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.summaries.extracting import quote_of
from bot.conversation.summaries.records import SMALL_WEIGHT, Note, Source, kept_turn
from bot.conversation.text.grounding import check, find_sources
from bot.conversation.text.kinds import Kind, kind_of
from bot.conversation.text.safety import one_line
from bot.conversation.text.statements import Statement, parse_statements
from bot.conversation.text.units import meaningful, tokenize
from bot.messages import Author, Turn

MAX_STATEMENT_CHARS = 320
MAX_SOURCES = 4
MIN_WORDS, MIN_UNCITED_WORDS = 2, 3
"""Words with a meaning that a statement must have, as must a message that is quoted in its place; one that
names no source needs more, or a word that a message wanted to see would find itself there."""
_LABEL = re.compile(
    r"^\W{0,4}(?:(?P<decision>decisions?|decided)|(?P<action>to.?do|action(?: item)?s?|task)"
    r"|(?P<question>(?:open |unanswered )?questions?))\W{0,3}[:–—]\W{0,4}\s*",
    re.IGNORECASE,
)
_KIND_WEIGHTS: dict[Kind, float] = {"decision": 1.6, "action": 1.4, "question": 0.9}


def notes_in(text: str, turns: Sequence[Turn], places: Sequence[int], called: dict[str, str]) -> list[Note]:
    """What holds of the statements in `text`; nothing, where nothing does. `places` are where the messages
    that its citations number stand in `turns`."""
    found: list[Note] = []
    doubtful: list[Note] = []
    aliases = _aliases(called)
    known = [_known(turns[place], aliases) for place in places]
    for statement in parse_statements(text, len(places)):
        note, is_supported = _checked(statement, turns, places, known, aliases)
        if note is not None:
            (found if is_supported else doubtful).append(note)
    cited = {source.number for note in found for source in note.sources}
    for note in doubtful if found else ():
        if note.sources[0].number not in cited:
            cited.add(note.sources[0].number)
            found.append(note)
    return found


def _checked(
    statement: Statement,
    turns: Sequence[Turn],
    places: Sequence[int],
    known: Sequence[Turn],
    aliases: dict[str, Author],
) -> tuple[Note | None, bool]:
    """A statement that holds as a note, else its best source as a quotation; None without any source."""
    kind, text = _labelled(one_line(statement.text))
    asked = _with_aliases(text, aliases)
    sources = statement.sources or find_sources(asked, known)
    least = MIN_WORDS if statement.sources else MIN_UNCITED_WORDS
    if not sources or len(set(meaningful(tokenize(text)))) < least:
        return None, False
    if len(sources) > MAX_SOURCES:
        sources = _narrowed(asked, sources, known)
    own = sorted({places[source] for source in sources})
    if len(text) > MAX_STATEMENT_CHARS or not check(Statement(asked, sources), known).is_supported:
        best = (find_sources(asked, [known[source] for source in sources], 1) or (0,))[0]
        place = places[sources[best]]
        if len(meaningful(tokenize(turns[place].text))) < MIN_WORDS:
            return None, False
        return quote_of(turns[place], place, kind_of(turns[place]), SMALL_WEIGHT * 2), False
    kinds = [kind_of(turns[place]) for place in own]
    kind = kind or next((each for each in ("decision", "action") if each in kinds), None)
    weight = _KIND_WEIGHTS.get(kind or "statement", 1.0) + 0.1 * min(len(own), 5)
    kept = tuple(Source(kept_turn(turns[place]), place) for place in own)
    return Note(text, kind or "statement", weight, kept), True


def supporting(text: str, sources: Sequence[Source], called: dict[str, str]) -> tuple[Source, ...]:
    """Which of `sources`, at most MAX_SOURCES, say what `text` does, in which people are named as `called`
    says; none where they do not."""
    aliases = _aliases(called)
    known = [_known(source.turn, aliases) for source in sources]
    asked, places = _with_aliases(text, aliases), tuple(range(len(sources)))
    if len(sources) > MAX_SOURCES:
        places = _narrowed(asked, places, known)
    is_supported = check(Statement(asked, places), known).is_supported
    return tuple(sources[place] for place in places) if is_supported else ()


def _narrowed(text: str, sources: Sequence[int], known: Sequence[Turn]) -> tuple[int, ...]:
    """The few of many sources that say most of what `text` does: only those are shown and checked."""
    best = find_sources(text, [known[source] for source in sources], MAX_SOURCES)
    return tuple(sources[at] for at in best) or tuple(sources[:MAX_SOURCES])


def _labelled(text: str) -> tuple[Kind | None, str]:
    """The kind that a statement begins with, and the statement."""
    match = _LABEL.match(text)
    if match is None:
        return None, text
    kind: Kind = "decision" if match["decision"] else "action" if match["action"] else "question"
    return kind, text[match.end() :]


def _aliases(called: dict[str, str]) -> dict[str, Author]:
    """For people who share a name, a name of one word by which the check tells them apart."""
    shared = {person: label for person, label in called.items() if " #" in label}
    return {
        label: Author(person, f"{label.partition(' ')[0]}q{_letters(number)}")
        for number, (person, label) in enumerate(shared.items())
    }


def _letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _known(turn: Turn, aliases: dict[str, Author]) -> Turn:
    alias = next((own for own in aliases.values() if turn.author and own.id == turn.author.id), None)
    return replace(turn, author=alias) if alias else turn


def _with_aliases(text: str, aliases: dict[str, Author]) -> str:
    for label, author in sorted(aliases.items(), key=lambda entry: -len(entry[0])):
        text = text.replace(label, author.name)
    return text
