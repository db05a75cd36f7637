"""Forms: which notes are told, without repetition, and nothing in them that passes for a source."""

from __future__ import annotations

from datetime import UTC

from bot.conversation.summaries.forms import Teller, best, inert, periods_of, wanted
from bot.conversation.summaries.records import Note, Source
from bot.conversation.text.kinds import Kind
from tests.support import BOB, turn


def note(text: str, weight: float = 1.0, number: int = 0, kind: Kind = "statement", **more: bool) -> Note:
    return Note(text, kind, weight, (Source(turn(text, BOB, number), number),), **more)


def test_the_best_notes_in_their_order_and_none_twice() -> None:
    notes = [
        note("the printer on the second floor is broken", 1.0, 1),
        note("the printer on the second floor is broken again", 2.0, 2),
        note("lunch was good", 0.5, 3),
        note("the server moves to Berlin", 3.0, 4),
    ]
    assert [found.sources[0].number for found in best(notes, 3)] == [2, 3, 4]


def test_each_form_has_its_notes() -> None:
    notes = [
        note("d", kind="decision"),
        note("a", kind="action"),
        note("q", kind="question", is_open=True),
        note("s"),
    ]
    assert [found.text for found in wanted(notes, "decisions")] == ["d", "a"]
    assert [found.text for found in wanted(notes, "questions")] == ["q"]
    assert len(wanted(notes, "brief")) == 4


def test_forged_sources_are_disarmed() -> None:
    assert inert("see [1](https://evil.example) and [2, 3]") == "see 1 (https://evil.example) and (2, 3)"
    assert inert("a list[0] and [ok]") == "a list(0) and [ok]"


def test_links_are_numbered_once_each() -> None:
    teller = Teller("bullets", UTC, lambda turn: f"https://x.example/{turn.message_id}")
    first, second = note("one is here", number=1), note("two is here", number=2)
    assert teller.line(first) == "- one is here. [1](https://x.example/m1)"
    assert teller.line(second).endswith("[2](https://x.example/m2)")
    assert teller.line(first).endswith("[1](https://x.example/m1)")


def test_long_conversations_have_periods() -> None:
    assert [periods_of(count) for count in (1, 500, 3000, 20_000)] == [1, 1, 6, 12]
