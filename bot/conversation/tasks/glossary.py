"""Glossary: the words of a workspace that are always translated the same, or left as they are."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.counting import counted
from bot.conversation.text.languages import english_name, find_language
from bot.conversation.text.safety import one_line
from bot.conversation.translation.glossary import (
    EVERY_LANGUAGE,
    MAX_TERM_CHARS,
    MAX_TERMS,
    Glossary,
    load_glossary,
    save_glossary,
)
from bot.errors import CommandError
from bot.messages import Piece

EXAMPLE = "/glossary action:add to:de sprint = Sprint"
MAX_LISTED = 100


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the glossary, or what was changed in it. Raises CommandError for who may not change it, and for
    what is no entry."""
    action = ctx.options.get("action", "list")
    key = ctx.question.conversation
    glossary = await load_glossary(ctx.memory, key)
    if action == "list":
        yield _listed(glossary)
        return
    if not ctx.by_workspace_manager:
        raise CommandError("Only people who manage this workspace may change its glossary.")
    changed, answer = (_added if action == "add" else _removed)(glossary, ctx.options)
    await save_glossary(ctx.memory, key, changed)
    yield answer


def _listed(glossary: Glossary) -> str:
    if not glossary.entries:
        return f"The glossary is empty. A manager can add to it, for example: `{EXAMPLE}`"
    lines = [
        f"- **{term}**: {', '.join(_entry(term, code, text) for code, text in sorted(fixed.items()))}"
        for term, fixed in sorted(glossary.entries.items(), key=lambda entry: entry[0].casefold())
    ]
    rest = counted(len(lines) - MAX_LISTED, "more term") if len(lines) > MAX_LISTED else ""
    return "\n".join(
        ["Always translated like this:", *lines[:MAX_LISTED], *([f"- and {rest}"] if rest else [])]
    )


def _entry(term: str, code: str, fixed: str) -> str:
    place = "every language" if code == EVERY_LANGUAGE else english_name(code)
    return f"left as it is in {place}" if fixed == term else f"“{fixed}” in {place}"


def _added(glossary: Glossary, options: Mapping[str, str]) -> tuple[Glossary, str]:
    term, _, fixed = one_line(options.get("term", "")).partition("=")
    term, fixed = term.strip(), fixed.strip() or term.strip()
    if not any(char.isalnum() for char in term) or max(len(term), len(fixed)) > MAX_TERM_CHARS:
        raise CommandError(
            f"Give a term of at most {MAX_TERM_CHARS} characters, and behind `=` what it becomes; without "
            f"that it is left as it is. For example: `{EXAMPLE}`"
        )
    if len(glossary.entries) >= MAX_TERMS and glossary.without(term) is None:
        raise CommandError(f"The glossary is full: {MAX_TERMS} terms. Remove one first.")
    code = _code(options)
    return glossary.with_term(term, code, fixed), f"From now on, **{term}** is {_entry(term, code, fixed)}."


def _removed(glossary: Glossary, options: Mapping[str, str]) -> tuple[Glossary, str]:
    term = one_line(options.get("term", ""))
    left = glossary.without(term)
    if left is None:
        raise CommandError("That term is not in the glossary. `/glossary` lists what is.")
    return left, f"**{term}** is no longer in the glossary."


def _code(options: Mapping[str, str]) -> str:
    if "to" not in options:
        return EVERY_LANGUAGE
    found = find_language(options["to"])
    if found is None:
        raise CommandError(f"I do not know that language. For example: `{EXAMPLE}`")
    return found.code


TASK = Task(
    name="glossary",
    help="Show or change the words that translations always translate the same, or leave as they are.",
    example=EXAMPLE,
    run=run,
    options=(
        Option("action", "what to do; without it, list", choices=("list", "add", "remove")),
        Option(
            "to",
            "the language that the translation is for; without it, every language",
            suggests="language",
        ),
        Option("term", "the term, and behind = its fixed translation", is_rest=True),
    ),
    needs_model=False,
    is_about_place=True,
)
