"""Socket Mode: Slack's events over a websocket, which needs no public address. Knows nothing of messages.

Slack's SDK reconnects by itself; but it tries one address for ever, and an address is good for a moment only.
So a connection that stays away is given up here and begun anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.patience import Patience
from bot.platforms.slack.problems import WRONG_APP_TOKEN
from bot.platforms.slack.sdk_log import SDK_LOG

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 15.0

PING_S = 4.0
"""A connection that broke without a word is noticed and replaced within this time."""

AWAY_S = 60.0
"""Slack tells again of what nobody took, for about as long."""

LOST_S = 20.0
"""How long the SDK gets to reconnect before the connection is begun anew."""


class SocketMode:
    """A Transport. `client` is one without a token, `app_token` is for the connection alone. `came_back` is
    called before the first event after a break of more than AWAY_S, of which Slack does not tell any more."""

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        patience: Patience,
        came_back: Callable[[], Awaitable[None]],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._patience = patience
        self._came_back = came_back
        self._seen_at: float | None = None

    async def listen(self, app: AsyncApp) -> None:
        """See Transport."""
        while not self._patience.has_ended:
            handler = AsyncSocketModeHandler(
                app, self._app_token, logger=SDK_LOG, web_client=self._client, ping_interval=PING_S
            )
            try:
                connect = partial(self._connect, handler)
                await self._patience.until_allowed("connect", WRONG_APP_TOKEN, connect)
                log.info("connected to Slack")
                await self._watch(handler)
            finally:
                await handler.close_async()  # type: ignore[no-untyped-call]

    async def _watch(self, handler: AsyncSocketModeHandler) -> None:
        """Return when the bot is closed, or the connection has been away for too long."""
        loop = asyncio.get_running_loop()
        self._seen_at = loop.time()
        while not await self._patience.pause(1.0):
            if await handler.client.is_connected():
                self._seen_at = loop.time()
            elif loop.time() - self._seen_at > LOST_S:
                log.warning("the connection to Slack was lost, beginning anew")
                return

    async def _connect(self, handler: AsyncSocketModeHandler) -> None:
        """Ask for an address and open it. The SDK itself would go on for ever with a refused token."""
        opened = await handler.client.web_client.apps_connections_open(app_token=handler.app_token)
        handler.client.wss_uri = str(opened["url"])
        if self._seen_at is not None and asyncio.get_running_loop().time() - self._seen_at > AWAY_S:
            await self._came_back()
        connecting = handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.wait_for(connecting, CONNECT_TIMEOUT_S)
