"""The grammar of the small talk: what it expands to, what it refuses, and what the shipped files hold."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from bot.training.data import normalise
from bot.training.grammar import GrammarError, count, draw, expand, read_grammar, read_intents
from bot.training.held_out import Question, read_questions


def test_choices_nest_and_empty_choices_leave_no_gaps() -> None:
    assert list(expand("[hi|hello] [there [you|all]|]")) == [
        "hi there you",
        "hi there all",
        "hi",
        "hello there you",
        "hello there all",
        "hello",
    ]


def test_count_and_draw_agree_with_expand() -> None:
    template = "a [b|c [d|e]] f[!|]"
    texts = list(expand(template))
    assert count(template) == len(texts) == 6
    drawn = {draw(template, random.Random(seed)) for seed in range(200)}
    assert drawn == set(texts)


@pytest.mark.parametrize("line", ["? [a|b", "? a]b [", "x nonsense", "! answer first"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "en.txt"
    head = "" if line == "! answer first" else "@ name\n"
    path.write_text(f"{head}{line}\n", encoding="utf-8")
    with pytest.raises(GrammarError, match=r"en\.txt"):
        read_grammar(path)


def test_an_intent_without_answers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "en.txt").write_text("@ lonely\n? hello\n", encoding="utf-8")
    with pytest.raises(GrammarError, match="lonely"):
        read_grammar(tmp_path / "en.txt")


def test_shipped_small_talk_is_large_and_every_follow_up_follows_something() -> None:
    intents = read_intents()
    names = {(intent.language, intent.name) for intent in intents}
    missing = [
        (intent.language, intent.name, previous)
        for intent in intents
        for previous in intent.follows
        if (intent.language, previous) not in names
    ]
    assert not missing
    phrasings = {
        language: sum(count(q) for i in intents if i.language == language for q in i.questions)
        for language in ("en", "es", "fr", "de")
    }
    assert phrasings["en"] > 10_000
    assert min(phrasings.values()) > 1_000


def test_answers_name_only_commands_that_exist() -> None:
    commands = {"/ask", "/summarize", "/translate", "/write", "/help", "/reset"}
    for intent in read_intents():
        for answer in intent.answers:
            for text in expand(answer):
                named = {word.rstrip(".,;!?。") for word in text.split() if word.startswith("/")}
                assert named <= commands, text


def test_held_out_questions_are_not_in_the_training_grammar() -> None:
    trained = {
        normalise(text)
        for intent in read_intents()
        for question in intent.questions
        for text in expand(question)
    }
    questions = read_questions()
    assert len(questions) >= 120
    leaked = [
        q.turns[-1] for q in questions if len(q.turns) == 1 and normalise(_bare(q.turns[-1])) in trained
    ]
    assert not leaked


def test_an_accepted_phrase_must_begin_a_word() -> None:
    question = Question("en", ("hello",), ("hi", "Parley"))
    assert question.is_answered_by("Hi there!")
    assert question.is_answered_by("I am parley.")
    assert not question.is_answered_by("This is nothing of the kind.")


def _bare(text: str) -> str:
    """`text` without the speaker's name before it."""
    head, separator, rest = text.partition(": ")
    return rest if separator and " " not in head else text
