"""Notes by rule (an extract): the messages that tell most, as they were written. Knows no model.

Conversations are told apart first, so that each is quoted for itself, and what the forms of a summary ask for
(decisions, things to do, questions that nobody answered) is found everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.conversation.summaries.forms import QUOTAS
from bot.conversation.summaries.people import label_of
from bot.conversation.summaries.records import SMALL_WEIGHT, Note, Source, kept_turn
from bot.conversation.text.choosing import Choice, choose
from bot.conversation.text.kinds import Kind, kind_of
from bot.conversation.text.safety import is_blank, one_line
from bot.conversation.text.segments import segment
from bot.messages import Turn

MAX_QUOTE_CHARS = 500
ANSWERED_WITHIN = 6
"""A question is taken as answered when another person says something so few messages of its conversation
after it,"""
ANSWERED_AT_ONCE = 2
"""or so few messages of the channel: conversations cannot always be told apart."""
SOUGHT: tuple[Kind, ...] = ("decision", "action", "question")
MAX_SOUGHT = 12
COUNTED = ("bullets", "timeline")
"""Forms of a short conversation that show as many quotations as they may; others as many as people need."""
SEEKING = ("decisions", "questions")


def quoted_notes(turns: Sequence[Turn]) -> list[Note]:
    """The notes of a block: the most telling messages of each of its conversations, and what forms seek."""
    conversations = conversations_of(turns)
    still_open = open_questions(turns, conversations)
    notes = [
        note
        for places in conversations
        for note in best_quotes(turns, places, None, math.log2(1 + len(places)))
    ]
    return in_order([*notes, *sought_notes(turns, still_open, notes)], still_open)


def whole_notes(turns: Sequence[Turn], style: str, about: str = "") -> list[Note]:
    """The notes of a conversation that is short enough to be quoted as a whole."""
    places = [place for place, turn in enumerate(turns) if not is_blank(turn.text)]
    still_open = open_questions(turns, conversations_of(turns))
    notes = best_quotes(turns, places, QUOTAS[style].short if style in COUNTED else None, about=about)
    return in_order(
        [*notes, *sought_notes(turns, still_open, notes)] if style in SEEKING else notes, still_open
    )


def extract(turns: Sequence[Turn], about: str = "") -> str:
    """What a brief summary by rule says: the text of its quotations with their authors, a line each."""
    notes = whole_notes(turns, "brief", about)
    return "\n".join(f"{label_of(note.sources[0].turn, {})}: {note.text}" for note in notes)


def conversations_of(turns: Sequence[Turn]) -> list[list[int]]:
    """Places in `turns` by conversation, blank messages left out."""
    said = [place for place, turn in enumerate(turns) if not is_blank(turn.text)]
    return [[said[at] for at in found] for found in segment([turns[place] for place in said])]


def best_quotes(
    turns: Sequence[Turn], places: Sequence[int], count: int | None, weight: float = 1.0, about: str = ""
) -> list[Note]:
    """At most `count` quotations of the messages at `places`; None: as many as a summary of them has."""
    chosen = choose([turns[place] for place in places], count, about)
    return [_quote(turns, places, choice, weight) for choice in chosen]


def sought_notes(turns: Sequence[Turn], still_open: Iterable[int], notes: Sequence[Note]) -> list[Note]:
    """Decisions, things to do and open questions that none of `notes` rests on, as quotations."""
    open_places, noted = set(still_open), {source.number for note in notes for source in note.sources}
    found = [
        quote_of(turn, place, kind, SMALL_WEIGHT)
        for place, turn in enumerate(turns)
        if place not in noted and (kind := kind_of(turn)) in SOUGHT and not is_blank(turn.text)
        if kind != "question" or place in open_places
    ]
    return found[:MAX_SOUGHT]


def quote_of(turn: Turn, place: int, kind: Kind, weight: float) -> Note:
    """A whole message as a note."""
    return Note(shortened(turn.text), kind, weight, (Source(kept_turn(turn), place),), is_quote=True)


def in_order(notes: Iterable[Note], still_open: Iterable[int]) -> list[Note]:
    """Notes in the order of their messages; questions that are still open know it."""
    open_places = set(still_open)
    marked = [
        replace(note, is_open=note.kind == "question" and note.sources[-1].number in open_places)
        for note in notes
    ]
    return sorted(marked, key=lambda note: note.sources[0].number)


def open_questions(turns: Sequence[Turn], conversations: Iterable[Sequence[int]]) -> set[int]:
    """Places of the questions that nobody replied to, and after which nobody else said anything that may be
    an answer: soon in their conversation, or right after them in the channel."""
    replied = {turn.reply_to for turn in turns if turn.reply_to}
    found: set[int] = set()
    for places in conversations:
        for at, place in enumerate(places):
            if turns[place].message_id in replied or kind_of(turns[place]) != "question":
                continue
            here = places[at + 1 : at + 1 + ANSWERED_WITHIN]
            next_ones = range(place + 1, min(place + 1 + ANSWERED_AT_ONCE, len(turns)))
            is_countered = bool(here) and turns[here[0]].author != turns[place].author
            if not is_countered and not any(_answers(turns, place, later) for later in (*here, *next_ones)):
                found.add(place)
    return found


def _answers(turns: Sequence[Turn], question: int, later: int) -> bool:
    """Whether a message may answer a question: another person wrote it, and it neither asks nor replies."""
    said = turns[later]
    is_elsewhere = said.reply_to is not None or said.thread_id != turns[question].thread_id
    return said.author != turns[question].author and kind_of(said) != "question" and not is_elsewhere


def _quote(turns: Sequence[Turn], places: Sequence[int], choice: Choice, weight: float) -> Note:
    turn, place = turns[places[choice.index]], places[choice.index]
    return Note(
        shortened(turn.text[choice.begin : choice.end]),
        choice.kind,
        choice.score * weight,
        (Source(kept_turn(turn), place),),
        is_quote=True,
    )


def shortened(text: str) -> str:
    """A quotation of at most MAX_QUOTE_CHARS characters, in one line."""
    text = one_line(text)
    if len(text) <= MAX_QUOTE_CHARS:
        return text
    head = text[:MAX_QUOTE_CHARS]
    return (head.rsplit(" ", 1)[0] if " " in head[MAX_QUOTE_CHARS // 2 :] else head) + " […]"
