"""The HTTP server of the bot on Slack: one request a connection, few and short connections, no words in logs.

It knows nothing of what requests mean. A proxy that speaks HTTPS is expected before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from bot.errors import where
from bot.platforms.ports import take_port
from bot.platforms.slack.patience import Patience

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 1024 * 1024
MAX_CONNECTIONS = 512
"""At once. Where more come the oldest gives way: it waits for bytes, or it is answered soon."""

CONNECTION_S = 30.0
"""How long a connection may last: header, body and answer."""

SHUTDOWN_S = 4.0
"""How long requests that have arrived get to be answered when the bot leaves."""

LOOK_S = 0.5
"""Pause between looks at how old the connections are."""

_SILENT = logging.getLogger("bot.platforms.slack.http_server.aiohttp")
_SILENT.setLevel(logging.CRITICAL)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def serve(host: str, port: int, routes: Iterable[web.RouteDef], patience: Patience) -> None:
    """Serve until the bot is closed, then answer what has arrived. `GET /healthz` says that it is up. Raises
    ConfigError where the port cannot be had."""
    app = web.Application(middlewares=[_guard], client_max_size=MAX_BODY_BYTES)
    app.on_response_prepare.append(_name_no_software)
    app.add_routes([web.get("/healthz", _healthz), *routes])
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=SHUTDOWN_S,
        auto_decompress=False,
        logger=_SILENT,
    )
    await runner.setup()
    assert runner.server is not None
    http = runner.server
    try:
        listener = take_port(host, port, "SLACK_HTTP_PORT")
        server = await asyncio.get_running_loop().create_server(lambda: _admit(http), sock=listener)
        log.info("listening for Slack on http://%s:%d", host, listener.getsockname()[1])
        try:
            await _cut_slow_ones(http, patience)
        finally:
            server.close()
    finally:
        await runner.cleanup()


def _admit(http: web.Server) -> asyncio.Protocol:
    """A new connection, for which the oldest makes room."""
    connections = http.connections
    for connection in connections[: max(0, len(connections) + 1 - MAX_CONNECTIONS)]:
        connection.force_close()
    return http()


async def _cut_slow_ones(http: web.Server, patience: Patience) -> None:
    """End connections that last too long, until the bot is closed. aiohttp waits for ever for a header."""
    loop = asyncio.get_running_loop()
    since: dict[web.RequestHandler, float] = {}
    while not await patience.pause(LOOK_S):
        now = loop.time()
        since = {connection: since.get(connection, now) for connection in http.connections}
        for connection, begun_at in since.items():
            if now - begun_at > CONNECTION_S:
                connection.force_close()


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let no trouble out but its number, and end the connection behind every answer: one that a proxy keeps
    open could be ended just when the next request is on its way."""
    try:
        response = await handler(request)
    except web.HTTPRedirection as redirection:
        response = redirection
    except web.HTTPException as refusal:
        response = web.Response(status=refusal.status)
    except ConnectionError:
        raise
    except Exception as error:
        log.error("a request could not be answered: %s", where(error))
        response = web.Response(status=500)
    response.force_close()
    return response


async def _name_no_software(request: web.Request, response: web.StreamResponse) -> None:
    """Who asks is not told which versions answer."""
    response.headers.popall("Server", None)


async def _healthz(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})
