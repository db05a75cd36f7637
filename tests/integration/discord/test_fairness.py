"""Nobody has the bot alone: other bots, and people who ask for more than anybody should, slow nobody down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import last_user
from tests.integration.discord.fake_discord import EPHEMERAL, FakeDiscord, Place
from tests.integration.discord.rig import running
from tests.unit.platforms.discord import payloads

RATE = 5
TOO_MUCH = "That is a lot at once"


async def steady(request: GenerationRequest) -> AsyncIterator[str]:
    """A model that takes a moment for each answer."""
    await asyncio.sleep(0.1)
    yield f"about {last_user(request).split()[-1]}"


async def seconds_for(discord: FakeDiscord, word: str, place: Place) -> float:
    """How long Ben waits for an answer."""
    loop = asyncio.get_running_loop()
    begun_s = loop.time()
    discord.say(f"tell me of {word}", author=discord.ben, place=place, calls=True)
    await until(lambda: f"about {word}" in discord.texts(place), 10)
    return loop.time() - begun_s


async def flood(discord: FakeDiscord, count: int, pause_s: float = 0.005) -> None:
    """Ann calls the bot again and again."""
    for number in range(count):
        discord.say(f"again {number}", calls=True)
        await asyncio.sleep(pause_s)


async def test_a_person_who_calls_200_times_is_told_once_and_slows_nobody(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, steady, RATE) as bot:
        flooding = asyncio.create_task(flood(discord, 200))
        await until(lambda: bot.generator.asked)
        elsewhere_s, here_s = await asyncio.gather(
            seconds_for(discord, "tea", discord.other), seconds_for(discord, "coffee", discord.general)
        )
        await flooding
        await until(lambda: discord.texts(discord.direct))
        remembered: list[str] = []
        while len(remembered) < 201:
            remembered = [text for role, text in await bot.remembered() if role == "user"]
        assert len(bot.generator.asked) <= RATE + 1 + 2
    (told,) = discord.texts(discord.direct)
    assert told.startswith(TOO_MUCH)
    assert elsewhere_s < 1.5 and here_s < 3.0
    assert not any(TOO_MUCH in text for text in discord.texts())


async def test_commands_too_many_are_each_refused_at_once_and_alone(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, steady, RATE) as bot:
        asked = [discord.command("ask", {"question": f"for {number}"}) for number in range(30)]
        await until(lambda: sum(bool(interaction.told) for interaction in asked) >= 25)
        here_s = await seconds_for(discord, "coffee", discord.general)
        await until(lambda: all(interaction.told for interaction in asked))
        posts = [interaction.told[0] for interaction in asked]
        refused = [post for post in posts if TOO_MUCH in payloads.text_of(post)]
        await until(lambda: len(bot.generator.asked) == RATE + 1)
    assert len(refused) == 30 - RATE and all(post["flags"] & EPHEMERAL for post in refused)
    assert here_s < 2.0, "Ben waits for one answer to Ann, not for all"
    assert discord.texts(discord.direct) == []


async def test_stop_is_taken_from_a_person_who_asked_too_much(discord: FakeDiscord, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        while True:
            yield "on and "
            await asyncio.sleep(0.01)

    async with running(discord, database, endless, 1) as bot:
        discord.say("talk", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        discord.command("stop")
        await until(lambda: bot.generator.generations[0].is_closed)
        discord.say("and again", calls=True)
        await until(lambda: discord.texts(discord.direct))


async def test_a_bot_that_never_stops_talking_is_neither_answered_nor_kept(
    discord: FakeDiscord, database: Path
) -> None:
    async def chatter() -> None:
        for number in range(150):
            place = (discord.general, discord.thread)[number % 2]
            discord.say(f"/ask {number} chatter", author=discord.robot, place=place, calls=number % 3 == 0)
            await asyncio.sleep(0.02)

    async with running(discord, database, steady) as bot:
        chattering = asyncio.create_task(chatter())
        await until(lambda: len(discord.general.messages) > 10)
        waits_s = [await seconds_for(discord, word, discord.general) for word in ("tea", "coffee", "milk")]
        await chattering
        assert max(waits_s) < 1.5
        assert len(bot.generator.asked) == 3 and len(discord.texts()) == 3
        assert not any("chatter" in text for _, text in await bot.remembered())
    assert discord.texts(discord.thread) == []
