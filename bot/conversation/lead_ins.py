"""What the beginning or the end of a text says to do with it: `to French: Hello`, `deploy day in #ops since
monday`. Pure. Where that is not plain, the text is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from bot.conversation.free_words import CHANNEL, MAX_CHARS, Options, into_language
from bot.conversation.lexicon import (
    Form,
    Found,
    Line,
    a_language,
    either,
    languages,
    maybe,
    phrase,
    sequence,
    shape,
    words,
)
from bot.conversation.localised import find_choice, find_option
from bot.conversation.moments import Moments
from bot.conversation.tasks.task import Task
from bot.conversation.text.languages import find_language
from bot.conversation.text.times import can_read_since

END_CHARS = 2 * MAX_CHARS
"""So much of the end of a text is looked at, however long it is."""
_SEPARATOR = re.compile(r" ?[:：,，\n]\s*(?=\S)| (?=[\"“„«「])")
"""What stands between the wish and the text."""
_NAMED = re.compile(r"(?:in)?to ([^\W\d_a-z]\w{2,}) ?[:：]\s+(?=\S)")
"""What is called like a language before a text: `to Klingon: hello`, and not `to sum up: hello`."""
_OPTION_AT_END = re.compile(r"(?<=\S)\s+(?:--)?([^\W\d_]+)[:=：]\s?(\S+)\s*\Z")


def read_rest(task: Task, text: str) -> tuple[Options, str]:
    """The options that the beginning or the end of a text says which a task takes whole, and that text."""
    read = _READERS.get(task.name)
    return read(task, text) if read else ({}, text)


def _read_translation(task: Task, text: str) -> tuple[Options, str]:
    """`to French: Hello`, `Hello -> French`, `this into French`. Where it is not plain that the text is over,
    all of it is the text."""
    plain = _target_alone(text) or _target_before(text) or _unknown_target(text)
    return plain or _option_behind(task, text) or _target_behind(text) or ({}, text)


def _target_alone(text: str) -> tuple[Options, str] | None:
    """`this into French, please`: there is no text in it."""
    if len(text) > MAX_CHARS:
        return None
    line = Line(text)
    found = line.take(either(into_language(), a_language()))
    for name in ("this", "polite", "ask for"):
        line.take_all(words(name))
    return (target_of(found["language"]), "") if found and not line.unread() else None


def _target_before(text: str) -> tuple[Options, str] | None:
    """`to French: Hello`."""
    line = Line(text[:MAX_CHARS])
    for found in sequence(maybe(words("this")), into_language()).find(line.left, 0):
        if separator := _SEPARATOR.match(line.left, found.end):
            rest = text[line.origin(separator.end()) :]
            return target_of(line.left[slice(*found.parts["language"])]), _unquoted(rest)
    return None


def _unknown_target(text: str) -> tuple[Options, str] | None:
    """`to Klingon: hello`: the task says that it knows no such language."""
    found = _NAMED.match(text)
    return ({"to": found[1]}, _unquoted(text[found.end() :])) if found else None


def _option_behind(task: Task, text: str) -> tuple[Options, str] | None:
    """`Hello to:fr`."""
    found = _OPTION_AT_END.search(text, max(0, len(text) - MAX_CHARS))
    target = find_language(found[2]) if found else None
    option = next((one for one in task.options if one.name == "to"), None)
    if not found or not target or option is None:
        return None
    is_named = found[1].casefold() == option.name or find_option(task, found[1]) is option
    return ({option.name: target.code}, _unquoted(text[: found.start()])) if is_named else None


def _target_behind(text: str) -> tuple[Options, str] | None:
    """`Hello -> French`, `Hello ins Französische`, `"Hello" in French`."""
    rest, end = text[:-END_CHARS], text[-END_CHARS:]
    line = Line(end)
    arrow = sequence(shape("->|=>|→"), either(into_language(), a_language()))
    dash = sequence(shape(r"(?<= )[-–—](?= )"), into_language())
    surely = sequence(words("surely into"), maybe(phrase("l'", "le", "the")), a_language())
    quoted = sequence(shape(r"(?<=[\"”“»」])(?=\s|\w)"), into_language())
    bare = sequence(phrase("to"), a_language())
    is_plain = not re.search(r"\bfrom\b", line.left)  # else it may be told from which language to which
    for begin, found in _at_end(line, either(arrow, dash, surely, quoted, *[bare] * is_plain)):
        return target_of(line.left[slice(*found.parts["language"])]), _unquoted(
            rest + line.original(0, begin)
        )
    return None


def target_of(name: str) -> Options:
    """The option of `/translate` for a language by its folded name."""
    return {"to": languages()[name].code}


def _at_end(line: Line, form: Form) -> Iterator[tuple[int, Found]]:
    """Where a form stands at the end of a line and words before it, without the end of a sentence."""
    for begin in range(max(1, len(line.left) - MAX_CHARS), len(line.left)):
        for found in form.find(line.left, begin):
            if not line.left[found.end :].strip() and re.search(r"\w", line.left[:begin]):
                yield begin, found


def _read_search(task: Task, text: str) -> tuple[Options, str]:
    """`deploy day in #ops since yesterday`: a channel and a time, at the end and with words before them. What
    is quoted is sought as it is."""
    if len(text) > MAX_CHARS:
        return {}, text
    options: Options = {}
    rest = text.strip()
    while end := _end_of_search(rest):
        name, value, begin = end
        if name in options:
            break
        options[name], rest = value, Line(rest).original(0, begin).rstrip()
    return options, rest


def _end_of_search(text: str) -> tuple[str, str, int] | None:
    """The option that the end of a search means, its value, and where it begins."""
    line = Line(text)
    before = maybe(either(words("into"), words("filler")))
    for begin, found in _at_end(line, sequence(before, CHANNEL)):
        return "channel", line.original(*found.parts["channel"]), begin
    for begin in range(max(1, len(line.left) - MAX_CHARS), len(line.left)):
        is_quoted = line.left.count('"', 0, begin) % 2
        if not is_quoted and next(words("since").find(line.left, begin), None):
            tail = Line(line.original(begin, len(line.left)))
            value = Moments(tail).take()
            if value and can_read_since(value) and not tail.unread():
                return "since", value, begin
    return None


def _read_request(task: Task, text: str) -> tuple[Options, str]:
    """The kind of text that a request begins with, `a poem about autumn`; the request stays whole."""
    option = next(option for option in task.options if option.name == "kind")
    line = Line(text[:MAX_CHARS])
    about = either(words("about"), words("into"), phrase("for", "on", "fur", "pour", "para"))
    around = maybe(either(words("ask for"), words("filler")))
    head = sequence(around, around, shape(r"(?P<kind>[\w-]+)"), about)
    for found in head.find(line.left.lstrip(), 0):
        said = line.left.lstrip()[slice(*found.parts["kind"])]
        kind = find_choice(task, option, said)
        if kind and kind != "text":
            return {"kind": kind}, text
    return {}, text


_READERS: Mapping[str, Callable[[Task, str], tuple[Options, str]]] = {
    "translate": _read_translation,
    "search": _read_search,
    "write": _read_request,
}


def _unquoted(text: str) -> str:
    text = text.strip()
    pairs = ('""', "“”", "„“", "«»", "「」", "''")
    is_quoted = len(text) > 1 and text[0] + text[-1] in pairs and text[-1] not in text[1:-1]
    return text[1:-1].strip() if is_quoted else text
