"""Summaries in Discord: every statement leads to the messages that it rests on, in all parts."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord, Place
from tests.integration.discord.rig import Bot, running

LINK = re.compile(r"\]\((https://discord\.com/channels/(\d+|@me)/(\d+)/(\d+))\)")
WORDS = [
    "garden",
    "harbour",
    "lantern",
    "meadow",
    "orchard",
    "pepper",
    "quarry",
    "ribbon",
    "saddle",
    "timber",
]


async def talk(discord: FakeDiscord, bot: Bot, place: Place, count: int) -> list[int]:
    """People say `count` different things; returns the ids."""
    people = (discord.ann, discord.ben)
    said = [
        discord.say(
            f"I will buy {number + 3} {WORDS[number % 10]} tools and a {WORDS[number // 10 % 10]} by Friday.",
            author=people[number % 2],
            place=place,
        )
        for number in range(count)
    ]
    while len([role for role, _ in await bot.remembered(place) if role == "user"]) < count:
        await asyncio.sleep(0.05)
    return said


def links(texts: list[str]) -> list[tuple[str, str, int]]:
    return [(found[2], found[3], int(found[4])) for text in texts for found in LINK.finditer(text)]


async def test_links_lead_to_the_messages_in_every_part(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        said = await talk(discord, bot, discord.general, 120)
        discord.command("summarize", {"last": "120", "style": "decisions"})
        await until(lambda: "of 120 messages" in "".join(discord.texts()), 15)
    found = links(discord.texts())
    assert len(discord.texts()) > 1 and len(found) >= 8
    assert {(server, channel) for server, channel, _ in found} == {
        (str(discord.guild_id), str(discord.general.id))
    }
    assert {message_id for _, _, message_id in found} <= set(said)
    assert all(len(text) <= 2000 and text.count("](") == len(LINK.findall(text)) for text in discord.texts())
    assert re.search(r"_\d+ of 120 messages.*_$", discord.texts()[-1])


async def test_a_thread_is_summarised_behind_the_name(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await talk(discord, bot, discord.general, 3)
        said = await talk(discord, bot, discord.thread, 4)
        discord.say("/summarize last:20", place=discord.thread, calls=True)
        await until(lambda: "of 4 messages" in "".join(discord.texts(discord.thread)))
    found = links(discord.texts(discord.thread))
    assert found and {channel for _, channel, _ in found} == {str(discord.thread.id)}
    assert {message_id for _, _, message_id in found} <= set(said)
    assert discord.texts() == []
