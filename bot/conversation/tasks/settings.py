"""Settings: when the bot speaks in a channel, and in which language. Shows them, and changes them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Mapping
from typing import get_args

from bot.conversation.rules import FLAGS, LANGUAGE, NAMES, SPEAK, WAKE_WORDS, Rules, Speak, of_settings
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.languages import english_name, find_language
from bot.conversation.text.small_words import CHAT_WORDS
from bot.errors import CommandError
from bot.messages import Piece

EXAMPLE = "/settings speak:always"
EXAMPLE_WORDS = "/settings wake-words:computer,hal"
NONE = "none"
MAX_WORDS, MIN_CHARS, MAX_CHARS = 10, 2, 40

MANAGERS_ONLY = (
    "Only who manages this channel can change what holds for everybody in it. `/settings` shows it. "
    "How I answer you is yours to say: `/persona mine:yes Answer me in short bullet points`"
)
_SPOKEN: Mapping[Speak, str] = {
    "mention": "I now answer here when I am called: by a mention, a reply to me, or a wake word.",
    "always": "I now answer every message here that is not plainly meant for somebody else.",
    "off": "I now answer nothing here but commands. Direct messages to me are always answered.",
}
_FLAGS = "A flag as a reaction now has a message translated here."
_NOT_HEARD = "What needs more than a mention (`always`, wake words, flags) does not work here for now: {why}"
_NO_FLAGS = "Flags as reactions mean nothing to me here any more."
SPEAKING: Mapping[Speak, str] = {
    "mention": "when I am called",
    "always": "to every message that is not plainly meant for somebody else",
    "off": "to commands only",
}
"""When the bot answers, in words behind "I answer"."""


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Change what the options say and confirm it, or show what holds here. Raises CommandError."""
    options = dict(ctx.options)
    if not options:
        yield await _shown(ctx)
        return
    if not ctx.by_manager:
        raise CommandError(MANAGERS_ONLY)
    if "reset" in options and len(options) > 1:
        raise CommandError("Either `reset:all` or new settings, please. For example: `/settings reset:all`")
    wanted = dict.fromkeys(NAMES) if "reset" in options else _values(options)
    key = ctx.question.conversation
    for name, value in wanted.items():
        await ctx.memory.set_setting(key, name, value)
    if "reset" in options:
        yield f"Everything is as it was at the beginning {_here(ctx)}.\n\n{await _shown(ctx)}"
    else:
        rules = of_settings(await ctx.memory.settings(key))
        told = "\n".join(_changed(name, rules) for name in wanted)
        is_about_hearing = not wanted.keys() <= {LANGUAGE}
        yield told + (await _not_heard(ctx, rules) if is_about_hearing else "")


def _values(options: Mapping[str, str]) -> dict[str, str | None]:
    """What is kept for all options. Raises CommandError that tells every mistake in them."""
    values: dict[str, str | None] = {}
    problems = []
    for name in options:
        try:
            values[name] = _value(options, name)
        except CommandError as error:
            problems.append(error.user_message)
    if problems:
        raise CommandError("\n".join(problems))
    return values


def _value(options: Mapping[str, str], name: str) -> str | None:
    """What is kept for an option, None for nothing. Raises CommandError."""
    value = options[name]
    if name == WAKE_WORDS:
        words = _wake_words(value)
        return json.dumps(words, ensure_ascii=False) if words else None
    if name == LANGUAGE and value.casefold() != NONE:
        spoken = find_language(value)
        if spoken is None:
            raise CommandError(f"I know no language `{value[:40]}`. For example: `/settings language:French`")
        return spoken.code
    return None if name == LANGUAGE else value


def _wake_words(text: str) -> tuple[str, ...]:
    """The wake words in what a person wrote, none for "none". Raises CommandError."""
    if text.strip().casefold() == NONE:
        return ()
    spelled: dict[str, str] = {}
    for part in re.split("[,;\n、，；]", text):
        if word := " ".join(part.split()):
            spelled.setdefault(word.casefold(), word)
    words = tuple(spelled.values())
    if not 1 <= len(words) <= MAX_WORDS:
        raise CommandError(f"Give me 1 to {MAX_WORDS} wake words. For example: `{EXAMPLE_WORDS}`")
    for word in words:
        if not MIN_CHARS <= len(word) <= MAX_CHARS or not re.search(r"\w", word):
            raise CommandError(
                f"A wake word has {MIN_CHARS} to {MAX_CHARS} characters, and letters among them. "
                f"For example: `{EXAMPLE_WORDS}`"
            )
        if any(word.casefold() in small for small in CHAT_WORDS.values()):
            raise CommandError(
                f"`{word}` stands in every other sentence, so it would wake me all the time. `{EXAMPLE}` has "
                "me answer everything."
            )
    return words


def _changed(name: str, rules: Rules) -> str:
    """What a change means, in words."""
    if name == SPEAK:
        return _SPOKEN[rules.speak]
    if name == WAKE_WORDS:
        if not rules.wake_words:
            return "No word wakes me here any more."
        waits = "" if rules.speak == "mention" else f" For now I answer {SPEAKING[rules.speak]}."
        return f"I now also answer here when somebody says {_words(rules)}.{waits}"
    if name == FLAGS:
        return _FLAGS if rules.flags else _NO_FLAGS
    if not rules.language:
        return "Nothing is said any more about the language of people here who chose none."
    return f"Who chose no language is now answered in {_language(rules)} here."


async def _shown(ctx: TaskContext) -> str:
    """What holds here, and how each of it is changed."""
    rules = of_settings(await ctx.memory.settings(ctx.question.conversation))
    lines = [
        f"What holds {_here(ctx)}:",
        "",
        f"- I answer {SPEAKING[rules.speak]}. `/settings speak:{'|'.join(get_args(Speak))}`",
        f"- Wake words: {_words(rules) or NONE}. `{EXAMPLE_WORDS}`, or `none`",
        f"- Flags as reactions translate: {'yes' if rules.flags else 'no'}. `/settings flags:on|off`",
        f"- Language for people who chose none: {_language(rules) or 'not set'}. "
        "`/settings language:French`, or `none`",
    ]
    return "\n".join(
        [*lines, "", "Who manages this channel can change it; `/settings reset:all` undoes all."]
    ) + await _not_heard(ctx, rules)


async def _not_heard(ctx: TaskContext, rules: Rules) -> str:
    """That the bot cannot do here what it is to do, where it is not let to read what people write."""
    is_wanted = rules.flags or (rules.speak != "off" and (rules.speak == "always" or rules.wake_words))
    why = await ctx.hindrance(is_live=True) if is_wanted else ""
    return f"\n\n{_NOT_HEARD.format(why=why)}" if why else ""


def _here(ctx: TaskContext) -> str:
    return "in this thread" if ctx.question.conversation.thread_id else "here"


def _words(rules: Rules) -> str:
    return ", ".join(f"`{word}`" for word in rules.wake_words)


def _language(rules: Rules) -> str:
    return english_name(rules.language) if rules.language else ""


TASK = Task(
    name="settings",
    help="Show or change when I speak in this channel, and in which language.",
    example=EXAMPLE,
    run=run,
    options=(
        Option(SPEAK, "when I answer: when called, always, or commands only", choices=get_args(Speak)),
        Option(WAKE_WORDS, "words that call me, with commas between them; none for none"),
        Option(FLAGS, "whether a flag as a reaction has a message translated", choices=("on", "off")),
        Option(LANGUAGE, "the language for people who chose none, or none", suggests="language"),
        Option("reset", "all: as it was at the beginning", choices=("all",)),
    ),
    needs_model=False,
    aside="without options",
    is_about_place=True,
)
