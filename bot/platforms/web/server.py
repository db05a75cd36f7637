"""Server: the playground's HTTP side. Pages, sign-in, the websocket, uploads, the health endpoint.

It judges every request before anything else sees it, and turns bodies into what Room understands. It knows
nothing of what messages mean.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aiohttp import WSMsgType, web

from bot.errors import BotError, StorageError
from bot.platforms.web import frames
from bot.platforms.web.gate import SESSION_S, Doorkeeper, OneTimeToken, Sessions
from bot.platforms.web.hub import Hub, Tab
from bot.platforms.web.room import Room
from bot.platforms.web.uploads import MAX_UPLOAD_BYTES, UploadError, receive

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

STATIC = Path(__file__).parent / "static"
PING_S = 20.0
CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """What decides who may come in, and how to tell the operator of a new address."""

    door: Doorkeeper
    token: OneTimeToken
    sessions: Sessions
    cookie: str
    announce: Callable[[], None]


class Server:
    """The aiohttp application of the playground."""

    def __init__(
        self,
        gate: Gate,
        room: Room,
        hub: Hub,
        model_status: Callable[[], str],
        health: Callable[[], Awaitable[None]],
    ) -> None:
        self._gate = gate
        self._room = room
        self._hub = hub
        self._model_status = model_status
        self._health = health

    def application(self) -> web.Application:
        """The application with its routes; `client_max_size` bounds every body that is read whole."""
        app = web.Application(middlewares=[self._guard], client_max_size=MAX_UPLOAD_BYTES)
        app.router.add_get("/", self._page)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/import", self._import)
        app.router.add_get("/favicon.ico", self._favicon)
        app.router.add_get("/static/{name:[a-z/-]+[.](?:css|js|svg)}", self._static)
        return app

    # --- who may come in ---------------------------------------------------------------------

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse foreign hosts and origins, and put the safe headers on everything."""
        host = request.headers.get("Host")
        is_change = request.method not in ("GET", "HEAD") or request.path == "/socket"
        if not self._gate.door.is_own_host(host):
            response: web.StreamResponse = _refusal(421, "This address is not one of mine.")
        elif is_change and not self._gate.door.is_own_origin(request.headers.get("Origin"), host):
            response = _refusal(403, "Only my own pages may do that.")
        elif is_change and "Content-Encoding" in request.headers:
            response = _refusal(415, "Please send this uncompressed.")
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = _refusal(error.status, error.reason)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _is_known(self, request: web.Request) -> bool:
        cookie = request.cookies.get(self._gate.cookie)
        return cookie is not None and self._gate.sessions.is_valid(cookie)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        token = request.query.get("token")
        if token is not None and request.method == "GET" and self._gate.token.redeem(token):
            response = web.Response(status=303, headers={"Location": "/"})
            self._set_cookie(response)
            return response
        if self._is_known(request):
            if token is not None:
                return web.Response(status=303, headers={"Location": "/"})
            return _file("index.html")
        if request.method == "GET" and self._gate.token.may_announce():
            self._gate.announce()
        return _file("locked.html", status=401)

    def _set_cookie(self, response: web.Response) -> None:
        response.set_cookie(
            self._gate.cookie,
            self._gate.sessions.issue(),
            max_age=SESSION_S,
            path="/",
            httponly=True,
            samesite="Strict",
        )

    # --- what is here ------------------------------------------------------------------------

    async def _static(self, request: web.Request) -> web.StreamResponse:
        return _file(request.match_info["name"])

    async def _favicon(self, request: web.Request) -> web.StreamResponse:
        return _file("favicon.svg")

    async def _healthz(self, request: web.Request) -> web.StreamResponse:
        """200 with the model's status; 503 while the database cannot be written."""
        body = {"status": "ok", "model": self._model_status()}
        try:
            await self._health()
        except StorageError as error:
            log.warning("unhealthy: %s", error)
            return web.json_response(body | {"status": "the database cannot be written"}, status=503)
        return web.json_response(body)

    async def _import(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            return _refusal(401, "Your session has ended. Please reload the page.")
        try:
            upload = await receive(request)
            channel = await self._room.import_log(upload.name, upload.messages, upload.channel_id)
        except UploadError as error:
            return _refusal(error.status, error.user_message)
        except BotError as error:
            log.warning("an upload could not be imported: %s", error)
            return _refusal(422, error.user_message)
        body = {"channel": frames.channel_view(channel), "messages": len(upload.messages)}
        return web.json_response(body)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self._is_known(request):
            return _refusal(401, "Your session has ended. Please reload the page.")
        if self._hub.is_full:
            return _refusal(503, "Too many pages are open. Please close one.")
        socket = web.WebSocketResponse(timeout=1.0, heartbeat=PING_S, max_msg_size=frames.MAX_FRAME_BYTES)
        socket.headers.update(HEADERS)
        await socket.prepare(request)
        await self._attend(Tab(socket))
        return socket

    async def _attend(self, tab: Tab) -> None:
        """Greet a tab and do what it asks until it goes."""
        tab.tell(await self._room.hello())
        self._hub.join(tab)
        writing = asyncio.create_task(tab.write())
        try:
            async for message in tab.socket:
                if message.type is WSMsgType.TEXT:
                    await self._room.handle(tab, message.data)
                else:
                    await tab.socket.close(code=1003, message=b"text frames only")
        finally:
            self._hub.leave(tab)
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing


def _file(name: str, status: int = 200) -> web.Response:
    path = STATIC / name
    if not path.is_file():
        return _refusal(404, "There is nothing here.")
    content_type = CONTENT_TYPES[path.suffix]
    return web.Response(body=path.read_bytes(), content_type=content_type, charset="utf-8", status=status)


def _refusal(status: int, sentence: str) -> web.Response:
    return web.Response(text=json.dumps({"error": sentence}), content_type="application/json", status=status)
