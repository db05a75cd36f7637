"""What people are offered while they type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.suggestions import MAX_SUGGESTIONS, suggest
from bot.conversation.tasks import TASKS
from bot.conversation.tasks.task import Suggests
from bot.conversation.text.languages import LANGUAGES, find_language
from bot.conversation.text.times import can_read_since
from bot.conversation.words import LOCALES


def values(*asked: str) -> list[str]:
    return [suggestion.value for suggestion in suggest(*asked)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *(("deu", "de"), ("allem", "de"), ("ドイ", "de"), ("🇩🇪", "de"), ("aleman", "de"), ("德", "de")),
        *(("pt", "pt"), ("🇧🇷", "pt"), ("nied", "nl"), ("中", "zh"), ("हिन्", "hi"), ("РУСС", "ru")),
    ],
)
def test_a_language_is_found_by_the_beginning_of_any_name(typed: str, code: str) -> None:
    assert values("language", typed)[0] == code


def test_what_is_meant_exactly_comes_first() -> None:
    assert values("language", "no")[0] == "no"
    assert values("language", "ar")[:1] == ["ar"]


@pytest.mark.parametrize("locale", [*LOCALES, "en-GB", "zh-HK", "sv-SE", "xx"])
def test_without_a_letter_the_persons_language_comes_first(locale: str) -> None:
    offered = suggest("language", " ", locale)
    own = locale.partition("-")[0]
    assert len(offered) == MAX_SUGGESTIONS
    assert offered[0].value == (own if own != "xx" else "en")
    assert len({suggestion.value for suggestion in offered}) == MAX_SUGGESTIONS


def test_a_name_is_shown_in_two_languages_unless_they_are_one() -> None:
    assert suggest("language", "de", "es-419")[0].name == "🇩🇪 Alemán · Deutsch"
    assert suggest("language", "de", "de")[0].name == "🇩🇪 Deutsch"
    assert suggest("language", "eu", "en-US")[0].name == "Basque · euskara"
    assert suggest("language", "ja", "zh-TW")[0].name == "🇯🇵 日文 · 日本語"


@pytest.mark.parametrize("locale", [*LOCALES, "en"])
def test_every_suggestion_is_understood_when_it_is_chosen(locale: str) -> None:
    for language in LANGUAGES:
        for suggestion in suggest("language", language.own_name, locale):
            assert find_language(suggestion.value) is not None
    for typed in ("", "3", "1", "9:30", "2026-11-20", "12 h", "m", "v"):
        for suggestion in suggest("time", typed, locale):
            assert can_read_since(suggestion.value), suggestion
            assert 1 <= len(suggestion.name) <= 100
    names = {task.name for task in TASKS if task.is_command}
    offered = suggest("command", "", locale)
    assert {suggestion.value for suggestion in offered} <= names and len(offered) == min(25, len(names))
    assert all(len(suggestion.name) <= 100 for suggestion in offered)


@pytest.mark.parametrize(
    ("typed", "locale", "expected"),
    [
        ("", "en", ["my last message", "1h", "3h", "today", "yesterday"]),
        ("3", "en", ["3h", "3d", "3m", "3w", "3:00"]),
        ("3 d", "es", ["3d"]),
        ("1", "fr", ["1h", "1d", "1m", "1w", "1:00"]),
        ("hace 2 ho", "es-419", ["2h"]),
        ("vor 5", "de", ["5h", "5d", "5m", "5w"]),
        ("3時", "ja", ["3h"]),
        ("昨", "zh-CN", ["yesterday"]),
        ("mier", "es-ES", ["wednesday"]),
        ("9:30", "en", ["9:30"]),
        ("2026-11-20", "en", ["2026-11-20"]),
        ("nonsense", "en", []),
    ],
)
def test_times_are_offered_in_words(typed: str, locale: str, expected: list[str]) -> None:
    assert values("time", typed, locale)[: len(expected) or None] == expected


def test_no_suggestion_is_longer_than_platforms_show() -> None:
    assert all(len(one.name) <= 100 for one in suggest("time", f"3{' ' * 150}h"))


def test_one_is_one() -> None:
    assert [suggestion.name for suggestion in suggest("time", "1 h", "en")] == ["1 hour ago"]
    assert [suggestion.name for suggestion in suggest("time", "2 h", "en")] == ["2 hours ago"]


def test_commands_are_found_by_their_names_and_by_what_they_do() -> None:
    assert values("command", "/tradu", "fr")[0] == "translate"
    assert values("command", "sum", "en")[0] == "summarize"
    assert "summarize" in values("command", "enlaces", "es-ES")
    assert values("command", "summ", "ja")[0] == "summarize", "English names are always understood"


@given(
    st.text(max_size=60), st.sampled_from(["language", "time", "command"]), st.sampled_from([*LOCALES, "en"])
)
def test_whatever_is_typed_is_answered(typed: str, kind: Suggests, locale: str) -> None:
    offered = suggest(kind, typed, locale)
    assert len(offered) <= MAX_SUGGESTIONS
    assert all(1 <= len(one.name) <= 100 and 1 <= len(one.value) <= 100 for one in offered)
