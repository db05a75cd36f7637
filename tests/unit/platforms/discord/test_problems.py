"""Discord's refusals, as the operator reads them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.errors import PlatformError
from bot.platforms.discord import problems
from bot.platforms.discord.problems import missing_permissions, platform_error, until_answered
from tests.unit.platforms.discord import payloads

PARLEY: Any = payloads.user(100, "Parley", is_bot=True)
VIEW, SEND, HISTORY, SEND_IN_THREADS = 1 << 10, 1 << 11, 1 << 16, 1 << 38
ATTACH, CONNECT = 1 << 15, 1 << 20


def channel(denied: int, thread_id: int = 0, kind: int = 0) -> Any:
    state: Any = discord.Client(intents=discord.Intents(guilds=True))._connection
    state.user = discord.ClientUser(state=state, data=PARLEY)
    general = payloads.text_channel(201, "general", {100: denied}) | {
        "type": kind,
        "bitrate": 64_000,
        "user_limit": 0,
    }
    threads = [payloads.thread_channel(202, "cats", 200, 201, 1)]
    guild = state._add_guild_from_data(
        payloads.guild(200, "Home", PARLEY, channels=[general], threads=threads)
    )
    return guild.get_channel_or_thread(thread_id or 201)


def refusal(status: int, code: int) -> discord.HTTPException:
    kind = discord.Forbidden if status == 403 else discord.HTTPException
    return kind(cast("Any", SimpleNamespace(status=status, reason="")), {"code": code, "message": "secret"})


def test_missing_permissions_are_named() -> None:
    error = platform_error(refusal(403, 50001), "post", channel(HISTORY))
    assert str(error) == (
        "may not post in #general (201) of server Home (200): "
        "give the bot the permission Read Message History there"
    )


def test_threads_have_a_permission_of_their_own() -> None:
    error = platform_error(refusal(403, 50013), "post", channel(SEND_IN_THREADS, thread_id=202))
    assert "Send Messages in Threads" in str(error) and "#cats (202)" in str(error)


@pytest.mark.parametrize(
    ("denied", "doing", "missing"),
    [
        (0, "post", []),
        (VIEW | SEND | ATTACH, "post", ["View Channel", "Send Messages"]),
        (SEND | HISTORY, "post", ["Send Messages"]),
        (HISTORY | ATTACH, "post", ["Read Message History", "Attach Files"]),
        (HISTORY, "edit a post", []),
        (ATTACH, "edit a post", ["Attach Files"]),
        (VIEW | SEND, "delete a post", ["View Channel"]),
    ],
)
def test_each_deed_needs_its_own_permissions(denied: int, doing: str, missing: list[str]) -> None:
    assert missing_permissions(channel(denied), doing) == missing


def test_talk_in_a_voice_channel_needs_to_connect() -> None:
    assert missing_permissions(channel(CONNECT, kind=2), "post") == ["Connect"]
    assert missing_permissions(channel(CONNECT), "post") == []


def test_of_direct_messages_nothing_is_known() -> None:
    assert missing_permissions(None) == []


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(403, 50007, "no direct messages"), (404, 10003, "gone"), (400, 50035, "answered 400, code 50035")],
)
def test_codes_are_told_in_words_and_nothing_is_quoted(status: int, code: int, words: str) -> None:
    error = platform_error(refusal(status, code), "post", None)
    assert words in str(error) and "secret" not in str(error)


async def test_broken_connections_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "RETRY_S", (0.0, 0.0))
    calls = 0

    async def work() -> int:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise ConnectionResetError
        return calls

    assert await until_answered("post", work) == 3


async def test_a_connection_that_stays_broken_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "RETRY_S", (0.0,))

    async def work() -> None:
        raise ConnectionResetError

    with pytest.raises(PlatformError, match=r"could not post: Discord cannot be reached"):
        await until_answered("post", work)
