"""What the bot's commands are called in Slack, whose clients keep some names to themselves. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.conversation.tasks import task_by_name
from bot.conversation.tasks.task import SHOW, Task
from bot.messages import Command

_PREFIX = "bot-"
_TAKEN = (
    *("active", "apps", "archive", "away", "call", "canvas", "close", "collapse", "dm", "dnd", "expand"),
    *("feed", "feedback", "giphy", "help", "huddle", "invite", "join", "keys", "kick", "leave", "list"),
    *("me", "msg", "mute", "open", "part", "prefs", "remind", "remove", "rename", "search", "settings"),
    *("shortcuts", "shrug", "star", "status", "topic", "who"),
)
"""Names of commands that Slack has itself, or once had, and `settings`, which every app would like."""

_NAMES = "|".join(_TAKEN)
_TAKEN_IN_TEXT = re.compile(rf"(?<=`)/(?=(?:{_NAMES})[ `])")
_PREFIXED = re.compile(rf"^(\s*/){_PREFIX}(?=(?:{_NAMES})(?:\s|$))")


def command_name(task: Task) -> str:
    """A task's command as people type it in Slack, with the slash."""
    return f"/{_PREFIX if task.name in _TAKEN else ''}{task.name}"


def task_name(command: str) -> str:
    """The task that a typed command means: `/bot-help` is `help`."""
    name = command.removeprefix("/")
    return name.removeprefix(_PREFIX) if name.removeprefix(_PREFIX) in _TAKEN else name


def without_prefix(line: str) -> str:
    """A line behind the bot's name, where commands have no prefix: `/bot-help` reads `/help`."""
    return _PREFIXED.sub(r"\1", line)


def for_one(command: Command) -> Command:
    """A slash command, whose answer its author alone sees unless they say otherwise: nobody else saw it."""
    task = task_by_name(command.name)
    if task is None or SHOW not in task.options or SHOW.name in command.options:
        return command
    return replace(command, options={**command.options, SHOW.name: "me"})


def with_names_here(text: str) -> str:
    """A text of the bot's about its commands, with the names that they have in Slack."""
    return _TAKEN_IN_TEXT.sub(f"/{_PREFIX}", text)
