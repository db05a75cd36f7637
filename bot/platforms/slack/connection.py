"""The connection to Slack: sessions, sign-in, Socket Mode, the end. Knows nothing of messages.

Slack's SDK reconnects by itself; but it tries one address for ever, and an address is good for a moment only.
So a connection that stays away is given up here and begun anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from itertools import chain, repeat
from typing import TypeVar

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.incoming import Me
from bot.platforms.slack.problems import (
    BAD_TOKEN,
    CONNECTION_ERRORS,
    WRONG_APP_TOKEN,
    WRONG_BOT_TOKEN,
    code_of,
    trouble_apart,
)
from bot.platforms.slack.sdk_log import SDK_LOG

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts while Slack cannot be reached; the last one repeats."""

CALL_TIMEOUT_S = 30.0
CONNECT_TIMEOUT_S = 15.0

PING_S = 4.0
"""A connection that broke without a word is noticed and replaced within this time."""

LOST_S = 20.0
"""How long the SDK gets to reconnect before the connection is begun anew."""

RATE_LIMIT_RETRIES = 5


class Connection:
    """One app's connection to one workspace. `client` makes calls and waits where Slack limits them;
    `hasty_client` does not wait."""

    def __init__(self, bot_token: str, api_url: str | None) -> None:
        base_url = api_url or AsyncWebClient.BASE_URL
        waiting = [AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)]
        # No handler that repeats a call when the connection breaks: it would post twice.
        self.client = AsyncWebClient(bot_token, base_url, logger=SDK_LOG, retry_handlers=[*waiting])
        self.hasty_client = AsyncWebClient(bot_token, base_url, logger=SDK_LOG, retry_handlers=[])
        self._is_closed = asyncio.Event()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Keep connections to Slack's servers open for as long as the bot runs."""
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self.client.session = self.hasty_client.session = session
            try:
                yield
            finally:
                self.client.session = self.hasty_client.session = None

    async def sign_in(self, bot_name: str) -> Me:
        """Learn who the bot is. Raises PlatformError when Slack will not have this token."""
        answer = await self._until_allowed("sign in", WRONG_BOT_TOKEN, self.client.auth_test)
        return Me(
            str(answer.get("user_id", "")),
            str(answer.get("bot_id", "")),
            bot_name,
            str(answer.get("url", "")),
        )

    async def listen(self, app: AsyncApp, app_token: str) -> None:
        """Receive events until `close`. Raises PlatformError when Slack will not have this token."""
        while not self._is_closed.is_set():
            handler = AsyncSocketModeHandler(
                app, app_token, logger=SDK_LOG, web_client=self.client, ping_interval=PING_S
            )
            try:
                await self._until_allowed("connect", WRONG_APP_TOKEN, partial(_connect, handler))
                log.info("connected to Slack")
                await self._watch(handler)
            finally:
                await handler.close_async()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Stop listening; `listen` returns."""
        self._is_closed.set()

    async def _until_allowed(self, doing: str, if_refused: str, work: Callable[[], Awaitable[T]]) -> T:
        waits_s = chain(RETRY_S, repeat(RETRY_S[-1]))
        while True:
            try:
                return await trouble_apart(work)
            except SlackApiError as error:
                code = code_of(error)
                if code != "ratelimited":
                    why = if_refused if code in BAD_TOKEN else f"Slack answered {code}"
                    raise PlatformError(f"could not {doing}: {why}") from None
                reason = code
            except CONNECTION_ERRORS as error:
                reason = type(error).__name__
            wait_s = next(waits_s)
            log.warning("Slack cannot be reached (%s), next try in %.0f s", reason, wait_s)
            if await self._pause(wait_s):
                raise PlatformError(f"could not {doing}: the bot was stopped meanwhile")

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Return when the bot is closed, or the connection has been away for too long."""
        loop = asyncio.get_running_loop()
        seen_at = loop.time()
        while not await self._pause(1.0):
            if await handler.client.is_connected():
                seen_at = loop.time()
            elif loop.time() - seen_at > LOST_S:
                log.warning("the connection to Slack was lost, beginning anew")
                return

    async def _pause(self, seconds: float) -> bool:
        """Wait; True when the bot is closed."""
        try:
            await asyncio.wait_for(self._is_closed.wait(), seconds)
        except TimeoutError:
            return False
        return True


async def _connect(handler: AsyncSocketModeHandler) -> None:
    """Ask for an address and open it. The SDK itself would go on for ever with a refused token."""
    opened = await handler.client.web_client.apps_connections_open(app_token=handler.app_token)
    handler.client.wss_uri = str(opened["url"])
    connecting = handler.connect_async()  # type: ignore[no-untyped-call]
    await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
