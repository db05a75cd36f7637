"""Stats: what the bot remembers here and how it is doing, in numbers."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.rules import of_settings
from bot.conversation.tasks.settings import SPEAKING
from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.text.counting import counted
from bot.conversation.text.languages import english_name
from bot.messages import DIRECT_WORKSPACE, Piece
from bot.storage.records import Tally


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Numbers of this channel, for who may read it; for its managers those of the workspace as well."""
    key = ctx.question.conversation
    lines = []
    if ctx.question.sees_history:
        lines.append(f"**Here**: {counts_of(await ctx.memory.tally(key))}")
    lines.append(await _rules(ctx))
    if ctx.by_workspace_manager and key.workspace_id != DIRECT_WORKSPACE:
        everywhere = await ctx.memory.tally(key, whole_workspace=True)
        lines.append(f"**Everywhere in this server or workspace**: {counts_of(everywhere)}")
    hindrance = await ctx.hindrance(is_live=True)
    yield "\n".join([*lines, await _doing(ctx), *([f"**Note**: {hindrance}"] if hindrance else [])])


def counts_of(tally: Tally) -> str:
    """What is remembered somewhere, in words."""
    since = f" since {tally.since:%Y-%m-%d}" if tally.since else ""
    people = f" of {_people(tally.people)}" if tally.messages else ""
    opinions = f" (👍 {tally.good:,}, 👎 {tally.bad:,})" if tally.good or tally.bad else ""
    return (
        f"{counted(tally.messages, 'message')}{people} remembered{since}; "
        f"{counted(tally.answers, 'answer')} of mine{opinions}; {counted(tally.facts, 'fact')}."
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


async def _rules(ctx: TaskContext) -> str:
    rules = of_settings(await ctx.memory.settings(ctx.question.conversation))
    words = f", or by {', '.join(f'`{word}`' for word in rules.wake_words)}" if rules.wake_words else ""
    flags = "flags translate" if rules.flags else "flags mean nothing"
    spoken = f"; {english_name(rules.language)} for who chose no language" if rules.language else ""
    return f"**Rules**: I answer {SPEAKING[rules.speak]}{words}; {flags}{spoken}. `/settings` changes that."


async def _doing(ctx: TaskContext) -> str:
    status = ctx.generator.status
    model = f"`{ctx.model.name}`" if status == "ready" else status
    speed = ctx.pace.tokens_per_s
    wrote = f", {speed:,.0f} tokens a second of late" if speed else ""
    waiting = max(await ctx.memory.waiting() - 1, 0)  # this very command is one of them
    return f"**Model**: {model}{wrote}; {waiting:,} waiting; up for {_duration(ctx.pace.uptime_s)}."


def _duration(seconds: float) -> str:
    """In the two largest units: `3 d 4 h`, `5 min`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{int(seconds)} s"
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [f"{count} {unit}" for count, unit in ((days, "d"), (hours, "h"), (rest, "min")) if count]
    return " ".join(parts[:2])


TASK = Task(
    name="stats",
    help="Show what I remember here and how I am doing, in numbers.",
    example="/stats",
    run=run,
    needs_model=False,
    is_about_place=True,
    is_private=True,
)
