"""What people may type for a command, an option, a choice or a time in any language that there are words in,
and what the tasks call it. Pure. English names are the tasks' own and come first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from bot.conversation.text.languages import folded
from bot.conversation.words import LOCALES, words

if TYPE_CHECKING:
    from bot.conversation.tasks.task import Option, Task

_NUMBER = re.compile(r"\d{1,4}")


def command_name(task: Task, language: str) -> str:
    """What a command is called in the menus of a language, its English name where there is no other."""
    label = words(language).command(task.name)
    return label.name if label else task.name


def option_name(task: Task, option: Option, language: str) -> str:
    """What an option is called there."""
    label = words(language).option(task.name, option.name)
    return label.name if label else option.name


def example(task: Task, language: str) -> str:
    """The example of a command, with its names as they are there."""
    line = task.example.replace(f"/{task.name}", f"/{command_name(task, language)}", 1)
    for option in task.options:
        line = re.sub(rf"(?<=\s){option.name}(?=:)", option_name(task, option, language), line)
    return line


def find_command(name: str, tasks: Iterable[Task]) -> Task | None:
    """The task whose command has this name in some language."""
    wanted = folded(name)
    for task in tasks:
        labels = (words(locale).command(task.name) for locale in LOCALES)
        if any(label is not None and folded(label.name) == wanted for label in labels):
            return task
    return None


def find_option(task: Task, name: str) -> Option | None:
    """The option that has this name in some language."""
    wanted = folded(name)
    for option in task.options:
        labels = (words(locale).option(task.name, option.name) for locale in LOCALES)
        if any(label is not None and folded(label.name) == wanted for label in labels):
            return option
    return None


def find_choice(task: Task, option: Option, value: str) -> str | None:
    """The choice that has this name in English or in some language."""
    wanted = folded(value)
    return next((choice for choice in option.choices if wanted in choice_names(task, option, choice)), None)


def choice_names(task: Task, option: Option, choice: str) -> tuple[str, ...]:
    """What a choice is called in English and in all other languages, folded."""
    names = (words(locale).choice(task.name, option.name, choice) for locale in LOCALES)
    return tuple(dict.fromkeys(folded(name) for name in (choice, *names) if name is not None))


def find_time(value: str) -> str:
    """A point in time as `text.times` reads it, where it is written in words of some language: `hace 3 horas`
    is `3h`. Anything else stays as it is."""
    number = _NUMBER.search(value)
    times = _times()
    if exact := times.get(folded(value)):
        return exact
    unit = times.get(folded(_NUMBER.sub("{n}", value, count=1))) if number else None
    return f"{number[0]}{unit}" if number and unit else value


@cache
def _times() -> dict[str, str]:
    """All words for points in time, folded, and what they mean."""
    return {folded(name): meant for locale in (*LOCALES, "en") for meant, name in words(locale).times.items()}
