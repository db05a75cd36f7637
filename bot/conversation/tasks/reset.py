"""Reset: forgets a conversation."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

from bot.conversation.past import Past
from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.text.counting import counted
from bot.errors import CommandError
from bot.messages import Piece

MANAGERS_ONLY = (
    "Only somebody who manages this channel can make me forget it, since that holds for everybody in it. "
    "`/undo` takes back your own last question, `/facts` deletes your own facts."
)


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Erase the conversation that the command was given in, and confirm it: a channel with its threads and
    facts, or a thread. Raises CommandError where somebody else manages it."""
    if not ctx.by_manager:
        raise CommandError(MANAGERS_ONLY)
    key = ctx.question.conversation
    facts = 0 if key.thread_id else len(await ctx.memory.facts(key))
    await Past(ctx.memory).set_nothing_before(key, datetime.now(UTC))
    count = await ctx.memory.erase_conversation(key)
    place = "thread" if key.thread_id else "conversation"
    parts = [counted(count, "message")] if count else []
    parts += [counted(facts, "fact")] if facts else []
    if parts:
        yield f"I have forgotten the {' and '.join(parts)} of this {place}."
    else:
        yield f"I remember nothing of this {place}, so there is nothing to forget."


TASK = Task(
    name="reset",
    help="Forget this conversation, for everybody in it.",
    example="/reset",
    run=run,
    needs_model=False,
    is_about_place=True,
    is_for_managers=True,
)
