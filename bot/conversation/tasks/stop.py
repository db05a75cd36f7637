"""Stop: tells what the manager did when it accepted the command, for an answer cannot wait to be stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext, controls_of
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Do it and confirm it. Raises CommandError where there is nothing to do, and StorageError."""
    yield await controls_of(ctx).stopped()


TASK = Task(
    name="stop",
    help="Stop the answer that I am writing here.",
    example="/stop",
    run=run,
    needs_model=False,
    aside="always",
)
