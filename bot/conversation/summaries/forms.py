"""How notes are told: which of them, in which order, and each as one line of Markdown with its sources.

Pure. Knows notes and what the forms ask for; nothing of models and storage.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from bot.conversation.chatlog import START_OF_UNDATED
from bot.conversation.summaries.due import due_of, owner_of
from bot.conversation.summaries.people import label_of
from bot.conversation.summaries.records import SMALL_WEIGHT, Note, Source
from bot.conversation.text.sentences import ENDS
from bot.conversation.text.times import zone_name
from bot.conversation.text.units import meaningful, tokenize
from bot.messages import Turn

STYLES = ("brief", "bullets", "decisions", "timeline", "questions")
MESSAGES_PER_PERIOD, MAX_PERIODS = 500, 12
SAME_WORDS = 0.6
"""Notes that share such a part of their words (Jaccard) say the same."""
_MASKED_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\s]*)\)")
_LIKE_A_SOURCE = re.compile(r"\[([\d\s,;#–-]{1,40})\]")


@dataclass(frozen=True, slots=True)
class Quota:
    """How many notes a form shows: of a short conversation, and of each period of a long one."""

    short: int
    period: int


QUOTAS = {
    "brief": Quota(6, 1),
    "bullets": Quota(8, 3),
    "timeline": Quota(15, 5),
    "decisions": Quota(20, 5),
    "questions": Quota(15, 3),
}


def periods_of(messages: int) -> int:
    """In how many periods a conversation of so many messages is told."""
    return max(1, min(MAX_PERIODS, round(messages / MESSAGES_PER_PERIOD)))


def wanted(notes: Iterable[Note], style: str) -> list[Note]:
    """The notes that a form is about."""
    if style == "decisions":
        return [note for note in notes if note.kind in ("decision", "action")]
    if style == "questions":
        return [note for note in notes if note.is_open]
    return [note for note in notes if note.weight > SMALL_WEIGHT]


def best(notes: Sequence[Note], count: int) -> list[Note]:
    """The `count` notes that tell most, none of which repeats another, in order of time."""
    chosen: list[tuple[Note, frozenset[str]]] = []
    for note in sorted(notes, key=lambda note: -note.weight):
        if len(chosen) == count:
            break
        words = frozenset(meaningful(tokenize(note.text)))
        if not any(_alike(words, other) >= SAME_WORDS for _, other in chosen):
            chosen.append((note, words))
    return sorted((note for note, _ in chosen), key=lambda note: (note.said_at, note.sources[0].number))


def _alike(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)


def inert(text: str) -> str:
    """`text` without what could pass for a source: links behind other words, and numbers in brackets."""
    text = _MASKED_LINK.sub(lambda match: f"{match[1]} ({match[2]})".strip(), text)
    return _LIKE_A_SOURCE.sub(lambda match: f"({match[1]})", text)


@dataclass(slots=True)
class Teller:
    """Writes notes as lines. `called` are the names of people by id; `numbers` where messages stand in what
    was read; `permalink` the address of a message, None where the platform has none."""

    style: str
    zone: tzinfo | None
    permalink: Callable[[Turn], str | None]
    called: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    _links: dict[str, int] = field(default_factory=dict)
    _day: str = ""

    def line(self, note: Note) -> str:
        """A note as one or, where a new day begins in a timeline, two lines."""
        shown = {
            "brief": self._quote_or_sentence,
            "bullets": self._bullet,
            "timeline": self._moment,
            "decisions": self._decision,
            "questions": self._bullet,
        }[self.style]
        return self._plain(shown(note))

    def sentence(self, note: Note) -> str:
        """What a note says, with its sources."""
        said = self.said(note)
        end = "" if note.is_quote or said.endswith(ENDS) else "."
        return self._plain(f"{said}{end} {self.cited(note.sources)}")

    def _plain(self, line: str) -> str:
        """`line` with the numbers of people who share a name in brackets: `Alex (2)`."""
        for label in sorted((name for name in self.called.values() if " #" in name), key=len, reverse=True):
            line = line.replace(label, f"{label.replace(' #', ' (')})")
        return line

    def said(self, note: Note) -> str:
        """What a note says; the words of somebody are in quotation marks, behind the name."""
        if not note.is_quote:
            return inert(note.text)
        return f"**{self._author(note)}**: “{inert(note.text)}”"

    def cited(self, sources: Sequence[Source]) -> str:
        """The sources of a statement: links where there are addresses, else numbers."""
        return "".join(self._cite(source.turn) for source in sources)

    def _cite(self, turn: Turn) -> str:
        address = self.permalink(turn)
        if address is None:
            return f"[{self.numbers.get(turn.message_id, 0)}]"
        number = self._links.setdefault(turn.message_id, len(self._links) + 1)
        return f"[{number}]({address})"

    def _author(self, note: Note) -> str:
        return label_of(note.sources[0].turn, self.called)

    def _quote_or_sentence(self, note: Note) -> str:
        if not note.is_quote:
            return self.sentence(note)
        return f"> **{self._author(note)}**: {inert(note.text)} {self.cited(note.sources)}"

    def _bullet(self, note: Note) -> str:
        return f"- {self.sentence(note)}"

    def _moment(self, note: Note) -> str:
        if is_undated(note.said_at):
            return self._bullet(note)
        when = note.said_at.astimezone(self.zone)
        day = f"{when:%Y-%m-%d}"
        begin = f"{chr(10) if self._day else ''}**{day}** ({zone_name(when)})\n"
        head = "" if day == self._day else begin
        self._day = day
        return f"{head}- {when:%H:%M} {self.sentence(note)}"

    def _decision(self, note: Note) -> str:
        if note.kind == "decision":
            return f"- Decided: {self.sentence(note)}"
        source = note.sources[0].turn
        names = self.called.values()
        owner = owner_of(note.text, "", names) or owner_of(source.text, self._author(note), names)
        said_at = None if is_undated(source.sent_at) else source.sent_at
        due = due_of(note.text, said_at) or due_of(source.text, said_at)
        told = ", ".join(filter(None, [owner, f"due {due}" if due else ""]))
        return f"- To do{f' ({told})' if told else ''}: {self.sentence(note)}"


def is_undated(moment: datetime) -> bool:
    """Whether a message is from a log without times, of which nobody is shown one."""
    return moment.year <= START_OF_UNDATED.year


def heading(first: datetime, last: datetime, zone: tzinfo | None, messages: int) -> str:
    """The line above a period of a long conversation."""
    if is_undated(last):
        return f"**{messages:,} messages**"
    first, last = first.astimezone(zone), last.astimezone(zone)
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"**{first:%Y-%m-%d %H:%M} to {end} {zone_name(last)}**, {messages:,} messages"
