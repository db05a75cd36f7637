"""What commands, options, choices, times and languages are called in other languages than English: data, one
file a language, and its reading.

A file has six tables: `commands` by name and `options` by `command option`, or by `option` where it is the
same everywhere, both with a name and a description; `choices` by `command option=choice`, `option=choice` or
`choice`; `times` by what `text.times` reads; `languages` by code; and `wording`: what people say in
sentences, by what it means to `conversation.wording`. Names follow the strictest platform: small letters, no
spaces. English stands in the tasks themselves, but for its times and its wording.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

LOCALES = ("de", "es", "fr", "ja", "pt", "zh", "zh-TW")
"""The languages that there are words in, beside English. `zh` is written in simplified characters."""

_TRADITIONAL = ("zh-TW", "zh-HK", "zh-MO", "zh-Hant")
_FOLDER = Path(__file__).parent


class Label(NamedTuple):
    """How a command or an option is shown."""

    name: str
    help: str


@dataclass(frozen=True, slots=True)
class Words:
    """The tables of one language."""

    commands: Mapping[str, Label]
    options: Mapping[str, Label]
    choices: Mapping[str, str]
    times: Mapping[str, str]
    languages: Mapping[str, str]
    wording: Mapping[str, Sequence[str]]

    def command(self, name: str) -> Label | None:
        """The label of a command."""
        return self.commands.get(name)

    def option(self, command: str, name: str) -> Label | None:
        """The label of a command's option."""
        return self.options.get(f"{command} {name}") or self.options.get(name)

    def choice(self, command: str, option: str, value: str) -> str | None:
        """The name of a choice of a command's option."""
        keys = (f"{command} {option}={value}", f"{option}={value}", value)
        return next((self.choices[key] for key in keys if key in self.choices), None)


@cache
def words(locale: str) -> Words:
    """The words for a client's locale (`pt-BR`, `zh-TW`, `sv`); English ones where there are none."""
    if locale.startswith(_TRADITIONAL):
        return _read("zh-TW")
    language = locale.partition("-")[0]
    return _read(language if language in LOCALES else "en")


@cache
def _read(name: str) -> Words:
    tables = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Words(
        {key: Label(*label) for key, label in tables.get("commands", {}).items()},
        {key: Label(*label) for key, label in tables.get("options", {}).items()},
        tables.get("choices", {}),
        tables["times"],
        tables.get("languages", {}),
        tables["wording"],
    )
