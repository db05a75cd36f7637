"""Several gateway connections of one bot: each lives by itself, and a process may have only some of them."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from discord import Client
from discord.gateway import KeepAliveHandler

from bot.errors import PlatformError
from bot.platforms.discord import presence, shards
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import Bot

pytestmark = pytest.mark.usefixtures("no_pause_between_sessions")


@pytest.fixture
def home_shard(discord: FakeDiscord) -> tuple[int, int]:
    """The shard of the server where it is not that of direct messages, and of how many it is one."""
    count = next(count for count in range(2, 60) if (discord.guild_id >> 22) % count)
    return (discord.guild_id >> 22) % count, count


@asynccontextmanager
async def connected(discord: FakeDiscord, database: Path, **more: Any) -> AsyncIterator[Bot]:
    """A bot with at least one session."""
    bot = Bot(discord, database, echo, **more)
    try:
        await until(lambda: bot.running.done() or discord.gateway.is_connected)
        yield bot
    finally:
        await bot.stop()


def open_lines(discord: FakeDiscord) -> int:
    return sum(session.line is not None for session in discord.gateway.sessions.values())


async def test_it_has_as_many_shards_as_discord_recommends(discord: FakeDiscord, database: Path) -> None:
    discord.gateway.recommended_shards = 3
    async with connected(discord, database):
        await until(lambda: len(discord.gateway.shards) == 3)
        assert sorted(discord.gateway.shards) == [(0, 3), (1, 3), (2, 3)]
        discord.say("here", calls=True)
        discord.say("there", place=discord.direct)
        await until(lambda: discord.texts() == ["You said: here"])
        await until(lambda: discord.texts(discord.direct) == ["You said: there"])
    await until(lambda: len(discord.gateway.closed_with) == 3)
    assert discord.gateway.closed_with == [1000] * 3


async def test_a_process_has_the_shards_that_it_is_told(
    discord: FakeDiscord, database: Path, home_shard: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    number, count = home_shard
    async with connected(discord, database, shard_count=count, shard_ids=(number,)):
        discord.say("not for this process", place=discord.direct)
        discord.say("here", calls=True)
        await until(lambda: discord.texts() == ["You said: here"])
        assert discord.gateway.shards == [home_shard]
        assert discord.texts(discord.direct) == []
        assert discord.rest.count("PUT", "/commands") == 0  # the process with shard 0 registers them
    assert f"shard {number} of {count}" in caplog.text


@pytest.mark.parametrize("is_resumable", [True, False], ids=["op 7", "op 9"])
async def test_each_shard_comes_back(
    discord: FakeDiscord, database: Path, home_shard: tuple[int, int], is_resumable: bool
) -> None:
    gateway, both = discord.gateway, (0, home_shard[0])
    async with connected(discord, database, shard_count=home_shard[1], shard_ids=both):
        await until(lambda: open_lines(discord) == 2)
        if is_resumable:
            gateway.ask_to_reconnect()
            await until(lambda: gateway.resumed == 2)
            assert len(gateway.shards) == 2
        else:
            gateway.invalidate()
            await until(lambda: len(gateway.shards) == 4)
            assert sorted(gateway.shards[2:]) == sorted(gateway.shards[:2]) and gateway.resumed == 0
        discord.say("here", calls=True)
        discord.say("there", place=discord.direct)
        await until(lambda: discord.texts() == ["You said: here"])
        await until(lambda: discord.texts(discord.direct) == ["You said: there"])


async def test_a_shard_that_cannot_connect_holds_up_no_other(
    discord: FakeDiscord,
    database: Path,
    home_shard: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(shards, "RETRY_S", (600.0,))
    discord.gateway.turns_away = 1  # the first that comes: shard 0
    both = (0, home_shard[0])
    async with connected(discord, database, shard_count=home_shard[1], shard_ids=both):
        discord.say("here", calls=True)
        await until(lambda: discord.texts() == ["You said: here"])
        assert discord.gateway.shards == [home_shard]
    assert "shard 0: Discord's gateway cannot be reached" in caplog.text


async def test_a_session_outlives_a_gateway_that_is_away_for_a_while(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "RETRY_S", (0.01,))
    async with connected(discord, database):
        await until(lambda: open_lines(discord) == 1)
        discord.gateway.turns_away = 3
        discord.gateway.drop()
        await until(lambda: not discord.gateway.is_connected)
        discord.say("meanwhile", calls=True)
        await until(lambda: discord.texts() == ["You said: meanwhile"])
        assert discord.gateway.resumed == 1 and len(discord.gateway.identified) == 1


async def test_an_event_that_cannot_be_read_costs_nothing_else(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(discord, database):
        discord.gateway.dispatch("MESSAGE_CREATE", {"id": "not a number", "content": "private"})
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
    assert "shard 0: " in caplog.text and "private" not in caplog.text


async def test_no_session_is_begun_when_none_is_left(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    discord.gateway.sessions_left = 0
    bot = Bot(discord, database, echo)
    await until(lambda: "waiting 4.0 h" in caplog.text)
    await bot.stop()
    assert discord.gateway.identified == []


async def test_too_few_shards_are_one_clear_line(discord: FakeDiscord, database: Path) -> None:
    bot = Bot(discord, database, echo, shard_count=1)
    await until(lambda: discord.gateway.is_connected)
    discord.gateway.close(4011)
    with pytest.raises(PlatformError, match="DISCORD_SHARD_COUNT"):
        await bot.running
    bot.running = asyncio.create_task(asyncio.sleep(0))
    await bot.stop()


async def test_people_see_whether_the_model_is_ready(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "POLL_S", 0.01)
    shown = discord.gateway.presences
    bot = Bot(discord, database, echo, status="/help")
    monkeypatch.setattr(bot.generator, "status", "loading the model")
    await until(lambda: shown)
    assert shown[-1]["status"] == "idle" and "loading the model" in str(shown[-1])
    monkeypatch.setattr(bot.generator, "status", "ready")
    await until(lambda: shown[-1]["status"] == "online")
    assert [activity["state"] for activity in shown[-1]["activities"]] == ["/help"]
    discord.gateway.invalidate()
    await until(lambda: len(discord.gateway.identified) == 2 and shown[-1] is not shown[1])
    assert shown[-1]["status"] == "online" and "/help" in str(shown[-1])
    await bot.stop()


async def test_a_bot_may_show_nothing(discord: FakeDiscord, database: Path) -> None:
    async with connected(discord, database):
        await until(lambda: discord.gateway.identified)
        assert "/help" not in str(discord.gateway.presences)


async def test_a_bot_that_is_stopped_while_it_connects_leaves_no_socket_open(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(self: Client, shard_id: int | None, *, initial: bool = False) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Client, "before_identify_hook", for_ever)
    bot = Bot(discord, database, echo)
    await until(lambda: discord.gateway.heartbeats)  # it was greeted, and does not identify itself
    await bot.stop()
    gc.collect()  # a socket that is not closed would be an error here
    beating = [thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler)]
    await until(lambda: not any(thread.is_alive() for thread in beating))
    await until(lambda: discord.gateway.closed_with == [1000])


async def test_lines_that_break_at_once_are_not_made_again_at_once(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(shards, "RETRY_S", (0.01, 600.0))
    discord.gateway.breaks_at_once = True
    bot = Bot(discord, database, echo)
    await until(lambda: "next try in 600 s" in caplog.text)
    await bot.stop()
    assert len(discord.gateway.identified) == 2
