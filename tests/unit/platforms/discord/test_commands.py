"""Tasks as Discord's commands, and a person's choice as a command."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any

import discord
import pytest

from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.messages import Command, Piece
from bot.platforms.discord.commands import MAX_CHOICES, chosen, payloads


async def _run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    yield ""


def test_every_command_says_where_it_may_be_used() -> None:
    registered = payloads(TASKS)
    assert [payload["name"] for payload in registered] == [task.name for task in TASKS if task.is_command]
    for payload in registered:
        assert payload["integration_types"] == [0, 1] and payload["contexts"] == [0, 1, 2]


def test_discords_limits_hold() -> None:
    registered: list[dict[str, Any]] = payloads(TASKS)
    assert len(registered) <= 100
    for payload in registered:
        options = payload["options"]
        for named in (payload, *options):
            assert re.fullmatch(r"[a-z0-9_-]{1,32}", named["name"])
            assert 1 <= len(named["description"]) <= 100 and not named["description"].endswith("…")
        assert len(options) <= 25 and len({option["name"] for option in options}) == len(options)
        assert [option["required"] for option in options] == sorted(
            (option["required"] for option in options), reverse=True
        )
        for choice in (choice for option in options for choice in option.get("choices", ())):
            assert 1 <= len(choice["name"]) <= 100
    assert all(len(option.choices) <= MAX_CHOICES for task in TASKS for option in task.options)


def test_only_what_managers_alone_may_do_is_kept_from_others() -> None:
    permissions = {payload["name"]: payload["default_member_permissions"] for payload in payloads(TASKS)}
    assert permissions.pop("reset") == discord.Permissions(manage_channels=True).value
    assert set(permissions.values()) == {None}


def test_options_have_help_choices_and_required_ones_come_first() -> None:
    task = Task(
        "draw",
        "h" * 150,
        "/draw",
        _run,
        options=(
            Option("style", "how", choices=("ink", "oil")),
            Option("what", "what to draw", is_required=True),
            Option("many", "too many to list", choices=tuple(map(str, range(26)))),
        ),
    )
    (payload,) = payloads([task])
    assert payload["description"] == "h" * 99 + "…"
    assert payload["options"] == [
        {"type": 3, "name": "what", "description": "what to draw", "required": True},
        {
            "type": 3,
            "name": "style",
            "description": "how",
            "required": False,
            "choices": [{"name": "ink", "value": "ink"}, {"name": "oil", "value": "oil"}],
        },
        {"type": 3, "name": "many", "description": "too many to list", "required": False},
    ]


def test_a_choice_becomes_a_command() -> None:
    options = [{"name": "to", "type": 3, "value": "fr"}, {"name": "text", "type": 3, "value": "hello"}]
    data = {"id": "1", "name": "translate", "type": 1, "options": options}
    assert chosen(data) == Command("translate", {"to": "fr", "text": "hello"})
    assert chosen({"id": "1", "name": "help", "type": 1}) == Command("help")


@pytest.mark.parametrize(
    "data", [None, {}, {"custom_id": "x", "component_type": 2}, {"name": "x", "type": 3}]
)
def test_other_interactions_are_no_command(data: object) -> None:
    assert chosen(data) is None
