"""Material: everything that memory holds for one answer, before anybody knows what of it fits.

Plain records. How they are gathered is in `gathering.py`, how they are packed in `packing.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Turn
from bot.storage.records import Fact


@dataclass(frozen=True, slots=True)
class Found:
    """A message that search found for a question, with what was said right before and after it.

    `score` tells how much of the question's words it has, from 0 to 1; `is_clear`: surely what was meant.
    `answers`: where it is itself a question or a proposal, what answers or settles it; part of `after`.
    """

    turn: Turn
    score: float
    is_clear: bool = False
    before: tuple[Turn, ...] = ()
    after: tuple[Turn, ...] = ()
    answers: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class RunningNote:
    """A running note of older turns, and the ids of the messages that it rests on."""

    text: str
    source_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Material:
    """What may stand in a prompt. All turns are oldest first; the question is the last of `turns`.

    `focus`: what the question replies to, or what its thread hangs on; `around`: the channel around a
    thread's first message; `notes`: running notes of the conversation, oldest first; `askers`: the ids of
    those who are being answered.
    """

    turns: tuple[Turn, ...]
    persona: str
    bot_name: str
    askers: frozenset[str] = frozenset()
    facts: tuple[Fact, ...] = ()
    notes: tuple[RunningNote, ...] = ()
    focus: tuple[Turn, ...] = ()
    around: tuple[Turn, ...] = ()
    found: tuple[Found, ...] = ()
