"""The line to Discord: lost and resumed, invalidated, refused, closed."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from bot.errors import PlatformError
from bot.platforms.discord import connection, shards
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.rig import Bot, running

WANTED_INTENTS = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 12 | 1 << 13 | 1 << 15


async def test_it_asks_for_what_it_needs_and_leaves_properly(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        assert discord.gateway.identified == [WANTED_INTENTS]
    await until(lambda: discord.gateway.closed_with)
    assert discord.gateway.closed_with == [1000]


async def test_it_keeps_its_heart_beating(discord: FakeDiscord, database: Path) -> None:
    discord.gateway.heartbeat_interval_ms = 50
    async with running(discord, database, echo):
        await until(lambda: discord.gateway.heartbeats >= 4)
        assert len(discord.gateway.identified) == 1


async def test_after_a_reconnect_request_missed_messages_are_answered_once(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("before", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        discord.gateway.is_open.clear()
        discord.gateway.ask_to_reconnect()
        await until(lambda: not discord.gateway.is_connected)
        discord.say("while away", calls=True)
        discord.gateway.is_open.set()
        await until(lambda: discord.gateway.resumed == 1)
        discord.say("after", calls=True)
        await until(lambda: discord.texts()[-1] == "You said: after")
        assert discord.texts() == [f"You said: {text}" for text in ("before", "while away", "after")]
        assert len(discord.gateway.identified) == 1


@pytest.mark.slow
async def test_a_cut_line_is_resumed(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.gateway.is_open.clear()
        discord.gateway.drop()
        await until(lambda: not discord.gateway.is_connected)
        discord.say("hello", calls=True)
        discord.gateway.is_open.set()
        await until(lambda: discord.texts() == ["You said: hello"], timeout_s=20)
        assert discord.gateway.resumed == 1


@pytest.mark.usefixtures("no_pause_between_sessions")
async def test_an_invalid_session_begins_anew(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("before", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        discord.gateway.invalidate()
        await until(lambda: len(discord.gateway.identified) == 2 and discord.gateway.is_connected)
        discord.say("after", calls=True)
        await until(lambda: discord.texts() == ["You said: before", "You said: after"])
        assert discord.gateway.resumed == 0


async def test_answers_go_out_while_the_line_is_down(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def slowly(request: object) -> object:
        yield "one "
        await go.wait()
        yield "two"

    async with running(discord, database, slowly):  # type: ignore[arg-type]
        discord.say("count", calls=True)
        await until(lambda: discord.texts() == ["one"])
        discord.gateway.is_open.clear()
        discord.gateway.drop()
        await until(lambda: not discord.gateway.is_connected)
        go.set()
        await until(lambda: discord.texts() == ["one two"])
        discord.gateway.is_open.set()


async def test_a_wrong_token_is_one_clear_line(discord: FakeDiscord, database: Path) -> None:
    bot = Bot(discord, database, echo, token="wrong")
    with pytest.raises(PlatformError, match=r"^Discord refused DISCORD_TOKEN: [^\n]*$"):
        await bot.running
    bot.running = asyncio.create_task(asyncio.sleep(0))
    await bot.stop()


async def test_a_token_that_only_the_gateway_refuses_is_the_same_line(
    discord: FakeDiscord, database: Path
) -> None:
    discord.gateway._token = "another"
    bot = Bot(discord, database, echo)
    with pytest.raises(PlatformError, match=r"^Discord refused DISCORD_TOKEN"):
        await bot.running
    bot.running = asyncio.create_task(asyncio.sleep(0))
    await bot.stop()


async def test_intents_that_are_refused_twice_are_an_error(discord: FakeDiscord, database: Path) -> None:
    discord.gateway.refused_intents = WANTED_INTENTS
    bot = Bot(discord, database, echo)
    with pytest.raises(PlatformError, match="4014"):
        await bot.running
    assert discord.gateway.identified == [WANTED_INTENTS, WANTED_INTENTS & ~(1 << 15)]
    bot.running = asyncio.create_task(asyncio.sleep(0))
    await bot.stop()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", "/users/@me", "cut", times=2),
        Fault("GET", "/users/@me", "refused", status=503, code=0),
        Fault("GET", "/users/@me", "refused", status=429, code=0),
    ],
    ids=["no connection", "unavailable", "banned for a while"],
)
async def test_a_discord_that_cannot_be_reached_is_tried_again(
    discord: FakeDiscord,
    database: Path,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(connection, "LOGIN_RETRY_S", (0.01,))
    discord.rest.faults.append(fault)
    async with running(discord, database, echo):
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert lines and all(line.startswith("Discord cannot be reached") for line in lines)


async def test_a_gateway_that_is_down_at_first_is_tried_again(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "RETRY_S", (0.01,))
    discord.gateway.turns_away = 2
    async with running(discord, database, echo):
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
        assert discord.gateway.turns_away == 0


async def test_it_can_be_stopped_while_discord_cannot_be_reached(
    discord: FakeDiscord, database: Path
) -> None:
    discord.rest.faults.append(Fault("GET", "/users/@me", "cut", times=1000))
    bot = Bot(discord, database, echo)
    await until(lambda: discord.rest.asked)
    async with asyncio.timeout(2.0):
        await bot.stop()


async def test_commands_that_are_refused_do_not_keep_it_from_talking(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    discord.rest.faults.append(Fault("PUT", "/commands", "refused", status=403, code=50001))
    bot = Bot(discord, database, echo)
    await until(lambda: discord.gateway.is_connected and "commands could not be registered" in caplog.text)
    discord.say("hello", calls=True)
    await until(lambda: discord.texts() == ["You said: hello"])
    await bot.stop()


async def test_a_token_of_a_command_stays_out_of_the_log(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(discord, database, echo):
        discord.rest.faults.append(Fault("PATCH", "/webhooks/", "throttled", retry_after_s=0.01))
        interaction = discord.command("ask", {"question": "hello?"})
        await until(lambda: discord.texts() == ["You said: hello?"])
    assert "rate limited" in caplog.text and "/***/" in caplog.text
    assert interaction.token not in caplog.text
