"""Naming and guessing languages, finding sentences, and reading times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.text.detect import detect
from bot.conversation.text.language_names import OTHER_NAMES
from bot.conversation.text.languages import LANGUAGES, find_language
from bot.conversation.text.sentences import sentences
from bot.conversation.text.times import parse_since
from bot.errors import CommandError

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fr", "fr"),
        ("French", "fr"),
        ("français", "fr"),
        ("FRANCAIS", "fr"),
        ("🇫🇷", "fr"),
        ("🇧🇷", "pt"),
        ("pt-BR", "pt"),
        ("日本語", "ja"),
        ("zh_TW", "zh"),
        (" Deutsch ", "de"),
        ("한국어", "ko"),
        ("हिन्दी", "hi"),
        ("alemán", "de"),
        ("aleman", "de"),
        ("allemand", "de"),
        ("ドイツ語", "de"),
        ("немецкий", "de"),
        ("德语", "de"),
        ("chinesisch", "zh"),
        ("giapponese", "ja"),
        ("Íslenska", "is"),
    ],
)
def test_languages_are_found_by_code_name_own_name_and_flag(name: str, code: str) -> None:
    found = find_language(name)
    assert found is not None and found.code == code


@pytest.mark.parametrize("name", ["", "Klingon", "x", "Hello", "🏴", "frog", "-"])
def test_what_is_no_language_is_none(name: str) -> None:
    assert find_language(name) is None


def test_every_language_answers_to_all_its_names() -> None:
    for entry in LANGUAGES:
        assert {find_language(name) for name in (entry.code, entry.name, entry.own_name)} == {entry}
        assert {find_language(name) for name in OTHER_NAMES[entry.code]} == {entry}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where are you going tonight?", "en"),
        ("Où est-ce que tu vas ce soir ?", "fr"),
        ("Ich habe heute keine Zeit für dich.", "de"),
        ("¿Dónde está la estación de tren?", "es"),
        ("Eu não sei o que você quer fazer.", "pt"),
        ("Non so che cosa hai detto, ma va bene.", "it"),
        ("Ik weet niet waar je bent.", "nl"),
        ("Nie wiem, co się stało.", "pl"),
        ("Jag vet inte vad du säger.", "sv"),
        ("Bunu neden yaptın, çok güzel değil mi?", "tr"),
        ("Я не знаю, где ты.", "ru"),
        ("Я не знаю, де ти, але її бачив.", "uk"),
        ("今日はどこへ行きますか", "ja"),
        ("你今天去哪里", "zh"),
        ("오늘 어디 가세요", "ko"),
        ("أين تذهب اليوم", "ar"),
        ("آیا امروز می‌آیی؟ چه خبر", "fa"),
        ("आप कहाँ जा रहे हैं", "hi"),
        ("שלום מה שלומך", "he"),
        ("Πού πας σήμερα", "el"),
    ],
)
def test_sentences_are_recognised(text: str, code: str) -> None:
    assert detect(text) == code


@pytest.mark.parametrize("text", ["", "👍🎉", "12345", "ok", "Xyzzy plugh", "hello привет"])
def test_thin_evidence_is_no_language(text: str) -> None:
    assert detect(text) is None


@given(st.text(max_size=500), st.integers(20, 200))
def test_sentences_join_to_the_text_and_keep_to_the_limit(text: str, limit: int) -> None:
    found = sentences(text, limit)
    assert "".join(sentence + gap for sentence, gap in found) == text
    assert all(len(sentence) <= limit for sentence, _ in found)


def test_sentences_end_where_they_end() -> None:
    text = 'Hi there. It costs 3.50 today! "Really?" Yes\nNew line。次の文。'
    assert [sentence for sentence, _ in sentences(text)] == [
        "Hi there.",
        "It costs 3.50 today!",
        '"Really?"',
        "Yes",
        "New line。",
        "次の文。",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", NOW - timedelta(hours=2)),
        ("90 min", NOW - timedelta(minutes=90)),
        ("3d ago", NOW - timedelta(days=3)),
        ("9:00", NOW.replace(hour=9, minute=0)),
        ("9pm", NOW.replace(hour=21, minute=0) - timedelta(days=1)),
        ("12am", NOW.replace(hour=0, minute=0)),
        ("today", NOW.replace(hour=0, minute=0)),
        ("Yesterday", NOW.replace(hour=0, minute=0) - timedelta(days=1)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=NOW.tzinfo)),
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
    ],
)
def test_times_are_read(text: str, expected: datetime) -> None:
    assert parse_since(text, NOW) == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "9:75", "13pm", "9", "2026-13-01"])
def test_times_that_are_none_are_refused_with_examples(text: str) -> None:
    with pytest.raises(CommandError, match="since:2h"):
        parse_since(text, NOW)
