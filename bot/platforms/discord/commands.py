"""The list of tasks as Discord's slash commands, and back: what a person chose as a Command.

Pure functions over plain data. Limits: https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.conversation.tasks.task import Option, Task
from bot.messages import Command

SLASH = 1
STRING_OPTION = 3
MAX_HELP_CHARS = 100
MAX_CHOICES = 25
INSTALLS = (0, 1)
"""For a server, and for a person who takes the bot everywhere."""
CONTEXTS = (0, 1, 2)
"""In servers, in direct messages with the bot, in other private channels."""


MANAGE_CHANNELS = 1 << 4
"""The permission of those who may change what holds for everybody in a channel."""


def payloads(tasks: Sequence[Task]) -> list[dict[str, object]]:
    """All commands as Discord registers them, one a task."""
    return [_slash(task) for task in tasks if task.is_command]


def chosen(data: object) -> Command | None:
    """The command in an interaction's data; None where it is no slash command."""
    if not isinstance(data, Mapping) or data.get("type", SLASH) != SLASH or "name" not in data:
        return None
    options = data.get("options") or ()
    return Command(
        str(data["name"]), {str(option["name"]): str(option.get("value", "")) for option in options}
    )


def _slash(task: Task) -> dict[str, object]:
    # Discord wants the required options first.
    options = sorted(task.options, key=lambda option: not option.is_required)
    return {
        "type": SLASH,
        "name": task.name,
        "description": _shortened(task.help),
        "options": [_option(option) for option in options],
        "integration_types": list(INSTALLS),
        "contexts": list(CONTEXTS),
        # Of servers only, whose owners may choose otherwise; None offers it to everybody.
        "default_member_permissions": MANAGE_CHANNELS if task.is_for_managers else None,
    }


def _option(option: Option) -> dict[str, object]:
    payload: dict[str, object] = {
        "type": STRING_OPTION,
        "name": option.name,
        "description": _shortened(option.help),
        "required": option.is_required,
    }
    if 0 < len(option.choices) <= MAX_CHOICES:
        payload["choices"] = [{"name": choice, "value": choice} for choice in option.choices]
    return payload


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_HELP_CHARS else text[: MAX_HELP_CHARS - 1].rstrip() + "…"
