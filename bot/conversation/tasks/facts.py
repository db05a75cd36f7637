"""Facts: lists what people asked the bot to remember in this channel; changes and deletes it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from bot.conversation.memory import facts
from bot.conversation.memory.marking import Names
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.counting import MAX_NUMBER, whole_number
from bot.errors import CommandError
from bot.messages import Piece
from bot.storage.records import Fact

NONE_KNOWN = f"I remember no facts in this channel. `{facts.EXAMPLE}` adds one."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """List, edit or delete. Raises CommandError."""
    if "edit" in ctx.options and "delete" in ctx.options:
        raise CommandError("Give me either `edit` or `delete`. For example: `/facts delete:2`")
    if "delete" in ctx.options:
        yield await delete(ctx, _number(ctx, "delete"))
    elif "edit" in ctx.options:
        yield await _edit(ctx, _number(ctx, "edit"))
    elif "text" in ctx.options:
        raise CommandError(f"Say which fact that is to be: `/facts edit:2 ...`, or add it: `{facts.EXAMPLE}`")
    else:
        known = await ctx.memory.facts(ctx.question.conversation)
        yield _listed(known, ctx.bot_name) if known else NONE_KNOWN


async def delete(ctx: TaskContext, number: int) -> str:
    """Delete a fact and confirm it. Raises CommandError."""
    key, by_manager = ctx.question.conversation, ctx.by_manager
    fact = await facts.delete(ctx.memory, key, number, ctx.question.author.id, by_manager=by_manager)
    return f"I have forgotten fact {number}: {fact.text}"


async def _edit(ctx: TaskContext, number: int) -> str:
    """Change a fact of one's own: nobody puts words into another's mouth, managers neither."""
    key, person_id = ctx.question.conversation, ctx.question.author.id
    text = facts.checked(ctx.options.get("text", ""))
    await facts.owned(ctx.memory, key, number, person_id, by_manager=False)
    if not await ctx.memory.change_fact(key, number, person_id, text):
        raise CommandError(f"I know no fact {number} here any more. `/facts` lists those that I remember.")
    return f"Fact {number} now is: {text}"


def _listed(known: Sequence[Fact], bot_name: str) -> str:
    names = Names(bot_name)
    lines = [
        f"{fact.number}. {fact.text} ({names.of(fact.author)}, {fact.said_at:%Y-%m-%d})" for fact in known
    ]
    return "\n".join(["What I was asked to remember in this channel:", "", *lines])


def _number(ctx: TaskContext, option: str) -> int:
    number = whole_number(ctx.options[option])
    if number is None:
        raise CommandError(f"`{option}` takes the number of a fact. For example: `/facts {option}:2`")
    return number


TASK = Task(
    name="facts",
    help="List, edit or delete what I was asked to remember here.",
    example="/facts",
    run=run,
    options=(
        Option("edit", "the number of your fact to say anew", between=(1, MAX_NUMBER)),
        Option(
            "delete",
            "the number of the fact to delete; your own, or any if you manage the channel",
            between=(1, MAX_NUMBER),
        ),
        Option("text", "the new text, with edit", is_rest=True),
    ),
    needs_model=False,
    is_about_place=True,
    is_private=True,
)
