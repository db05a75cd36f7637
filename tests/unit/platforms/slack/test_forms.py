"""The forms that Slack shows: every option of every task, within its limits; and what is read from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.conversation.tasks import task_by_name
from bot.conversation.tasks.task import CHANNEL, Task
from bot.conversation.words import LOCALES
from bot.messages import ConversationKey
from bot.platforms.slack import forms
from tests.integration.slack.fake_blocks import view_problems
from tests.integration.slack.fake_inputs import elements_of, first_states, state_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LANGUAGES = ("", "en", "sv", *LOCALES)


def task(name: str) -> Task:
    found = task_by_name(name)
    assert found is not None
    return found


def filled_in(view: forms.View, values: dict[str, Any]) -> dict[str, Any]:
    """A form as Slack sends it, with these values by field."""
    states = first_states(view)
    for block, element in elements_of(view):
        if block["block_id"] in values:
            states[block["block_id"]][element["action_id"]] = state_of(element, values[block["block_id"]])
    return {**view, "state": {"values": states}}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", forms.OFFERED)
def test_every_form_is_within_slacks_limits_and_has_every_option(name: str, language: str) -> None:
    view = forms.task_form(task(name), "A bot with a very long name", language)
    assert view_problems(view) == []
    fields = {block["block_id"] for block in view["blocks"]}  # type: ignore[attr-defined]
    options = {forms.REST if one.is_rest else one.name for one in task(name).options if one != CHANNEL}
    assert fields == {"task", "channel", *options}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_forms_are_within_slacks_limits(language: str) -> None:
    about = forms.About(ConversationKey("slack", "T1", "C1", "1.2"), "3.4", True, "https://hooks")
    view = forms.language_form(about, language)
    assert view_problems(view) == [] and view_problems(forms.told_view("Ask", "x " * 5000, language)) == []
    assert forms.about_in(view) == about and forms.about_in({"private_metadata": "{}"}) is None
    assert forms.values_in(filled_in(view, {"language": "fr"})) == {"language": "fr"}


def test_what_is_filled_in_is_a_command() -> None:
    view = forms.task_form(task("summarize"), "Parley", "de")
    sent = filled_in(view, {"channel": "C1", "last": "50", "style": "bullets", "since": " ", "show": "all"})
    given = forms.given_in(sent, task("summarize"))
    assert given.options == {"last": "50", "style": "bullets", "show": "all"} and given.channel_id == "C1"
    assert forms.mistakes_in(given, NOW) == {}
    assert forms.task_shown(sent) == forms.task_chosen(sent) == task("summarize")
    assert forms.language_of(sent) == "de"


@pytest.mark.parametrize(
    ("name", "values", "fields"),
    [
        ("summarize", {"since": "whenever"}, ["since"]),
        ("summarize", {"since": "yesterday", "from": "1.2"}, ["from"]),
        ("summarize", {"since": "I was last here"}, []),
        ("summarize", {"last": "0"}, ["last"]),
        ("summarize", {"about": "x" * 300, "since": "nonsense"}, ["since", "about"]),
        ("ask", {}, ["words"]),
        ("ask", {"words": "who?"}, []),
        ("search", {"words": "boats", "since": "blub"}, ["since"]),
    ],
)
def test_mistakes_are_told_beside_their_fields(name: str, values: dict[str, str], fields: list[str]) -> None:
    view = filled_in(forms.task_form(task(name), "Parley", ""), values)
    mistakes = forms.mistakes_in(forms.given_in(view, task(name)), NOW)
    assert sorted(mistakes) == sorted(fields)
    assert all(told and "`" not in told for told in mistakes.values())


@pytest.mark.parametrize(
    "view",
    [{}, {"private_metadata": "{"}, {"private_metadata": "[1]"}, {"state": {"values": {"task": "x"}}}],
)
def test_what_the_bot_did_not_make_is_no_form(view: dict[str, Any]) -> None:
    assert forms.task_shown(view) is None and forms.task_chosen(view) is None
    assert forms.about_in(view) is None and forms.language_of(view) == ""
