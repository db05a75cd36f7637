"""A Slack on loopback: workspaces, their people and the bot, seen and moved by the test.

`FakeSlack` puts the parts together: the state and what people do (fake_people.py, fake_interactions.py), the
Web API that the bot calls, and the doors by which deliveries reach it.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web

from tests.integration.slack.fake_door import Door, Envelope
from tests.integration.slack.fake_http import SIGNING_SECRET, Http
from tests.integration.slack.fake_interactions import Interactions
from tests.integration.slack.fake_people import People
from tests.integration.slack.fake_socket import Socket
from tests.integration.slack.fake_state import (
    ANN,
    APP_TOKEN,
    BEN,
    BOT_ID,
    BOT_TOKEN,
    BOT_USER,
    TEAM,
    Command,
    Interaction,
    Payload,
    Place,
    Workspace,
)

__all__ = [
    "ANN",
    "APP_TOKEN",
    "BEN",
    "BOT_ID",
    "BOT_TOKEN",
    "BOT_USER",
    "SIGNING_SECRET",
    "TEAM",
    "Command",
    "FakeSlack",
    "Interaction",
    "Payload",
    "Place",
    "Workspace",
]

Transport = Literal["socket", "http"]


class FakeSlack(People, Interactions):
    """A Slack. Use it with `async with`; `api_url` is then known. `door` is what carries the deliveries."""

    def __init__(self, transport: Transport = "socket") -> None:
        from tests.integration.slack.fake_web import WebApi

        super().__init__()
        self.transport = transport
        self.socket, self.http = Socket(), Http()
        self.door: Door = self.http if transport == "http" else self.socket
        self.web = WebApi(self)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeSlack:
        application = self.web.application()
        application.router.add_get("/link", self.socket.connect)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.address = f"127.0.0.1:{self._runner.addresses[0][1]}"
        self.api_url = f"http://{self.address}/api/"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        await self.socket.close()
        await self.http.close()
        await self._runner.cleanup()

    @property
    def deliver_to(self) -> str:
        """Where the bot listens, when deliveries come over HTTP."""
        return self.http.deliver_to

    @deliver_to.setter
    def deliver_to(self, address: str) -> None:
        self.http.deliver_to = address

    @property
    def scopes(self) -> list[str]:
        """What the app is granted in every workspace. May be changed."""
        return self.web.scopes

    @property
    def problems(self) -> list[str]:
        """Breaches of Slack's rules by the bot."""
        return [*self.web.problems, *self.socket.problems, *self.http.problems]

    def event_envelopes(self, kind: str = "") -> list[Envelope]:
        """The events sent so far, of one type."""
        events = [one for one in self.door.envelopes if one.type == "events_api"]
        return [one for one in events if not kind or one.payload["event"]["type"] == kind]
