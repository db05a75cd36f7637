"""Remember: keeps a fact for this channel, because somebody asked for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.memory import facts
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Keep what was said, and say under which number. Raises CommandError."""
    yield await keep(ctx, ctx.options.get("text", ""))


async def keep(ctx: TaskContext, text: str) -> str:
    """Keep a fact of who asked, and confirm it in words. Raises CommandError."""
    question = ctx.question
    fact = await facts.add(ctx.memory, question.conversation, question.author, text, question.message_id)
    return (
        f"I will remember in this channel, as fact {fact.number}: {fact.text}\n"
        f"_`/facts` lists what I remember, `/facts delete:{fact.number}` takes it back._"
    )


TASK = Task(
    name="remember",
    help="Remember a fact, in this channel only.",
    example=facts.EXAMPLE,
    run=run,
    options=(Option("text", "what to remember", is_required=True, is_rest=True),),
    needs_model=False,
    is_about_place=True,
)
