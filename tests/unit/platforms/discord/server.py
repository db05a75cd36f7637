"""A small server as discord.py knows it without a connection, and messages as it reads them there."""

from __future__ import annotations

from typing import Any

import discord

from bot.platforms.discord.incoming import Me
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload

PARLEY_ID, ANN_ID, BEN_ID, ROLE_ID, TEAM_ID, SERVER, GENERAL, THREAD, DIRECT = range(10**18, 10**18 + 9)
PARLEY: Any = payloads.user(PARLEY_ID, "Parley", is_bot=True)
ANN, BEN = payloads.user(ANN_ID, "Ann"), payloads.user(BEN_ID, "Ben")
MANAGE_CHANNELS = 1 << 4
ME = Me(PARLEY_ID, "Parley")


def known_server(denied: dict[int, int] | None = None) -> Any:
    """discord.py's own idea of a server, whose channel denies members permissions."""
    state: Any = discord.Client(intents=discord.Intents(guilds=True))._connection
    state.user = discord.ClientUser(state=state, data=PARLEY)
    roles = [
        payloads.role(ROLE_ID, "Parley", bot_id=PARLEY_ID),
        payloads.role(TEAM_ID, "Team", MANAGE_CHANNELS),
    ]
    channels = [payloads.text_channel(GENERAL, "general", denied)]
    threads = [payloads.thread_channel(THREAD, "cats", SERVER, GENERAL, ANN_ID)]
    state._add_guild_from_data(
        payloads.guild(SERVER, "Home", PARLEY, channels=channels, threads=threads, roles=roles)
    )
    return state


def said(author: Payload, content: str, **more: Any) -> Payload:
    """A message in the channel."""
    return payloads.message(author, content, GENERAL, guild_id=SERVER, **more)


def as_read(state: Any, payload: Payload) -> discord.Message:
    """A message as the gateway's event makes it."""
    channel, _ = state._get_guild_channel(payload)
    return discord.Message(state=state, channel=channel, data=payload)  # type: ignore[arg-type]
