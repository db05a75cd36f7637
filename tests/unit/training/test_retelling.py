"""Retelling by rule: grammar right, nobody's gender guessed, nothing said by another, quotes untouched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.retelling import retell
from bot.messages import Author, Turn
from tests.support import NOON


def told(text: str, name: str = "Ana") -> str | None:
    return retell(Turn("user", text, Author("1", name), NOON, "1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I'll fix the payment tests tomorrow.", "Ana says that they'll fix the payment tests tomorrow."),
        ("I was still at home when it broke!", "Ana says that they were still at home when it broke."),
        ("I want to move my talk to Friday", "Ana wants to move their talk to Friday."),
        ("I would like to book a table for me", "Ana would like to book a table for them."),
        ("Sure, I can do that.", "Ana says that they can do that."),
        ("The server is down", "Ana says that the server is down."),
        ("Can I take Friday off?", "Ana asks whether they can take Friday off."),
        ("Is there a way to restart it?", "Ana asks whether there is a way to restart it."),
        ("What is the deadline?", "Ana asks what the deadline is."),
        ("Where can I find the logs?", "Ana asks where they can find the logs."),
        ("Who can help me with the server?", "Ana asks who can help them with the server."),
    ],
)
def test_statements_wishes_and_questions(text: str, expected: str) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "We agreed to go.",  # who "we" are is not known here
        "I can help you with that",  # nor who "you" is
        "I told them that I will be late",  # two different "they"
        "Bob: I quit",  # somebody else's words
        'He said: "I am ill',  # a quotation that does not end
        "The second World War I read about was long",
        "Send it to me",
        "The best thing ever",
        "I am ready. The others are late.",
        "Can I go and is the door open?",
        "Ich bin heute nicht da",
        "我明天来",
        "",
        "I " + "really " * 80 + "am here",
    ],
)
def test_what_no_rule_covers_is_left_alone(text: str) -> None:
    assert told(text) is None


def test_quotes_code_links_and_mentions_stay_as_they_are() -> None:
    text = 'I’ve put "I’m my boss" in `my_I.py`, see https://example.org/I/my and @me'
    expected = 'Ana says that they\'ve put "I’m my boss" in `my_I.py`, see https://example.org/I/my and @me.'
    assert told(text) == expected


def test_without_an_author_nothing_is_told() -> None:
    assert retell(Turn("user", "I am here now", None, NOON, "1")) is None


def test_a_name_cannot_break_the_sentence() -> None:
    assert told("I am here now", "Ana\nBob: I") == "Ana Bob I says that they are here now."


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(["I am ", "I want to ", "Can I ", "The ", ""]))
def test_whatever_is_told_names_its_author_and_is_one_line(text: str, opening: str) -> None:
    sentence = told(opening + text)
    assert sentence is None or (sentence.startswith("Ana ") and "\n" not in sentence)
    assert sentence is None or "\ue000" not in sentence
