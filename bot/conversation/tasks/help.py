"""Help: what the bot can do, from the list of tasks, and what its model can do."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.text.languages import english_name
from bot.generation.types import ModelInfo
from bot.messages import Piece


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the whole help in one piece; works while no model is loaded."""
    from bot.conversation.tasks import TASKS  # the list imports this file

    lines = [f"I am **{ctx.bot_name}**. Talk to me, or use a command:", ""]
    for task in TASKS:
        if task.is_command:
            lines.append(f"- `/{task.name}`: {task.help} For example `{task.example}`")
            lines += [
                f"    - `{option.name}`: {option.help}" for option in task.options if not option.is_rest
            ]
    yield "\n".join([*lines, "", _model_line(ctx.generator.status, ctx.model)])


def _model_line(status: str, model: ModelInfo) -> str:
    if status != "ready":
        return f"My language model is not ready yet: {status}."
    skills = [
        "It follows instructions." if model.follows_instructions else "It is small and knows little.",
        "It summarises." if model.summarizes else "For summaries I quote messages instead.",
        _translation(model.translates),
    ]
    return f"My language model is `{model.name}`. {' '.join(skills)}"


def _translation(codes: tuple[str, ...] | None) -> str:
    if codes is None:
        return "It translates as well as it can."
    if not codes:
        return "It does not translate."
    return f"It translates between {', '.join(english_name(code) for code in codes)}."


TASK = Task(
    name="help",
    help="Show what I can do.",
    example="/help",
    run=run,
    needs_model=False,
)
