"""The connection to Discord: servers, login, intents, the end. discord.py resumes and reconnects by itself.

Knows nothing of messages. Sinks ask it for the client and wait until there is one.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.errors import PlatformError
from bot.platforms.discord.problems import CONNECTION_ERRORS, NO_MESSAGE_CONTENT, WRONG_TOKEN

log = logging.getLogger(__name__)

LOGIN_RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts to log in while Discord cannot be reached; the last one repeats."""

WRONG_TOKEN_CLOSE = 4004
WRONG_SHARDS_CLOSES = (4010, 4011)
WRONG_SHARDS = (
    "Discord refuses this number of shards: take DISCORD_SHARD_COUNT away (Discord then says how many), or "
    "write a larger one, the same in all processes of this bot"
)
TOO_MANY_REQUESTS = 429

_LOGGERS = ("discord.client", "discord.gateway", "discord.http", "discord.state")
_COMMAND_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/?\s]+")

_DISCORDS_OWN = (Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, discord.Asset.BASE)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Servers other than Discord's own, or None. The API address ends in `/api/v10`."""

    api_url: str | None = None
    gateway_url: str | None = None
    cdn_url: str | None = None

    def use(self) -> None:
        """Point discord.py at these servers. It keeps them for the whole process."""
        api, gateway, cdn = _DISCORDS_OWN
        Route.BASE = self.api_url.rstrip("/") if self.api_url else api
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self.gateway_url) if self.gateway_url else gateway
        discord.Asset.BASE = self.cdn_url.rstrip("/") if self.cdn_url else cdn


def intents(*, with_message_content: bool) -> discord.Intents:
    """What the bot wants to hear of: servers and their channels; messages and reactions, direct ones too."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.guild_messages = True
    wanted.dm_messages = True
    wanted.guild_reactions = True
    wanted.dm_reactions = True
    wanted.message_content = with_message_content
    return wanted


class Connection:
    """One bot account's connection. `run` it once; `client` waits for it."""

    def __init__(self, token: str, endpoints: Endpoints) -> None:
        self._token = token
        self._endpoints = endpoints
        self._client: discord.AutoShardedClient | None = None
        self._staying: asyncio.Task[None] | None = None
        self._is_ready = asyncio.Event()
        self._is_closed = asyncio.Event()

    @property
    def current(self) -> discord.AutoShardedClient | None:
        """The client, connected or not; None before the first attempt."""
        return self._client

    async def client(self) -> discord.AutoShardedClient:
        """The connected client; waits for the first connection."""
        await self._is_ready.wait()
        assert self._client is not None
        return self._client

    def opened(self) -> None:
        """The gateway has greeted the bot on one of its shards: posts can be made everywhere."""
        self._is_ready.set()

    async def run(self, build: Callable[[discord.Intents], discord.AutoShardedClient]) -> None:
        """Stay connected until `close`. Raises PlatformError when Discord will not have this bot."""
        self._endpoints.use()
        be_discreet()
        has_message_content = True
        waits_s = chain(LOGIN_RETRY_S, repeat(LOGIN_RETRY_S[-1]))
        while not self._is_closed.is_set():
            self._is_ready.clear()
            self._client = build(intents(with_message_content=has_message_content))
            self._staying = asyncio.create_task(self._stay(self._client))
            try:
                await self._staying
            except asyncio.CancelledError:
                if not self._is_closed.is_set():
                    raise
            except discord.PrivilegedIntentsRequired:
                if not has_message_content:
                    raise PlatformError(
                        "Discord's gateway refuses the bot's intents, with code 4014"
                    ) from None
                log.warning("%s", NO_MESSAGE_CONTENT)
                has_message_content = False
            except CONNECTION_ERRORS as error:
                wait_s = next(waits_s)
                log.warning(
                    "Discord cannot be reached (%s), next try in %.0f s",
                    type(error.__cause__ or error).__name__,
                    wait_s,
                )
                await self._pause(wait_s)
            finally:
                await self._client.close()

    async def close(self) -> None:
        """Leave the gateway properly; `run` returns.

        The listening ends first: discord.py would answer its own closing with a code that says it comes back.
        """
        self._is_closed.set()
        if self._staying is not None:
            self._staying.cancel()
            await asyncio.wait({self._staying})
        if self._client is not None:
            await self._client.close()

    async def _stay(self, client: discord.AutoShardedClient) -> None:
        try:
            await client.login(self._token)
            await client.connect()
        except discord.LoginFailure:
            raise PlatformError(WRONG_TOKEN) from None
        except discord.ConnectionClosed as error:
            if error.code == WRONG_TOKEN_CLOSE:
                raise PlatformError(WRONG_TOKEN) from None
            if error.code in WRONG_SHARDS_CLOSES:
                raise PlatformError(WRONG_SHARDS) from None
            raise PlatformError(
                f"Discord's gateway closed the connection for good, with code {error.code}"
            ) from None
        except discord.HTTPException as error:
            if error.status == TOO_MANY_REQUESTS or isinstance(error, discord.DiscordServerError):
                raise ConnectionError from error
            raise PlatformError(f"Discord answered {error.status} to the login, code {error.code}") from None

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._is_closed.wait(), seconds)
        except TimeoutError:
            return


class _Discretion(logging.Filter):
    """Makes discord.py's lines fit for an operator's log: one line each, without the tokens of commands."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record; none is dropped."""
        record.msg, record.args = _COMMAND_TOKEN.sub(r"\1***", record.getMessage()), ()
        if record.exc_info and record.exc_info[0]:
            record.msg += f" ({record.exc_info[0].__name__})"
            record.exc_info = record.exc_text = None
        return True


_DISCRETION = _Discretion()


def be_discreet() -> None:
    """At its debug level discord.py logs whole messages, and of missing voice libraries it need not speak."""
    logging.getLogger("discord").setLevel(logging.WARNING)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_DISCRETION)
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
