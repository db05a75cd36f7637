"""The door of the fake Discord's HTTP API: every request is judged, limited, and perhaps struck by a fault.

Limits and their headers: https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from aiohttp import web

from tests.integration.discord.contract import contract
from tests.unit.platforms.discord.payloads import Payload

PREFIX = "/api/v10"
BODY: web.RequestKey[Any] = web.RequestKey("body", object)
FILES: web.RequestKey[list[tuple[str, bytes]]] = web.RequestKey("files", list)
BUCKET_SIZE, BUCKET_S = 5, 5.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """What is to go wrong with requests whose method and path match.

    "lost": done, but the answer never arrives. "cut": not done, the connection breaks. "refused": answered
    with `status` and `code`. "throttled": a 429 that asks to wait `retry_after_s`.
    """

    method: str
    path: str
    kind: Literal["lost", "cut", "refused", "throttled"]
    times: int = 1
    status: int = 403
    code: int = 50013
    retry_after_s: float = 0.3


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    body: Payload
    at_s: float


class RefusalError(Exception):
    """An error as Discord answers it."""

    def __init__(self, status: int, code: int) -> None:
        self.status, self.code = status, code


class Door:
    """`problems` are breaches of the contract, `asked` all requests, `faults` what is to go wrong."""

    def __init__(self, token: str) -> None:
        self.problems: list[str] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self._token = token
        self._buckets: dict[str, list[float]] = {}

    def count(self, method: str, path: str) -> int:
        """How many requests came with this method and a path that matches."""
        return sum(asked.method == method and bool(re.search(path, asked.path)) for asked in self.asked)

    @web.middleware
    async def let_in(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        path = request.path.removeprefix(PREFIX)
        body, request[FILES] = await _read(request)
        self.asked.append(Asked(request.method, path, body or {}, asyncio.get_running_loop().time()))
        self.problems += contract().problems(request.method, path, dict(request.query), body)
        request[BODY] = body
        fault = self._fault(request.method, path)
        if fault is not None and fault.kind == "cut":
            return _cut(request, answer(None))
        if fault is not None and fault.kind == "throttled":
            return _throttled(fault.retry_after_s)
        try:
            if fault is not None and fault.kind == "refused":
                raise RefusalError(fault.status, fault.code)
            if request.headers.get("Authorization") != f"Bot {self._token}" and "/interactions/" not in path:
                raise RefusalError(401, 0)
            headers = self._limit(request)
            response = await handler(request)
            response.headers.update(headers)
        except RefusalError as refusal:
            return answer({"message": "no", "code": refusal.code}, refusal.status)
        except Exception as error:
            self.problems.append(f"{request.method} {path}: {error!r}")
            raise
        return _cut(request, response) if fault is not None else response

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and re.search(fault.path, path) and fault.times:
                fault.times -= 1
                return fault
        return None

    def _limit(self, request: web.Request) -> dict[str, str]:
        """Five posts, and five edits, in five seconds in one channel; more are a problem of their own."""
        if request.method not in ("POST", "PATCH") or "/messages" not in request.path:
            return {}
        major = request.match_info.get("channel") or request.match_info.get("token")
        bucket = f"{request.method}-{'c' if 'channel' in request.match_info else 'w'}"
        now_s = asyncio.get_running_loop().time()
        recent = [at_s for at_s in self._buckets.get(f"{bucket}:{major}", []) if now_s - at_s < BUCKET_S]
        if len(recent) >= BUCKET_SIZE:
            self.problems.append(f"{request.method} {request.path}: faster than the bucket allows")
        self._buckets[f"{bucket}:{major}"] = recent = [*recent, now_s]
        reset_s = recent[0] + BUCKET_S - now_s
        return _limit_headers(bucket, max(0, BUCKET_SIZE - len(recent)), reset_s)


async def _read(request: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    """The JSON of a request, and the files that come with it in their order."""
    if not request.can_read_body:
        return None, []
    if not request.content_type.startswith("multipart/"):
        return await request.json(), []
    body: Any = None
    files: dict[int, tuple[str, bytes]] = {}
    form = await request.post()
    for name, value in form.items():
        if isinstance(value, web.FileField):
            files[int(re.sub(r"\D", "", name))] = (value.filename, value.file.read())
        elif name == "payload_json":
            body = json.loads(value if isinstance(value, str) else bytes(value))
    return body, [files[number] for number in sorted(files)]


def answer(body: object, status: int = 200) -> web.Response:
    """JSON of exactly this content type: discord.py reads no other."""
    if body is None:
        return web.Response(status=204)
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return response


def _limit_headers(bucket: str, remaining: int, reset_s: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(BUCKET_SIZE),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": f"{datetime.now(UTC).timestamp() + reset_s:.3f}",
        "X-RateLimit-Reset-After": f"{reset_s:.3f}",
        "X-RateLimit-Bucket": bucket,
    }


def _throttled(retry_after_s: float) -> web.Response:
    body = {"message": "You are being rate limited.", "retry_after": retry_after_s, "global": False}
    response = answer(body, 429)
    response.headers.update(_limit_headers("shared", 0, retry_after_s))
    response.headers.update(
        {"Retry-After": str(retry_after_s), "X-RateLimit-Scope": "user", "Via": "1.1 google"}
    )
    return response
