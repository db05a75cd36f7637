"""Bridged channels in Discord: under the message or beside it, in step with edits and deletions, no loops."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.conversation.tasks.bridge import MANAGERS_ONLY
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import FRENCH, HALL, ROOM, WHERE, translator
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import Bot, running
from tests.unit.platforms.discord.payloads import Payload


async def bridged(discord: FakeDiscord, bot: Bot, **options: str) -> None:
    """Ann, who manages the server, switches a bridge on; what it says is out of the way then."""
    discord.command("bridge", options)
    await until(lambda: discord.texts() and discord.texts()[-1])
    await bot.remembered()
    discord.general.messages.clear()


async def test_a_translation_stands_under_its_message_and_follows_it(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, translator) as bot:
        await bridged(discord, bot, to="fr")
        said = discord.say(ROOM, discord.ben)
        await until(lambda: discord.texts() == [f"🇫🇷 {FRENCH[ROOM]}"])
        post = discord.posts()[0]
        assert post["message_reference"]["message_id"] == str(said)
        await asyncio.sleep(0.1)
        discord.edit(said, HALL)
        await until(lambda: discord.texts() == [f"🇫🇷 {FRENCH[HALL]}"])
        assert discord.posts()[0]["id"] == post["id"]
        await asyncio.sleep(0.1)
        discord.delete(said)
        await until(lambda: discord.texts() == [])


async def test_bots_webhooks_and_translations_are_left_alone(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator) as bot:
        await bridged(discord, bot, pair="en,fr")
        discord.say(ROOM, discord.robot)
        discord.say(HALL, discord.ben, webhook_id="77")
        discord.say(WHERE, discord.ben)
        await until(lambda: discord.texts() == [f"🇫🇷 {FRENCH[WHERE]}"])
        await asyncio.sleep(0.5)
        assert len(discord.texts()) == 1 and len(bot.generator.asked) == 1


async def test_nobody_is_called_by_a_translation(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator) as bot:
        await bridged(discord, bot, to="fr")
        discord.say(f"Dear @everyone and <@{discord.ann['id']}>, we meet in the small room.", discord.ben)
        await until(discord.texts)
        assert "nous nous réunissons" in discord.texts()[0]
        assert "@everyone" not in discord.texts()[0] and "<@" not in discord.texts()[0]


async def test_only_managers_change_a_bridge(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator):
        discord.command("bridge", {"to": "fr"}, author=discord.ben)
        await until(lambda: discord.texts() == [MANAGERS_ONLY])


async def in_step(discord: FakeDiscord, bot: Bot) -> None:
    """English in #general, French in #other, by a command and behind the name."""
    discord.command("bridge", {"with": str(discord.other.id), "to": "fr"})
    await until(lambda: "has to agree" in "".join(discord.texts()))
    discord.say(f"/bridge with:<#{discord.general.id}> to:en", place=discord.other, calls=True)
    await until(lambda: "in the other channel" in "".join(discord.texts(discord.other)))
    await bot.remembered(discord.other)
    discord.general.messages.clear()
    discord.other.messages.clear()


async def test_two_channels_are_kept_in_step(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator) as bot:
        await in_step(discord, bot)
        question = discord.say(WHERE, discord.ben)
        await until(lambda: discord.texts(discord.other) == [f"**Ben** 🇫🇷: {FRENCH[WHERE]}"])
        shown = discord.posts(discord.other)[0]
        assert "message_reference" not in shown
        answer = discord.say(ROOM, answering=question)
        await until(lambda: len(discord.texts(discord.other)) == 2)
        beside = discord.posts(discord.other)[1]
        assert beside["message_reference"]["message_id"] == shown["id"]
        await asyncio.sleep(0.1)
        discord.edit(answer, HALL)
        await until(lambda: discord.texts(discord.other)[1] == f"**Ann** 🇫🇷: {FRENCH[HALL]}")
        await asyncio.sleep(0.1)
        discord.delete(question)
        await until(lambda: len(discord.texts(discord.other)) == 1)
    assert discord.texts() == []


async def test_after_a_crash_a_mirrored_post_is_found_again(discord: FakeDiscord, database: Path) -> None:
    bot = Bot(discord, database, translator)
    await until(lambda: discord.commands and discord.gateway.is_connected)
    await in_step(discord, bot)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    bot.store.record_post = never  # type: ignore[method-assign, assignment]
    discord.say(WHERE, discord.ben)
    await until(lambda: len(discord.texts(discord.other)) == 1)
    await bot.crash()
    discord.nonces.clear()
    async with running(discord, database, translator):
        discord.say(ROOM, discord.ben)
        await until(lambda: f"**Ben** 🇫🇷: {FRENCH[ROOM]}" in discord.texts(discord.other))
    assert len(discord.texts(discord.other)) == 2


@pytest.mark.slow
async def test_a_burst_is_translated_within_the_limits(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator) as bot:
        await bridged(discord, bot, to="fr")
        said = [discord.say(f"The meeting number {number} is in the small room.") for number in range(50)]
        await until(lambda: len(discord.texts()) == 50, timeout_s=90)
        answered = [int(post["message_reference"]["message_id"]) for post in discord.posts()]
    assert answered == said


async def test_a_reply_to_a_translation_is_answered_where_it_calls_the_bot(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, translator) as bot:
        await bridged(discord, bot, to="fr")
        discord.say(ROOM, discord.ben)
        await until(lambda: discord.texts() == [f"🇫🇷 {FRENCH[ROOM]}"])
        post_id = int(discord.posts()[0]["id"])
        # A reply mentions whom it answers, and yet is meant for Ben.
        ignored = discord.say("ok", answering=post_id, beside=[discord.bot])
        asked = discord.say("what is this?", answering=post_id, calls=True)
        await until(lambda: any(refers_to(post) == asked for post in discord.posts()))
        assert ignored not in map(refers_to, discord.posts())


def refers_to(post: Payload) -> int:
    """The message that a post replies to."""
    return int((post.get("message_reference") or {}).get("message_id", 0))
