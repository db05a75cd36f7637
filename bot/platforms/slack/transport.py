"""How Slack's events come to the bot: what Socket Mode and HTTP have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot.platforms.slack.http_server import serve
from bot.platforms.slack.patience import Patience


class Transport(Protocol):
    """How Slack's events come to the bot."""

    async def listen(self, app: AsyncApp) -> None:
        """Receive events until the bot is closed. Raises PlatformError when Slack will not have this app, and
        ConfigError where it cannot listen here."""


class BesidePages:
    """A Transport that needs no port, with pages for people's browsers at one beside it."""

    def __init__(
        self,
        transport: Transport,
        host: str,
        port: int,
        pages: Sequence[web.RouteDef],
        patience: Patience,
    ) -> None:
        self._transport = transport
        self._host, self._port = host, port
        self._pages = pages
        self._patience = patience

    async def listen(self, app: AsyncApp) -> None:
        """See Transport."""
        serving = asyncio.create_task(serve(self._host, self._port, self._pages, self._patience))
        listening = asyncio.create_task(self._transport.listen(app))
        both = (serving, listening)
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
