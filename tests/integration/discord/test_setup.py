"""The doctor asks Discord: what is in order, what is wrong, and how to mend it."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest

from bot.cli import doctor
from bot.config import validate
from bot.platforms.base import Finding
from bot.platforms.discord import Endpoints, diagnose, diagnosis
from bot.platforms.discord.registration import wanted
from tests.integration.discord.fake_discord import TOKEN, FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.fake_places import (
    ATTACH_FILES,
    READ_MESSAGE_HISTORY,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
)


async def examined(discord: FakeDiscord, token: str = TOKEN, **more: int) -> list[Finding]:
    endpoints = Endpoints(discord.api_url, discord.gateway_url)
    return [finding async for finding in diagnose(token, endpoints, **more)]


async def wrongs(discord: FakeDiscord) -> list[str]:
    """What is wrong, by subject and what to do; there is a verdict on everything."""
    return [f"{found.subject}: {found.detail}" for found in await examined(discord) if not found.is_fine]


async def note(discord: FakeDiscord, subject: str) -> str:
    return next(found.detail for found in await examined(discord) if found.subject == f"Discord {subject}")


async def test_a_bot_that_is_set_up_well_has_nothing_wrong(discord: FakeDiscord) -> None:
    discord.commands = [{"id": "1", **command} for command in wanted()]
    found = await examined(discord)
    assert [finding for finding in found if not finding.is_fine] == []
    subjects = ["token", "clock", "gateway", "intents", "commands", "installation", "servers", "server Home"]
    assert [finding.subject for finding in found] == [f"Discord {subject}" for subject in subjects]
    assert discord.gateway.identified == []
    assert {asked.method for asked in discord.rest.asked} == {"GET"}
    assert TOKEN not in str(found)


async def test_a_refused_token_ends_it_with_the_way_to_a_new_one(discord: FakeDiscord) -> None:
    [finding] = await examined(discord, "wrong-token")
    assert not finding.is_fine and "Reset Token" in finding.detail


async def test_a_discord_that_does_not_answer_ends_it(
    discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "ANSWER_S", 0.05)
    discord.rest.faults.append(Fault("GET", "/users/@me", "throttled", retry_after_s=60))
    [finding] = await examined(discord)
    assert not finding.is_fine and "network" in finding.detail


async def test_a_gateway_that_cannot_be_reached_is_told(discord: FakeDiscord) -> None:
    discord.gateway_url = "ws://127.0.0.1:1/"
    [wrong] = await wrongs(discord)
    assert "the gateway 127.0.0.1 cannot be reached" in wrong and "DISCORD_GATEWAY_URL" in wrong


async def test_one_question_that_fails_leaves_the_others(discord: FakeDiscord) -> None:
    discord.rest.faults.append(Fault("GET", "/applications/.*/commands", "refused", status=403, code=20012))
    [wrong] = await wrongs(discord)
    assert wrong.startswith("Discord commands: Discord answered 403, code 20012")


@pytest.mark.parametrize(("flags", "is_fine"), [(0, False), (1 << 18, True), (1 << 19, True)])
async def test_the_message_content_intent_is_looked_up(
    discord: FakeDiscord, flags: int, is_fine: bool
) -> None:
    discord.application_flags = flags
    found = await wrongs(discord)
    assert (found == []) is is_fine
    assert is_fine or "switch on Message Content Intent" in found[0]


async def test_commands_that_differ_are_named(discord: FakeDiscord) -> None:
    ours = [{"id": "1", **command} for command in wanted()]
    discord.commands = [ours[0] | {"description": "Other words"}, *ours[2:], ours[1] | {"name": "old"}]
    told = await note(discord, "commands")
    assert f"missing: {ours[1]['name']}" in told and "surplus: old" in told
    assert f"changed: {ours[0]['name']}" in told


async def test_the_gateway_says_how_many_shards_and_sessions(discord: FakeDiscord) -> None:
    discord.gateway.recommended_shards = 3
    assert "3 shards recommended, 999 of 1000 sessions" in await note(discord, "gateway")
    discord.gateway.sessions_left = 0
    [wrong] = await wrongs(discord)
    assert "new ones come in 4.0 h" in wrong
    discord.gateway.sessions_left = 1
    found = await examined(discord, shard_count=2)
    assert any("DISCORD_SHARD_COUNT is 2" in finding.detail for finding in found)


@pytest.mark.parametrize(("off_s", "direction"), [(-3600, "behind"), (3600, "ahead of")])
async def test_a_clock_that_is_off_is_told(
    discord: FakeDiscord, monkeypatch: pytest.MonkeyPatch, off_s: float, direction: str
) -> None:
    own = SimpleNamespace(time=lambda: time.time() + off_s, monotonic=time.monotonic)
    monkeypatch.setattr(diagnosis, "time", own)
    [wrong] = await wrongs(discord)
    assert direction in wrong and re.search(r"clock is (3599|3600|3601) s", wrong)


@pytest.mark.parametrize(
    ("bits", "name"),
    [
        (VIEW_CHANNEL, "View Channel"),
        (SEND_MESSAGES, "Send Messages"),
        (READ_MESSAGE_HISTORY, "Read Message History"),
        (ATTACH_FILES, "Attach Files"),
        (SEND_IN_THREADS, "Send Messages in Threads"),
    ],
)
async def test_what_the_bot_alone_may_not_do_in_a_channel_is_wrong(
    discord: FakeDiscord, bits: int, name: str
) -> None:
    discord.deny(discord.general, bits)
    [wrong] = await wrongs(discord)
    assert f"lacks {name} in #general: Edit Channel" in wrong and wrong.endswith(f"allow {name}")


async def test_what_is_closed_to_everybody_is_told_and_not_wrong(discord: FakeDiscord) -> None:
    everybody = {"id": str(discord.guild_id)}
    hidden, read_only = discord.open_channel("staff"), discord.open_channel("news", nsfw=True)
    discord.deny(hidden, VIEW_CHANNEL, everybody)
    discord.deny(read_only, SEND_MESSAGES, everybody)
    assert await wrongs(discord) == []
    told = await note(discord, "server Home")
    assert "closed to everybody, so to the bot: #staff, #news" in told and "age-restricted: #news" in told


async def test_many_channels_are_one_line(discord: FakeDiscord) -> None:
    for number in range(8):
        discord.deny(discord.open_channel(f"room-{number}"), SEND_MESSAGES)
    [wrong] = await wrongs(discord)
    assert "#room-4 and 3 more" in wrong and "#room-5" not in wrong


async def test_the_command_line_asks_discord_only_where_there_is_a_token(discord: FakeDiscord) -> None:
    without = validate({})
    assert [finding async for finding in doctor.examine_platforms(without)] == []
    settings = validate(
        {
            "discord_token": TOKEN,
            "discord_api_url": discord.api_url,
            "discord_gateway_url": discord.gateway_url,
        }
    )
    found = [finding async for finding in doctor.examine_platforms(settings)]
    assert found[0].detail.startswith("signed in as Parley")
