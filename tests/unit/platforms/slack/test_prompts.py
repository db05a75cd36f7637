"""What the agent's pane suggests, and what conversations there are called."""

from __future__ import annotations

import pytest

from bot.conversation.commands import command_in
from bot.platforms.slack.pane import seen_in
from bot.platforms.slack.prompts import MAX_TITLE_CHARS, WORDS, suggestions, title_of


@pytest.mark.parametrize("language", [*WORDS, "xx"])
def test_what_is_suggested_is_understood_in_every_language(language: str) -> None:
    title, prompts = suggestions(language, "C123")
    assert title and len(prompts) == 4
    commands = [command_in(prompt["message"]) for prompt in prompts]
    assert commands[0] and commands[0].name == "summarize" and commands[0].options == {"channel": "<#C123>"}
    assert commands[-1] and commands[-1].name == "help"
    assert commands[1:3] == [None, None]


def test_without_a_channel_nothing_is_said_of_one() -> None:
    _, prompts = suggestions("en", None)
    assert len(prompts) == 3 and "<#" not in str(prompts)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("hello", "hello"),
        ("one\n  two\x00 three", "one two three"),
        ("word " * 30, "word word word word word word word word word word word …"),
        ("長" * 100, "長" * 58 + " …"),
        (" \n", ""),
    ],
)
def test_a_title_is_the_beginning_of_a_question(question: str, title: str) -> None:
    assert title_of(question) == title and len(title) <= MAX_TITLE_CHARS


@pytest.mark.parametrize(
    ("event", "channel_id"),
    [
        ({"assistant_thread": {"context": {"channel_id": "C222"}}}, "C222"),
        ({"context": {"entities": [{"type": "slack#/types/channel_id", "value": "C01"}]}}, "C01"),
        ({"context": {"entities": [{"value": {"channel_id": "G333", "message_ts": "1.2"}}]}}, "G333"),
        ({"context": {"entities": [{"value": "F01"}, {"value": "1782770400.000100"}]}}, None),
        ({"context": {"entities": [{"value": "D111"}, {"value": None}, None]}}, None),
        ({"context": {}}, None),
        ({"context": None, "assistant_thread": []}, None),
    ],
)
def test_what_a_person_looks_at_is_read_from_every_kind_of_event(
    event: dict[str, object], channel_id: str | None
) -> None:
    assert seen_in(event) == channel_id
