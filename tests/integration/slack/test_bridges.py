"""Bridged channels in Slack: in step with edits and deletions, threads beside threads, no loops, no calls."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.conversation.tasks.bridge import MANAGERS_ONLY
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import FRENCH, HALL, ROOM, WHERE, translator
from tests.integration.slack.fake_slack import BEN, FakeSlack
from tests.integration.slack.rig import Bot, running


async def bridged(slack: FakeSlack, options: str) -> None:
    """Ann, who manages the workspace, switches a bridge on."""
    command = slack.command("/bridge", options)
    await until(lambda: command.texts)


async def test_a_translation_follows_its_message(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator):
        await bridged(slack, "to:fr")
        said = slack.say(ROOM, BEN)
        await until(lambda: slack.texts() == [f"🇫🇷 {FRENCH[ROOM]}"])
        post = slack.posts()[0]
        await asyncio.sleep(0.1)
        slack.edit(said, HALL)
        await until(lambda: slack.texts() == [f"🇫🇷 {FRENCH[HALL]}"])
        assert slack.posts()[0]["ts"] == post["ts"]
        await asyncio.sleep(0.1)
        slack.delete(said)
        await until(lambda: slack.texts() == [])


async def test_in_a_thread_it_stands_in_the_thread(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator):
        await bridged(slack, "to:fr")
        root = slack.say(WHERE, BEN)
        slack.say(ROOM, thread=root)
        await until(lambda: slack.texts(thread=root) == [f"🇫🇷 {FRENCH[ROOM]}"])
        assert slack.texts() == [f"🇫🇷 {FRENCH[WHERE]}"]


async def test_bots_and_translations_are_left_alone(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator) as bot:
        await bridged(slack, "pair:en,fr")
        slack.say(ROOM, BEN, bot_id="B77")
        slack.say(HALL, BEN, subtype="bot_message")
        slack.say(WHERE, BEN)
        await until(lambda: slack.texts() == [f"🇫🇷 {FRENCH[WHERE]}"])
        await asyncio.sleep(0.5)
        assert len(slack.texts()) == 1 and len(bot.generator.asked) == 1


async def test_nobody_is_called_by_a_translation(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator):
        await bridged(slack, "to:fr")
        slack.say("Dear <!channel> and <@UANN1>, we meet in the small room.", BEN)
        await until(slack.texts)
        assert "nous nous réunissons" in slack.texts()[0] and "Ann" in slack.texts()[0]
        assert "<" not in slack.texts()[0] and "@channel" not in slack.texts()[0]


async def test_only_managers_change_a_bridge(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator):
        command = slack.command("/bridge", "to:fr", BEN)
        await until(lambda: command.texts == [MANAGERS_ONLY])


async def in_step(slack: FakeSlack, bot: Bot) -> None:
    """English in #general, French in #random, by a command and behind the name."""
    first = slack.command("/bridge", f"with:<#{slack.random.id}|random> to:fr")
    await until(lambda: "has to agree" in "".join(first.texts))
    slack.say(f"/bridge with:<#{slack.general.id}|general> to:en", place=slack.random, calls=True)
    await until(lambda: "in the other channel" in "".join(slack.texts(slack.random)))
    await bot.remembered(slack.random)
    slack.random.messages.clear()


async def test_two_channels_are_kept_in_step_with_their_threads(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator) as bot:
        await in_step(slack, bot)
        question = slack.say(WHERE, BEN)
        await until(lambda: slack.texts(slack.random) == [f"*Ben* 🇫🇷: {FRENCH[WHERE]}"])
        shown = slack.posts(slack.random)[0]["ts"]
        answer = slack.say(ROOM, thread=question)
        await until(lambda: slack.texts(slack.random, shown) == [f"*Ann* 🇫🇷: {FRENCH[ROOM]}"])
        await asyncio.sleep(0.1)
        slack.edit(answer, HALL)
        await until(lambda: slack.texts(slack.random, shown) == [f"*Ann* 🇫🇷: {FRENCH[HALL]}"])
        await asyncio.sleep(0.1)
        slack.delete(answer)
        await until(lambda: slack.texts(slack.random, shown) == [])
        slack.delete(question)
        await until(lambda: slack.texts(slack.random) == [])
    assert slack.texts() == []


async def test_after_a_crash_a_mirrored_post_is_found_again(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, translator)
    await bot.connected()
    await in_step(slack, bot)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    bot.store.record_post = never  # type: ignore[method-assign, assignment]
    slack.say(WHERE, BEN)
    await until(lambda: len(slack.texts(slack.random)) == 1)
    await bot.crash()
    async with running(slack, database, translator):
        slack.say(ROOM, BEN)
        await until(lambda: f"*Ben* 🇫🇷: {FRENCH[ROOM]}" in slack.texts(slack.random))
    assert len(slack.texts(slack.random)) == 2


@pytest.mark.slow
async def test_a_burst_is_translated_within_the_limits(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator):
        await bridged(slack, "to:fr")
        for number in range(20):
            slack.say(f"The meeting number {number} is in the small room.", BEN)
        await until(lambda: len(slack.texts()) == 20, timeout_s=60)
    shown = [post["text"] for post in slack.posts()]
    assert all(f" {number} " in text for number, text in enumerate(shown))
    assert slack.web.throttled == []
