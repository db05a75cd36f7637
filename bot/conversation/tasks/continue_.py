"""Continue: goes on with an answer that was cut at its length, in the same posts."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext, controls_of
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Do it and confirm it. Raises CommandError where there is nothing to do, and StorageError."""
    yield await controls_of(ctx).go_on()


TASK = Task(
    name="continue",
    help="Go on with my last answer where it was cut at its length.",
    example="/continue",
    run=run,
    needs_model=False,
    aside="always",
)
