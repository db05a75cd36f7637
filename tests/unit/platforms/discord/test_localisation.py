"""Commands in the languages of Discord's clients: complete, and as Discord takes them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from bot.conversation import words as words_folder
from bot.conversation.commands import parse_command
from bot.conversation.localised import find_command, find_option
from bot.conversation.tasks import TASKS
from bot.conversation.text.languages import LANGUAGES, find_language
from bot.conversation.text.times import can_read_since
from bot.conversation.words import LOCALES, words
from bot.platforms.discord.commands import payloads
from bot.platforms.discord.localised import LOCALES as CLIENTS

COMMANDS = [task for task in TASKS if task.is_command]
PAYLOADS: list[dict[str, Any]] = payloads(TASKS)
MAX_COMMAND_CHARS = 8000
"""Names, descriptions and values of a command, the longest language of each."""


def is_name(name: str) -> bool:
    """What Discord takes as a name, and what can be typed behind the bot's name too."""
    is_of_letters = all(char in "-_" or unicodedata.category(char)[0] in "LN" for char in name)
    return is_of_letters and 1 <= len(name) <= 32 and name == name.lower()


@pytest.mark.parametrize("locale", LOCALES)
def test_every_command_option_and_choice_has_its_words(locale: str) -> None:
    known = words(locale)
    missing = [task.name for task in COMMANDS if known.command(task.name) is None]
    for task in COMMANDS:
        for option in task.options:
            if known.option(task.name, option.name) is None:
                missing.append(f"{task.name} {option.name}")
            missing += [
                f"{task.name} {option.name}={choice}"
                for choice in option.choices
                if known.choice(task.name, option.name, choice) is None
            ]
    assert missing == [], f"bot/conversation/words/{locale}.json lacks these"


@pytest.mark.parametrize("locale", LOCALES)
def test_no_word_is_kept_that_nothing_uses(locale: str) -> None:
    known = words(locale)
    names = {task.name for task in COMMANDS}
    options = {
        key for task in COMMANDS for one in task.options for key in (one.name, f"{task.name} {one.name}")
    }
    choices = {
        key
        for task in COMMANDS
        for one in task.options
        for choice in one.choices
        for key in (choice, f"{one.name}={choice}", f"{task.name} {one.name}={choice}")
    }
    assert set(known.commands) - names == set()
    assert set(known.options) - options == set()
    assert set(known.choices) - choices == set()


@pytest.mark.parametrize("locale", [*LOCALES, "en"])
def test_every_language_knows_the_same_times_and_languages(locale: str) -> None:
    assert list(words(locale).times) == list(words("en").times)
    for value in words(locale).times:
        assert can_read_since(f"3{value}" if len(value) == 1 else value)
    assert all(("{n}" in name) == (len(value) == 1) for value, name in words(locale).times.items())
    if locale != "en":
        assert set(words(locale).languages) == {language.code for language in LANGUAGES}
        for code, name in words(locale).languages.items():
            found = find_language(name)
            assert found is not None and found.code == code, name


def test_discord_takes_the_names_and_descriptions() -> None:
    for payload in PAYLOADS:
        for named in (payload, *payload["options"]):
            assert set(named["name_localizations"]) == set(named["description_localizations"]) == set(CLIENTS)
            for name in (named["name"], *named["name_localizations"].values()):
                assert is_name(name), name
            for text in (named["description"], *named["description_localizations"].values()):
                assert 1 <= len(text) <= 100, text
        for choice in (choice for option in payload["options"] for choice in option.get("choices", ())):
            assert set(choice["name_localizations"]) == set(CLIENTS)
            assert all(1 <= len(name) <= 100 for name in choice["name_localizations"].values())
            assert choice["value"] == choice["name"], "values are the same in every language"


@pytest.mark.parametrize("client", CLIENTS)
def test_no_two_names_are_the_same_in_one_language(client: str) -> None:
    commands = [payload["name_localizations"][client] for payload in PAYLOADS]
    assert len(set(commands)) == len(commands)
    for payload in PAYLOADS:
        options = [option["name_localizations"][client] for option in payload["options"]]
        assert len(set(options)) == len(options), payload["name"]
        for option in payload["options"]:
            choices = [choice["name_localizations"][client] for choice in option.get("choices", ())]
            assert len(set(choices)) == len(choices), option["name"]


def test_a_command_is_not_too_long_in_any_language() -> None:
    def longest(named: dict[str, Any], field: str) -> int:
        return max(map(len, (named[field], *named.get(f"{field}_localizations", {}).values())))

    for payload in PAYLOADS:
        described = (payload, *payload["options"])
        choices = [choice for option in payload["options"] for choice in option.get("choices", ())]
        length = sum(longest(named, "name") + longest(named, "description") for named in described)
        length += sum(longest(choice, "name") + len(choice["value"]) for choice in choices)
        assert length <= MAX_COMMAND_CHARS, payload["name"]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_people_type_in_their_language_means_the_command(locale: str) -> None:
    for task in COMMANDS:
        label = words(locale).command(task.name)
        assert label is not None and find_command(label.name, COMMANDS) is task, label
        for option in task.options:
            named = words(locale).option(task.name, option.name)
            assert named is not None and find_option(task, named.name) is option, (task.name, named)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_word_of_one_language_is_an_english_name_of_something_else(locale: str) -> None:
    names = {task.name for task in COMMANDS}
    for task in COMMANDS:
        label = words(locale).command(task.name)
        assert label is not None and (label.name == task.name or label.name not in names)
        options = {option.name for option in task.options}
        for option in task.options:
            named = words(locale).option(task.name, option.name)
            assert named is not None and (named.name == option.name or named.name not in options)


@pytest.mark.parametrize(
    ("typed", "name", "options"),
    [
        ("/resumir últimos:50 estilo:puntos", "summarize", {"last": "50", "style": "bullets"}),
        ("/RESUMIR ultimos=50", "summarize", {"last": "50"}),
        ("/résumer depuis:hier", "summarize", {"since": "yesterday"}),
        ('/zusammenfassen seit:"vor 3 Stunden"', "summarize", {"since": "3h"}),
        ("/traduzir para:francês Bom dia", "translate", {"to": "francês", "text": "Bom dia"}),
        ("/总结 最近：50 样式：要点", "summarize", {"last": "50", "style": "bullets"}),
        ("/搜尋 關鍵字:貓", "search", {"words": "貓"}),
        ("/要約 いつから:昨日 表示:自分だけ", "summarize", {"since": "yesterday", "show": "me"}),
        ("/ajuda resumir", "help", {"command": "resumir"}),
    ],
)
def test_a_typed_line_is_read_in_any_language(typed: str, name: str, options: dict[str, str]) -> None:
    command = parse_command(typed)
    assert command is not None and (command.name, command.options) == (name, options)


def test_text_that_only_looks_like_an_option_stays_text() -> None:
    command = parse_command("/preguntar Oye: ¿qué tal?")
    assert command is not None and command.options == {"question": "Oye: ¿qué tal?"}


def test_every_file_is_of_a_language_and_shows_its_letters() -> None:
    folder = Path(words_folder.__file__).parent
    assert {path.stem for path in folder.glob("*.json")} == {*LOCALES, "en"}
    assert not any("\\u" in path.read_text(encoding="utf-8") for path in folder.glob("*.json"))
