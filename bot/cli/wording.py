"""What goes wrong, in the words of who sits at the command line.

Tasks speak to people in a channel: their examples are slash commands, and what an operator could do is left
out. Here the person is the operator and types shell commands. Knows errors and commands, and runs nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bot.conversation.commands import command_task, parse_command
from bot.errors import BotError, CommandError, ConfigError, GenerationError, ModelLoadError

FILE = "log.txt"
_QUOTED = re.compile(r"`([^`\n]+)`")
_OPTION = re.compile(r"([a-z_]+)(?::(.+))?")


def sentences(error: BotError) -> tuple[str, ...]:
    """What to tell of an error, one line each."""
    if isinstance(error, ConfigError):
        return error.problems
    if isinstance(error, ModelLoadError):
        return (f"The language model could not be loaded: {error}",)
    if type(error) is GenerationError:  # its kinds say all there is to know; the error as such says nothing
        return (f"{error.user_message} ({error})",)
    return (error.user_message if isinstance(error, GenerationError) else str(error),)


@contextmanager
def shell_examples(command: str) -> Iterator[None]:
    """Turn the examples in a CommandError from slash commands into calls of `command` on the command line."""
    try:
        yield
    except CommandError as error:
        raise CommandError(_QUOTED.sub(lambda match: _as_typed(command, match[1]), str(error))) from None


def _as_typed(command: str, example: str) -> str:
    """One quoted example as it is typed in a shell; what is no example stays as it is."""
    if example.startswith(f"/{command} ") and (parsed := parse_command(example)):
        return f"`{_call(parsed.name, parsed.options)}`"
    match = _OPTION.fullmatch(example)
    if match is None or match[1] not in {option.name for option in command_task(command).options}:
        return f"`{example}`"
    return f"`--{match[1]}{f' {match[2]}' if match[2] else ''}`"


def _call(name: str, options: Mapping[str, str]) -> str:
    """The shell command that does what a slash command does."""
    rest = next((option.name for option in command_task(name).options if option.is_rest), None)
    words = ["python", "-m", "bot", name]
    for option, value in options.items():
        words += [] if option == rest else [f"--{option}", value]
    return shlex.join([*words, options.get(rest or "", FILE)])
