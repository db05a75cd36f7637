"""discord.py's sharded client, in which every shard lives by itself: connected, resumed, begun anew.

discord.py itself connects shards one after another and mends them in one loop, in which a shard that cannot
connect holds up all others; and a line that broke begins a new session there, to which nothing is replayed.
Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.errors import where
from bot.platforms.discord.problems import CONNECTION_ERRORS

log = logging.getLogger(__name__)

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to connect one shard; the last one repeats."""

CONNECT_S = 20.0
"""How long one attempt may take, with discord.py's five seconds between two sessions of one bot."""

BROKEN = 4000
"""A code that leaves the session open for a resume."""

NORMAL_CLOSE, REFUSED_INTENTS = 1000, 4014
_UNREACHABLE = (*CONNECTION_ERRORS, discord.ConnectionClosed, ReconnectWebSocket)


@dataclass(frozen=True, slots=True)
class Shards:
    """Which part of the bot's servers this process serves: all shards where `ids` is empty, and as many as
    Discord recommends where `count` is 0."""

    count: int = 0
    ids: tuple[int, ...] = ()


class _Line(DiscordWebSocket):
    """One gateway connection. One that is given up before it identified itself stops its heart."""

    async def identify(self) -> None:
        """Begin a session. Discord lets a bot do so every five seconds, so this may take that long."""
        try:
            await super().identify()
        except BaseException:
            if self._keep_alive is not None:
                self._keep_alive.stop()
            raise


class ShardedClient(discord.AutoShardedClient):
    """One bot account on as many gateway connections as it needs; `shard_ids` are those of this process."""

    def __init__(self, *, intents: discord.Intents, **options: Any) -> None:  # noqa: ANN401 (discord.py's own)
        super().__init__(intents=intents, **options)
        self._lines: dict[int, DiscordWebSocket] = {}
        self._lives: list[asyncio.Task[None]] = []
        self._identifying = asyncio.Lock()
        # A line that was given up before it was ready is known to nobody, but has a socket to be closed.
        self._sockets: set[aiohttp.ClientWebSocketResponse] = set()
        self._dial = self.http.ws_connect
        self.http.ws_connect = self._dial_noting  # type: ignore[method-assign]

    async def connect(self, *, reconnect: bool = True) -> None:
        """Keep all shards connected until it is cancelled or closed; `reconnect` is always.

        Raises ConnectionError where Discord does not say how many shards there are to be; ConnectionClosed
        and PrivilegedIntentsRequired for what no further attempt can mend, which holds for all shards.
        """
        try:
            await self._await_sessions()
            await self.launch_shards()
            done, _ = await asyncio.wait(self._lives, return_when=asyncio.FIRST_EXCEPTION)
            for life in done:
                if not life.cancelled():
                    life.result()
        except discord.GatewayNotFound as error:
            raise ConnectionError from error
        finally:
            await self._end_lives()

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """Begin a shard's life beside the others; `launch_shards` asks for each in turn."""
        self._lives.append(asyncio.create_task(self._live(shard_id, is_first=initial)))

    async def change_presence(
        self,
        *,
        activity: discord.BaseActivity | None = None,
        status: discord.Status | None = None,
        shard_id: int | None = None,
    ) -> None:
        """Show it on every shard that is connected, or on one; new sessions show `activity` and `status`."""
        for number, line in list(self._lines.items()):
            if line.open and shard_id in (None, number):
                try:
                    await line.change_presence(activity=activity, status=str(status or discord.Status.online))
                except (discord.ConnectionClosed, *CONNECTION_ERRORS):
                    continue  # this line just broke

    async def close(self) -> None:
        """Leave the gateway with the code that ends the sessions, and free everything."""
        await self._end_lives()
        open_lines = [line for line in self._lines.values() if line.open]
        await asyncio.gather(*(line.close(code=NORMAL_CLOSE) for line in open_lines), return_exceptions=True)
        await asyncio.gather(
            *(socket.close(code=NORMAL_CLOSE) for socket in self._sockets), return_exceptions=True
        )
        # The sharded client's own end knows only shards that it keeps itself.
        await discord.Client.close(self)

    def _get_websocket(
        self, guild_id: int | None = None, *, shard_id: int | None = None
    ) -> DiscordWebSocket:  # where discord.py looks for the line of a server
        number = shard_id if shard_id is not None else ((guild_id or 0) >> 22) % (self.shard_count or 1)
        return self._lines[number]

    async def _await_sessions(self) -> None:
        """Begin no session beyond those of a day: Discord would take the token away. A bot that is restarted
        again and again uses them up."""
        limits = await self.fetch_session_start_limits()
        if not limits.remaining:
            wait_s = limits.reset_after / 1000
            log.error("Discord allows no further session: waiting %.1f h", wait_s / 3600)
            await asyncio.sleep(wait_s)

    async def _dial_noting(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        socket = await self._dial(url, compress=compress)
        self._sockets = {socket, *(known for known in self._sockets if not known.closed)}
        return socket

    async def _end_lives(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)

    async def _live(self, shard_id: int, *, is_first: bool) -> None:
        """Connect, listen, and begin again, for ever. Raises what no further attempt can mend."""
        line: DiscordWebSocket | None = None
        waits_s = _waits()
        while True:
            try:
                line = await self._open(shard_id, line, is_first=is_first)
                self._lines[shard_id] = line
                is_first = False
                if not await self._listen(line):
                    raise ConnectionResetError  # it broke before the session went on
                waits_s = _waits()
            except _UNREACHABLE as error:
                _raise_for_good(error)
                wait_s = next(waits_s)
                log.warning(
                    "shard %d: Discord's gateway cannot be reached (%s), next try in %.0f s",
                    shard_id,
                    type(error).__name__,
                    wait_s,
                )
                await asyncio.sleep(wait_s)

    async def _open(
        self, shard_id: int, before: DiscordWebSocket | None, *, is_first: bool
    ) -> DiscordWebSocket:
        """A new line, which goes on with the session of the one before where that is still good."""
        if before is not None and before.session_id is not None:
            resuming = _Line.from_client(
                self,
                shard_id=shard_id,
                gateway=before.gateway,
                session=before.session_id,
                sequence=before.sequence,
                resume=True,
            )
            return await asyncio.wait_for(resuming, CONNECT_S)
        async with self._identifying:
            beginning = _Line.from_client(self, shard_id=shard_id, initial=is_first)
            return await asyncio.wait_for(beginning, CONNECT_S)

    async def _listen(self, line: DiscordWebSocket) -> bool:
        """Take events until the line has to be replaced: it is lost, or Discord asks for another. Whether
        there was any event."""
        before, has_begun = line.sequence, False
        try:
            while True:
                await line.poll_event()
                has_begun = has_begun or line.sequence != before
        except ReconnectWebSocket:
            pass
        except asyncio.CancelledError:
            raise
        except _UNREACHABLE as error:
            _raise_for_good(error)
        except Exception as error:  # discord.py could not read an event
            log.error("shard %s: %s", line.shard_id, where(error))
            await line.close(code=BROKEN)
        self.dispatch("shard_disconnect", line.shard_id)
        return has_begun


def _waits() -> Iterator[float]:
    return chain(RETRY_S, repeat(RETRY_S[-1]))


def _raise_for_good(error: Exception) -> None:
    """Raise what ends all shards: Discord will not have this bot, or not so."""
    if isinstance(error, discord.ConnectionClosed) and error.code != NORMAL_CLOSE:
        if error.code == REFUSED_INTENTS:
            raise discord.PrivilegedIntentsRequired(error.shard_id) from None
        raise error
