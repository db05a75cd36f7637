"""Commands where people take the bot along: servers that it is no member of, and groups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import EPHEMERAL, FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.rig import Bot, running


async def long(request: GenerationRequest) -> AsyncIterator[str]:
    yield "\n".join(f"line {number} of a long answer" for number in range(200))


@pytest.mark.parametrize("where", ["elsewhere", "group"])
async def test_nobody_else_sees_the_answer(discord: FakeDiscord, database: Path, where: str) -> None:
    place = getattr(discord, where)
    async with running(discord, database, long):
        discord.command("ask", {"question": "much?", "show": "all"}, place=place)
        await until(lambda: len(discord.whispers(place)) == 3 and "line 199 " in discord.whispers(place)[2])
    assert discord.texts(place) == [] and discord.texts(discord.direct) == []
    assert all(post["flags"] & EPHEMERAL for post in place.hidden.values())


async def test_it_belongs_to_the_persons_own_conversation(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("ask", {"question": "a secret?"}, discord.ben, discord.elsewhere)
        await until(lambda: discord.whispers(discord.elsewhere) == ["You said: a secret?"])
        own = discord.direct_of(discord.ben)
        await bot.remembered(own)
        (known,) = await bot.manager.conversations("discord", "dm")
        assert known.conversation.channel_id == str(own.id)
        assert await bot.manager.conversations("discord", str(discord.elsewhere.guild_id)) == []


async def test_in_a_group_nobody_manages_more_than_the_own_conversation(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("remember me", place=discord.direct)
        await until(lambda: discord.texts(discord.direct) == ["You said: remember me"])
        before = await bot.remembered(discord.direct)
        # Discord offers it in servers only; a forged one changes nothing of Ann's.
        discord.command("reset", author=discord.ben, place=discord.group)
        await until(lambda: "".join(discord.whispers(discord.group)))
        assert await bot.remembered(discord.direct) == before
    assert discord.texts(discord.group) == []


async def test_when_the_token_has_run_out_the_answer_comes_as_a_direct_message(
    discord: FakeDiscord, database: Path
) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await go.wait()
        yield "late, but here"

    async with running(discord, database, slowly) as bot:
        interaction = discord.command("ask", {"question": "slow?"}, place=discord.elsewhere)
        await until(lambda: bot.generator.asked)
        interaction.is_expired = True
        go.set()
        await until(lambda: discord.texts(discord.direct) == ["late, but here"])
    assert discord.texts(discord.elsewhere) == []


async def test_where_no_conversation_can_be_opened_the_person_is_told(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(discord, database, echo):
        discord.rest.faults.append(Fault("POST", "/users/@me/channels", "refused", status=403, code=50278))
        discord.command("ask", {"question": "hello?"}, place=discord.elsewhere)
        await until(lambda: "Something went wrong" in "".join(discord.whispers(discord.elsewhere)))
    assert (
        "could not open a direct conversation: Discord answered 403" in caplog.text
        and "hello?" not in caplog.text
    )


async def test_where_the_bot_is_a_member_nothing_changes(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        for place in (discord.general, discord.thread, discord.direct):
            discord.command("ask", {"question": "here?"}, place=place)
            await until(lambda place=place: discord.texts(place) == ["You said: here?"])  # type: ignore[misc]
            assert discord.whispers(place) == []


async def test_buttons_below_such_an_answer_work(discord: FakeDiscord, database: Path) -> None:
    async def each_other(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"answer {len(bot.generator.asked)}"

    async with running(discord, database, each_other) as bot:
        discord.command("ask", {"question": "again?"}, discord.ben, discord.elsewhere)
        await until(lambda: discord.whispers(discord.elsewhere) == ["answer 1"])
        await bot.remembered(discord.direct_of(discord.ben))
        (post_id,) = discord.elsewhere.hidden
        discord.press(post_id, "parley:regenerate", discord.ben)
        await until(lambda: discord.whispers(discord.elsewhere)[0] == "answer 2")
        await bot.remembered(discord.direct_of(discord.ben))


async def test_after_a_crash_the_answer_comes_as_a_direct_message(
    discord: FakeDiscord, database: Path
) -> None:
    async def begun(request: GenerationRequest) -> AsyncIterator[str]:
        yield "first "
        await asyncio.Event().wait()

    async def whole(request: GenerationRequest) -> AsyncIterator[str]:
        yield "first and last"

    bot = Bot(discord, database, begun)
    await until(lambda: discord.commands and discord.gateway.is_connected)
    discord.command("ask", {"question": "all of it?"}, place=discord.elsewhere)
    await until(lambda: discord.whispers(discord.elsewhere) == ["first"])
    await bot.crash()
    async with running(discord, database, whole):
        await until(lambda: discord.texts(discord.direct) == ["first and last"])
    assert discord.texts(discord.elsewhere) == []
