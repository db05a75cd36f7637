"""What the command line says of an error: people's words, and the detail where its reader can use it."""

from __future__ import annotations

import pytest

from bot.cli.wording import sentences, shell_examples
from bot.errors import (
    BotError,
    CommandError,
    ConfigError,
    EngineDeadError,
    GenerationError,
    ModelLoadError,
    PlatformError,
    PromptTooLongError,
    StorageError,
)


@pytest.mark.parametrize("kind", [PromptTooLongError, EngineDeadError])
def test_figures_for_operators_are_left_out(kind: type[GenerationError]) -> None:
    assert sentences(kind("1000008 characters, 248 are free")) == (kind.default_user_message,)


@pytest.mark.parametrize("kind", [GenerationError, ModelLoadError, PlatformError, StorageError])
def test_what_has_a_cause_to_look_at_names_it(kind: type[BotError]) -> None:
    [sentence] = sentences(kind("the disk is full"))
    assert "the disk is full" in sentence


def test_problems_are_one_line_each() -> None:
    assert sentences(ConfigError("both", ("one", "two"))) == ("one", "two")


def test_only_examples_are_reworded() -> None:
    error = "`last`, `to:fr`, `sung`, `sung:9` or `/translate to:fr It's fine`; `/usr` and ``."
    with pytest.raises(CommandError) as caught, shell_examples("translate"):
        raise CommandError(error)
    assert str(caught.value) == (
        "`last`, `--to fr`, `sung`, `sung:9` or "
        "`python -m bot translate --to fr 'It'\"'\"'s fine'`; `/usr` and ``."
    )
