"""What the doctor says of a server's channels of every kind, as discord.py computes permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import discord
import pytest

from bot.platforms.discord.invite import permission_bits
from bot.platforms.discord.server_check import Verdict, check_server
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

TEXT, VOICE, STAGE, FORUM = 0, 2, 13, 15
VIEW, SEND, HISTORY, ATTACH = 1 << 10, 1 << 11, 1 << 16, 1 << 15
CONNECT, IN_THREADS, ADMINISTRATOR = 1 << 20, 1 << 38, 1 << 3
EVERYONE, BOT, ROLE = 1000, 2000, 3000

Overwrites = Mapping[int, tuple[int, int]]


def channel(name: str, kind: int = TEXT, overwrites: Overwrites | None = None) -> Payload:
    """A channel; `overwrites` are what is allowed and denied to a role, or to the bot."""
    told = [
        {"id": str(who), "type": int(who == BOT), "allow": str(allow), "deny": str(deny)}
        for who, (allow, deny) in (overwrites or {}).items()
    ]
    extra: Payload = {
        "available_tags": [],
        "default_reaction_emoji": None,
        "bitrate": 64_000,
        "user_limit": 0,
    }
    own = {"type": kind, "id": str(snowflake()), "permission_overwrites": told}
    return payloads.text_channel(snowflake(), name) | extra | own


def check(*channels: Payload, everyone: int = permission_bits(), role: int = 0, **member: object) -> Verdict:
    """The verdict on a server in which @everyone and the bot's role have these permissions."""
    client = discord.Client(intents=discord.Intents.none())
    state = client._connection
    me = payloads.user(BOT, "Parley", is_bot=True)
    data = payloads.guild(EVERYONE, "Home", me, roles=[payloads.role(ROLE, "Parley", role)])
    data["roles"][0]["permissions"] = str(everyone)
    server = discord.Guild(data=data, state=state)  # type: ignore[arg-type]
    told = {**payloads.member([ROLE]), "user": me, **member}
    bot = discord.Member(data=told, guild=server, state=state)  # type: ignore[arg-type]
    made: Sequence[discord.abc.GuildChannel] = [
        discord.channel._guild_channel_factory(one["type"])[0](guild=server, state=state, data=one)
        for one in channels
    ]
    return check_server(server, bot, made)


def test_every_kind_of_channel_in_order() -> None:
    kinds = [channel(str(kind), kind) for kind in (TEXT, VOICE, STAGE, FORUM)]
    assert check(*kinds) == Verdict("4 channels, all is allowed in 4")


@pytest.mark.parametrize(
    ("kind", "denied", "named"),
    [
        (FORUM, SEND, None),
        (FORUM, IN_THREADS, "Send Messages in Threads"),
        (VOICE, IN_THREADS, None),
        (VOICE, CONNECT, "Connect"),
        (STAGE, SEND | HISTORY, "Send Messages and Read Message History"),
        (TEXT, CONNECT, None),
        (TEXT, VIEW, "View Channel"),
        (TEXT, ATTACH, "Attach Files"),
    ],
)
def test_what_a_kind_of_channel_needs(kind: int, denied: int, named: str | None) -> None:
    found = check(channel("room", kind, {BOT: (0, denied)}))
    if named is None:
        assert found.wrongs == ()
    else:
        [wrong] = found.wrongs
        assert wrong.startswith(f"the bot lacks {named} in #room: Edit Channel")


def test_a_private_channel_is_no_fault_until_the_bot_was_let_in() -> None:
    closed = {EVERYONE: (0, VIEW)}
    assert "closed to everybody, so to the bot: #staff" in check(channel("staff", TEXT, closed)).note
    let_in = closed | {ROLE: (VIEW, HISTORY)}
    [wrong] = check(channel("staff", TEXT, let_in)).wrongs
    assert "lacks Read Message History in #staff" in wrong


def test_a_channel_of_announcements_is_meant_so() -> None:
    found = check(channel("news", TEXT, {EVERYONE: (0, SEND)}), channel("general"))
    assert found == Verdict("2 channels, all is allowed in 1; closed to everybody, so to the bot: #news")


def test_what_is_missing_everywhere_is_said_once() -> None:
    found = check(channel("one"), channel("two"), everyone=permission_bits() & ~HISTORY)
    [wrong] = found.wrongs
    assert wrong.startswith("the bot lacks Read Message History everywhere")
    assert f"invite --guild {EVERYONE}" in wrong
    assert check(channel("one"), everyone=permission_bits() & ~HISTORY, role=HISTORY).wrongs == ()


def test_an_administrator_may_all_and_need_not_be_one() -> None:
    found = check(channel("staff", TEXT, {EVERYONE: (0, VIEW)}), everyone=0, role=ADMINISTRATOR)
    assert found.wrongs == () and "Administrator" in found.note


def test_a_bot_that_is_timed_out_can_say_nothing() -> None:
    found = check(channel("one"), communication_disabled_until="2999-01-01T00:00:00+00:00")
    assert "timed out" in found.wrongs[0]
