"""The manifest that people paste into Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bot.conversation.tasks import TASKS
from bot.platforms.slack.commands import command_name, task_name, with_names_here, without_prefix
from bot.platforms.slack.manifest import manifest


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


def test_slacks_limits_hold() -> None:
    made: Any = manifest("A name that is far too long for what Slack takes as a name")
    assert len(made["display_information"]["name"]) <= 35
    assert len(made["features"]["bot_user"]["display_name"]) <= 80
    for entry in commands():
        assert entry["command"].startswith("/") and len(entry["command"]) <= 32
        assert 0 < len(entry["description"]) <= 2000 and len(entry.get("usage_hint", "")) <= 1000
    assert len(commands()) <= 50


def test_events_have_their_scopes() -> None:
    made: Any = manifest()
    scopes = made["oauth_config"]["scopes"]["bot"]
    needs = {
        "app_mention": "app_mentions:read",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
        "message.mpim": "mpim:history",
    }
    events = made["settings"]["event_subscriptions"]["bot_events"]
    assert set(events) == set(needs) and {needs[event] for event in events} <= set(scopes)
    assert made["settings"]["socket_mode_enabled"] is True


def test_it_is_json() -> None:
    assert json.loads(json.dumps(manifest())) == manifest()
