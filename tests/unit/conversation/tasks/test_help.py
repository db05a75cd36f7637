"""Help of one command: by all its names, and for one that was mistaken."""

from __future__ import annotations

import pytest

from bot.conversation.commands import command_in, parse_command
from bot.conversation.tasks.help import TASK as HELP
from bot.errors import CommandError
from bot.messages import Command
from tests.support import ScriptedGenerator, answer_of, context, message, remembering


async def helped(command: str) -> str:
    """What `/help` tells of a command."""
    asked = message("", Command("help", {"command": command}))
    return await answer_of(HELP, context(ScriptedGenerator(), await remembering(), asked))


@pytest.mark.parametrize("line", ["summarize laste 5", "summarize style:haiku", "translate --into fr x"])
async def test_a_mistaken_command_behind_the_name_is_answered_as_any_other(line: str) -> None:
    with pytest.raises(CommandError) as typed:
        parse_command(f"/{line}")
    assert command_in(f" /{line} ") == Command("help", {"command": line}, given="said")
    with pytest.raises(CommandError) as said:
        await helped(line)
    assert said.value.user_message == typed.value.user_message


@pytest.mark.parametrize("name", ["search", "/search", "bot-search", "`/bot-search`"])
async def test_help_knows_commands_by_the_names_that_platforms_show(name: str) -> None:
    assert (await helped(name)).startswith("`/search`: ")


async def test_of_what_is_no_command_help_says_so() -> None:
    with pytest.raises(CommandError, match="do not know the command"):
        await helped("bot-nosuch")
