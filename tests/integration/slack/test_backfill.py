"""What Slack did not tell: looked for after a break, politely, and nothing twice."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from bot.platforms import backfill
from bot.platforms.slack import socket_mode
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack import unheard
from tests.integration.slack.fake_slack import ANN, FakeSlack, Place
from tests.integration.slack.rig import Bot, running

MINUTE_S, HOUR_S = 60.0, 3600.0


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "PACE_S", 0.0)
    monkeypatch.setattr(backfill, "NEWS_PACE_S", 0.0)


async def texts_of(bot: Bot, place: Place | None = None, thread: str | None = None) -> list[str]:
    return [text for _, text in await bot.remembered(place, thread)]


async def caught_up(bot: Bot) -> None:
    """Wait until nothing is missing any more."""
    async with asyncio.timeout(5.0):
        while await bot.manager.past.missing_since("slack") is not None:
            await asyncio.sleep(0.01)


async def known(slack: FakeSlack, database: Path, *texts: str) -> list[str]:
    """People said something that the bot heard before it went away; returns the messages."""
    async with running(slack, database, echo) as bot:
        said = [slack.say(text) for text in texts]
        async with asyncio.timeout(5.0):
            while len(await texts_of(bot)) < len(texts):
                await asyncio.sleep(0.01)
        await caught_up(bot)
    return said


async def test_messages_edits_and_deletions_that_it_missed_are_made_up_for(
    slack: FakeSlack, database: Path
) -> None:
    kept, wrong, secret = await known(slack, database, "kept", "wrong", "secret")
    unheard.edit(slack, wrong, "right")
    unheard.delete(slack, secret)
    unheard.post(slack, "new")
    async with running(slack, database, echo) as bot:
        await caught_up(bot)
        assert await texts_of(bot) == ["kept", "right", "new"]
    assert not slack.posts()
    assert kept in slack.general.messages


async def test_a_question_that_it_missed_is_answered_if_it_is_not_old(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", calls=True, ts=f"{int(time.time() - 2 * HOUR_S)}.000001")
        await until(lambda: slack.posts())
        await caught_up(bot)
    unheard.post(slack, "old question", calls=True, ago_s=40 * MINUTE_S)
    unheard.post(slack, "new question", calls=True)
    async with running(slack, database, echo) as bot:
        await caught_up(bot)
        await until(lambda: len(slack.posts()) == 2)
        assert "old question" in await texts_of(bot)
    async with running(slack, database, echo) as bot:  # and not once more
        await caught_up(bot)
    assert len(slack.posts()) == 2
    assert "new question" in str(slack.posts()[1])


async def test_replies_that_it_missed_are_found_in_threads_it_knows_and_in_others(
    slack: FakeSlack, database: Path
) -> None:
    root, other = await known(slack, database, "a root", "another root")
    async with running(slack, database, echo) as bot:
        slack.say("known reply", thread=root)
        await until(lambda: slack.door.envelopes[-1].acknowledgements)
        await caught_up(bot)
    unheard.post(slack, "missed reply", thread=root)
    unheard.post(slack, "first reply", thread=other)
    async with running(slack, database, echo) as bot:
        await caught_up(bot)
        assert await texts_of(bot, thread=root) == ["a root", "known reply", "missed reply"]
        assert await texts_of(bot, thread=other) == ["another root", "first reply"]


async def test_who_wrote_to_it_for_the_first_time_while_it_was_away_is_answered(
    slack: FakeSlack, database: Path
) -> None:
    await known(slack, database, "something")
    unheard.post(slack, "are you there?", slack.direct, author=ANN)
    async with running(slack, database, echo):
        await until(lambda: slack.posts(slack.direct))


async def test_what_slack_hides_is_not_taken_for_deleted(slack: FakeSlack, database: Path) -> None:
    first, second = await known(slack, database, "long ago", "lately")
    slack.web.places.hidden_before = second
    async with running(slack, database, echo) as bot:
        await caught_up(bot)
        assert await texts_of(bot) == ["long ago", "lately"]
    assert first < second


async def test_an_answer_waits_for_what_was_missed_in_its_channel(slack: FakeSlack, database: Path) -> None:
    await known(slack, database, "something")
    unheard.post(slack, "the code is 4711")
    slack.web.delay_s["users.conversations"] = 0.5  # so the question comes before the look is over
    async with running(slack, database, echo) as bot:
        slack.say("what is the code?", calls=True)
        await until(lambda: slack.posts())
        assert "4711" in str(bot.generator.asked[-1].prompt)


async def test_a_long_break_of_the_connection_is_made_up_for(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if slack.transport == "http":
        pytest.skip("there is no connection to break")
    monkeypatch.setattr(socket_mode, "AWAY_S", 0.0)
    monkeypatch.setattr(socket_mode, "LOST_S", 0.0)
    async with running(slack, database, echo) as bot:
        slack.say("before")
        await until(lambda: slack.door.envelopes[-1].acknowledgements)
        await caught_up(bot)
        unheard.post(slack, "meanwhile")
        await slack.socket.disconnect("drop")
        async with asyncio.timeout(10.0):
            while "meanwhile" not in await texts_of(bot):
                await asyncio.sleep(0.02)
