"""The command line from outside: help, settings, exit codes, pipes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.process import CommandLine

SECRET = "xoxb-secret-that-nobody-may-see"


def test_help_is_quick_and_names_every_command(parley: CommandLine) -> None:
    started_s = time.monotonic()
    result = parley.run("--help")
    assert result.returncode == 0
    # Half a second on an idle machine; twice that leaves room for a busy one.
    assert time.monotonic() - started_s < 1.0
    for command in (
        "run",
        "chat",
        "write",
        "summarize",
        "translate",
        "models",
        "config",
        "doctor",
        "db",
        "train",
    ):
        assert command in result.stdout


def test_help_imports_nothing_heavy(parley: CommandLine) -> None:
    code = (
        "import sys, bot.__main__; "
        "print(sorted({'torch', 'transformers', 'sqlalchemy', 'aiohttp', 'pydantic'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=parley.environment(), capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_all_wrong_settings_at_once(parley: CommandLine) -> None:
    result = parley.run(
        "run",
        BOT_HTTP_PORT="eighty",
        BOT_DEVICE="abacus",
        BOT_PLATFORMS="discord",
        SLACK_BOT_TOKEN="nonsense-1234",
    )
    assert result.returncode == 2
    for name in ("BOT_HTTP_PORT", "BOT_DEVICE", "DISCORD_TOKEN", "SLACK_BOT_TOKEN"):
        assert name in result.stderr
    assert "nonsense-1234" not in result.stderr
    assert "Traceback" not in result.stderr


def test_config_shows_origins_and_masks_secrets(parley: CommandLine) -> None:
    (parley.folder / ".env").write_text(f"BOT_NAME=Filed\nSLACK_BOT_TOKEN={SECRET}\nBOT_NAMME=x\n")
    result = parley.run("config", BOT_LANGUAGE="de", SLACK_APP_TOKEN="xapp-1-another-secret")
    assert result.returncode == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines() if line}
    assert lines["BOT_NAME"].endswith("Filed  (.env)")
    assert lines["BOT_LANGUAGE"].endswith("de  (environment)")
    assert lines["BOT_HTTP_PORT"].endswith("8080  (default)")
    assert "platforms to start: slack" in result.stdout
    shown = re.sub("slack_(signing|client)_secret", "", (result.stdout + result.stderr).lower())
    assert "secret" not in shown
    assert "BOT_NAMME" in result.stderr
    assert "BOT_NAME?" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["write", "Hello", "--num-return-sequences", "2"],
        ["write", ""],
        ["write", "Hello", "--max-length", "9", "--max-new-tokens", "9"],
        ["write", "Hello", "--top-p", "2"],
        ["summarize", "no-such-file.txt"],
        ["translate", "Hello"],
        ["no-such-command"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_explained(parley: CommandLine, arguments: list[str]) -> None:
    result = parley.run(*arguments)
    assert result.returncode == 2
    assert len(result.stderr) > 20
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_summaries_styles_are_named_where_they_are_asked_for(parley: CommandLine) -> None:
    from bot.conversation.summaries.forms import STYLES

    [line] = [line for line in parley.run("summarize", "--help").stdout.splitlines() if "--style" in line]
    assert all(style in line for style in STYLES)
    assert "/help" not in line


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["summarize", "-", "--style", "sung"],
            "bot summarize --last 50 --style bullets log.txt`",
        ),
        (["summarize", "-", "--last", "none"], "`--last` is a number"),
        (["summarize", "-", "--since", "often"], "`--since 9:00`"),
        (["translate", "Hello", "--to", "gibberish"], "`python -m bot translate --to fr 'Hello there'`"),
    ],
    ids=lambda value: value[2] if isinstance(value, list) else "",
)
def test_examples_are_ones_for_the_command_line(parley: CommandLine, arguments: list[str], told: str) -> None:
    result = parley.run(*arguments, text="Ann: We ship on Friday.\n", BOT_MODEL="pocket")
    assert result.returncode == 2
    assert told in result.stderr
    assert "`/" not in result.stderr


def test_an_unknown_slash_command_is_no_message(parley: CommandLine) -> None:
    result = parley.run("chat", "/nope", BOT_MODEL="pocket")
    assert result.returncode == 2
    assert result.stderr.startswith("parley: I do not know the command `/nope`.")
    assert result.stdout == ""


def test_a_slash_command_is_run(parley: CommandLine) -> None:
    result = parley.run("chat", "/help", BOT_MODEL="pocket", BOT_NAME="Marvin")
    assert result.returncode == 0, result.stderr
    assert "I am **Marvin**" in result.stdout
    assert "`/translate`" in result.stdout


@pytest.mark.slow
def test_what_is_too_long_is_told_in_plain_words(with_gpt2: CommandLine) -> None:
    result = with_gpt2.run("chat", text="word " * 200_000)
    assert result.returncode == 1
    assert result.stderr == ("parley: That is too long for my model to read at once. Please shorten it.\n")


@pytest.mark.slow
def test_a_model_that_does_not_load_is_told_of_once(parley: CommandLine, gpt2_folder: Path) -> None:
    model = parley.folder / "broken"
    shutil.copytree(gpt2_folder, model)
    with (model / "model.safetensors").open("r+b") as weights:
        weights.truncate(weights.seek(0, os.SEEK_END) // 2)
    result = parley.run("chat", "hello", BOT_MODEL=str(model))
    assert result.returncode == 1
    [line] = result.stderr.splitlines()
    assert line.startswith("parley: The language model could not be loaded: ")
    assert "model.safetensors" in line


def test_a_model_that_is_not_there(parley: CommandLine) -> None:
    result = parley.run("chat", "hello", BOT_MODEL="./no/such/model")
    assert result.returncode == 2
    assert "BOT_MODEL" in result.stderr
    assert "Traceback" not in result.stderr


def test_models_lists_what_is_here(with_gpt2: CommandLine) -> None:
    result = with_gpt2.run("models")
    assert result.returncode == 0
    assert "pocket" in result.stdout
    assert "BOT_MODEL=" in result.stdout


def test_a_reader_that_leaves_is_no_error(parley: CommandLine) -> None:
    command = f"set -o pipefail; {sys.executable} -m bot config | true; echo $?"
    result = subprocess.run(
        ["bash", "-c", command],
        cwd=parley.folder,
        env=parley.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    assert result.stdout.strip() in ("0", "141")


def test_doctor_looks_and_changes_nothing(with_gpt2: CommandLine) -> None:
    fine = with_gpt2.run("doctor", BOT_HTTP_PORT="0")
    assert fine.returncode == 0, fine.stdout
    assert [line for line in fine.stdout.splitlines() if not line.startswith("ok")] == []
    assert list(with_gpt2.folder.iterdir()) == []
    (with_gpt2.folder / "parley.db").write_bytes(b"this is no database" * 100)
    ill = with_gpt2.run("doctor", BOT_HTTP_PORT="0", BOT_DATA_DIR=".", BOT_MODEL="./no/such/model")
    assert ill.returncode == 1
    wrong = [line.split()[1].rstrip(":") for line in ill.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong == ["database", "model"]


def test_doctor_says_that_others_can_read_the_secrets(parley: CommandLine) -> None:
    env = parley.folder / ".env"
    env.write_text("BOT_PLATFORMS=web\nSLACK_SIGNING_SECRET=0123456789abcdef\n")
    env.chmod(0o644)
    [wrong] = [line for line in parley.run("doctor", BOT_HTTP_PORT="0").stdout.splitlines() if ".env" in line]
    assert wrong.startswith("WRONG  settings: ") and "`chmod 600 .env`" in wrong and "0123" not in wrong
    env.chmod(0o600)
    assert ".env" not in parley.run("doctor", BOT_HTTP_PORT="0").stdout


@pytest.mark.parametrize("place", ["/proc/parley", "a-file", "a-file/below"])
def test_a_data_folder_that_cannot_be(parley: CommandLine, place: str) -> None:
    (parley.folder / "a-file").write_text("")
    run = parley.run("run", BOT_DATA_DIR=place, BOT_HTTP_PORT="0", BOT_MODEL="pocket")
    assert run.returncode == 2
    [line] = run.stderr.splitlines()
    assert line.startswith(f"parley: BOT_DATA_DIR={place} cannot be made")
    assert "set it to" in line
    doctor = parley.run("doctor", BOT_DATA_DIR=place, BOT_HTTP_PORT="0")
    assert doctor.returncode == 1
    wrong = [found for found in doctor.stdout.splitlines() if found.startswith("WRONG")]
    assert wrong[0] == f"WRONG  data folder: {line.removeprefix('parley: ')}"
    assert wrong[1].startswith(f"WRONG  database: {place}/parley.db cannot be made")
    assert "tmp" not in "".join(wrong)


def test_database_is_migrated_by_hand(parley: CommandLine) -> None:
    assert "empty" in parley.run("db", "current").stdout
    assert parley.run("db", "upgrade").returncode == 0
    assert parley.run("db", "current").stdout.strip().isdigit()
    assert (parley.folder / "data" / "parley.db").stat().st_mode & 0o077 == 0
