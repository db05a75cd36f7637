"""What people choose in a message's menu: localised, about that message, seen by whom it is for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.menus import MENUS
from bot.conversation.tasks.referring import NOT_REMEMBERED
from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_gateway import MESSAGE_CONTENT
from tests.integration.discord.rig import Bot, running
from tests.unit.platforms.discord import payloads


async def repeat(request: GenerationRequest) -> AsyncIterator[str]:
    """The last message of the prompt, in capitals."""
    yield request.prompt.messages[-1].content.upper()


async def test_the_entries_are_registered_in_every_language(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat):
        entries = {command["name"]: command for command in discord.commands if command["type"] == 3}
    assert set(entries) == {menu.name for menu in MENUS}
    assert entries["Translate"]["name_localizations"]["es-419"] == "Traducir"
    assert entries["Explain"]["name_localizations"]["zh-TW"] == "解釋"
    assert entries["Reply to this"]["integration_types"] == [0, 1]
    assert entries["Summarize from here"]["integration_types"] == [0]


async def test_a_message_is_translated_for_the_person_alone(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat) as bot:
        target = discord.say("good morning to all of you, my friends", author=discord.ben)
        discord.menu("Translate", target, locale="es-ES")
        await until(lambda: discord.whispers() == ["GOOD MORNING TO ALL OF YOU, MY FRIENDS"])
        asked = bot.generator.asked[0].prompt.messages[-1].content
        assert asked.startswith("Translate into Spanish:") and discord.texts() == []


async def test_without_the_content_intent_the_target_is_seen_all_the_same(
    discord: FakeDiscord, database: Path
) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, repeat) as bot:
        embed = {"type": "rich", "title": "Build 7", "description": "failed"}
        target = discord.say("", author=discord.robot, embeds=[embed])
        discord.menu("Explain", target)
        await until(lambda: any(discord.whispers()))
        assert "ROBOT (BOT): [EMBED] BUILD 7\n|   FAILED" in discord.whispers()[0]
        assert await bot.remembered() == [("user", "[embed] Build 7\nfailed")]


async def test_it_works_where_the_bot_is_no_member(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat):
        target = discord.say("good morning to all of you", place=discord.elsewhere, is_told=False)
        discord.menu("Translate", target, locale="fr")
        await until(lambda: discord.whispers(discord.elsewhere) == ["GOOD MORNING TO ALL OF YOU"])


async def test_a_reply_is_for_everybody(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat):
        target = discord.say("is anybody hungry?", author=discord.ben)
        discord.menu("Reply to this", target)
        await until(lambda: discord.texts() and "IS ANYBODY HUNGRY?" in discord.texts()[0])
        assert discord.whispers() == []


async def test_a_summary_begins_at_the_message(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat) as bot:
        discord.say("the old plan is dropped")
        target = discord.say("we meet on Monday at nine")
        await until(lambda: bot.manager.is_idle)
        discord.menu("Summarize from here", target)
        await until(lambda: "_1 of 1 message" in "".join(discord.whispers()))
        assert "WE MEET ON MONDAY" in discord.whispers()[0].upper() and discord.texts() == []


async def test_a_text_file_is_explained(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat):
        file = discord.upload("error.log", b"disk full", "text/plain")
        target = discord.say("", author=discord.ben, attachments=[file])
        discord.menu("Explain", target)
        await until(lambda: any(discord.whispers()))
        assert "DISK FULL" in discord.whispers()[0]


async def until_remembered(bot: Bot, turns: list[tuple[str, str]]) -> None:
    async with asyncio.timeout(5.0):
        while await bot.remembered() != turns:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ["Translate", "Explain"])
async def test_what_was_deleted_is_not_brought_back(discord: FakeDiscord, database: Path, name: str) -> None:
    async with running(discord, database, repeat) as bot:
        target = discord.say("a secret")
        await until_remembered(bot, [("user", "a secret")])
        post = discord.general.messages[target]
        discord.delete(target)
        await until_remembered(bot, [])
        discord.general.messages[target] = post  # as a client shows it that was not told yet
        discord.menu(name, target)
        await until(lambda: discord.whispers() == [NOT_REMEMBERED])


async def test_an_answer_of_the_bot_is_explained_whole(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat):
        discord.say("what is a quine?", calls=True)
        await until(lambda: discord.texts() and payloads.buttons_of(discord.posts()[-1]))
        discord.menu("Explain", int(discord.posts()[0]["id"]))
        await until(lambda: any(discord.whispers()))
        assert "PARLEY (YOU): WHAT IS A QUINE?" in discord.whispers()[0]
