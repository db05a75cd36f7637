"""What people are offered while they type the value of an option: languages, points in time, commands, named
in their own language. Pure and quick: nothing is asked of storage or a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.conversation.localised import find_time
from bot.conversation.schedules import all_zones
from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Suggests, Task
from bot.conversation.text.languages import flag, folded, name_in, search_languages
from bot.conversation.text.sentences import shortened
from bot.conversation.text.times import can_read_since
from bot.conversation.words import words

MAX_SUGGESTIONS, MAX_CHARS = 25, 100
_USUAL_TIMES = ("my last message", "1h", "3h", "today", "yesterday", "2d", "1w")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NUMBER = re.compile(r"\d{1,4}")
_HOUR = re.compile(r"(\d{1,2}):?")


class Suggestion(NamedTuple):
    """What people see, and what it means."""

    name: str
    value: str


def suggest(
    kind: Suggests,
    typed: str,
    locale: str = "en",
    tasks: Sequence[Task] = TASKS,
    limit: int = MAX_SUGGESTIONS,
) -> list[Suggestion]:
    """What may be meant by what a person has `typed` so far, the likeliest first, at most `limit`. `locale`
    is the one that the person's client is set to."""
    typed = typed[:MAX_CHARS]
    if kind == "command":
        found = _commands(typed, locale, tasks)
    else:
        found = {"language": _languages, "time": _times, "zone": _zones}[kind](typed, locale)
    return found[:limit]


def _languages(typed: str, locale: str) -> list[Suggestion]:
    found = search_languages(typed)
    if not typed.strip():
        found.sort(key=lambda language: language.code != locale.partition("-")[0])
    suggestions = []
    for language in found:
        name = name_in(language, locale)
        name = name[:1].upper() + name[1:]
        own = "" if folded(name) == folded(language.own_name) else f" · {language.own_name}"
        sign = f"{flag(language)} " if language.flags else ""
        suggestions.append(Suggestion(f"{sign}{name}{own}", language.code))
    return suggestions


def _times(typed: str, locale: str) -> list[Suggestion]:
    names = words(locale).times
    number, hour = _NUMBER.search(typed), _HOUR.fullmatch(typed.strip())
    values = [f"{int(number[0])}{unit}" for unit in "hdmw"] if number else [*_USUAL_TIMES, *_DAYS]
    values += [f"{int(hour[1])}:00"] if hour and int(hour[1]) < 24 else []
    offered = [Suggestion(_time_name(value, names), value) for value in values]
    fitting = _fitting(typed, offered)
    meant = find_time(typed.strip())
    return fitting or ([Suggestion(typed.strip(), meant)] if can_read_since(meant) else [])


def _time_name(value: str, names: Mapping[str, str]) -> str:
    """How a point in time is called: `3h` in the words for hours."""
    if value in names:
        return names[value]
    return names[value[-1]].format(n=value[:-1]) if value[-1] in names else value


def _zones(typed: str, locale: str) -> list[Suggestion]:
    return _fitting(typed, (Suggestion(zone.replace("_", " "), zone) for zone in all_zones()))


def _commands(typed: str, locale: str, tasks: Sequence[Task]) -> list[Suggestion]:
    suggestions = []
    for task in tasks:
        if task.is_command:
            label = words(locale).command(task.name)
            name, help_text = label or (task.name, task.help)
            suggestions.append(Suggestion(shortened(f"/{name}: {help_text}", MAX_CHARS), task.name))
    return _fitting(typed.removeprefix("/"), suggestions)


def _fitting(typed: str, offered: Iterable[Suggestion]) -> list[Suggestion]:
    """Those that begin like what was typed, then those that have all its words, as beginnings of theirs."""
    wanted = folded(typed)

    def rank(suggestion: Suggestion) -> int:
        name, value = folded(suggestion.name).removeprefix("/"), folded(suggestion.value)
        if name.startswith(wanted) or value.startswith(wanted):
            return 0
        begins = re.findall(r"\w+", name)
        return 1 if all(any(one.startswith(word) for one in begins) for word in wanted.split()) else 2

    return sorted((one for one in offered if rank(one) < 2), key=rank)
