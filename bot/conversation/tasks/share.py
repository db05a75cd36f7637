"""Share: what one person was told alone is posted for everybody, because that person asked for it.

The text is read from memory when it is shared, so what was deleted meanwhile is not in it. It is a reply of
its own: it goes with the message that it is about, and is corrected like every answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.controls import NOTHING_TO_SHARE
from bot.conversation.summaries.people import plain_name
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.safety import one_line
from bot.conversation.text.sentences import shortened
from bot.errors import CommandError
from bot.messages import Command, Piece

MAX_ASKED_CHARS = 100
_NOT_TOLD = (SHOW.name, "message")
"""Options that say nothing to people."""


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the answer that the person was given. Raises CommandError where it is not theirs to share."""
    question = ctx.question
    answer = await ctx.memory.last_answer(question.conversation, ctx.options["message"])
    if answer is None or any(asked.author.id != question.author.id for asked in answer.questions):
        raise CommandError(NOTHING_TO_SHARE)
    asked = _asked(answer.questions[-1].command)
    yield f"_Shared by {plain_name(question.author.name)}{asked}:_\n\n{answer.text}"


def _asked(command: Command | None) -> str:
    """What was asked, in short: nobody else has seen it. Only commands that are shown as their asker likes
    have answers to share, so what is in it may be seen."""
    if command is None:
        return ""
    options = [f"{name}:{value}" for name, value in command.options.items() if name not in _NOT_TOLD]
    line = one_line(" ".join([f"/{command.name}", *options])).replace("`", "'")
    return f", who asked `{shortened(line, MAX_ASKED_CHARS)}`"


TASK = Task(
    name="share",
    help="Show everybody what one person was told alone.",
    example="",
    run=run,
    options=(Option("message", "the answer", is_required=True),),
    needs_model=False,
    is_command=False,
)
