"""Telling the language of short chat lines with the small model, and what is added to it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.conversation.text.detect import detect as by_words
from bot.conversation.text.detect import judge
from bot.conversation.translation.detection import detect

LINES = Path(__file__).parents[3] / "benchmarks" / "data" / "detection.jsonl"


async def test_short_chat_lines_in_twenty_languages_are_told() -> None:
    rows = [json.loads(line) for line in LINES.read_text(encoding="utf-8").splitlines()]
    found = await asyncio.gather(*(detect(row["text"]) for row in rows))
    right = [guess is not None and guess.code == row["lang"] for guess, row in zip(found, rows, strict=True)]
    sure = [is_right for guess, is_right in zip(found, right, strict=True) if guess and guess.is_sure]
    assert len({row["lang"] for row in rows}) == 20 and len(rows) >= 400
    assert sum(right) / len(right) >= 0.94
    assert sum(sure) / len(sure) >= 0.96 and len(sure) / len(rows) >= 0.85


@pytest.mark.parametrize("text", ["", "👍🎉", "12345", "⟦0⟧", "hello привет"])
async def test_without_letters_of_one_script_there_is_no_guess(text: str) -> None:
    assert await detect(text) is None


async def test_the_usual_language_decides_where_the_line_does_not() -> None:
    for code in ("da", "no"):
        found = await detect("haha det er helt", hint=code)
        assert found is not None and found.code == code
    certain = await detect("Where are you going tonight?", hint="da")
    assert certain is not None and certain.code == "en" and certain.is_sure


async def test_thin_evidence_is_not_sure() -> None:
    found = await detect("ok")
    assert found is not None and not found.is_sure


@pytest.mark.parametrize(
    ("word", "code"), [("ja", "de"), ("si", "es"), ("sí", "es"), ("no", "en"), ("non", "fr"), ("hola", "es")]
)
async def test_a_word_of_several_languages_is_not_sure_and_taken_for_a_known_one(
    word: str, code: str
) -> None:
    found = await detect(word, known=("en", "es", "fr", "de"))
    assert found is not None and found.code == code and not found.is_sure
    alone = await detect(word)
    assert alone is not None and not alone.is_sure


async def test_the_usual_language_goes_before_the_known_ones() -> None:
    found = await detect("ja", hint="nl", known=("en", "de"))
    assert found is not None and found.code == "nl" and not found.is_sure


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("danke", "de"),
        ("danke dir", "de"),
        ("hola amigo", "es"),
        ("merci", "fr"),
        ("Buenos días a todos", "es"),
        ("Bonjour tout le monde", "fr"),
    ],
)
async def test_greetings_of_one_language_are_sure(text: str, code: str) -> None:
    found = await detect(text)
    assert found is not None and found.code == code and found.is_sure


def test_words_alone_do_where_there_is_no_model() -> None:
    assert by_words("Ik weet niet waar je bent") == "nl" and by_words("Xyzzy") is None
    found = judge("Ich weiß nicht, wo du bist", {})
    assert found is not None and found.code == "de" and found.is_sure


def test_the_model_costs_little_and_loads_no_downloader() -> None:
    script = (
        "import asyncio, sys\n"
        "from bot.conversation.translation.detection import detect\n"
        "assert 'fasttext' not in sys.modules\n"
        "assert asyncio.run(detect('Where are you?')).code == 'en'\n"
        "assert 'fasttext' in sys.modules and 'requests' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
