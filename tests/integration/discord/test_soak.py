"""Fifty channels that talk at once, for `PARLEY_TALK_S` seconds: `make soak` talks for two minutes.

What must hold: every question is answered once, in full, within the patience of people; nothing breaks
Discord's rules; and neither tasks nor file descriptors nor memory pile up.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import pytest

from bot.generation.types import GenerationRequest
from tests.integration.conversation.script import last_user
from tests.integration.discord.fake_discord import FakeDiscord, Place
from tests.integration.discord.rig import Bot, running
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

TALK_S = float(os.environ.get("PARLEY_TALK_S", "8"))
CHANNELS = 50
ANSWERED_WITHIN_S = 15.0
GROWTH_MIB, GROWTH_MIB_AN_ANSWER = 10.0, 0.06
"""What memory may grow by, and for each answer: the fake Discord keeps every request, event and message in
this same process, about 0.04 MiB an answer."""


async def words(request: GenerationRequest) -> AsyncIterator[str]:
    """A model that writes twenty words a second."""
    for word in f"You said: {last_user(request)} and here are some more words".split(" "):
        await asyncio.sleep(0.05)
        yield word + " "


async def talk(discord: FakeDiscord, place: Place, person: Payload, until_s: float) -> list[float]:
    """A person asks again and again, and talks with nobody in between; how long each answer took, in s."""
    loop, took, number = asyncio.get_running_loop(), [], 0
    while loop.time() < until_s:
        await asyncio.sleep(random.uniform(0.5, 4.0))
        discord.say(f"chatter {number}", person, place)
        asked_at = loop.time()
        question = discord.say(f"question {number} of {place.name}", person, place, calls=True)
        while not _is_answered(discord, place, question, f"question {number} of {place.name} and here are"):
            assert loop.time() - asked_at < ANSWERED_WITHIN_S, discord.texts(place)[-2:]
            await asyncio.sleep(0.05)
        took.append(loop.time() - asked_at)
        number += 1
    return took


def _is_answered(discord: FakeDiscord, place: Place, question: int, words: str) -> bool:
    return any(
        (post.get("message_reference") or {}).get("message_id") == str(question)
        and payloads.text_of(post).endswith("some more words")
        and words in payloads.text_of(post)
        for post in discord.posts(place)
    )


@pytest.mark.slow
@pytest.mark.timeout(TALK_S + 90)
async def test_fifty_channels_talk_at_once(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, words) as bot:
        places = [discord.open_channel(f"room-{number}") for number in range(CHANNELS)]
        people = [payloads.user(snowflake(), f"Person{number}") for number in range(CHANNELS)]
        loop = asyncio.get_running_loop()
        begin = loop.time()
        talking = [
            asyncio.create_task(talk(discord, place, person, begin + TALK_S))
            for place, person in zip(places, people, strict=True)
        ]
        await asyncio.sleep(TALK_S / 3)
        early, told = _resident_mib(), sum(len(discord.posts(place)) for place in places)
        took = [seconds for each in await asyncio.gather(*talking) for seconds in each]
        await _settled(bot)
        grown = _resident_mib() - early
        sys.stdout.write(
            f"{len(took)} answers, median {median(took):.2f} s, worst {max(took):.2f} s; "
            f"{grown:.1f} MiB more than after a third of {TALK_S:.0f} s\n"
        )
        answers = sum(len(discord.posts(place)) for place in places)
        assert answers == len(took) >= CHANNELS
        assert grown < GROWTH_MIB + GROWTH_MIB_AN_ANSWER * (answers - told)
        assert len(asyncio.all_tasks()) < CHANNELS
        assert _descriptors() < CHANNELS + 100


async def _settled(bot: Bot) -> None:
    while not bot.manager.is_idle:
        await asyncio.sleep(0.05)
    gc.collect()


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
