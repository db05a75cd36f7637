"""What Discord says of the bot before it is started: token, gateway, intents, commands, servers and channels.

Only asks and changes nothing; opens no session with the gateway, and reads no messages. What is wrong comes
with how to mend it, in Discord's own words for its pages and buttons.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.platforms.base import Finding
from bot.platforms.discord.connection import Endpoints, be_discreet
from bot.platforms.discord.invite import FOR_PERSON, FOR_SERVER
from bot.platforms.discord.problems import CONNECTION_ERRORS, WRONG_TOKEN
from bot.platforms.discord.registration import differences, fetch_registered, wanted
from bot.platforms.discord.server_check import Verdict, check_server, some

ANSWER_S = 20.0
"""How long one question may take, attempts and rate limits included."""

SERVERS_S = 60.0
"""How long all servers together may take; the rest is told as not looked at."""

MAX_SKEW_S = 10.0
"""How far this machine's clock may be off: options such as `since` are counted by it."""

MAY_READ_CONTENT = 1 << 18 | 1 << 19
"""Flags of an application whose Message Content Intent is on: approved, or of fewer than 100 servers.
https://discord.com/developers/docs/resources/application#application-object-application-flags"""

PORTAL = "in the developer portal (https://discord.com/developers/applications), your application, page"
UNREACHABLE = "look at this machine's network and firewall, and at DISCORD_API_URL if it is set"

Check = Callable[[], Awaitable[Verdict]]


async def diagnose(token: str, endpoints: Endpoints, shard_count: int = 0) -> AsyncIterator[Finding]:
    """Look at one thing after the other; ends early where Discord cannot be asked."""
    endpoints.use()
    be_discreet()
    examination = _Examination(token, shard_count)
    try:
        for subject, check in examination.checks.items():
            verdict = await _in_time(check)
            for finding in _findings(subject, verdict):
                yield finding
            if subject == "token" and verdict.wrongs:
                return
        end_s = time.monotonic() + SERVERS_S
        for number, server in enumerate(examination.servers):
            if time.monotonic() > end_s:
                rest = len(examination.servers) - number
                yield Finding(True, "Discord servers", f"{rest} were not looked at: there was no time left")
                return
            for finding in _findings(f"server {server.name}", await _in_time(examination.server(server))):
                yield finding
    finally:
        await examination.close()


def _findings(subject: str, verdict: Verdict) -> list[Finding]:
    fine = [Finding(True, f"Discord {subject}", verdict.note)] if verdict.note else []
    return fine + [Finding(False, f"Discord {subject}", wrong) for wrong in verdict.wrongs]


async def _in_time(check: Check) -> Verdict:
    """What a check finds, or why it cannot be made."""
    try:
        async with asyncio.timeout(ANSWER_S):
            return await check()
    except discord.LoginFailure:
        return _wrong(WRONG_TOKEN)
    except (*CONNECTION_ERRORS, discord.GatewayNotFound) as error:
        return _wrong(f"Discord cannot be reached ({type(error).__name__}): {UNREACHABLE}")
    except discord.HTTPException as error:
        return _wrong(f"Discord answered {error.status}, code {error.code}: try again in some minutes")


def _wrong(what: str) -> Verdict:
    return Verdict("", (what,))


class _Examination:
    """The questions, asked with discord.py's HTTP client. `checks` stand in their order; the one of servers
    fills `servers`."""

    def __init__(self, token: str, shard_count: int) -> None:
        self.servers: list[discord.Guild] = []
        self.checks: dict[str, Check] = {
            "token": self._sign_in,
            "clock": self._clock,
            "gateway": self._gateway,
            "intents": self._intents,
            "commands": self._commands,
            "installation": self._installation,
            "servers": self._list_servers,
        }
        self._token = token
        self._shard_count = shard_count
        self._skew_s = 0.0
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._note_clock)
        self._client = discord.Client(intents=discord.Intents(guilds=True), http_trace=trace)
        self._application: Mapping[str, Any] = {}

    async def close(self) -> None:
        """Sign out; nothing stays open."""
        await self._client.close()

    def server(self, server: discord.Guild) -> Check:
        """The check of one of `servers`."""

        async def check() -> Verdict:
            assert self._client.user is not None
            whole = await self._client.fetch_guild(server.id, with_counts=False)
            me = await whole.fetch_member(self._client.user.id)
            return check_server(whole, me, await whole.fetch_channels())

        return check

    async def _sign_in(self) -> Verdict:
        await self._client.login(self._token)
        assert self._client.user is not None
        self._application = await self._client.http.request(Route("GET", "/applications/@me"))
        return Verdict(f"signed in as {self._client.user.display_name}")

    async def _clock(self) -> Verdict:
        if abs(self._skew_s) <= MAX_SKEW_S:
            return Verdict("agrees with Discord's")
        direction = "ahead of" if self._skew_s > 0 else "behind"
        return _wrong(
            f"this machine's clock is {abs(self._skew_s):.0f} s {direction} Discord's: keep it right with a "
            "time service, for example `timedatectl set-ntp true`"
        )

    async def _gateway(self) -> Verdict:
        address = DiscordWebSocket.DEFAULT_GATEWAY
        try:
            async with aiohttp.ClientSession() as http, http.ws_connect(address):
                pass  # a session would only begin when the bot identified itself
        except CONNECTION_ERRORS as error:
            return _wrong(
                f"the gateway {address.host} cannot be reached ({type(error).__name__}): look at this "
                "machine's network and firewall, and at DISCORD_GATEWAY_URL if it is set"
            )
        recommended, _, sessions = await self._client.http.get_bot_gateway()
        if not sessions["remaining"]:
            return _wrong(
                f"all {sessions['total']} sessions of a day are used up, new ones come in "
                f"{sessions['reset_after'] / 3_600_000:.1f} h: look in the log for what ends them so often"
            )
        shards = f"{recommended} shard{'s' * (recommended != 1)} recommended"
        own = f" (DISCORD_SHARD_COUNT is {self._shard_count})" if self._shard_count else ""
        return Verdict(f"{shards}{own}, {sessions['remaining']} of {sessions['total']} sessions left today")

    async def _intents(self) -> Verdict:
        if self._application["flags"] & MAY_READ_CONTENT:
            return Verdict("Message Content is on; the bot wants no other privileged one")
        return _wrong(
            "the bot hears mentions, replies to it, direct messages and commands only, and cannot follow "
            f"conversations: {PORTAL} Bot, Privileged Gateway Intents, switch on Message Content Intent"
        )

    async def _commands(self) -> Verdict:
        ours = wanted()
        found = differences(await fetch_registered(self._client), ours)._asdict()
        told = [f"{kind}: {some(names)}" for kind, names in found.items() if names]
        if told:
            return Verdict(f"the next start (of shard 0) registers what differs; {'; '.join(told)}")
        return Verdict(f"{len(ours)} are registered as this version has them")

    async def _installation(self) -> Verdict:
        installs = self._application.get("integration_types_config") or {str(FOR_SERVER): {}}
        if self._application.get("bot_require_code_grant"):
            return _wrong(f"nobody can add the bot: {PORTAL} Bot, switch off Requires OAuth2 Code Grant")
        if str(FOR_SERVER) not in installs:
            return _wrong(f"servers cannot add the bot: {PORTAL} Installation, tick Guild Install")
        note = "servers and people can add it" if str(FOR_PERSON) in installs else "servers can add it"
        if str(FOR_PERSON) not in installs:
            note += f"; so that people can take its commands along: {PORTAL} Installation, tick User Install"
        if not self._application.get("bot_public", True):
            note += f"; only its owner adds it: {PORTAL} Bot, Public Bot lets others"
        return Verdict(note)

    async def _list_servers(self) -> Verdict:
        self.servers = [server async for server in self._client.fetch_guilds(limit=None, with_counts=False)]
        if not self.servers:
            return _wrong("the bot is in none: open the first address of `python -m bot discord invite`")
        return Verdict(f"the bot is in {len(self.servers)}")

    async def _note_clock(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        if date := end.response.headers.get("Date"):
            self._skew_s = time.time() - parsedate_to_datetime(date).timestamp()
