"""What is kept of a block comes back as it was."""

from __future__ import annotations

from itertools import pairwise

from bot.conversation.summaries.blocks import FOLLOWING, MAX_MESSAGES, Stretch, cut
from bot.conversation.summaries.digest import to_block
from bot.conversation.summaries.extracting import quoted_notes
from bot.conversation.summaries.noting import Noted
from bot.conversation.summaries.records import MAX_SOURCE_CHARS, from_json, to_json
from bot.storage.digests import BEGINNING, END, Place, Placed
from tests.support import ALICE, BOB, turn


def stretch(count: int) -> Stretch:
    rows = [
        Placed(
            Place(number * 10**6, number, number),
            turn(f"We decided number {number}?", (ALICE, BOB)[number % 2], number),
        )
        for number in range(1, count + 1)
    ]
    return Stretch(BEGINNING, END, rows, is_kept=True)


def test_a_block_survives_being_written_down() -> None:
    part = stretch(20)
    block = to_block(part, Noted(tuple(quoted_notes(part.turns))))
    assert block.notes and from_json(to_json(block)).notes[0].sources == block.notes[0].sources
    assert to_json(from_json(to_json(block))) == to_json(block)


def test_of_a_long_message_only_the_beginning_is_kept_beside_its_note() -> None:
    part = Stretch(BEGINNING, END, [Placed(Place(1, 1, 1), turn("words " * 2000))], is_kept=True)
    block = to_block(part, Noted(tuple(quoted_notes(part.turns))))
    assert all(len(note.sources[0].turn.text) <= MAX_SOURCE_CHARS for note in block.notes)


def test_cutting_loses_nothing_and_keeps_only_what_is_closed() -> None:
    for count in (1, MAX_MESSAGES, MAX_MESSAGES + 1, MAX_MESSAGES + FOLLOWING, 500):
        parts = cut(stretch(count), is_open=True)
        assert [row for part in parts for row in part.rows] == list(stretch(count).rows)
        assert all(earlier.through == later.after for earlier, later in pairwise(parts))
        assert not parts[-1].is_kept and parts[-1].through == END
        following = [sum(part.messages for part in parts[at + 1 :]) for at in range(len(parts))]
        assert all(left >= FOLLOWING for part, left in zip(parts, following, strict=True) if part.is_kept)
    assert all(part.is_kept for part in cut(stretch(500), is_open=False))
