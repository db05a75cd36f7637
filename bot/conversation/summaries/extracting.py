"""Notes by rule (an extract): the messages that tell most, as they were written. Knows no model.

Conversations are told apart first, so that each is quoted for itself, and what the forms of a summary ask for
(decisions, things to do, questions that nobody answered) is found everywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.conversation.memory.phrases import is_memory_request
from bot.conversation.summaries.asking import is_informative, may_answer
from bot.conversation.summaries.forms import QUOTAS
from bot.conversation.summaries.people import label_of
from bot.conversation.summaries.records import SMALL_WEIGHT, Note, Source, kept_turn
from bot.conversation.text.attached import without_notes
from bot.conversation.text.choosing import Choice, choose
from bot.conversation.text.dates import without_dates
from bot.conversation.text.kinds import Kind, kind_of, kind_of_text
from bot.conversation.text.safety import is_blank, one_line
from bot.conversation.text.segments import segment
from bot.conversation.text.units import meaningful, tokenize, units
from bot.conversation.text.words import content_stems
from bot.messages import Turn

MAX_QUOTE_CHARS = 500
ANSWERED_WITHIN = 6
"""A question is taken as answered when another person says something so few messages of its conversation
after it,"""
ANSWERED_AT_ONCE = 2
"""or so few messages of the channel: conversations cannot always be told apart."""
DECIDED_WITHIN = 12
"""A proposal and the decision that it led to stand at most so many messages apart."""
MIN_WORDS = 2
"""Words, days and times apart, that a quotation has; one of them has a meaning."""
SOUGHT: tuple[Kind, ...] = ("decision", "action", "question")
MAX_SOUGHT = 12
COUNTED = ("bullets", "timeline")
"""Forms of a short conversation that show as many quotations as they may; others as many as people need."""
SEEKING = ("decisions", "questions")
_PROPOSAL = re.compile(
    r"\b(?:propose|suggest|proposal|how about|what about|why don't we|should we|shall we|could we"
    r"|let's|vote for|propongo|qué tal|proponho|que tal|je propose|et si|ich schlage|vorschlag"
    r"|wie wäre|sollen wir)\b"
    r"|提议|提議|建议|建議|提案",
    re.IGNORECASE,
)


def quoted_notes(turns: Sequence[Turn]) -> list[Note]:
    """The notes of a block: the most telling messages of each of its conversations, and what forms seek."""
    conversations = conversations_of(turns)
    still_open = open_questions(turns, conversations)
    notes = [
        note
        for places in conversations
        for note in best_quotes(turns, places, None, math.log2(1 + len(places)))
    ]
    notes = decided(turns, notes)
    return in_order([*notes, *sought_notes(turns, still_open, notes)], still_open)


def whole_notes(turns: Sequence[Turn], style: str, about: str = "") -> list[Note]:
    """The notes of a conversation that is short enough to be quoted as a whole."""
    still_open = open_questions(turns, conversations_of(turns))
    count = QUOTAS[style].short if style in COUNTED else None
    notes = decided(turns, best_quotes(turns, range(len(turns)), count, about=about))
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
    """At most `count` quotations of the messages at `places`; None: as many as a summary of them has.
    Fragments are left out where anything else is there."""
    places = [place for place in places if is_quotable(turns[place])]
    said = [replace(turns[place], text=without_notes(turns[place].text)) for place in places]
    chosen = choose(said, count, about)
    notes = [_quote(turns, places, said[choice.index].text, choice, weight) for choice in chosen]
    return [note for note in notes if note.kind == "decision" or not _is_fragment(note.text)] or notes


def is_quotable(turn: Turn) -> bool:
    """Whether a message was said by people to people: not by the bot, no request to its memory, and more than
    a picture or the like."""
    said = without_notes(turn.text)
    return turn.role != "assistant" and not is_blank(said) and not is_memory_request(said)


def _is_fragment(text: str) -> bool:
    """Whether hardly anything is said beside a day, a time or a link."""
    words = tokenize(without_dates(text))
    return len(words) < MIN_WORDS or not meaningful(words)


def decided(turns: Sequence[Turn], notes: Sequence[Note]) -> list[Note]:
    """`notes` with the decisions that proposals led to in their place."""
    found: dict[tuple[int, str], Note] = {}
    for note in notes:
        outcome = _outcome(turns, note) if _PROPOSAL.search(note.text) else None
        if outcome is not None:
            note = replace(outcome, weight=note.weight)
        found.setdefault((note.sources[0].number, note.text), note)
    return list(found.values())


def _outcome(turns: Sequence[Turn], note: Note) -> Note | None:
    """The first decision soon after a proposal that shares a word with it."""
    place, words = note.sources[0].number, set(content_stems(note.text))
    if note.kind == "decision":
        return None
    for later in range(place + 1, min(place + 1 + DECIDED_WITHIN, len(turns))):
        turn = turns[later]
        is_decision = kind_of(turn) == "decision" and is_quotable(turn)
        if is_decision and turn.thread_id == turns[place].thread_id and words & set(content_stems(turn.text)):
            return quote_of(turn, later, "decision", note.weight)
    return None


def sought_notes(turns: Sequence[Turn], still_open: Iterable[int], notes: Sequence[Note]) -> list[Note]:
    """Decisions, things to do and open questions that none of `notes` rests on, as quotations."""
    open_places, noted = set(still_open), {source.number for note in notes for source in note.sources}
    found = [
        note
        for place, turn in enumerate(turns)
        if place not in noted or len(turn.text) > MAX_QUOTE_CHARS
        for note in _sought_in(turn, place)
        if (note.kind != "question" or place in open_places)
        and note.text not in {each.text for each in notes}
    ]
    return sorted(found, key=lambda note: SOUGHT.index(note.kind))[:MAX_SOUGHT]


def _sought_in(turn: Turn, place: int) -> list[Note]:
    """A message as a note where forms seek it; of a long one each sentence that they seek."""
    if not is_quotable(turn):
        return []
    said = without_notes(turn.text)
    if len(said) <= MAX_QUOTE_CHARS:
        parts = [(said, kind_of_text(said))]
    else:
        parts = [(unit.text, kind_of_text(unit.text)) for unit in units([replace(turn, text=said)])]
    source = (Source(kept_turn(turn), place),)
    return [
        Note(shortened(text), kind, SMALL_WEIGHT, source, is_quote=True)
        for text, kind in parts
        if kind in SOUGHT
    ]


def quote_of(turn: Turn, place: int, kind: Kind, weight: float) -> Note:
    """A whole message as a note."""
    return Note(
        shortened(without_notes(turn.text)), kind, weight, (Source(kept_turn(turn), place),), is_quote=True
    )


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
    replied = {turn.reply_to for turn in turns if turn.reply_to and is_informative(turn.text)}
    found: set[int] = set()
    for places in conversations:
        for at, place in enumerate(places):
            turn = turns[place]
            if turn.message_id in replied or kind_of(turn) != "question" or not is_quotable(turn):
                continue
            here = places[at + 1 : at + 1 + ANSWERED_WITHIN]
            next_ones = range(place + 1, min(place + 1 + ANSWERED_AT_ONCE, len(turns)))
            is_countered = (
                bool(here) and kind_of(turns[here[0]]) == "question" and _tells(turns, place, here[0])
            )
            if not is_countered and not any(_answers(turns, place, later) for later in (*here, *next_ones)):
                found.add(place)
    return found


def _answers(turns: Sequence[Turn], question: int, later: int) -> bool:
    """Whether a message may answer a question: it neither asks nor replies elsewhere."""
    said = turns[later]
    is_elsewhere = said.reply_to is not None or said.thread_id != turns[question].thread_id
    return kind_of(said) != "question" and not is_elsewhere and _tells(turns, question, later)


def _tells(turns: Sequence[Turn], question: int, later: int) -> bool:
    """Whether another person says something after a question that it may have asked for."""
    asked, said = turns[question], turns[later]
    if said.author == asked.author or not is_informative(said.text):
        return False
    return may_answer(asked.text, said.text, is_near=later - question <= ANSWERED_AT_ONCE)


def _quote(turns: Sequence[Turn], places: Sequence[int], said: str, choice: Choice, weight: float) -> Note:
    """A choice from what was `said` in its message as a note."""
    turn, place = turns[places[choice.index]], places[choice.index]
    return Note(
        shortened(said[choice.begin : choice.end]),
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
