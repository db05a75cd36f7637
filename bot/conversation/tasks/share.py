"""Share: what one person was told alone is posted for everybody, because that person asked for it.

The text is read from memory when it is shared, so what was deleted meanwhile is not in it. It is a reply of
its own: it goes with the message that it is about, and is corrected like every answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.summaries.people import plain_name
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.errors import CommandError
from bot.messages import Piece

NOTHING_TO_SHARE = "I no longer remember this answer, so I cannot share it."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the answer that the person was given. Raises CommandError where it is not theirs to share."""
    question = ctx.question
    answer = await ctx.memory.last_answer(question.conversation, ctx.options["message"])
    if answer is None or any(asked.author.id != question.author.id for asked in answer.questions):
        raise CommandError(NOTHING_TO_SHARE)
    yield f"_Shared by {plain_name(question.author.name)}:_\n\n{answer.text}"


TASK = Task(
    name="share",
    help="Show everybody what one person was told alone.",
    example="",
    run=run,
    options=(Option("message", "the answer", is_required=True),),
    needs_model=False,
    is_command=False,
)
