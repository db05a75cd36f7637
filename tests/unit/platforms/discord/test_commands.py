"""Tasks as Discord's commands, and a person's choice as a command."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

import discord
import pytest

from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.messages import Command, Piece
from bot.platforms.discord.commands import MAX_CHOICES, chosen, payloads
from bot.platforms.discord.registration import wanted
from tests.integration.discord.contract import contract

COMMANDS: dict[str, dict[str, Any]] = {payload["name"]: payload for payload in payloads(TASKS)}  # type: ignore[misc]


async def _run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    yield ""


def test_discord_would_take_all_of_them() -> None:
    assert contract().problems("PUT", "/applications/1/commands", {}, wanted()) == []
    kinds = [payload["type"] for payload in wanted()]
    assert 0 < kinds.count(1) <= 100 and 0 < kinds.count(3) <= 15


def test_every_command_is_offered_where_it_makes_sense() -> None:
    assert list(COMMANDS) == [task.name for task in TASKS if task.is_command]
    for task in TASKS:
        if task.is_command:
            where = (COMMANDS[task.name]["integration_types"], COMMANDS[task.name]["contexts"])
            assert where == (([0], [0, 1]) if task.is_about_place else ([0, 1], [0, 1, 2]))
    of_places = {task.name for task in TASKS if task.is_about_place}
    assert {"summarize", "reset", "bridge"} <= of_places
    assert not {"ask", "translate", "write", "help"} & of_places


def test_options_have_no_two_names_and_required_ones_come_first() -> None:
    for payload in COMMANDS.values():
        names = [option["name"] for option in payload["options"]]
        assert len(names) <= 25 and len(set(names)) == len(names)
        required = [option["required"] for option in payload["options"]]
        assert required == sorted(required, reverse=True)
        assert not any(option["description"].endswith("…") for option in (payload, *payload["options"]))
    assert all(len(option.choices) <= MAX_CHOICES for task in TASKS for option in task.options)


def test_only_what_managers_alone_may_do_is_kept_from_others() -> None:
    permissions = {name: payload["default_member_permissions"] for name, payload in COMMANDS.items()}
    assert permissions.pop("reset") == discord.Permissions(manage_channels=True).value
    assert set(permissions.values()) == {None}


def test_discord_helps_to_give_numbers_channels_languages_and_times() -> None:
    options = {
        (name, option["name"]): option for name, payload in COMMANDS.items() for option in payload["options"]
    }
    last = options["summarize", "last"]
    assert (last["type"], last["min_value"], last["max_value"]) == (4, 1, 20_000)
    assert options["bridge", "with"]["type"] == 7 and 0 in options["bridge", "with"]["channel_types"]
    for task in TASKS:
        for option in task.options if task.is_command else ():
            assert options[task.name, option.name].get("autocomplete", False) == bool(option.suggests)
    suggested = {key for key, option in options.items() if option.get("autocomplete")}
    taken = {
        *(("translate", "to"), ("translate", "from"), ("bridge", "to"), ("glossary", "to")),
        *(("summarize", "language"), ("catchup", "language"), ("summarize", "since"), ("search", "since")),
        ("help", "command"),
    }
    assert taken <= suggested


@pytest.mark.parametrize("name", ["summarize", "catchup", "ask", "search", "translate", "write", "explain"])
def test_people_choose_who_sees_an_answer(name: str) -> None:
    show = next(option for option in COMMANDS[name]["options"] if option["name"] == "show")
    assert [choice["value"] for choice in show["choices"]] == ["me", "all"]


def test_an_option_asks_for_what_it_takes() -> None:
    task = Task(
        "draw",
        "h" * 150,
        "/draw",
        _run,
        options=(
            Option("medium", "how", choices=("ink", "oil")),
            Option("what", "what to draw", is_required=True, is_rest=True),
            Option("many", "too many to list", choices=tuple(map(str, range(26)))),
            Option("size", "how large", between=(1, 9)),
            Option("gallery", "where", is_channel=True),
            Option("signed", "in which language", suggests="language"),
        ),
    )
    (payload,) = payloads([task])
    assert payload["description"] == "h" * 99 + "…" and "name_localizations" not in payload
    assert payload["options"] == [
        {"type": 3, "name": "what", "description": "what to draw", "required": True, "max_length": 6000},
        {
            "type": 3,
            "name": "medium",
            "description": "how",
            "required": False,
            "choices": [{"name": "ink", "value": "ink"}, {"name": "oil", "value": "oil"}],
        },
        {"type": 3, "name": "many", "description": "too many to list", "required": False, "max_length": 200},
        {
            "type": 4,
            "name": "size",
            "description": "how large",
            "required": False,
            "min_value": 1,
            "max_value": 9,
        },
        {
            "type": 7,
            "name": "gallery",
            "description": "where",
            "required": False,
            "channel_types": [0, 2, 5, 10, 11, 12, 13],
        },
        {
            "type": 3,
            "name": "signed",
            "description": "in which language",
            "required": False,
            "max_length": 200,
            "autocomplete": True,
        },
    ]


def test_a_choice_becomes_a_command() -> None:
    options = [{"name": "to", "type": 3, "value": "fr"}, {"name": "text", "type": 3, "value": "hello"}]
    data = {"id": "1", "name": "translate", "type": 1, "options": options}
    assert chosen(data) == Command("translate", {"to": "fr", "text": "hello"})
    assert chosen({"id": "1", "name": "help", "type": 1}) == Command("help")


def test_numbers_and_channels_arrive_as_people_would_type_them() -> None:
    options = [{"name": "last", "type": 4, "value": 50}, {"name": "channel", "type": 7, "value": "123"}]
    data = {"id": "1", "name": "summarize", "type": 1, "options": options}
    assert chosen(data) == Command("summarize", {"last": "50", "channel": "<#123>"})


@pytest.mark.parametrize(
    "data", [None, {}, {"custom_id": "x", "component_type": 2}, {"name": "x", "type": 3}]
)
def test_other_interactions_are_no_command(data: object) -> None:
    assert chosen(data) is None
