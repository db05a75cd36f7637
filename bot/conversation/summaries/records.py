"""What summaries are made of: notes with their sources, and blocks of a channel that were read for good.

Also how a block is written down and read back. Knows no model, no storage and no form of summary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.conversation.text.kinds import Kind
from bot.messages import Author, Turn
from bot.storage.digests import Count, Place

SMALL_WEIGHT = 0.05
"""The weight of what is noted only for the forms that ask for it."""
MAX_SOURCE_CHARS = 600
"""Of a message that a note rests on, so much is kept beside the note."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """A message that a note rests on. `number` counts the messages of its block from 0."""

    turn: Turn
    number: int


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that was said, and the messages it rests on, of which there is always one.

    `is_quote`: the text is what the author of the first source wrote. `is_open`: a question that nobody has
    answered yet. `weight` compares notes of one channel: the greater, the more it tells.
    """

    text: str
    kind: Kind
    weight: float
    sources: tuple[Source, ...]
    is_quote: bool = False
    is_open: bool = False

    @property
    def said_at(self) -> datetime:
        """When the first of its messages was sent."""
        return min(source.turn.sent_at for source in self.sources)


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of a channel that was read: its bounds, what is needed to tell of it, and its notes.

    `told` counts its messages, `messages` those that are not blank. `people` are the names that the notes
    use, by id. `replied_to` are messages outside of the block that were answered in it. `cut` counts messages
    too long to be read whole, `unread` those that the model could not read, for the reason `why`.
    """

    after: Place
    through: Place
    count: Count
    told: int
    messages: int
    first: datetime
    last: datetime
    threads: frozenset[str]
    people: Mapping[str, str]
    notes: tuple[Note, ...]
    replied_to: frozenset[str] = frozenset()
    cut: int = 0
    unread: int = 0
    why: str = ""


def kept_turn(turn: Turn) -> Turn:
    """A message as it is kept beside a note."""
    return turn if len(turn.text) <= MAX_SOURCE_CHARS else replace(turn, text=turn.text[:MAX_SOURCE_CHARS])


def to_json(block: Block) -> str:
    """A block as text. A message that several notes rest on stands in it once."""
    sources = {source.number: source.turn for note in block.notes for source in note.sources}
    return json.dumps(
        {
            "span": [block.after, block.through, block.count],
            "told": block.told,
            "messages": block.messages,
            "times": [_micros(block.first), _micros(block.last)],
            "threads": sorted(block.threads),
            "people": dict(block.people),
            "replied_to": sorted(block.replied_to),
            "cut": block.cut,
            "sources": [[number, *_fields(turn)] for number, turn in sorted(sources.items())],
            "notes": [
                [note.text, note.kind, round(note.weight, 3), note.is_quote, note.is_open]
                + [source.number for source in note.sources]
                for note in block.notes
            ],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def from_json(text: str) -> Block:
    """The block that `to_json` wrote."""
    fields: dict[str, Any] = json.loads(text)
    after, through, count = fields["span"]
    sources = {number: Source(_turn(rest), number) for number, *rest in fields["sources"]}
    notes = tuple(
        Note(said, kind, weight, tuple(sources[number] for number in numbers), is_quote, is_open)
        for said, kind, weight, is_quote, is_open, *numbers in fields["notes"]
    )
    first, last = fields["times"]
    return Block(
        after=Place(*after),
        through=Place(*through),
        count=Count(*count),
        told=fields["told"],
        messages=fields["messages"],
        first=_moment(first),
        last=_moment(last),
        threads=frozenset(fields["threads"]),
        people=fields["people"],
        notes=notes,
        replied_to=frozenset(fields["replied_to"]),
        cut=fields["cut"],
    )


def _fields(turn: Turn) -> list[object]:
    author = turn.author or Author("", "")
    who = [author.id, author.name, author.is_bot]
    return [turn.role, turn.text, *who, _micros(turn.sent_at), turn.message_id, turn.reply_to, turn.thread_id]


def _turn(fields: Sequence[Any]) -> Turn:
    role, text, author_id, name, is_bot, sent_at, message_id, reply_to, thread_id = fields
    author = Author(author_id, name, is_bot)
    return Turn(role, text, author, _moment(sent_at), message_id, reply_to, thread_id=thread_id)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
