"""Settings of a channel and people's own data, as Discord shows them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_places import ATTACH_FILES
from tests.integration.discord.rig import key_of, running
from tests.unit.platforms.discord.payloads import text_of


async def repeat(request: GenerationRequest) -> AsyncIterator[str]:
    yield request.prompt.messages[-1].content.upper()


async def test_the_settings_of_a_channel_hold_from_the_next_message_on(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("settings", {"wake-words": "computer"})
        await until(lambda: discord.texts() and "`computer`" in discord.texts()[0])
        discord.say("Computer, hello")
        await until(lambda: "You said: Computer, hello" in discord.texts())
        discord.command("settings", {"speak": "off"})
        await until(lambda: any("nothing here but commands" in text for text in discord.texts()))
        discord.say("are you there", calls=True)
        discord.command("settings", {"speak": "always"}, discord.ben)
        await until(lambda: any("manages this channel" in text for text in discord.texts()))
        assert len(bot.generator.asked) == 1


async def test_an_export_is_a_file_for_the_person_alone(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        for number in range(60):
            discord.say(f"the zebra number {number} sleeps in the shade of the old tree")
        discord.say("not theirs", author=discord.ben)
        discord.command("export")
        await until(lambda: [post for post in discord.whispered() if discord.files(post)])
        (post,) = [post for post in discord.whispered() if discord.files(post)]
        rows = [json.loads(line) for line in discord.files(post)["parley-export.jsonl"].splitlines()]
        assert sum("zebra" in row["text"] for row in rows) == 60 and "not theirs" not in str(rows)
        assert discord.texts() == []


async def test_an_export_has_what_fits_in_a_file(discord: FakeDiscord, database: Path) -> None:
    discord.attachment_size_limit = 5000
    async with running(discord, database, echo):
        for number in range(60):
            discord.say(f"the zebra number {number} sleeps in the shade of the old tree")
        discord.command("export")
        await until(lambda: [post for post in discord.whispered() if discord.files(post)])
        (post,) = [post for post in discord.whispered() if discord.files(post)]
        assert "The oldest did not fit." in text_of(post)
        lines = discord.files(post)["parley-export.jsonl"].splitlines()
        assert 10 < len(lines) < 60 and "number 59" in json.loads(lines[-2])["text"]


async def test_an_export_that_cannot_be_attached_names_the_permission(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        discord.deny(discord.general, ATTACH_FILES)
        for number in range(60):
            discord.say(f"the zebra number {number} sleeps in the shade of the old tree")
        discord.command("export")
        await until(lambda: any("lack the permission Attach Files" in text for text in discord.whispers()))
        (told,) = discord.whispers()
        assert "`parley-export.jsonl` (61 lines) could not be attached here" in told and "zebra" not in told


async def test_forgetting_a_person_removes_the_answers_they_got(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("the zebra sleeps", calls=True)
        await until(lambda: discord.texts() == ["You said: the zebra sleeps"])
        discord.say("the lion sleeps", discord.ben, calls=True)
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        discord.command("forget-me", {"confirm": "yes"})
        await until(lambda: discord.texts() == ["You said: the lion sleeps"])
        await until(lambda: any("forgotten everything" in text for text in discord.whispers()))
        assert [text for _, text in await bot.remembered()] == [
            "the lion sleeps",
            "You said: the lion sleeps",
        ]
        assert (await bot.store.people.traces(key_of(discord), str(discord.ann["id"]))).messages == 0


async def test_a_translation_goes_with_the_message(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, repeat) as bot:
        target = discord.say("is anybody hungry at this hour?", author=discord.ben)
        discord.menu("Reply to this", target)
        await until(lambda: discord.texts() and "HUNGRY" in discord.texts()[0])
        await bot.remembered()
        discord.delete(target)
        await until(lambda: not discord.texts())
        assert await bot.remembered() == []
