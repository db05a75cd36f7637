"""Channels as options: the id of the one that was named, and everything else as people read it."""

from __future__ import annotations

from bot.messages import Command
from bot.platforms.channel_options import with_channels


def test_only_an_option_that_is_a_channel_is_taken_as_it_came() -> None:
    command = Command("bridge", {"with": "#plans", "to": "fr"}, by_manager=True)
    raw = Command("bridge", {"with": "<#C1|plans>", "to": "fr"})
    expected = Command("bridge", {"with": "<#C1|plans>", "to": "fr"}, by_manager=True)
    assert with_channels(command, raw) == expected
    fact = Command("remember", {"text": "see #plans"})
    assert with_channels(fact, Command("remember", {"text": "see <#C1|plans>"})) == fact
    assert with_channels(None, raw) is None
