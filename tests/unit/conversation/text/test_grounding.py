"""What messages do not say is not let stand: names, numbers, days, denials and owners are checked."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.planted import FALSE_KINDS, cases
from bot.conversation.text.grounding import MAX_STATEMENT_CHARS, check, find_sources
from bot.conversation.text.statements import Statement
from bot.messages import Author, Turn

FRIDAY_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def said(*lines: tuple[str, str]) -> list[Turn]:
    return [
        Turn("user", text, Author(name.lower(), name), FRIDAY_NOON + timedelta(minutes=place), str(place))
        for place, (name, text) in enumerate(lines)
    ]


NO_LITERAL = "a link, file name or piece of code is not in its sources"
TURNS = said(
    ("Ana", "Can you fix the build by tomorrow at 5 pm?"),
    ("Bob", "Yes. I will not touch the release notes though, they took us 3 hours."),
    ("Carla", "Bob, I have sent the invoice for $1,200 to Nandos: https://x.org/inv.pdf"),
    ("Ana", "I agree with that. Let's meet on Monday."),
    ("Dan", "The café moved twenty-one chairs, see `setup.py --fast` and max_size"),
    ("李明", "我明天去北京开会"),
)


@pytest.mark.parametrize(
    ("text", "sources"),
    [
        ("Bob will fix the build by Saturday at 17:00", (0, 1)),
        ("Bob is going to repair the build on 21 November", (0, 1)),
        ("Ana asks Bob to fix the build by tomorrow", (0,)),
        ("Bob does not want to touch the release notes", (1,)),
        ("Bob said that the release notes took three hours.", (1,)),
        ("**Carla** sent an invoice for 1200 dollars to Nandos (https://x.org/inv.pdf).", (2,)),
        ("The invoice was sent by Carla", (2,)),
        ("Ana agrees and suggests a meeting on November 23", (3,)),
        ("Ana and Bob agreed", (3, 1)),
        ("According to Dan the café moved 21 chairs", (4,)),
        ("Dan points to `setup.py` and max_size", (4,)),
        ('Ana says: "Let\'s meet on Monday"', (3,)),
        ("李明明天去北京开会", (5,)),
    ],
)
def test_what_messages_say_may_stand(text: str, sources: tuple[int, ...]) -> None:
    verdict = check(Statement(text, sources), TURNS)
    assert verdict.is_supported, verdict.reason


@pytest.mark.parametrize(
    ("text", "sources", "reason"),
    [
        ("Bob will fix the build by Sunday at 17:00", (0, 1), "a day or a time is not in its sources"),
        ("Bob will fix the build by Saturday at 16:00", (0, 1), "a day or a time is not in its sources"),
        ("Ana suggests a meeting on November 24", (3,), "a day or a time is not in its sources"),
        ("Ana will fix the build by Saturday", (0, 1), "another person said it"),
        ("Bob asks Ana to fix the build by tomorrow", (0, 1), "another person said it"),
        ("Ana does not want to touch the release notes", (0, 1), "another person said it"),
        ("Bob sent an invoice for 1200 dollars to Nandos", (1, 2), "another person said it"),
        ("The invoice was sent by Ana", (2, 3), "another person said it"),
        ("Bob: touch the release notes", (1,), "its sources say the opposite"),
        ("Bob will touch the release notes", (1,), "its sources say the opposite"),
        ("Carla did not send an invoice to Nandos", (2,), "its sources say the opposite"),
        ("Carla sent an invoice for 1300 dollars to Nandos", (2,), "a number is not in its sources"),
        ("Bob says the release notes took 3 days", (1,), "a number is not in its sources"),
        ("The café moved twenty-two chairs", (4,), "a number is not in its sources"),
        ("Carla sent an invoice to Wagamama", (2,), "a name is not in its sources"),
        ("Dan sent an invoice to Nandos", (2,), "a person is not in its sources"),
        (
            "Carla sent https://x.org/other.pdf",
            (2,),
            NO_LITERAL,
        ),
        ("Dan points to `teardown.py`", (4,), NO_LITERAL),
        ("The weather is fine in the mountains", (3,), "too few of its words are in its sources"),
        ("Ana suggests a meeting", (), "it names no source"),
        ("Ana suggests a meeting", (99,), "it names no source"),
        ("meet " * MAX_STATEMENT_CHARS, (3,), "it is too long to be checked"),
    ],
)
def test_what_messages_do_not_say_may_not(text: str, sources: tuple[int, ...], reason: str) -> None:
    verdict = check(Statement(text, sources), TURNS)
    assert not verdict.is_supported
    assert verdict.reason == reason


def test_a_short_answer_makes_the_question_its_own() -> None:
    asked = ("Ana", "Will you bring the projector?")
    for answer, text, is_supported in [
        ("Yes.", "Bob will bring the projector", True),
        ("Yes.", "Bob will not bring the projector", False),
        ("No, sorry", "Bob will not bring the projector", True),
        ("No, sorry", "Bob will bring the projector", False),
        ("Yes.", "Ana will bring the projector", False),
    ]:
        verdict = check(Statement(text, (0, 1)), said(asked, ("Bob", answer)))
        assert verdict.is_supported == is_supported, (answer, text, verdict.reason)


def test_a_name_that_begins_like_a_sentence_is_no_person() -> None:
    turns = said(("The Boss", "hello"), ("Bob", "The build is green"))
    assert check(Statement("The build is green", (1,)), turns).is_supported


def test_another_language_is_checked_in_part_and_says_so() -> None:
    verdict = check(Statement("Carla a envoyé la facture de 1 200 $ à Nandos", (2,)), TURNS)
    assert verdict.is_supported
    assert verdict.reason.endswith("the languages differ")
    for false in ("Carla a envoyé la facture de 1 300 $ à Nandos", "Carla a envoyé la facture à Quick"):
        assert not check(Statement(false, (2,)), TURNS).is_supported


def test_no_reason_has_a_word_of_the_messages() -> None:
    words = {word.strip(".,:").lower() for turn in TURNS for word in turn.text.split() if len(word) > 5}
    made = cases(is_held_out=False, false_of_each=10, true_of_each=10)
    reasons = {check(case.statement, TURNS).reason for case in made}
    assert len(reasons) > 1
    assert not any(word in reason for reason in reasons for word in words)


def test_sources_are_found_without_a_citation() -> None:
    assert find_sources("Carla sent the invoice to Nandos", TURNS) == (2,)
    assert find_sources("Ana wants to meet on Monday", TURNS) == (3,)
    assert find_sources("李明去北京开会", TURNS) == (5,)
    assert find_sources("Elephants dance at night", TURNS) == ()
    assert find_sources("Ana", TURNS) == ()
    assert find_sources("anything", []) == ()
    both = find_sources("Bob fixes the build, and Carla sent the invoice", TURNS)
    assert both == (0, 2)
    assert len(find_sources("build invoice meet chairs", TURNS, count=2)) <= 2


def test_planted_false_statements_are_caught() -> None:
    made = cases(is_held_out=True, false_of_each=100, true_of_each=60)
    false = [case for case in made if not case.is_true]
    assert len(false) == 500
    assert {case.kind for case in false} == set(FALSE_KINDS)
    assert sum(not check(case.statement, case.turns).is_supported for case in false) >= 0.95 * len(false)
    for kind, least in (("verbatim", 0.97), ("third person", 0.85), ("paraphrase", 0.85)):
        true = [case for case in made if case.kind == kind]
        assert len(true) == 60
        assert sum(check(case.statement, case.turns).is_supported for case in true) >= least * len(true)


MARKS = [
    *"[](){}`*_#.,:;!?\"'-~|<>\\/\n\t 0a。不@$%A",
    "a, ",
    "1,",
    "1 000 ",
    "a.py",
    "a_",
    "not ",
    "5:",
    "one ",
    "1. ",
]
MARKS += ["3 pm ", "--a ", "`a", "http://", "two ", "Ana ", "Ana: ", "12/", "mon ", "and I "]


@pytest.mark.parametrize("mark", MARKS)
def test_time_is_linear_in_every_metacharacter(mark: str) -> None:
    text = (mark * 100_000)[:100_000]
    turns = said(("Ana", text), ("Bob", "I will fix the build."))
    for statement in (text[:MAX_STATEMENT_CHARS], text, "Bob will not fix the build by Monday"):
        assert min(_seconds(statement, turns) for _ in range(2)) < 0.25  # the goal is 50 ms on an idle core


def _seconds(statement: str, turns: list[Turn]) -> float:
    start = time.process_time()
    check(Statement(statement, (0, 1)), turns)
    find_sources(statement, turns)
    return time.process_time() - start
