"""Flags under messages: a translation for everybody, once a message and language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_gateway import MESSAGE_CONTENT
from tests.integration.discord.rig import key_of, running

READ_HISTORY = 1 << 16
MORNING = "Good morning to all of you, my dear friends"


async def translator(request: GenerationRequest) -> AsyncIterator[str]:
    yield request.prompt.messages[-1].content.partition("\n")[0] + "!"


async def test_a_flag_has_a_message_translated_as_a_reply_to_it(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator):
        target = discord.say(MORNING)
        for flag in ("👍", "🏴‍☠️", "🇩🇪", "🇩🇪", "🇦🇹"):
            discord.react(target, flag, author=discord.ben)
        discord.react(target, "🇫🇷")
        await until(lambda: discord.texts() == ["Translate into German:!", "Translate into French:!"])
        assert {post["message_reference"]["message_id"] for post in discord.posts()} == {str(target)}
        assert discord.rest.count("GET", "/channels/.*/messages/.*") == 0, "memory has the message"


async def test_the_translation_goes_with_the_message(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator):
        target = discord.say(MORNING)
        discord.react(target, "🇩🇪")
        await until(lambda: discord.texts() == ["Translate into German:!"])
        discord.delete(target)
        await until(lambda: discord.texts() == [])


async def test_a_restart_does_not_translate_again(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator):
        target = discord.say(MORNING)
        discord.react(target, "🇪🇸")
        await until(lambda: discord.texts() == ["Translate into Spanish:!"])
    async with running(discord, database, translator) as bot:
        discord.react(target, "🇪🇸")
        discord.react(target, "🇮🇹")
        await until(lambda: len(discord.texts()) == 2)
        assert [request.prompt.messages[-1].content.split(":")[0] for request in bot.generator.asked] == [
            "Translate into Italian"
        ]


async def test_a_message_from_before_the_bot_came_is_read(discord: FakeDiscord, database: Path) -> None:
    target = discord.say(MORNING, is_told=False)
    async with running(discord, database, translator) as bot:
        discord.react(target, "🇩🇪")
        await until(lambda: discord.texts() == ["Translate into German:!"])
        assert (await bot.remembered())[0] == ("user", MORNING)


async def test_flags_work_in_direct_messages(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator):
        discord.say(MORNING, place=discord.direct)
        await until(lambda: len(discord.texts(discord.direct)) == 1)
        target = next(iter(discord.direct.messages))
        discord.react(target, "🇯🇵")
        await until(lambda: "Translate into Japanese:!" in discord.texts(discord.direct))


@pytest.mark.parametrize("rule", [("flags", "off"), ("speak", "off")])
async def test_where_flags_are_off_nothing_happens(
    discord: FakeDiscord, database: Path, rule: tuple[str, str]
) -> None:
    async with running(discord, database, translator) as bot:
        await bot.store.set_setting(key_of(discord), *rule)
        target = discord.say(MORNING)
        discord.react(target, "🇩🇪")
        discord.command("ask", {"question": "are you there?"})
        await until(lambda: discord.texts() == ["are you there?!"])
        assert len(bot.generator.asked) == 1


async def test_bots_ask_for_nothing_with_flags(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, translator) as bot:
        target = discord.say(MORNING)
        for author in (discord.robot, discord.bot):
            discord.react(target, "🇩🇪", author=author)
        discord.command("ask", {"question": "are you there?"})
        await until(lambda: discord.texts() == ["are you there?!"])
        assert len(bot.generator.asked) == 1


@pytest.mark.parametrize(
    "why", ["no message content", "no history", "deleted", "a picture", "in German already"]
)
async def test_what_cannot_be_translated_is_passed_over(
    discord: FakeDiscord, database: Path, why: str
) -> None:
    if why == "no message content":
        discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, translator) as bot:
        text = {"a picture": "", "in German already": "Guten Morgen, wie geht es dir heute?"}.get(
            why, MORNING
        )
        picture = discord.upload("1234.png", b"\x89PNG", "image/png")
        target = discord.say(text, attachments=[picture] if why == "a picture" else [])
        if why == "no history":
            discord.deny(discord.general, READ_HISTORY)
        if why == "deleted":
            post = discord.general.messages[target]
            discord.delete(target)
            discord.general.messages[target] = post  # as a client shows it that was not told yet
        discord.react(target, "🇩🇪")
        discord.command("ask", {"question": "are you there?"})
        await until(lambda: discord.texts() == ["are you there?!"])
        assert len(bot.generator.asked) == 1
