"""Quotations by rule: open questions stay in sight, decisions stand for proposals, fragments are left out."""

from __future__ import annotations

import pytest

from bot.conversation.summaries.extracting import conversations_of, open_questions, whole_notes
from bot.messages import Turn
from tests.support import ALICE, BOB, turn


def is_open(question: str, *after: str) -> bool:
    turns = [turn(question, ALICE, 1), *(turn(text, BOB, at) for at, text in enumerate(after, 2))]
    return 0 in open_questions(turns, conversations_of(turns))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who books the hotel?", "The weather is nice today in Lisbon"),
        ("Who has the key?", "no idea"),
        ("Should we upgrade the server?", "I don't know, sorry"),
        ("Wer hat den Schlüssel?", "keine Ahnung"),
        ("On part quand ?", "je ne sais pas"),
        ("¿Dónde está la llave?", "no sé"),
        ("How many people come?", "The kitchen is dirty again"),
    ],
)
def test_a_question_without_an_answer_is_open(question: str, said: str) -> None:
    assert is_open(question, said)


def test_what_is_said_much_later_about_something_else_answers_nothing() -> None:
    talk = ("The weather is nice", "Decided: we ship on Thursday 26 November", "OK I'll buy the cake")
    assert is_open("Who books the hotel?", *talk)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who books the hotel?", "I'll do that"),
        ("Who books the hotel?", "Carol does"),
        ("Who books the hotel?", "maybe Carol"),
        ("When do we leave?", "at 9:30"),
        ("Where do we meet?", "in front of the station"),
        ("How many people come?", "seven, I think"),
        ("Should we upgrade the server?", "yes, absolutely"),
        ("Who has the key?", "I don't know, but the reception desk keeps spare ones"),
    ],
)
def test_a_real_answer_closes_a_question(question: str, said: str) -> None:
    assert not is_open(question, said)


def test_a_reply_that_knows_nothing_answers_nothing() -> None:
    turns = [turn("Who has the key?", ALICE, 1), turn("not sure", BOB, 2, reply_to="m1")]
    assert open_questions(turns, conversations_of(turns)) == {0}


def test_a_decision_stands_for_the_proposal_that_led_to_it() -> None:
    turns = [
        turn("I propose Lisbon for our spring meeting, because flights are cheap", ALICE, 1),
        turn("March 2nd.", BOB, 2),
        turn("The hotel near the river has forty rooms and a garden for the evening", BOB, 3),
        turn("So Lisbon it is, 12 to 14 March", BOB, 4),
    ]
    for style in ("brief", "bullets"):
        texts = [note.text for note in whole_notes(turns, style)]
        assert "So Lisbon it is, 12 to 14 March" in texts
        assert "March 2nd." not in texts and not any("propose" in text for text in texts)


def test_a_short_sentence_with_a_day_is_no_fragment() -> None:
    turns = [turn("We ship on Friday.", ALICE, 1), turn("The tests are red.", BOB, 2)]
    assert [note.text for note in whole_notes(turns, "brief")] == [said.text for said in turns]


def test_the_bot_and_what_is_said_to_its_memory_are_not_quoted() -> None:
    bot = Turn("assistant", "We decided to buy a new printer for the office", None, turn("x").sent_at, "b")
    turns = [
        bot,
        turn("remember that we decided to buy printers", ALICE, 1),
        turn("The garden is wet", BOB, 2),
    ]
    for style in ("brief", "bullets", "decisions"):
        assert {note.text for note in whole_notes(turns, style)} <= {"The garden is wet"}


def test_a_decision_at_the_end_of_a_very_long_message_is_found() -> None:
    long = "The old kettle in the kitchen is noisy again. " * 1100 + "Decided: we use Rust for the gateway."
    notes = [note for note in whole_notes([turn(long, ALICE, 1)], "decisions") if note.kind == "decision"]
    assert any("we use Rust for the gateway" in note.text for note in notes)


def test_what_a_message_shows_is_not_quoted_and_the_marks_around_a_file_are_not() -> None:
    file = "The plan:\n[file notes.txt, 25 B]\nWe decided to meet at nine\n[end of the file]"
    turns = [turn("[image plan of the garden.png, 108 B]", ALICE, 1), turn(file, BOB, 2)]
    for style in ("brief", "bullets", "decisions"):
        assert [note.text for note in whole_notes(turns, style)] == ["The plan: We decided to meet at nine"]
