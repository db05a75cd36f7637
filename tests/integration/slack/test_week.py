"""A scripted week in a workspace: all scenarios at once, on either transport, while everything fails.

What must hold: nothing that Slack's rules forbid, no late acknowledgement, nobody mentioned by the model, and
every question answered exactly once, though connections break, deliveries come again and a fifth of the
answers of Slack's API get lost. `PARLEY_DISCONNECTS` says how often the connection is broken.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from bot.platforms.slack import quota, workspaces
from tests.integration.slack.contract import catalogue
from tests.integration.slack.fake_slack import FakeSlack, Transport
from tests.integration.slack.rig import running
from tests.integration.slack.week import commanding, hearing, holding, pressing, speaking
from tests.integration.slack.week.stage import SCENARIOS, Corner, Week, corner, talk
from tests.unit.platforms.slack.payloads import text_of

PROGRAMME = (speaking, hearing, commanding, pressing, holding)
DISCONNECTS = int(os.environ.get("PARLEY_DISCONNECTS", "20"))
MOMENT_S, BETWEEN_S = 0.25, 0.1


def test_the_programme_is_long_enough() -> None:
    assert len(SCENARIOS) >= 70 and all(module.__doc__ for module in PROGRAMME)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_week_in_a_workspace(
    slack: FakeSlack, database: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All of a week at once: what a workspace is limited to goes as much faster.
    monkeypatch.setattr(workspaces, "EDIT_INTERVAL_S", 0.05)
    monkeypatch.setattr(quota, "INTERVAL_S", 0.01)
    posts = slack.web.tiers["chat.postMessage"]
    slack.web.tiers.update(dict.fromkeys(catalogue(), (6000.0, 500)), **{"chat.postMessage": posts})
    slack.door.retry_s = 1.0
    corners: list[Corner] = []
    async with running(slack, database, talk, person_rate=20) as bot:
        week = Week(slack, bot)
        corners = [corner(week, name) for name in SCENARIOS]
        slack.web.lose(share=0.2, seed=7, methods=r"(chat|conversations|files)\..*")
        storm = asyncio.create_task(_storm(week))
        playing = [asyncio.create_task(_play(at, number)) for number, at in enumerate(corners)]
        outcomes = await asyncio.gather(*playing, return_exceptions=True)
        await storm
    pairs = zip(corners, outcomes, strict=True)
    failed = [f"{at.name}: {error!r:.600}" for at, error in pairs if error is not None]
    assert not failed, "\n".join(failed)
    _every_question_was_answered_once(slack, corners)


async def _play(at: Corner, number: int) -> None:
    """A workspace wakes up little by little."""
    await asyncio.sleep(number * BETWEEN_S)
    await SCENARIOS[at.name](at)


async def _storm(week: Week) -> None:
    """Break the connection in all ways by turns, and lose what the bot acknowledges: it comes again."""
    ways = cycle(("refresh", "close", "cut"))
    for _ in range(DISCONNECTS):
        await asyncio.sleep(MOMENT_S)
        week.slack.door.lose_next(2)
        if week.slack.door is week.slack.socket:
            await week.break_connection(next(ways))


def _every_question_was_answered_once(slack: FakeSlack, corners: list[Corner]) -> None:
    said = Counter(
        text_of(post).strip()
        for place in slack.places.values()
        for post in place.messages.values()
        if post.get("user") == slack.workspace_of(place).bot_user
    )
    asked = [answer for at in corners for answer in at.answered]
    wrong = {answer: said[answer] for answer in asked if said[answer] != 1}
    assert asked and wrong == {}
