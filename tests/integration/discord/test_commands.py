"""Slash commands: registered from the tasks, acknowledged at once, answered through their token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.conversation.tasks import TASKS
from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import LOADING, FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.rig import key_of, running


async def long(request: GenerationRequest) -> AsyncIterator[str]:
    yield "\n".join(f"line {number} of a long answer" for number in range(200))


async def test_every_task_is_registered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        slash = [command["name"] for command in discord.commands if command["type"] == 1]
        assert slash == [task.name for task in TASKS if task.is_command]


async def test_a_command_is_deferred_and_answered_in_place(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await go.wait()
        yield "about cats"

    async with running(discord, database, slowly):
        interaction = discord.command("ask", {"question": "cats?"})
        await until(lambda: interaction.original_id)
        (thinking,) = discord.posts()
        assert thinking["flags"] & LOADING and thinking["content"] == ""
        go.set()
        await until(lambda: discord.texts() == ["about cats"])
        assert discord.posts()[0]["id"] == thinking["id"]
        assert discord.rest.count("POST", "/channels/.*/messages") == 0


async def test_commands_work_in_direct_messages_and_threads(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        for place in (discord.direct, discord.thread):
            discord.command("ask", {"question": "where?"}, place=place)
            await until(lambda place=place: discord.texts(place) == ["You said: where?"])  # type: ignore[misc]
            await bot.remembered(place)
        discord.say("talk among ourselves", place=discord.thread)
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
        assert len(discord.texts(discord.thread)) == 1, "a command in a thread is no invitation to stay"


async def test_a_command_without_a_model_is_answered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.command("help")
        await until(lambda: "/translate" in "".join(discord.whispers()))
        discord.command("help", {"command": "dance"})
        await until(lambda: "/dance" in "".join(discord.whispers()))
        assert discord.texts() == []


async def test_what_is_wrong_with_a_command_is_told_to_who_gave_it(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        for name, options in (("summarize", {"style": "long"}), ("search", {}), ("search", {"last": "0"})):
            before = len(discord.whispers())
            discord.command(name, options)
            await until(lambda before=before: len(discord.whispers()) > before)  # type: ignore[misc]
            assert "For example: `/" in discord.whispers()[-1]
        assert discord.texts() == [] and await bot.remembered() == []


async def test_a_long_answer_to_a_command_is_split(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, long):
        interaction = discord.command("ask", {"question": "much?"})
        await until(lambda: len(discord.texts()) == 3)
        assert "line 0 " in discord.texts()[0] and "line 199 " in discord.texts()[2]
        assert {post["interaction_metadata"]["id"] for post in discord.posts()} == {str(interaction.id)}


async def test_when_the_token_has_run_out_the_channel_takes_over(
    discord: FakeDiscord, database: Path
) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await go.wait()
        yield "late, but here"

    async with running(discord, database, slowly):
        interaction = discord.command("ask", {"question": "slow?"})
        await until(lambda: interaction.original_id)
        interaction.is_expired = True
        go.set()
        await until(lambda: "late, but here" in discord.texts())


async def test_a_token_that_runs_out_in_mid_answer_changes_nothing(
    discord: FakeDiscord, database: Path
) -> None:
    go = asyncio.Event()

    async def in_two(request: GenerationRequest) -> AsyncIterator[str]:
        yield "first part"
        await go.wait()
        yield ", second part"

    async with running(discord, database, in_two):
        interaction = discord.command("ask", {"question": "long?"})
        await until(lambda: discord.texts() == ["first part"])
        interaction.is_expired = True
        go.set()
        await until(lambda: discord.texts() == ["first part, second part"])


async def test_a_part_whose_acknowledgement_was_lost_is_not_sent_twice(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, long):
        discord.rest.faults.append(Fault("POST", "/webhooks/", "lost"))
        discord.command("ask", {"question": "much?"})
        await until(lambda: len(discord.texts()) >= 3 and "line 199 " in discord.texts()[-1])
        assert len(discord.texts()) == 3


async def test_a_command_that_could_not_be_acknowledged_is_answered_in_the_channel(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        discord.rest.faults.append(Fault("POST", "/callback", "refused", status=404, code=10062))
        discord.command("ask", {"question": "hello?"})
        await until(lambda: discord.texts() == ["You said: hello?"])
        assert "interaction_metadata" not in discord.posts()[0]


async def test_a_stopped_command_does_not_think_for_ever(discord: FakeDiscord, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    async with running(discord, database, endless) as bot:
        discord.command("ask", {"question": "hm?"})
        await until(lambda: bot.generator.asked)
        assert await bot.manager.stop(key_of(discord))
        await until(lambda: discord.texts() == ["Stopped."])
