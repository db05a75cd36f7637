"""Asking the bot in words, behind its name, to remember and to forget: the playground's road of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages import ConversationKey
from tests.integration.web.rig import Page, Playground, slowly

GENERAL = ConversationKey("web", "local", "general")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("@Parley remember that the deploy day is Tuesday", "the deploy day is Tuesday"),
        ("@parley please remember: lunch is at noon", "lunch is at noon"),
        ("@Parley, merk dir, dass der Müll am Montag geht", "der Müll am Montag geht"),
        ("@Parley souviens-toi que le code est 4512", "le code est 4512"),
        ("@Parley: recuerda que el ensayo es el viernes", "el ensayo es el viernes"),
        ("@Parley 请记住会议在周三", "会议在周三"),
    ],
)
async def test_a_fact_is_kept_and_forgotten_behind_a_mention(tmp_path: Path, text: str, fact: str) -> None:
    async with Playground(tmp_path, slowly) as playground, Page(playground) as page:
        await page.say(text, 1, channel="general")
        assert (await page.answer()).startswith(f"I will remember in this channel, as fact 1: {fact}")
        assert [known.text for known in await playground.store.facts(GENERAL)] == [fact]
        await page.say(f"@Parley forget that {fact}", 2, channel="general")
        assert await page.answer() == f"I have forgotten fact 1: {fact}"
        assert await playground.store.facts(GENERAL) == []
        await page.say(f"@Parley forget that {fact}", 3, channel="general")
        assert (await page.answer()).startswith("I remember no such fact here.")
        assert not playground.generator.asked
