"""The manifest that people paste into Slack."""

from __future__ import annotations

import json
from typing import Any

from bot.conversation.tasks import TASKS
from bot.platforms.slack.commands import command_name, task_name, with_names_here
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
    assert "/help" not in names and "/bot-help" in names and len(set(names)) == len(names)


def test_texts_about_commands_use_the_names_here() -> None:
    text = "Did you mean `/help`? `/helpful` and /help stay."
    assert with_names_here(text) == "Did you mean `/bot-help`? `/helpful` and /help stay."


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
