"""Slow down: tells a person, once in a burst of questions, when they are answered again."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.rate import NOTICE, notice_text
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """One sentence."""
    yield notice_text(ctx.options["wait"])


TASK = Task(
    name=NOTICE,
    help="Tell somebody who asks for too much at once to wait.",
    example="",
    run=run,
    options=(Option("wait", "seconds", is_required=True),),
    needs_model=False,
    is_command=False,
    is_private=True,
)
