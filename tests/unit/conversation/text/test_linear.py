"""Every text function takes linear time in every metacharacter, so that no message can stall the bot."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from bot.conversation.commands import command_in, parse_command
from bot.conversation.schedules import read_rhythm
from bot.conversation.text import (
    blocks,
    choosing,
    detect,
    filing,
    layout,
    masking,
    safety,
    sentences,
    splitting,
    transcript,
)
from bot.errors import CommandError
from bot.messages import Turn
from tests.support import ALICE, NOON

LENGTH = 100_000
LIMIT_S = 0.25
SINGLE = list("`~[]()<>|*_#.!\\ \n\t\"':@-=/1a漢\u0301\u200d\u202e\ud800\x00\U0001f1eb")
MARKS = [
    *SINGLE,
    "[](",
    "](",
    "`\n",
    "```\n",
    "[x](",
    "![",
    "<a",
    "|\n",
    "a.",
    "http://",
    "a: b\n",
    "[10:02] a",
]
MARKS += ["- a\n", "> a\n", ">>> a\n", "**a", "||", "| a |\n|-|\n", "# a\n", "``a`", "\n\n```\n", ":a"]
MARKS += ["1:", "<@", "@a ", "<!", "⟦", "⟦0", "a:1 ", "--a ", "to:fr "]
MARKS += ["hello world ", "to french ", "9:00 "]


def command(text: str) -> None:
    for name in ("translate", "search", "summarize", "write"):
        with suppress(CommandError):
            parse_command(f"/{name} {text}")


def rhythm(text: str) -> None:
    with suppress(CommandError):
        read_rhythm(text)


def turn(text: str) -> Turn:
    return Turn("user", text, ALICE, NOON, "1")


FUNCTIONS: dict[str, Callable[[str], object]] = {
    "split": lambda text: splitting.split(text, 2000),
    "posts": lambda text: filing.posts(text, 2000, 1900, is_whole=False),
    "followed_by": lambda text: blocks.followed_by(text, "more"),
    "neutralise_mentions": safety.neutralise_mentions,
    "clean_name": safety.clean_name,
    "clean_text": safety.clean_text,
    "is_blank": safety.is_blank,
    "as_counted": safety.as_counted,
    "one_line": safety.one_line,
    "mask": masking.mask,
    "parts_of": lambda text: list(layout.parts_of(text[:20_000])),  # as much as is translated at once
    "sentences": sentences.sentences,
    "detect": detect.detect,
    "choose": lambda text: choosing.choose([turn(text), turn("a"), turn("b")], 1),
    "relevant": lambda text: choosing.relevant([turn(text), turn("a")], text),
    "kind_of": lambda text: choosing.kind_of(turn(text)),
    "transcript": transcript.parse_transcript,
    "command": command,
    "command_in": command_in,
    "read_rhythm": rhythm,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_time_is_linear_in_every_metacharacter(name: str) -> None:
    slow = []
    for mark in MARKS:
        text = (mark * LENGTH)[:LENGTH]
        if all(_seconds(FUNCTIONS[name], text) > LIMIT_S for _ in range(3)):
            slow.append(mark)
    assert not slow  # the goal is 50 ms on an idle core; what is quadratic takes seconds


def _seconds(function: Callable[[str], object], text: str) -> float:
    start = time.process_time()
    function(text)
    return time.process_time() - start
