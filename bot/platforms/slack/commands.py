"""What the bot's commands are called in Slack, whose clients keep some names to themselves. Pure."""

from __future__ import annotations

import re

from bot.conversation.tasks.task import Task

_PREFIX = "bot-"
_TAKEN = ("help", "search")
_TAKEN_IN_TEXT = re.compile(rf"(?<=`)/(?=(?:{'|'.join(_TAKEN)})`)")


def command_name(task: Task) -> str:
    """A task's command as people type it in Slack, with the slash."""
    return f"/{_PREFIX if task.name in _TAKEN else ''}{task.name}"


def task_name(command: str) -> str:
    """The task that a typed command means: `/bot-help` is `help`."""
    name = command.removeprefix("/")
    return name.removeprefix(_PREFIX) if name.removeprefix(_PREFIX) in _TAKEN else name


def with_names_here(text: str) -> str:
    """A text of the bot's about its commands, with the names that they have in Slack."""
    return _TAKEN_IN_TEXT.sub(f"/{_PREFIX}", text)
