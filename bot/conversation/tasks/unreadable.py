"""Unreadable: tells a person that the platform does not let the bot read what they wrote to it, and why."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext
from bot.messages import Piece

NAME = "unreadable"
SENTENCE = "I could not read your message. Mention me in it, and I answer."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """One sentence, and what can be done about it."""
    ctx.remark()
    yield " ".join(filter(None, (SENTENCE, await ctx.hindrance(is_live=True))))


TASK = Task(
    name=NAME,
    help="Tell somebody that their message could not be read.",
    example="",
    run=run,
    needs_model=False,
    is_command=False,
)
