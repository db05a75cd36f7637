"""The list of tasks as Discord's slash commands, and back: what a person chose as a Command.

Pure functions over plain data. Limits: https://discord.com/developers/docs/interactions/application-commands
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.conversation.commands import MAX_VALUE_CHARS
from bot.conversation.tasks.task import Option, Task
from bot.conversation.text.sentences import shortened
from bot.conversation.words import Label, Words
from bot.messages import Command
from bot.platforms.discord.localised import localised

SLASH = 1
STRING_OPTION, INTEGER_OPTION, CHANNEL_OPTION = 3, 4, 7
MAX_HELP_CHARS = 100
MAX_CHOICES = 25
MAX_TEXT_CHARS = 6000
EVERYWHERE, HERE = (0, 1), (0,)
"""The installations: for a server, and for a person who takes the bot everywhere."""
CONTEXTS, CONTEXTS_HERE = (0, 1, 2), (0, 1)
"""In servers, in direct messages with the bot, in other private channels."""
READABLE_CHANNELS = (0, 2, 5, 10, 11, 12, 13)
"""Text, voice and announcement channels, threads, stages."""

MANAGE_CHANNELS = 1 << 4
"""The permission of those who may change what holds for everybody in a channel."""


def payloads(tasks: Sequence[Task]) -> list[dict[str, object]]:
    """All commands as Discord registers them, one a task."""
    return [_slash(task) for task in tasks if task.is_command]


def chosen(data: object) -> Command | None:
    """The command in an interaction's data; None for others. A channel becomes its mention."""
    if not isinstance(data, Mapping) or data.get("type", SLASH) != SLASH or "name" not in data:
        return None
    return Command(
        str(data["name"]), {str(option["name"]): _value(option) for option in data.get("options") or ()}
    )


def _value(option: Mapping[str, object]) -> str:
    value = str(option.get("value", ""))
    return f"<#{value}>" if option.get("type") == CHANNEL_OPTION else value


def _slash(task: Task) -> dict[str, object]:
    # Discord wants the required options first.
    options = sorted(task.options, key=lambda option: not option.is_required)

    def label(known: Words) -> Label | None:
        return known.command(task.name)

    return {
        "type": SLASH,
        **_labels(task.name, task.help, label),
        "options": [_option(task, option) for option in options],
        "integration_types": list(HERE if task.is_about_place else EVERYWHERE),
        "contexts": list(CONTEXTS_HERE if task.is_about_place else CONTEXTS),
        # Of servers only, whose owners may choose otherwise; None offers it to everybody.
        "default_member_permissions": MANAGE_CHANNELS if task.is_for_managers else None,
    }


def _option(task: Task, option: Option) -> dict[str, object]:
    def label(known: Words) -> Label | None:
        return known.option(task.name, option.name)

    return {
        **_labels(option.name, option.help, label),
        "required": option.is_required,
        **_kind(task, option),
    }


def _kind(task: Task, option: Option) -> dict[str, object]:
    """What an option takes, as narrow as Discord can ask for it."""
    if option.between is not None:
        least, most = option.between
        return {"type": INTEGER_OPTION, "min_value": least, "max_value": most}
    if option.is_channel:
        return {"type": CHANNEL_OPTION, "channel_types": list(READABLE_CHANNELS)}
    if 0 < len(option.choices) <= MAX_CHOICES:
        choices = [_choice(task, option, choice) for choice in option.choices]
        return {"type": STRING_OPTION, "choices": choices}
    most = MAX_TEXT_CHARS if option.is_rest else MAX_VALUE_CHARS
    text: dict[str, object] = {"type": STRING_OPTION, "max_length": most}
    return text | ({"autocomplete": True} if option.suggests else {})


def _choice(task: Task, option: Option, choice: str) -> dict[str, object]:
    names = localised(lambda known: known.choice(task.name, option.name, choice))
    return {"name": choice, "value": choice, **({"name_localizations": names} if names else {})}


def _labels(name: str, text: str, label: Callable[[Words], Label | None]) -> dict[str, object]:
    """A name and a description, in English and in the languages that have words for them."""
    names = localised(lambda known: (found := label(known)) and found.name)
    texts = localised(lambda known: (found := label(known)) and found.help)
    labels: dict[str, object] = {"name": name, "description": shortened(text, MAX_HELP_CHARS)}
    if names:
        labels |= {"name_localizations": names, "description_localizations": texts}
    return labels
