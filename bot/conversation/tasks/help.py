"""Help: what the bot can do, from the list of tasks, and what its model can do."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from bot.conversation.localised import command_name, example, option_name
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.languages import english_name
from bot.errors import CommandError
from bot.generation.types import ModelInfo
from bot.messages import Piece

CONTROLS = ("stop", "regenerate", "continue", "undo")
"""Commands that are told of in one line: buttons do the same."""

_PREFIX = "bot-"
"""What commands begin with where the platform has some of the same name."""

IN_WORDS = "Or use your own words, in threads too: `@{name} summarize the last 2 hours`."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the whole help, or that of one command, in one piece; works while no model is loaded.

    Raises CommandError for a command that there is not, and for one with words that it does not take.
    """
    from bot.conversation.commands import parse_options  # it imports the list, which imports this file

    name, _, typed = ctx.options.get("command", "").strip().strip("`").removeprefix("/").partition(" ")
    if not name:
        yield _of_all(ctx)
        return
    task = _called(name.lower())
    if typed.strip():
        parse_options(task, typed)
    yield _of_command(task, ctx.asker_language)


def _called(name: str) -> Task:
    """The task of a command by its name, also by one that a platform shows, such as `bot-search`."""
    from bot.conversation.commands import command_task  # as above

    try:
        return command_task(name)
    except CommandError:
        if not name.startswith(_PREFIX):
            raise
        return command_task(name.removeprefix(_PREFIX))


def _of_all(ctx: TaskContext) -> str:
    from bot.conversation.tasks import TASKS  # as above

    lines = [f"I am **{ctx.bot_name}**. Talk to me, or use a command:", ""]
    language, command = ctx.asker_language, ctx.question.command
    is_outside = command is not None and command.given == "outside"
    usable = [task for task in TASKS if task.is_command and not (is_outside and task.is_about_place)]
    told = [f"`/{command_name(task, language)}`" for task in usable if task.name in CONTROLS]
    lines += [
        f"- `/{command_name(task, language)}`: {task.help}" for task in usable if task.name not in CONTROLS
    ]
    lines.append(f"- {', '.join(told)}: change my last answer, or the one you reply to.")
    known = command_name(next(task for task in usable if task.name in ("summarize", "translate")), language)
    usage = f"`/{command_name(TASK, language)} {known}`"
    lines += ["", f"{usage} shows the options of a command, and an example."]
    lines.append(IN_WORDS.format(name=ctx.bot_name))
    translator = f" Translations are made by `{ctx.translator.name}`." if ctx.translator else ""
    return "\n".join([*lines, "", _model_line(ctx.generator.status, ctx.model) + translator])


def _of_command(task: Task, language: str) -> str:
    lines = [f"`/{command_name(task, language)}`: {task.help}"]
    lines += [f"- {_option(task, option, language)}{_place(option)}" for option in task.options]
    return "\n".join([*lines, "", f"For example: `{example(task, language)}`"])


def _option(task: Task, option: Option, language: str) -> str:
    choices = f" ({', '.join(option.choices)})" if option.choices else ""
    return f"`{option_name(task, option, language)}`: {option.help}{choices}"


def _place(option: Option) -> str:
    """How an option is given, where that is not `name:value`."""
    if option.is_rest:
        return "; the rest of the line" if option.is_required else "; the rest of the line, if you like"
    return "; always needed" if option.is_required else ""


def _model_line(status: str, model: ModelInfo) -> str:
    if status != "ready":
        return f"My language model is not ready yet: {status}."
    skills = [
        _talk(model),
        "It summarises." if model.summarizes else "For summaries I quote messages instead.",
        _translation(model.translates),
    ]
    return f"My language model is `{model.name}`. {' '.join(skills)}"


def _talk(model: ModelInfo) -> str:
    """What to expect of an answer. A list of languages to translate is what small models are built with."""
    if model.follows_instructions:
        return "It follows instructions."
    if model.translates:
        return "It is small and knows little."
    return "It was not made to follow instructions: it continues what it reads."


def _translation(codes: tuple[str, ...] | None) -> str:
    if codes is None:
        return "It translates as well as it can."
    if not codes:
        return "It does not translate."
    return f"It translates between {', '.join(english_name(code) for code in codes)}."


TASK = Task(
    name="help",
    help="Show what I can do, or how one command is used.",
    example="/help",
    run=run,
    options=(Option("command", "a command to explain, such as summarize", is_rest=True, suggests="command"),),
    needs_model=False,
    aside="always",
)
