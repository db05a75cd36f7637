"""Reset: forgets a conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.text.counting import counted
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Erase the conversation that the command was given in, threads included, and confirm it."""
    key = ctx.question.conversation
    count = await ctx.memory.erase_conversation(key)
    place = "thread" if key.thread_id else "conversation"
    if count == 0:
        yield f"I remember nothing of this {place}, so there is nothing to forget."
    else:
        yield f"I have forgotten the {counted(count, 'message')} of this {place}."


TASK = Task(
    name="reset",
    help="Forget this conversation, for everybody in it.",
    example="/reset",
    run=run,
    needs_model=False,
)
