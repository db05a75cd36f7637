"""Options in free words: `the last 2 hours in Spanish, as bullets`. Pure; what they are for is decided by who
asks, who is also told what was not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from bot.conversation.lexicon import (
    STRUCK,
    Form,
    Found,
    Line,
    a_language,
    a_number,
    either,
    languages,
    maybe,
    named,
    number_of,
    phrase,
    phrases,
    sequence,
    shape,
    words,
)
from bot.conversation.localised import choice_names
from bot.conversation.moments import Moments
from bot.conversation.tasks.task import SHOW, Task
from bot.conversation.text.languages import folded

MAX_CHARS = 240
"""Nobody says so much to say how a command is meant."""

Options = dict[str, str]

LINK = shape(r"<?(?P<link>https?://[^\s<>\0]+)>?")
CHANNEL = shape(
    r"(?P<channel><#\w+(?:\|[^<>\0]*)?>|(?<![\w#&])#(?=[\w-]*[^\W\d_])(?:[a-z\d_-]*[a-z][a-z\d_-]*|[\w-]+))"
)
QUOTED = shape('["“„«「](?P<topic>[^"“”„«»「」\0]+)["”“»」]')
_GAP = f" {folded('…')} "
"""Stands in phrases for whatever is between their two parts."""

_MESSAGE_LINK = re.compile(r"/channels/[^/\s]+/\d+/\d+|/archives/[^/\s]+/p\d+")
_NO_NUMBER = shape(r"(?P<wrong>-\d{1,9}|\d{6,20})(?![\w.,:/])")
"""What people say for how many messages and cannot be that: who reads the option says so."""
_QUOTED_NUMBER = re.compile(r"[\"“”„‘'](\d+)[\"“”’']")
_TOPIC = shape(r"[:：]? ?(?P<topic>[^\0]*\w[^\0]*?)(?=\0|\Z)")


def read_options(task: Task, text: str) -> tuple[Options, str]:
    """The options of a task without a rest that free words mean, and the words that mean none."""
    if len(text) > MAX_CHARS:
        return {}, text
    reading = FreeWords(task, _QUOTED_NUMBER.sub(r"\1", text))
    take_wish(reading.line, task.name)
    reading.read()
    return reading.options, reading.line.unread()


@cache
def _wishes(name: str) -> tuple[tuple[Form, ...], ...]:
    """The phrases of a wish, those in two parts first."""
    parts = [one.split(_GAP) for one in phrases(name)]
    pairs = [(phrase(first), phrase(second)) for first, second in (one for one in parts if len(one) == 2)]
    return (*pairs, (phrase(*(one[0] for one in parts if len(one) == 1)),))


def take_wish(line: Line, name: str) -> bool:
    """Strike out the words of a wish, as tasks are called in words; whether they are there. Such as have two
    parts may have others between."""
    for forms in _wishes(name):
        if all(line.search(form) for form in forms):
            for form in forms:
                line.take(form)
            return True
    return False


class FreeWords:
    """Free words behind the name of a task, as far as they are understood."""

    def __init__(self, task: Task, text: str) -> None:
        self.line = Line(text)
        self.options: Options = {}
        self.is_about_here = False
        self._known = {option.name: option for option in task.options}
        self._task = task

    def read(self, *, has_bare_numbers: bool = True) -> None:
        """Read everything: first what has a mark of its own, then a topic, which may be any words, then words
        that mean something by themselves, and at last those that mean nothing. `has_bare_numbers`: a number
        by itself is one of messages."""
        self._put_topic(sequence(maybe(words("about")), QUOTED, maybe(words("about behind"))))
        self.line.take_all(words("polite"))
        self._read_places()
        self._read_time()
        self._read_last()
        self._read_language(into_language())
        self._read_shown()
        self._read_topic()
        self._read_named()
        self._read_style()
        self._read_language(a_language())
        if has_bare_numbers:
            self._read_number()
        self.line.take_all(words("ask for"))
        here = sequence(maybe(words("this")), words("place"))
        self.is_about_here = self.line.take_all(here)
        self.line.take_all(words("filler"))

    def take(self, form: Form) -> Options | None:
        """What `form` found, its named parts as they were written."""
        found = self.line.search(form)
        if found is None:
            return None
        begin, match = found
        self.line.strike(begin, match.end)
        return {name: self.line.original(*span) for name, span in match.parts.items()}

    def _put(self, name: str, value: str) -> None:
        self.options.setdefault(name, value)

    def _read_places(self) -> None:
        is_wanted = bool({"from", "channel"} & self._known.keys())
        if is_wanted and (found := self.take(sequence(maybe(words("since")), LINK))):
            is_message = "from" in self._known and _MESSAGE_LINK.search(found["link"]) is not None
            self._put("from" if is_message else "channel", found["link"])
        if "channel" in self._known and (found := self.take(CHANNEL)):
            self._put("channel", found["channel"])

    def _read_time(self) -> None:
        if "since" in self._known and (value := Moments(self.line).take()):
            self._put("since", value)

    def _read_last(self) -> None:
        last, number, said = words("last"), named("n", a_number()), words("messages")
        forms = (
            sequence(last, number, maybe(said)),
            sequence(number, last, maybe(said)),
            sequence(number, said, maybe(last)),
        )
        if "last" in self._known and (found := self.line.take(either(*forms))):
            self._put("last", str(number_of(found["n"])))
        if "last" in self._known and (found := self.line.take(sequence(last, _NO_NUMBER, maybe(said)))):
            self._put("last", found["wrong"])

    def _read_number(self) -> None:
        is_open = "last" in self._known and "last" not in self.options
        if is_open and (found := self.line.take(named("n", a_number()))):
            self._put("last", str(number_of(found["n"])))

    def _read_language(self, form: Form) -> None:
        if "language" in self._known and (found := self.line.take(form)):
            self._put("language", languages()[found["language"]].code)

    def _read_shown(self) -> None:
        for who, value in (("private", "me"), ("public", "all")):
            form = sequence(maybe(words("filler")), words(who))
            if SHOW.name in self._known and self.line.take(form) is not None:
                self._put(SHOW.name, value)

    def _read_topic(self) -> None:
        about, behind = words("about"), words("about behind")
        self._put_topic(either(sequence(about, _TOPIC), _before(behind)))

    def _put_topic(self, form: Form) -> None:
        if "about" in self._known and "about" not in self.options and (found := self.take(form)):
            self._put("about", found["topic"].strip(" \t,.;:!?、。，"))

    def _read_style(self) -> None:
        style = self._known.get("style")
        for choice in style.choices if style else ():
            if self.line.take(sequence(maybe(words("filler")), words(choice))) is not None:
                self._put("style", choice)
                return

    def _read_named(self) -> None:
        """Options by their names, with a space before the value: `speak always`, `language French`."""
        for option in self._known.values():
            name = phrase(option.name)
            if option.suggests == "language":
                self._read_language(sequence(name, a_language()))
            choices = option.choices if option is not SHOW else ()
            for choice in choices:
                if (
                    self.line.take(sequence(name, phrase(*choice_names(self._task, option, choice))))
                    is not None
                ):
                    self._put(option.name, choice)


def _before(mark: Form) -> Form:
    """All words that stand before a mark, as far as nothing was struck out there, as a part `topic`."""

    def find(text: str, at: int) -> Iterator[Found]:
        for end in range(at + 1, len(text)):
            if text[end - 1] == STRUCK:
                return
            for found in mark.find(text, end):
                if found.end > end and text[at:end].strip():
                    yield Found(found.end, {"topic": (at, end)})

    return Form(find)


@cache
def into_language() -> Form:
    """`in Spanish`, `ins Deutsche`, `vers l'anglais`, `スペイン語で`."""
    article = maybe(phrase("l'", "l", "lo", "el", "le", "the", "o"))
    before = sequence(words("into"), article, a_language())
    return either(before, sequence(a_language(), words("into behind")))
