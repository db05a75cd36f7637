"""Summarise: what was said in a channel, with the messages that each statement rests on.

The options become a scope here; how it is read and told lives in `bot.conversation.summaries`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.summaries.forms import STYLES
from bot.conversation.summaries.scope import DEFAULT_LAST, MAX_LAST, read_scope
from bot.conversation.summaries.telling import Summary
from bot.conversation.tasks.task import CHANNEL, SHOW, Option, Task, TaskContext
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the summary and its coverage. Raises CommandError."""
    question = ctx.question
    scope = await read_scope(ctx.memory.digests, ctx.place, ctx.options, question.author.id, question.sent_at)
    async with aclosing(Summary(ctx, scope).tell()) as pieces:
        async for piece in pieces:
            yield piece


TASK = Task(
    name="summarize",
    help="Summarise what was said here, with links to the messages.",
    example="/summarize last:50 style:bullets",
    run=run,
    does_without_model=True,
    is_about_place=True,
    options=(
        Option(
            "last",
            f"how many messages, {DEFAULT_LAST} if you do not say, at most {MAX_LAST:,}",
            between=(1, MAX_LAST),
        ),
        Option("since", 'from when on: 9:00, 2h, yesterday, 2026-11-20, "my last message"', suggests="time"),
        Option("from", "from which message on: its link or id"),
        CHANNEL,
        Option("about", "only what is about this topic"),
        Option("style", "how it is told", choices=STYLES),
        Option("language", "the language of the summary", suggests="language"),
        SHOW,
    ),
)
