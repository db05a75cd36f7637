"""The small language in which the bot's own small talk is written, and how to draw from it.

Knows the file format, the folder of the files, and randomness; nothing about tokens, tasks or models.

A file is a list of intents::

    @ joke_more < joke          an intent; after `<`, the intents that it may only follow
    ? [another|one more] [one|joke|] please
    ! Sure! Why did the tomato blush? It saw the salad dressing.

`?` lines are what a user may write, `!` lines what the bot answers. `[a|b|]` chooses one part, the
empty one included; brackets nest. A `~` line is what users write most, word for word: `~ hi|hello`. A
line `= text` takes over the questions that a small-talk data set
answers with just that text. Lines starting with `#` and empty lines are skipped.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SMALL_TALK_FOLDER = Path(__file__).parent / "smalltalk"

ANSWERS_ONLY = ("unknown", "remark")
"""Intents whose questions come from data sets."""


@dataclass
class Intent:
    """One thing that a user may mean: ways to say it, ways to answer, and what it may follow."""

    name: str
    language: str
    follows: tuple[str, ...] = ()
    questions: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    borrows: list[str] = field(default_factory=list)
    common: list[str] = field(default_factory=list)


class GrammarError(ValueError):
    """A line of a grammar file cannot be read; the message names the file and line."""


def read_intents(folder: Path = SMALL_TALK_FOLDER) -> list[Intent]:
    """The intents of all languages. Raises GrammarError."""
    return [intent for path in sorted(folder.glob("*.txt")) for intent in read_grammar(path)]


def read_names(path: Path = SMALL_TALK_FOLDER / "names.list") -> list[str]:
    """Speakers' names, one a line of `path`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def read_grammar(path: Path) -> list[Intent]:
    """All intents of one file; the language is the file's stem. Raises GrammarError."""
    intents: list[Intent] = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        try:
            _read_line(line, path.stem, intents)
        except (IndexError, ValueError) as error:
            raise GrammarError(f"{path.name}:{number}: {error}") from error
    for intent in intents:
        if not (intent.questions or intent.name in ANSWERS_ONLY) or not intent.answers:
            raise GrammarError(f"{path.name}: intent {intent.name} lacks questions or answers")
    return intents


def _read_line(line: str, language: str, intents: list[Intent]) -> None:
    mark, rest = line[0], line[1:].strip()
    if mark == "@":
        name, _, follows = rest.partition("<")
        intents.append(Intent(name.strip(), language, tuple(follows.split())))
        return
    if mark not in "?!=~":
        raise ValueError(f"a line starts with @, ?, !, =, ~ or #, not {mark!r}")
    if not intents:
        raise ValueError("an intent (@) must come first")
    if mark == "~":
        intents[-1].common += rest.split("|")
        return
    next(iter(expand(rest)))
    kinds = {"?": intents[-1].questions, "!": intents[-1].answers, "=": intents[-1].borrows}
    kinds[mark].append(rest)


def expand(template: str) -> Iterator[str]:
    """Every text that `template` can give, in order. Raises ValueError on unbalanced brackets."""
    for text in _expand_nodes(_parse(template)):
        yield _tidy(text)


def draw(template: str, rng: random.Random) -> str:
    """One text of `template`, every choice being uniform."""
    return _tidy(_draw_nodes(_parse(template), rng))


def count(template: str) -> int:
    """How many texts `template` can give, repeats included."""
    return _count_nodes(_parse(template))


Node = str | list["Sequence"]
Sequence = list[Node]

_cache: dict[str, Sequence] = {}


def _parse(template: str) -> Sequence:
    if template not in _cache:
        sequence, end = _parse_sequence(template, 0, 0)
        if end != len(template):
            raise ValueError(f"unbalanced brackets in {template!r}")
        _cache[template] = sequence
    return _cache[template]


def _parse_sequence(template: str, start: int, depth: int) -> tuple[Sequence, int]:
    sequence: Sequence = []
    text = ""
    while start < len(template):
        char = template[start]
        if char == "[":
            choices, start = _parse_choices(template, start + 1, depth + 1)
            sequence += [text, choices]
            text = ""
        elif depth and char in "|]":
            break
        else:
            text += char
            start += 1
    return [*sequence, text], start


def _parse_choices(template: str, start: int, depth: int) -> tuple[list[Sequence], int]:
    choices: list[Sequence] = []
    while True:
        sequence, start = _parse_sequence(template, start, depth)
        choices.append(sequence)
        if start >= len(template):
            raise ValueError(f"unbalanced brackets in {template!r}")
        start += 1
        if template[start - 1] == "]":
            return choices, start


def _expand_nodes(sequence: Sequence) -> Iterator[str]:
    if not sequence:
        yield ""
        return
    head, tail = sequence[0], sequence[1:]
    heads = [head] if isinstance(head, str) else (text for choice in head for text in _expand_nodes(choice))
    for first in heads:
        for rest in _expand_nodes(tail):
            yield first + rest


def _draw_nodes(sequence: Sequence, rng: random.Random) -> str:
    return "".join(node if isinstance(node, str) else _draw_nodes(rng.choice(node), rng) for node in sequence)


def _count_nodes(sequence: Sequence) -> int:
    total = 1
    for node in sequence:
        if not isinstance(node, str):
            total *= sum(_count_nodes(choice) for choice in node)
    return total


def _tidy(text: str) -> str:
    """Drop the doubled spaces, and the spaces before a comma or full stop, that empty choices leave."""
    return " ".join(text.split()).replace(" ,", ",").replace(" . ", ". ")
