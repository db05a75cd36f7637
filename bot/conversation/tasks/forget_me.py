"""Forget me: erases everything of one person, and lets them be left out of memory from then on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.tasks.task import Option, Task, TaskContext, changes_of
from bot.conversation.text.counting import counted
from bot.messages import DIRECT_WORKSPACE, ConversationKey, Piece, Progress
from bot.storage.erasure import MAX_POSTS
from bot.storage.records import OPTED_OUT, Traces

EXAMPLE = "/forget-me confirm:yes"

_IGNORED = (
    "From now on I remember of what you say {where} only what you say to me. `/forget-me later:remember` "
    "takes that back."
)
_REMEMBERED = "From now on I remember what you say {where}, as I do for everybody."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Erase where that is confirmed, else say what would go. Raises CommandError."""
    lines = [await _later(ctx, ctx.options["later"])] if "later" in ctx.options else []
    key, person_id = ctx.question.conversation, ctx.question.author.id
    traces = await ctx.memory.people.traces(key, person_id)
    if ctx.options.get("confirm") != "yes":
        yield "\n\n".join([*lines, _would_go(traces, where_kept(key))])
        return
    async with aclosing(changes_of(ctx).forget_person(ctx.question)) as steps:
        async for done, total in steps:
            yield Progress(f"forgetting: {done:,} of {counted(total, 'message')}")
    yield "\n\n".join([*lines, _gone(traces, where_kept(key))])


async def _later(ctx: TaskContext, wish: str) -> str:
    """Leave the person out of memory from now on, or take that back."""
    name, value = OPTED_OUT
    kept = value if wish == "ignore" else None
    await ctx.memory.set_person_setting(ctx.question.conversation, ctx.question.author.id, name, kept)
    return (_IGNORED if kept else _REMEMBERED).format(
        where=where_kept(ctx.question.conversation, with_direct=False)
    )


def where_kept(key: ConversationKey, *, with_direct: bool = True) -> str:
    """Where that is of which a person who asks in the conversation `key` is told, in words."""
    if key.workspace_id == DIRECT_WORKSPACE:
        return "in our direct messages"
    return "in this server or workspace" + (" and in our direct messages" if with_direct else "")


def counts_of(traces: Traces) -> str:
    """What there is, in words; "" for nothing."""
    counts = (
        (traces.messages, "message"),
        (traces.answers, "answer"),
        (traces.facts, "fact"),
        (traces.settings, "setting"),
        (traces.opinions, "opinion"),
    )
    parts = [counted(count, thing) for count, thing in counts if count]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _would_go(traces: Traces, where: str) -> str:
    return (
        f"Of you I keep {where}: {counts_of(traces)}. `{EXAMPLE}` has me forget all of it, the answers I "
        "gave you and what rests on your words too. It cannot be undone. `/export` gives it to you before."
    )


def _gone(traces: Traces, where: str) -> str:
    counts = counts_of(traces)
    what = f": {counts}" if counts else ""
    return (
        f"I have forgotten everything of yours {where}{what}. My answers to you are being removed, the "
        f"newest {MAX_POSTS} posts of them; older ones stay where they are, and I remember nothing of them. "
        "Where I quoted you to others, your words are gone."
    )


TASK = Task(
    name="forget-me",
    help="Forget everything of yours, in this server or workspace and in our direct messages.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("confirm", "yes: do it; without it I say what would go", choices=("yes",)),
        Option(
            "later",
            "ignore: from now on remember only what you say to me; remember: as usual",
            choices=("ignore", "remember"),
        ),
    ),
    needs_model=False,
    is_private=True,
)
