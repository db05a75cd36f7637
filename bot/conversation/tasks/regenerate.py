"""Regenerate: makes an answer again, into the same posts."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext, controls_of
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Do it and confirm it. Raises CommandError where there is nothing to do, and StorageError."""
    yield await controls_of(ctx).regenerate()


TASK = Task(
    name="regenerate",
    help="Make my last answer again, or the one you reply to.",
    example="/regenerate",
    run=run,
    needs_model=False,
    aside="always",
)
