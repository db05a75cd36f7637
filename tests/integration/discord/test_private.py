"""What is for one person in Discord is seen by nobody else, whatever happens on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.controls import NOTHING_TO_SHARE, TAKEN_BACK
from bot.generation.types import GenerationRequest
from bot.platforms.discord.excuses import CANNOT_WRITE
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import EPHEMERAL, FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.fake_places import READ_MESSAGE_HISTORY
from tests.integration.discord.rig import Bot, running
from tests.integration.discord.test_summaries import talk
from tests.unit.platforms.discord import payloads

SECRET = "at seven o'clock"


async def never(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def talked_about(discord: FakeDiscord, bot: Bot) -> None:
    """Somebody has said something that can be found."""
    discord.say(f"We meet in the harbour {SECRET}", author=discord.ben)
    while not await bot.remembered():
        await asyncio.sleep(0.01)


async def test_the_answer_is_for_one_person_in_all_its_parts(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        for number in range(40):
            discord.say(f"We meet in the harbour {SECRET} {number} " + "and so on " * 20, author=discord.ben)
        await asyncio.sleep(0.3)
        interaction = discord.command("search", {"words": "harbour"})
        await until(lambda: len(discord.whispers()) >= 2)
        (callback,) = [asked for asked in discord.rest.asked if asked.path.endswith("/callback")]
        assert callback.body["data"]["flags"] & EPHEMERAL
        assert "channels/" in "".join(discord.whispers()) and SECRET in "".join(discord.whispers())
        await until(lambda: len("".join(discord.whispers())) > 2000)
    assert discord.texts() == [] and discord.texts(discord.direct) == []
    assert all(post["flags"] & EPHEMERAL for post in discord.general.hidden.values())
    assert interaction.original_id in discord.general.hidden


@pytest.mark.parametrize("command", ["catchup", "context", "facts"])
async def test_private_commands_show_nothing_to_others(
    discord: FakeDiscord, database: Path, command: str
) -> None:
    async with running(discord, database, echo) as bot:
        await talked_about(discord, bot)
        discord.command(command)
        await until(lambda: "".join(discord.whispers()))
    assert discord.texts() == []


async def test_behind_the_name_it_goes_to_the_person(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await talked_about(discord, bot)
        question = discord.say("/search harbour", calls=True)
        await until(lambda: SECRET in "".join(discord.texts(discord.direct)))
        await bot.remembered()
        discord.delete(question)
        await until(lambda: discord.texts(discord.direct) == [])
    assert discord.texts() == [] and discord.whispers() == []


async def test_in_a_direct_conversation_it_is_an_answer_like_any_other(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        question = discord.say("/facts", place=discord.direct)
        await until(lambda: discord.texts(discord.direct))
        reference = discord.posts(discord.direct)[0]["message_reference"]
        assert reference["message_id"] == str(question)


async def test_after_a_restart_it_goes_to_the_person(discord: FakeDiscord, database: Path) -> None:
    bot = Bot(discord, database, never)
    await until(lambda: discord.commands and discord.gateway.is_connected)
    await talked_about(discord, bot)
    discord.command("catchup")
    await until(lambda: bot.generator.asked)
    await bot.crash()
    async with running(discord, database, echo):
        await until(lambda: discord.texts(discord.direct))
    assert discord.texts() == []


async def test_after_the_token_it_goes_to_the_person(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await talked_about(discord, bot)
        discord.command("search", {"words": "harbour"}).is_expired = True
        await until(lambda: SECRET in "".join(discord.texts(discord.direct)))
    assert discord.texts() == [] and discord.whispers() in ([], [""])


async def test_a_token_that_ends_in_mid_answer_moves_the_answer_to_the_person(
    discord: FakeDiscord, database: Path
) -> None:
    go = asyncio.Event()

    async def in_two(request: GenerationRequest) -> AsyncIterator[str]:
        yield "They meet "
        await go.wait()
        yield SECRET

    async with running(discord, database, in_two) as bot:
        await talked_about(discord, bot)
        interaction = discord.command("catchup", {"style": "brief"})
        await until(lambda: bot.generator.asked)
        interaction.is_expired = True
        go.set()
        await until(lambda: discord.texts(discord.direct))
    assert discord.texts() == []


async def test_made_anew_it_stays_where_it_was_and_taken_back_it_goes(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await talk(discord, bot, discord.general, 120)
        cat = payloads.user(5, "Cat")
        discord.command("catchup", {"style": "decisions"}, cat)
        await until(lambda: " messages, " in "".join(discord.whispers()), 15)
        parts = len(discord.whispers())
        assert parts > 1
        await bot.remembered()
        for message in discord.general.hidden.values():
            message["content"] = "old"
        discord.command("regenerate", author=cat)
        await until(lambda: "old" not in discord.whispers(), 15)
        await bot.remembered()
        assert len(discord.whispers()) == parts + 1
        discord.command("undo", author=cat)
        await until(lambda: discord.whispers()[1:] == [TAKEN_BACK], 12)
    assert discord.texts(discord.direct) == []


async def test_who_takes_no_messages_is_told_so_once_and_the_log_tells_why(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    discord.takes_direct_messages = False
    async with running(discord, database, echo) as bot:
        await talked_about(discord, bot)
        discord.say("/search harbour", calls=True)
        await until(lambda: "takes no direct messages" in caplog.text)
        await bot.remembered()
        discord.say("/export", calls=True)
        await until(lambda: discord.rest.count("POST", "/messages") == 3)  # to Ann, in #general, to Ann
        await bot.remembered()
    assert discord.texts() == [f"<@{discord.ann['id']}> {CANNOT_WRITE}"]
    assert discord.texts(discord.direct) == []
    assert "harbour" not in caplog.text


async def test_who_may_manage_is_told_by_discord(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("persona", {"text": "You are a pirate"}, author=discord.ben)
        await until(lambda: "manages this channel" in "".join(discord.whispers()))
        await bot.remembered()
        bens, anns = discord.direct_of(discord.ben), discord.direct
        discord.say("/persona You are a parrot", author=discord.ben, calls=True)
        await until(lambda: "manages this channel" in "".join(discord.texts(bens)))
        await bot.remembered()
        discord.command("persona", {"text": "You are a pirate"}, author=discord.ann)
        await until(lambda: "a pirate" in discord.whispers()[-1])
        await bot.remembered()
        discord.say("/persona You are a parrot", calls=True)
        await until(lambda: "a parrot" in "".join(discord.texts(anns)))
        assert discord.texts() == []
        discord.command("persona", {"text": "You are a poet"}, place=discord.direct)
        await until(lambda: "a poet" in "".join(discord.whispers(discord.direct)))


async def test_an_answer_made_again_tells_nothing_of_what_may_not_be_read_any_more(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("The party is at seven", discord.ann)
        question = discord.say("when is the party?", discord.ben, calls=True)
        await until(discord.texts)
        await bot.remembered()
        assert "at seven" in str(bot.generator.asked[-1].prompt.messages)
        discord.deny(discord.general, READ_MESSAGE_HISTORY, discord.ben)
        await until(lambda: discord.general.denied)
        discord.press(int(discord.posts()[-1]["id"]), "parley:regenerate", discord.ben)
        await until(lambda: len(bot.generator.asked) == 2)
        await bot.remembered()
        discord.edit(question, "when is the party, exactly?")
        await until(lambda: len(bot.generator.asked) == 3)
        await bot.remembered()
        assert "at seven" not in str([request.prompt.messages for request in bot.generator.asked[1:]])
        discord.allow(discord.general)
        discord.press(int(discord.posts()[-1]["id"]), "parley:regenerate", discord.ben)
        await until(lambda: len(bot.generator.asked) == 4)
        assert "at seven" in str(bot.generator.asked[-1].prompt.messages)


async def test_what_stands_nowhere_can_be_shared_again_and_by_nobody_else(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("ask", {"question": "when?", "show": "me"})
        await until(lambda: discord.whispers() == ["You said: when?"])
        await bot.remembered()
        whisper_id = int(discord.whispered()[0]["id"])
        forged = discord.press(whisper_id, "parley:share", discord.ben)
        await until(lambda: [payloads.text_of(payload) for payload in forged.told] == [NOTHING_TO_SHARE])
        discord.rest.faults.append(
            Fault("POST", "/channels/.*/messages", "refused", times=1, status=403, code=50013)
        )
        discord.press(whisper_id, "parley:share")
        await until(lambda: not discord.rest.faults or not discord.rest.faults[-1].times)
        await bot.remembered()
        assert discord.texts() == []
        for _ in range(2):
            discord.press(whisper_id, "parley:share")
        await until(discord.texts)
        await bot.remembered()
        assert len(discord.texts()) == 1
        discord.delete(int(discord.posts()[-1]["id"]))
        await until(lambda: not discord.texts())
        while not discord.texts():  # until the bot has heard of that
            pressed = discord.press(whisper_id, "parley:share")
            await until(lambda: pressed.told or discord.texts())  # noqa: B023
        assert "when?" in discord.texts()[0]
