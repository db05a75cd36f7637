"""What `models` and `doctor` say of the translation model, over folders with real headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.doctor import examine
from bot.cli.models import table
from bot.config import LoadedSettings, validate
from bot.errors import ConfigError
from bot.settings import Settings
from tests.unit.generation.test_catalog import make_seq2seq


def settings(folder: Path, translation: str | None) -> Settings:
    return validate({"bot_data_dir": str(folder), "bot_translation_model": translation})


def finding(folder: Path, translation: str | None) -> tuple[bool, str]:
    loaded = LoadedSettings(settings(folder, translation), {})
    found = next(found for found in examine(loaded) if found.subject == "translation model")
    return found.is_fine, found.detail


def test_translation_models_are_listed_apart(tmp_path):
    make_seq2seq(tmp_path / "models" / "opus-mt-en-fr")
    lines = table(settings(tmp_path, "opus-mt-en-fr")).splitlines()
    heading = lines.index("for BOT_TRANSLATION_MODEL:")
    assert "pocket" in lines[heading - 2] and "opus-mt-en-fr" in lines[heading + 1]
    assert lines[-1] == "BOT_TRANSLATION_MODEL=opus-mt-en-fr: opus-mt-en-fr"
    assert table(settings(tmp_path, None)).endswith("is not set: the chat model translates\n")
    assert "no such folder" in table(settings(tmp_path, "/nowhere"))


def test_the_doctor_looks_at_the_translation_model(tmp_path):
    make_seq2seq(tmp_path / "models" / "small")
    make_seq2seq(tmp_path / "models" / "huge", size_bytes=2 * 10**12)
    assert finding(tmp_path, None) == (True, "none is set: the chat model translates")
    assert finding(tmp_path, "org/name@main")[0]
    assert finding(tmp_path, "small")[0]
    is_fine, detail = finding(tmp_path, "huge")
    assert not is_fine and "are free" in detail
    assert not finding(tmp_path, "/nowhere")[0]


def test_an_address_is_refused_as_a_translation_model(tmp_path):
    with pytest.raises(ConfigError, match="BOT_TRANSLATION_MODEL"):
        settings(tmp_path, "https://user:secret@hub/x")
