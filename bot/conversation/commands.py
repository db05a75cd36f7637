"""Typed commands: `/translate to:fr Hello there` into a `Command`, and the menu that platforms show.

Pure. Knows the list of tasks and their options; nothing about who typed, nor what a task does with a value.
A value may be given as `name:value`, `name=value`, `--name value` or `--name=value`, and quoted. Options
stand before the text that a task takes whole; other tasks take them anywhere, and free words too, as far as
those are understood: `the last 2 hours in Spanish`. Names may be in any language that there are words in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import TypedDict
from zoneinfo import ZoneInfo

from bot.conversation.access import place_wanted
from bot.conversation.free_words import read_options
from bot.conversation.lead_ins import read_rest
from bot.conversation.lexicon import Line, phrases
from bot.conversation.localised import find_choice, find_command, find_option, find_time
from bot.conversation.moments import Moments
from bot.conversation.tasks import TASKS, task_by_name
from bot.conversation.tasks.referring import is_message_link
from bot.conversation.tasks.task import SHOW, Option, Task
from bot.conversation.text.counting import whole_number
from bot.conversation.text.languages import folded
from bot.conversation.text.times import can_read_since, fixed_time
from bot.conversation.wording import command_in_words
from bot.errors import CommandError
from bot.messages import Command, ConversationKey

MAX_VALUE_CHARS, MAX_OPTIONS_CHARS = 200, 2_000

_NAME = r"([^\W\d_][\w-]*)"
_COMMAND = re.compile(rf"\s*/{_NAME}(?=\s|\Z)")
_OPTION = re.compile(rf"\s*(?:--{_NAME}(?:=|[ \t]+|(?=\s|\Z))|{_NAME}[:=：](?!//)[ \t]*)")
_WORD = re.compile(r"\s*\S+")
_VALUE = re.compile(r"\"([^\"]*)\"|'([^']*)'(?=\s|\Z)|[“”„]([^“”„]*)[“”]|‘([^‘’]*)’|([^\s]+)")
_TIME = re.compile(
    r"(?i)\d ?(?:[:./]\d|h\b|[ap]\.?m\b|uhr|[点點時])|^(?:until|till|bis|jusqu|hasta|até|直到|到)"
)
_TIME_EXAMPLE = "since:9:00"


class OptionEntry(TypedDict):
    """One option of a command, for a menu."""

    name: str
    help: str
    required: bool
    choices: list[str]


class MenuEntry(TypedDict):
    """One command, for a menu."""

    name: str
    help: str
    example: str
    options: list[OptionEntry]


def parse_command(text: str, tasks: Sequence[Task] = TASKS) -> Command | None:
    """The command that `text` is, or None where it is no command (`/usr/bin` is none).

    Raises CommandError, with an example, for an unknown command, option or choice.
    """
    match = _COMMAND.match(text)
    if match is None:
        return None
    task = command_task(match[1].lower(), tasks)
    typed = text[match.end() :]
    if _asks_how(task, typed):
        return Command("help", {"command": task.name})
    return Command(task.name, parse_options(task, typed))


def _asks_how(task: Task, typed: str) -> bool:
    """Whether `help` is all that was typed behind a command, where it is not the text that it takes."""
    word = folded(typed)
    takes_text = any(option.is_rest for option in task.options)
    return word == "--help" or (not takes_text and word in ("?", *phrases("help")))


def command_in(*lines: str, by_manager: bool = False) -> Command | None:
    """The command that people wrote behind the bot's name (`@Parley /summarize last:20`), or said there in
    plain words, or None. Of several ways to read a message the first counts that is a command. Of one that
    there is not, or that was mistaken, `/help` tells."""
    mistaken = None
    for line in lines:
        try:
            command = parse_command(line) or command_in_words(line, {task.name: task for task in TASKS})
        except CommandError:
            mistaken = _mistaken(line) or mistaken
            continue
        if command is not None:
            return replace(command, by_manager=by_manager, given="said")
    return replace(mistaken, by_manager=by_manager, given="said") if mistaken else None


def _mistaken(line: str) -> Command | None:
    match = _COMMAND.match(line)
    if match is None:
        return None
    known = _is_known(match[1].lower())
    return Command("help", {"command": line.strip().removeprefix("/") if known else match[1]})


def in_zone(command: Command, now: datetime) -> Command:
    """A command whose points in time (`9:00`, `yesterday`) are meant as a clock shows them to whoever gives
    it: `now` is in their zone. They become dates that mean the same everywhere. Where a command takes a zone
    beside what it is given, and none is, it is theirs."""
    task = task_by_name(command.name)
    options = {option.name: option.suggests for option in task.options} if task else {}
    fixed = {
        name: fixed_time(value, now) for name, value in command.options.items() if options.get(name) == "time"
    }
    if command.options and isinstance(now.tzinfo, ZoneInfo):
        fixed |= {
            name: now.tzinfo.key
            for name, suggests in options.items()
            if suggests == "zone" and name not in command.options
        }
    return replace(command, options={**command.options, **fixed}) if fixed else command


def command_task(name: str, tasks: Sequence[Task] = TASKS) -> Task:
    """The task that is run as the command `name`. Raises CommandError."""
    known = {task.name: task for task in tasks if task.is_command}
    task = known.get(name) or find_command(name, known.values())
    if task is not None:
        return task
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean `{known[close[0]].example}`?" if close else "`/help` lists what I can do."
    raise CommandError(f"I do not know the command `/{name[:40]}`. {hint}")


def _is_known(name: str) -> bool:
    try:
        command_task(name)
    except CommandError:
        return False
    return True


def is_private(
    command: Command | None, tasks: Sequence[Task] = TASKS, here: ConversationKey | None = None
) -> bool:
    """Whether the answer to a command is for the person alone who gave it: as they chose, else as the
    task is. What it tells of another place than `here` always is."""
    if command is None:
        return False
    if here is not None and place_wanted(command, here):
        return True
    if (shown := _shown_to(command)) in SHOW.choices:
        return shown == "me"
    return any(command.name == task.name and _is_for_one(task, command) for task in tasks)


def is_for_all(command: Command | None) -> bool:
    """Whether who gave a command asked for everybody to see its answer."""
    return command is not None and _shown_to(command) == "all"


def _shown_to(command: Command) -> str:
    return command.options.get(SHOW.name, "").strip().casefold()


def _is_for_one(task: Task, command: Command) -> bool:
    is_aside = task.aside == "always" or (task.aside == "without options" and not command.options)
    return task.is_private or (is_aside and command.given != "said")


def parse_options(task: Task, text: str) -> dict[str, str]:
    """The options in what was typed after a command's name, checked. Raises CommandError."""
    known = {option.name: option for option in task.options}
    rest = next((option for option in task.options if option.is_rest), None)
    if rest is None and len(text) > MAX_OPTIONS_CHARS:
        raise _misuse(task, f"That is too much for the options of `/{task.name}`.")
    options: dict[str, str] = {}
    free, at = "", 0
    while text[at:].strip():
        match = _OPTION.match(text, at)
        name = (match[1] or match[2]).lower() if match else ""
        option = known.get(name) or find_option(task, name)
        if match is None or (option is None and rest is not None and match[1] is None):
            if rest is not None:
                worded, left = read_rest(task, text[at:].strip())
                is_open = not worded.keys() & options.keys()  # else it is said already, and all is text
                options |= {**worded, rest.name: left} if is_open else {rest.name: text[at:].strip()}
                break
            word = _WORD.match(text, at)
            at, free = word.end() if word else len(text), free + (word[0] if word else "")
            continue
        if option is None:
            raise _misuse(task, f"`/{task.name}` has no option `{name[:40]}`.")
        if option.is_rest:
            options[option.name] = _unquoted(text[match.end() :].strip())
            break
        value = _VALUE.match(text, match.end())
        if value is None:
            raise _misuse(task, f"The option `{name}` needs a value.")
        options[option.name] = next(group for group in value.groups() if group is not None)
        at = value.end()
    if free.strip():
        worded, unread = read_options(task, free)
        if unread:
            raise _not_understood(task, unread)
        options = {**worded, **options}
    return check_options(task, options)


def check_options(task: Task, options: Mapping[str, str]) -> dict[str, str]:
    """Options as any platform delivered them, by name, without blank ones, choices as the task spells them.
    A text that is but the link of a message, for a task that takes one, is that message.

    Raises CommandError, with an example, that says every unknown or missing option and every wrong choice.
    """
    known = {option.name: option for option in task.options}
    checked: dict[str, str] = {}
    problems = []
    for name, value in options.items():
        if name not in known:
            problems.append(f"`/{task.name}` has no option `{name[:40]}`.")
        elif value.strip():
            try:
                checked[name] = _checked(task, known[name], value)
            except CommandError as error:
                problems.append(error.user_message)
    missing = [one for one in task.options if one.is_required and not options.get(one.name, "").strip()]
    problems += [f"`/{task.name}` needs its {option.name}: {option.help}." for option in missing]
    if problems:
        raise _misuse(task, " ".join(problems))
    if "message" in known and "message" not in checked and is_message_link(checked.get("text", "")):
        checked["message"] = checked.pop("text").strip()
    return checked


def _checked(task: Task, option: Option, value: str) -> str:
    """A value as the task takes it. Raises CommandError, without an example."""
    if option.is_rest:
        return value
    value = value.strip()
    if option.choices:
        choice = find_choice(task, option, value)
        if choice is None:
            raise CommandError(f"The option `{option.name}` is one of {', '.join(option.choices)}.")
        return choice
    if len(value) > MAX_VALUE_CHARS:
        raise CommandError(f"The value of `{option.name}` is too long.")
    if option.between:
        least, most = option.between
        if (whole_number(value, most) or 0) < least:
            raise CommandError(f"`{option.name}` is a number from {least:,} to {most:,}.")
    return _time_meant(value) if option.suggests == "time" else value


def _time_meant(value: str) -> str:
    """A point in time as `text.times` reads it; what means none, as it is."""
    if can_read_since(found := find_time(value)):
        return found
    line = Line(f"since the {value}")
    meant = Moments(line).take()
    return meant if meant and not line.unread() else found


def _unquoted(text: str) -> str:
    for begin, end in ('""', "''", "“”"):
        if len(text) > 1 and text[0] == begin and text[-1] == end and end not in text[1:-1]:
            return text[1:-1]
    return text


def _misuse(task: Task, problem: str) -> CommandError:
    return CommandError(f"{problem} For example: `{task.example}`")


def _not_understood(task: Task, unread: str) -> CommandError:
    """What to say of free words that mean nothing: of a time, with the example of one."""
    has_time = any(option.suggests == "time" for option in task.options)
    if not has_time or not _TIME.search(unread):
        return _misuse(task, f"I do not understand `{unread.split()[0][:40]}`.")
    return CommandError(
        f"I do not understand `{unread[:40]}`. I can begin at a time, and go on to now. "
        f"For example: `/{task.name} {_TIME_EXAMPLE}`"
    )


def command_menu(tasks: Sequence[Task] = TASKS) -> list[MenuEntry]:
    """The commands and their options, ready for a menu or a manifest."""
    return [
        MenuEntry(
            name=task.name,
            help=task.help,
            example=task.example,
            options=[
                OptionEntry(
                    name=option.name,
                    help=option.help,
                    required=option.is_required,
                    choices=list(option.choices),
                )
                for option in task.options
            ],
        )
        for task in tasks
        if task.is_command
    ]


def commands_table(tasks: Sequence[Task] = TASKS) -> str:
    """The commands as a Markdown table, for the README."""
    rows = ["| command | what it does | options | example |", "|---|---|---|---|"]
    for task in tasks:
        if task.is_command:
            options = ", ".join(f"`{option.name}`" for option in task.options) or "none"
            rows.append(f"| `/{task.name}` | {task.help} | {options} | `{task.example}` |")
    return "\n".join(rows) + "\n"
