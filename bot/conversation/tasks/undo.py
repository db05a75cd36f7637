"""Undo: takes an exchange back, from the channel and from memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext, controls_of
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Do it and confirm it. Raises CommandError where there is nothing to do, and StorageError."""
    yield await controls_of(ctx).undo()


TASK = Task(
    name="undo",
    help="Take back my last answer and what it answered.",
    example="/undo",
    run=run,
    needs_model=False,
    aside="always",
)
