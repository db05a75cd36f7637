"""Wishes in people's own words, in seven languages, such as `@Parley, summarize #general since yesterday`.

Pure. Only what is clear beyond doubt is a command; anything else said to the bot is talk, which a task of its
own answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.conversation.free_words import LINK, MAX_CHARS, QUOTED, FreeWords, into_language, take_wish
from bot.conversation.lead_ins import target_of
from bot.conversation.lexicon import Line, phrases, words
from bot.conversation.tasks.task import SHOW, Task
from bot.messages import Command


def command_in_words(text: str, tasks: Mapping[str, Task]) -> Command | None:
    """The command that somebody says in words to the bot, where that is clear beyond doubt; else None."""
    if translation := _translation(text, tasks):
        return translation
    if len(text) > MAX_CHARS or "\n" in text.strip():
        return None
    said = Line(text.strip(" \t.!?¡¿。！？")).left
    for name in ("stop", "help"):
        if name in tasks and said in phrases(name):
            return Command(name)
    return _telling(text, tasks)


_DATE = re.compile(r"\d{4}-|\d+\.\d|\d+/")
_COMMON = ("resume", "para", "summary", "recap")
"""Words that say too little alone, some of them common words of other languages."""


def _telling(text: str, tasks: Mapping[str, Task]) -> Command | None:
    """`/summarize` or `/catchup`, where every word of the text belongs to that wish."""
    task = tasks.get("summarize")
    if task is None or Line(text).left.strip(" .!?") in _COMMON:
        return None
    reading = FreeWords(task, text)
    is_missed = take_wish(reading.line, "catchup")
    is_asked = is_missed or take_wish(reading.line, "summarize")
    if not take_wish(reading.line, "happened") and not is_asked:
        return None
    reading.read(has_bare_numbers=False)
    options = reading.options
    is_scoped = bool(options.keys() & {"last", "since", "from", "channel"})
    # A topic without a place may be one of the whole world's.
    is_vague = "about" in options and not (is_scoped or reading.is_about_here)
    # What happened on a day may be asked of the world's.
    is_told = is_asked or reading.is_about_here or "channel" in options or _says_since(text)
    is_vague = is_vague or (bool(_DATE.match(options.get("since", ""))) and not is_told)
    if reading.line.unread() or is_vague or not (is_asked or is_scoped):
        return None
    if not is_missed:
        return Command("summarize", options)
    if options.keys() & {"last", "since", "from"}:
        return Command("summarize", {SHOW.name: "me", **options})
    return Command("catchup", options) if "catchup" in tasks else None


def _says_since(text: str) -> bool:
    return any(Line(text).search(words(name)) for name in ("since", "since behind"))


def _translation(text: str, tasks: Mapping[str, Task]) -> Command | None:
    """`/translate` of what is quoted, stands behind a colon, or is pointed at: never of words that may be
    part of the request."""
    found = re.search(r"[:：](?!//)", text)
    head, told = (text[: found.start()], text[found.end() :].strip()) if found else (text, "")
    if "translate" not in tasks or len(head) > MAX_CHARS:
        return None
    reading = FreeWords(tasks["translate"], head)
    line = reading.line
    if not take_wish(line, "translate"):
        return None
    quoted = None if found else reading.take(QUOTED)
    link = reading.take(LINK)
    target = line.take(into_language())
    is_pointed = line.take_all(words("this"))
    for name in ("polite", "ask for", "filler", "messages"):
        line.take_all(words(name))
    if line.unread() or (found and not told):
        return None
    options = target_of(target["language"]) if target else {}
    if told or quoted:
        given = told or (quoted or {})["topic"].strip()
        return Command("translate", {**options, "text": given}) if options else None
    if link:
        return Command("translate", {**options, "message": link["link"]})
    return Command("translate", options) if options or is_pointed else None
