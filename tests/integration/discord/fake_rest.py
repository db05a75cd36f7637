"""Discord's HTTP API, as much of it as the bot uses. Every request is judged before it is served.

Limits and error codes: https://discord.com/developers/docs/topics/opcodes-and-status-codes and
.../topics/rate-limits.
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
from tests.integration.discord.fake_discord import (
    LOADING,
    SUPPRESS_EMBEDS,
    FakeDiscord,
    Interaction,
    Place,
)
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

PREFIX = "/api/v10"
BODY: web.RequestKey[Any] = web.RequestKey("body", object)
BUCKET_SIZE, BUCKET_S = 5, 5.0
ANSWER_WITHIN_S = 3.0


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


class Rest:
    """The HTTP door. `problems` are breaches of the contract, `asked` all requests, `faults` what is to go
    wrong."""

    def __init__(self, discord: FakeDiscord, token: str) -> None:
        self.problems: list[str] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self._discord = discord
        self._token = token
        self._buckets: dict[str, list[float]] = {}

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._door])
        message = "/channels/{channel}/messages/{message}"
        webhook = "/webhooks/{application}/{token}"
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
            ("GET", "/users/@me", self._me),
            ("GET", "/oauth2/applications/@me", self._application),
            ("PUT", "/applications/{application}/commands", self._register),
            ("GET", "/channels/{channel}", self._channel),
            ("GET", "/channels/{channel}/messages", self._history),
            ("POST", "/channels/{channel}/messages", self._post),
            ("PATCH", message, self._edit),
            ("DELETE", message, self._delete),
            ("POST", "/channels/{channel}/typing", self._typing),
            ("POST", "/interactions/{interaction}/{token}/callback", self._callback),
            ("POST", webhook, self._follow_up),
            ("PATCH", webhook + "/messages/{message}", self._edit_answer),
            ("DELETE", webhook + "/messages/{message}", self._delete_answer),
        ]
        for method, path, handler in routes:
            application.router.add_route(method, PREFIX + path, handler)
        return application

    def count(self, method: str, path: str) -> int:
        """How many requests came with this method and a path that matches."""
        return sum(asked.method == method and bool(re.search(path, asked.path)) for asked in self.asked)

    # --- the door: who may come in, and what happens to them ----------------------------------

    @web.middleware
    async def _door(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not request.path.startswith(PREFIX):
            return await handler(request)
        path = request.path.removeprefix(PREFIX)
        body = await request.json() if request.can_read_body else None
        self.asked.append(Asked(request.method, path, body or {}, asyncio.get_running_loop().time()))
        self.problems += contract().problems(request.method, path, dict(request.query), body)
        request[BODY] = body
        fault = self._fault(request.method, path)
        if fault is not None and fault.kind == "cut":
            return _cut(request, _answer(None))
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
            return _answer({"message": "no", "code": refusal.code}, refusal.status)
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

    # --- the bot itself ----------------------------------------------------------------------

    async def _me(self, request: web.Request) -> web.Response:
        return _answer(self._discord.bot)

    async def _application(self, request: web.Request) -> web.Response:
        return _answer(
            {
                "id": self._discord.bot["id"],
                "name": "Parley",
                "icon": None,
                "description": "",
                "bot_public": True,
                "bot_require_code_grant": False,
                "summary": "",
                "verify_key": "0" * 64,
                "team": None,
                "owner": self._discord.ann,
                "flags": 0,
            }
        )

    async def _register(self, request: web.Request) -> web.Response:
        self._discord.commands = [{"id": str(snowflake()), **command} for command in request[BODY]]
        return _answer(self._discord.commands)

    async def _channel(self, request: web.Request) -> web.Response:
        place = self._place(request)
        return _answer(self._discord.channel(place) | {"guild_id": str(place.guild_id)})

    # --- messages ----------------------------------------------------------------------------

    async def _history(self, request: web.Request) -> web.Response:
        after, limit = int(request.query.get("after", 0)), int(request.query.get("limit", 50))
        place = self._place(request)
        ids = [message_id for message_id in sorted(place.messages) if message_id > after][:limit]
        return _answer([place.messages[message_id] for message_id in reversed(ids)])

    async def _post(self, request: web.Request) -> web.Response:
        place, body = self._place(request), request[BODY]
        self._judge(body)
        if not body.get("enforce_nonce") or not body.get("nonce"):
            self.problems.append("a post without a nonce that is enforced")
        # What Discord made for this nonce is what it answers with, even where that was deleted since.
        if (known := self._discord.nonces.get(body["nonce"])) is not None:
            return _answer(known)
        answered = self._answered(place, body.get("message_reference"))
        payload = self._message(place, body, answered=answered, nonce=body["nonce"])
        self._discord.nonces[body["nonce"]] = payload
        self._discord.add(place, payload)
        return _answer(payload)

    def _answered(self, place: Place, reference: Payload | None) -> Payload | None:
        if reference is None:
            return None
        answered = place.messages.get(int(reference["message_id"]))
        if answered is None and reference.get("fail_if_not_exists", True):
            raise RefusalError(400, 50035)
        return answered

    async def _edit(self, request: web.Request) -> web.Response:
        place = self._place(request)
        old = place.messages.get(int(request.match_info["message"]))
        if old is None:
            raise RefusalError(404, 10008)
        return _answer(self._change(place, old, request[BODY]))

    def _change(self, place: Place, old: Payload, body: Payload) -> Payload:
        self._judge(body, old["flags"])
        is_first = old["flags"] & LOADING
        flags = (body["flags"] if "flags" in body else old["flags"]) & ~LOADING
        now = None if is_first else datetime.now(UTC).isoformat()
        new = old | {"content": body["content"], "flags": flags, "edited_timestamp": now}
        return self._discord.change(place, new)

    async def _delete(self, request: web.Request) -> web.Response:
        message_id = int(request.match_info["message"])
        if message_id not in self._place(request).messages:
            raise RefusalError(404, 10008)
        self._discord.delete(message_id)
        return _answer(None)

    async def _typing(self, request: web.Request) -> web.Response:
        self._discord.typing.append(self._place(request).id)
        return _answer(None)

    # --- commands ----------------------------------------------------------------------------

    async def _callback(self, request: web.Request) -> web.Response:
        interaction = self._discord.interactions.get(int(request.match_info["interaction"]))
        if interaction is None or interaction.token != request.match_info["token"]:
            raise RefusalError(404, 10062)
        if interaction.original_id is not None:
            raise RefusalError(400, 40060)
        if asyncio.get_running_loop().time() - interaction.given_at_s > ANSWER_WITHIN_S:
            self.problems.append("a command was answered after more than three seconds")
            raise RefusalError(404, 10062)
        body: Payload = {"content": "", "flags": LOADING}
        payload = self._message(interaction.place, body, interaction=interaction)
        interaction.original_id = self._discord.add(interaction.place, payload)
        about = {"id": str(interaction.id), "type": 2, "response_message_id": payload["id"]}
        return _answer({"interaction": about, "resource": {"type": 5, "message": payload}})

    async def _follow_up(self, request: web.Request) -> web.Response:
        interaction = self._interaction(request)
        self._judge(request[BODY])
        original = interaction.place.messages.get(interaction.original_id or 0)
        if original is not None and original["flags"] & LOADING:
            return _answer(self._change(interaction.place, original, request[BODY]))
        payload = self._message(interaction.place, request[BODY], interaction=interaction, answered=original)
        self._discord.add(interaction.place, payload)
        return _answer(payload)

    async def _edit_answer(self, request: web.Request) -> web.Response:
        interaction, message_id = self._answer_message(request)
        old = interaction.place.messages[message_id]
        return _answer(self._change(interaction.place, old, request[BODY]))

    async def _delete_answer(self, request: web.Request) -> web.Response:
        _, message_id = self._answer_message(request)
        self._discord.delete(message_id)
        return _answer(None)

    def _answer_message(self, request: web.Request) -> tuple[Interaction, int]:
        interaction, name = self._interaction(request), request.match_info["message"]
        message_id = (interaction.original_id or 0) if name == "@original" else int(name)
        if message_id not in interaction.place.messages:
            raise RefusalError(404, 10008)
        return interaction, message_id

    def _interaction(self, request: web.Request) -> Interaction:
        token = request.match_info["token"]
        for interaction in self._discord.interactions.values():
            if interaction.token == token and interaction.original_id is not None:
                if interaction.is_expired:
                    raise RefusalError(401, 50027)
                return interaction
        raise RefusalError(404, 10015)

    # --- what all messages have in common -----------------------------------------------------

    def _place(self, request: web.Request) -> Place:
        place = self._discord.places.get(int(request.match_info["channel"]))
        if place is None:
            raise RefusalError(404, 10003)
        return place

    def _judge(self, body: Payload, flags: int = 0) -> None:
        """Refuse what Discord refuses, and note what it would let through to people's annoyance."""
        content = body.get("content") or ""
        if len(content) > 2000:
            raise RefusalError(400, 50035)
        if not content.strip():
            raise RefusalError(400, 50006)
        mentions = body.get("allowed_mentions")
        if mentions is None or mentions.get("parse") != [] or mentions.get("users") or mentions.get("roles"):
            self.problems.append("a text that may notify people")
        if mentions is None or mentions.get("replied_user"):
            self.problems.append("a reply that notifies")
        if not (body.get("flags", flags) & SUPPRESS_EMBEDS):
            self.problems.append("a text whose links are previewed")

    def _message(
        self,
        place: Place,
        body: Payload,
        *,
        interaction: Interaction | None = None,
        answered: Payload | None = None,
        **more: Any,
    ) -> Payload:
        payload = payloads.message(
            self._discord.bot,
            body["content"],
            place.id,
            guild_id=place.guild_id,
            answered=answered,
            flags=body.get("flags", 0),
            **more,
        )
        if interaction is not None:
            payload["type"] = 19 if answered else 20
            payload["interaction_metadata"] = {
                "id": str(interaction.id),
                "type": 2,
                "user": interaction.author,
                "authorizing_integration_owners": {},
            }
        return payload


def _answer(body: object, status: int = 200) -> web.Response:
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
    response = _answer(body, 429)
    response.headers.update(_limit_headers("shared", 0, retry_after_s))
    response.headers.update(
        {"Retry-After": str(retry_after_s), "X-RateLimit-Scope": "user", "Via": "1.1 google"}
    )
    return response
