"""Catch up: what was said since the asker was last here, for the asker alone."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime

from bot.conversation.summaries.coverage import unread
from bot.conversation.summaries.forms import STYLES
from bot.conversation.summaries.scope import DEFAULT_LAST, MAX_LAST, Scope, language_of
from bot.conversation.summaries.telling import Summary
from bot.conversation.tasks.task import CHANNEL, SHOW, Option, Task, TaskContext
from bot.messages import Piece
from bot.storage.digests import BEGINNING, Place
from bot.storage.records import Derived

KIND = "caught-up"
NOTHING_NEW = "There is nothing new here since {since}."
NEVER_HERE = "_You have not written here yet: these are the newest messages._\n\n"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield what is new and remember how far it was told. Raises CommandError."""
    key, person = ctx.place, ctx.question.author.id
    last_told = _last_told(ctx, await ctx.memory.derived(key, KIND, person))
    last_said = await ctx.memory.digests.last_place_of(key, person) or BEGINNING
    after = max(last_told, last_said)
    newest = await ctx.memory.digests.place_of_newest(key, 1)
    if newest is None or newest <= after:
        ctx.remark()
        since = "your last message" if last_said > last_told else "you last caught up"
        lack = unread(ctx.missing, ctx.question.sent_at)
        yield f"I know of nothing new here, but {lack}." if lack else NOTHING_NEW.format(since=since)
        return
    if after == BEGINNING:
        yield NEVER_HERE
    scope = Scope(
        last=DEFAULT_LAST if after == BEGINNING else MAX_LAST,
        after=after,
        style=ctx.options.get("style", "bullets"),
        about=ctx.options.get("about", "").strip(),
        language=language_of(ctx.options.get("language")),
    )
    async with aclosing(Summary(ctx, scope).tell()) as pieces:
        async for piece in pieces:
            yield piece
    if not scope.about:
        mark = json.dumps([ctx.question.message_id, last_told, newest])
        await ctx.memory.put_derived(key, Derived(KIND, person, mark, "", (), datetime.now(UTC)))


def _last_told(ctx: TaskContext, mark: Derived | None) -> Place:
    """How far the person was told before this question: it may be answered a second time."""
    if mark is None:
        return BEGINNING
    question_id, before, through = json.loads(mark.text)
    return Place(*(before if question_id == ctx.question.message_id else through))


TASK = Task(
    name="catchup",
    help="Tell you what you missed since your last message here.",
    example="/catchup",
    run=run,
    does_without_model=True,
    is_private=True,
    is_about_place=True,
    options=(
        CHANNEL,
        Option("about", "only what is about this topic"),
        Option("style", "how it is told", choices=STYLES),
        Option("language", "the language it is told in", suggests="language"),
        SHOW,
    ),
)
