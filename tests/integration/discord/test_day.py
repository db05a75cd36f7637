"""A scripted day in a server: all scenarios at once, while the connection keeps breaking in every way.

What must hold: nothing that Discord's document forbids, no late callback, nobody mentioned by the model, and
every question answered exactly once. `PARLEY_DISCONNECTS` says how often the connection is broken.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from tests.integration.discord.day import changing, commanding, holding, seeing, speaking
from tests.integration.discord.day.stage import SCENARIOS, Corner, Day, corner, talk
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import running
from tests.unit.platforms.discord.payloads import text_of

PROGRAMME = (speaking, seeing, changing, commanding, holding)
DISCONNECTS = int(os.environ.get("PARLEY_DISCONNECTS", "20"))
MOMENT_S = 0.25


def test_the_programme_is_long_enough() -> None:
    assert len(SCENARIOS) >= 60 and all(module.__doc__ for module in PROGRAMME)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_day_in_a_server(discord: FakeDiscord, database: Path) -> None:
    corners: list[Corner] = []
    async with running(discord, database, talk, person_rate=20) as bot:
        day = Day(discord, bot)
        corners = [corner(day, name) for name in SCENARIOS]
        storm = asyncio.create_task(_storm(day))
        playing = [asyncio.create_task(SCENARIOS[at.name](at)) for at in corners]
        outcomes = await asyncio.gather(*playing, return_exceptions=True)
        await storm
    failed = {at.name: str(error) for at, error in zip(corners, outcomes, strict=True) if error is not None}
    assert failed == {}
    assert day.disconnects >= DISCONNECTS
    _nobody_was_mentioned(discord)
    _every_question_was_answered_once(discord, corners)


async def _storm(day: Day) -> None:
    """Break the connection in all ways by turns."""
    gateway = day.discord.gateway
    ways = cycle((gateway.drop, gateway.ask_to_reconnect, gateway.close, gateway.invalidate))
    for _ in range(DISCONNECTS):
        await asyncio.sleep(MOMENT_S)
        await day.break_connection(next(ways))


def _nobody_was_mentioned(discord: FakeDiscord) -> None:
    posts = [post for place in discord.places.values() for post in place.seen.values()]
    own = [text_of(post) for post in posts if post["author"]["id"] == discord.bot["id"]]
    assert own and [text for text in own if re.search(r"@everyone|@here|<@[!&]?\d", text)] == []


def _every_question_was_answered_once(discord: FakeDiscord, corners: list[Corner]) -> None:
    references = Counter(
        post["message_reference"]["message_id"]
        for place in discord.places.values()
        for post in discord.posts(place)
        if post.get("message_reference")
    )
    asked = [str(question) for at in corners for question in at.answered]
    wrong = {question: references[question] for question in asked if references[question] != 1}
    assert asked and wrong == {}
