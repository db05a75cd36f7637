"""HTTP: Slack's events, commands and interactions as signed requests to a port of the bot's own.

Whoever finds the address can send anything to it. So a request is judged by its raw bytes, before Bolt or
anybody else sees it: 401 for what Slack did not sign or what came before, 413 for what is too large, 400 for
what is not built as Slack builds it. Knows nothing of messages.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.platforms.slack.http_bodies import FORM, JSON, MalformedError, to_body
from bot.platforms.slack.http_server import MAX_BODY_BYTES, serve
from bot.platforms.slack.options import EVENTS_PATH, Http
from bot.platforms.slack.patience import Patience
from bot.platforms.slack.signatures import ForgedError, Signatures

log = logging.getLogger(__name__)

TELL_S = 3600.0
"""Refused requests are told in one line in this time."""

READ_S = 10.0
"""How long a body may take. Slack waits for three seconds."""

USUAL_BODY_BYTES, LARGE_AT_ONCE = 64 * 1024, 8
"""Hardly anything that Slack sends is larger; of what is, few are held in memory before their signature is
known."""


class HttpDoor:
    """A Transport. `pages` are served beside it, for people's browsers."""

    def __init__(self, http: Http, patience: Patience, pages: Sequence[web.RouteDef] = ()) -> None:
        self._http = http
        self._patience = patience
        self._pages = pages
        self._signatures = Signatures(http.signing_secret)
        self._turned_away = TurnedAway()
        self._large_bodies = asyncio.Semaphore(LARGE_AT_ONCE)

    async def listen(self, app: AsyncApp) -> None:
        """See Transport."""

        async def receive(request: web.Request) -> web.Response:
            return await self._receive(request, app)

        routes = [web.post(EVENTS_PATH, receive), *self._pages]
        await serve(self._http.host, self._http.port, routes, self._patience)

    async def _receive(self, request: web.Request, app: AsyncApp) -> web.Response:
        try:
            return await self._take(request, app)
        except ForgedError as error:
            status, why = 401, str(error)
        except MalformedError:
            status, why = 400, "it is not built as Slack builds it"
        except web.HTTPRequestEntityTooLarge:
            status, why = 413, "it is too large"
        self._turned_away.count(why)
        return web.Response(status=status)

    async def _take(self, request: web.Request, app: AsyncApp) -> web.Response:
        """What Bolt answers. Raises ForgedError, MalformedError and HTTPRequestEntityTooLarge."""
        if request.content_type not in (JSON, FORM) or "Content-Encoding" in request.headers:
            raise MalformedError
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        self._signatures.check_headers(timestamp, signature)
        raw = await self._read(request)
        self._signatures.accept(timestamp, signature, raw)
        status = 500
        try:
            answer = await app.async_dispatch(_to_bolt(to_body(request.content_type, raw)))
            status = answer.status
        finally:
            if status >= 500:  # Slack may send it again within this second, and then it is signed alike
                self._signatures.forget(signature)
        content_type = answer.headers["content-type"][0]
        return web.Response(status=status, body=answer.body.encode(), headers={"Content-Type": content_type})

    async def _read(self, request: web.Request) -> bytes:
        """The body. Raises HTTPRequestEntityTooLarge, and MalformedError for one that does not come."""
        size = request.content_length
        if size is not None and size > MAX_BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, size)
        is_usual = size is not None and size <= USUAL_BODY_BYTES
        try:
            async with asyncio.timeout(READ_S), nullcontext() if is_usual else self._large_bodies:
                return await request.read()
        except (TimeoutError, web.RequestPayloadError):
            raise MalformedError from None


class TurnedAway:
    """Counts what is refused, and tells of it in few words."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._count = 0
        self._quiet_until_s = 0.0

    def count(self, why: str) -> None:
        """Another request was refused."""
        self._count += 1
        if self._clock() < self._quiet_until_s:
            return
        log.warning("refused %d request(s) to %s, the last one since %s", self._count, EVENTS_PATH, why)
        self._count, self._quiet_until_s = 0, self._clock() + TELL_S


def _to_bolt(body: dict[str, object]) -> AsyncBoltRequest:
    """The body as Bolt takes it from Socket Mode too: it was read, and must not be read again, perhaps in
    another way. Raises MalformedError where Bolt stumbles over what is in it."""
    try:
        return AsyncBoltRequest(mode="socket_mode", body=body)
    except (TypeError, AttributeError, LookupError, RecursionError):
        raise MalformedError from None
