"""The manifest that people paste into Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from bot.conversation.tasks import TASKS
from bot.platforms.slack.commands import command_name, task_name, with_names_here, without_prefix
from bot.platforms.slack.manifest import EVENTS, manifest
from tests.unit.platforms.slack import samples


def commands() -> list[dict[str, Any]]:
    made: Any = manifest("Parley")
    return list(made["features"]["slash_commands"])


def test_every_command_is_in_the_manifest() -> None:
    expected = {task.name for task in TASKS if task.is_command}
    assert {task_name(entry["command"]) for entry in commands()} == expected
    assert all(task_name(command_name(task)) == task.name for task in TASKS)


def test_no_command_is_one_of_slacks_own() -> None:
    names = [entry["command"] for entry in commands()]
    assert len(set(names)) == len(names) and {"/bot-help", "/bot-search"} <= set(names)
    assert not {"/help", "/search", "/remind", "/topic", "/who", "/leave", "/invite", "/status"} & set(names)
    reminder = replace(TASKS[1], name="remind")
    assert command_name(reminder) == "/bot-remind" and task_name("/bot-remind") == "remind"


def test_texts_about_commands_use_the_names_here() -> None:
    text = "Did you mean `/help`? Or `/search since:7d lunch`? `/helpful` and /help stay."
    there = "Did you mean `/bot-help`? Or `/bot-search since:7d lunch`? `/helpful` and /help stay."
    assert with_names_here(text) == there


def test_behind_the_name_a_prefix_is_no_mistake() -> None:
    assert without_prefix("/bot-search lunch") == "/search lunch" and without_prefix("/bot-help") == "/help"
    assert without_prefix("/bot-undo") == "/bot-undo" and without_prefix("say /bot-help") == "say /bot-help"


def test_hints_show_how_options_look() -> None:
    hints = {entry["command"]: entry.get("usage_hint") for entry in commands()}
    assert hints["/ask"] == "[context:yes|no] [show:me|all] question" and hints["/undo"] is None
    assert str(hints["/summarize"]).startswith("[last:…] [since:…]")


SCHEMA = json.loads((samples.DATA / "manifest_schema.json").read_text())


@pytest.mark.parametrize(
    "addresses", [{}, {"http_url": "https://bot.example.org"}, {"public_url": "https://bot.example.org/"}]
)
@pytest.mark.parametrize(
    "name", ["P", "Parley", "A name that is far too long for what Slack takes as a name"]
)
def test_slack_takes_it(name: str, addresses: dict[str, str]) -> None:
    made = json.loads(json.dumps(manifest(name, **addresses)))
    jsonschema.validate(made, SCHEMA)
    assert len(commands()) <= 50 and len(made["features"]["shortcuts"]) <= 10


@pytest.mark.parametrize(("kind", "field"), [("shortcuts", "name"), ("slash_commands", "command")])
def test_the_schema_notices_what_is_wrong(kind: str, field: str) -> None:
    made: Any = manifest("Parley")
    made["features"][kind][0][field] = "/" + "x" * 40
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(made, SCHEMA)


def test_over_http_everything_has_its_address() -> None:
    made: Any = manifest("Parley", http_url="https://bot.example.org/")
    settings, address = made["settings"], "https://bot.example.org/slack/events"
    assert settings["socket_mode_enabled"] is False and settings["org_deploy_enabled"] is True
    assert (
        settings["event_subscriptions"]["request_url"] == settings["interactivity"]["request_url"] == address
    )
    assert settings["interactivity"]["message_menu_options_url"] == address
    assert {entry["url"] for entry in made["features"]["slash_commands"]} == {address}
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]


def test_in_socket_mode_nothing_has_an_address() -> None:
    assert "http" not in json.dumps(manifest("Parley")) and commands()[0].get("url") is None
    made: Any = manifest("Parley", public_url="https://bot.example.org")
    assert made["settings"]["socket_mode_enabled"] is True and made["oauth_config"]["redirect_urls"]


def test_events_have_their_scopes() -> None:
    made: Any = manifest("Parley")
    assert {scope for scope in EVENTS.values() if scope} <= set(made["oauth_config"]["scopes"]["bot"])
    assert made["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)
    assert "agent_view" in made["features"], "Slack wants it for assistant:write"
