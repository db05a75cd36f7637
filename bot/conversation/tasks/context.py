"""Context: shows what an answer would be made from, if the person asked something now."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.memory.reporting import used
from bot.conversation.tasks.prompting import prompt_for
from bot.conversation.tasks.task import Task, TaskContext
from bot.messages import Piece, Turn


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """One line about the prompt of the next answer, the question itself left out. Raises GenerationError."""
    asked = ctx.question
    turns = await ctx.memory.turns(asked.conversation)
    nothing = Turn("user", "", asked.author, asked.sent_at, asked.message_id, asked.reply_to)
    fitted, _ = await prompt_for(ctx, [*turns, nothing])
    facts = await ctx.memory.facts(asked.conversation)
    ctx.remark()
    yield used(fitted, ctx.model, len(turns), len(facts))


TASK = Task(
    name="context",
    help="Show what of this conversation I use for my next answer.",
    example="/context",
    run=run,
    is_private=True,
    is_about_place=True,
)
