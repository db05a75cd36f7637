"""Persona: how the bot is to be in a channel, or how one person likes to be answered."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.memory.personas import (
    MAX_CHARS,
    channel_persona,
    own_persona,
    set_channel_persona,
    set_own_persona,
)
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.safety import one_line
from bot.errors import CommandError
from bot.generation.types import ModelInfo
from bot.messages import Piece

EXAMPLE = "/persona You are a friendly pirate"
EXAMPLE_MINE = "/persona mine:yes Answer me in short bullet points"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Set, clear or show. Raises CommandError."""
    text, is_mine = one_line(ctx.options.get("text", "")), ctx.options.get("mine") == "yes"
    if ctx.options.get("clear") == "yes":
        if text:
            raise CommandError("Either `clear:yes` or a text, please. For example: `/persona clear:yes`")
        yield await _set(ctx, None, is_mine)
    elif text:
        if len(text) > MAX_CHARS:
            raise CommandError(
                f"That is {len(text)} characters long; a persona has at most {MAX_CHARS}. "
                f"For example: `{EXAMPLE}`"
            )
        yield await _set(ctx, text, is_mine) + _note(ctx.generator.status, ctx.model)
    else:
        yield await _shown(ctx)


async def _set(ctx: TaskContext, text: str | None, is_mine: bool) -> str:
    asked = ctx.question
    if is_mine:
        await set_own_persona(ctx.memory, asked.conversation, asked.author.id, text)
        return f"I will answer you like this: {text}" if text else "I will answer you as I answer everybody."
    if not ctx.by_manager:
        raise CommandError(
            "Only who manages this channel can change how I am here. "
            f"How I answer you is yours to say: `{EXAMPLE_MINE}`"
        )
    await set_channel_persona(ctx.memory, asked.conversation, text)
    return f"In this channel I will be like this: {text}" if text else "In this channel I am myself again."


async def _shown(ctx: TaskContext) -> str:
    key = ctx.question.conversation
    here = await channel_persona(ctx.memory, key)
    own = await own_persona(ctx.memory, key, ctx.question.author.id)
    lines = [
        f"In this channel: {here or f'nothing was said. `{EXAMPLE}` does, for who manages the channel.'}",
        f"For answers to you: {own or f'nothing was said. `{EXAMPLE_MINE}` does.'}",
    ]
    return "\n".join(lines) + _note(ctx.generator.status, ctx.model)


def _note(status: str, model: ModelInfo) -> str:
    """What to know of a model that is loaded but will not follow."""
    if status != "ready" or (model.follows_instructions and model.uses_system_prompt):
        return ""
    return f"\n_My model, `{model.name}`, is too small to follow a persona; a larger one will._"


TASK = Task(
    name="persona",
    help="Say how I am to be in this channel, or with mine:yes how I answer you.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("mine", "yes: only for answers to you", choices=("yes", "no")),
        Option("clear", "yes: back to normal", choices=("yes", "no")),
        Option("text", "how to be; without it I show what was said", is_rest=True),
    ),
    needs_model=False,
    is_about_place=True,
    is_private=True,
)
