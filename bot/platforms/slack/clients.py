"""Clients: makes clients of Slack's Web API, which share their connections to Slack's servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakSet

import aiohttp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.sdk_log import SDK_LOG

CALL_TIMEOUT_S = 30.0
RATE_LIMIT_RETRIES = 5


class Clients:
    """Of one app. `api_url` names another server than Slack's own."""

    def __init__(self, api_url: str | None) -> None:
        self.base_url = api_url or AsyncWebClient.BASE_URL
        self._made: WeakSet[AsyncWebClient] = WeakSet()
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Keep connections open for as long as the bot runs."""
        timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self._share(session)
            try:
                yield
            finally:
                self._share(None)

    def make(self, token: str | None) -> AsyncWebClient:
        """One that waits where Slack limits its calls. No handler repeats a call when the connection breaks:
        it would post twice."""
        return self._make(token, AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES))

    def make_hasty(self, token: str | None) -> AsyncWebClient:
        """One that does not wait."""
        return self._make(token)

    def _make(self, token: str | None, *handlers: AsyncRateLimitErrorRetryHandler) -> AsyncWebClient:
        client = AsyncWebClient(token, self.base_url, logger=SDK_LOG, retry_handlers=[*handlers])
        client.session = self._session
        self._made.add(client)
        return client

    def _share(self, session: aiohttp.ClientSession | None) -> None:
        self._session = session
        for client in self._made:
            client.session = session
