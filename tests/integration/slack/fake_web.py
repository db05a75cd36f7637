"""Slack's Web API, as much of it as the bot uses, and `response_url`s: the door. Every call is judged first.

https://docs.slack.dev/reference/methods. What the methods do is in fake_methods_*.py, fake_streams.py,
fake_views.py and fake_files.py.
"""

from __future__ import annotations

import asyncio
import re
import sys
from base64 import b64decode
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from aiohttp import web

from tests.integration.slack import contract
from tests.integration.slack.fake_calls import Method, RefusalError, all_scopes, scope_of
from tests.integration.slack.fake_files import Files
from tests.integration.slack.fake_methods_chat import ChatMethods
from tests.integration.slack.fake_methods_places import PlaceMethods
from tests.integration.slack.fake_methods_team import TeamMethods
from tests.integration.slack.fake_sessions import Sessions
from tests.integration.slack.fake_slack import APP_TOKEN, TEAM, FakeSlack, Payload, Workspace
from tests.integration.slack.fake_streams import Streams
from tests.integration.slack.fake_tiers import Buckets
from tests.integration.slack.fake_views import Views

RESPONSES = 5

Kind = Literal["lost", "cut", "refused", "throttled", "trouble"]


@dataclass
class Fault:
    """What is to go wrong with calls of methods that match, or with a `share` of them, by chance.

    "lost": done, but the answer never arrives. "cut": not done, the connection breaks. "refused": answered
    with `code`. "throttled": a 429 that asks to wait a second. "trouble": a 503 that is no JSON.
    """

    method: str
    kind: Kind
    times: int = 1
    code: str = "channel_not_found"
    share: float = 1.0
    dice: Random = field(default_factory=lambda: Random(0))

    def strikes(self, method: str) -> bool:
        """Whether a call of a method goes wrong."""
        is_meant = re.fullmatch(self.method, method) is not None
        return is_meant and (self.share >= 1.0 or self.dice.random() < self.share)


@dataclass(frozen=True)
class Asked:
    """A call as it came."""

    method: str
    args: Payload
    at_s: float


class WebApi:
    """The HTTP door. `problems` are breaches of the rules, `asked` all calls, `faults` what will go wrong,
    `delay_s` how long the answers of a method take, `throttled` the methods that were called too often,
    `scopes` what the app is granted."""

    def __init__(self, slack: FakeSlack) -> None:
        self.problems: list[str] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.delay_s: dict[str, float] = {}
        self.throttled: list[str] = []
        self.scopes = all_scopes()
        self._slack = slack
        self._buckets = Buckets()
        self.places, self.team = PlaceMethods(slack), TeamMethods(slack)
        self.streams, self.files = Streams(slack), Files(slack)
        self.sessions = Sessions(slack, self.streams)
        parts = (
            self.places,
            self.team,
            self.streams,
            self.sessions,
            self.files,
            ChatMethods(slack, self.streams),
            Views(slack),
        )
        self._methods: dict[str, Method] = {
            name: method for part in parts for name, method in part.methods.items()
        }

    def application(self) -> web.Application:
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_route("*", "/api/{method}", self._call)
        application.router.add_post("/commands/{team}/{number}", self._respond)
        application.router.add_routes(self.files.routes())
        return application

    # --- what tests ask and set --------------------------------------------------------------

    def count(self, method: str) -> int:
        """How many calls of a method came."""
        return len(self.calls(method))

    def calls(self, method: str) -> list[Payload]:
        """The arguments of all calls of a method."""
        return [asked.args for asked in self.asked if asked.method == method]

    def lose(self, share: float, seed: int = 0, methods: str = ".*") -> None:
        """From now on a share of the answers of methods that match gets lost, by seeded chance."""
        self.faults.append(Fault(methods, "lost", sys.maxsize, share=share, dice=Random(seed)))

    def code_for(self, team_id: str = TEAM) -> str:
        """A code of OAuth, as a person is sent back with who installs the app in a workspace."""
        return self.team.code_for(team_id)

    @property
    def tiers(self) -> dict[str, tuple[float, int]]:
        """Calls a minute and at once, by method. May be changed."""
        return self._buckets.limits

    @property
    def stream_life_s(self) -> float:
        """How long a stream lives."""
        return self.streams.life_s

    @stream_life_s.setter
    def stream_life_s(self, seconds: float) -> None:
        self.streams.life_s = seconds

    @property
    def stream_idle_s(self) -> float:
        """How long a stream lives without a word."""
        return self.streams.idle_s

    @stream_idle_s.setter
    def stream_idle_s(self, seconds: float) -> None:
        self.streams.idle_s = seconds

    @property
    def short_pages(self) -> bool:
        """Whether pages of messages hold less than was asked for."""
        return self.places.short_pages

    @short_pages.setter
    def short_pages(self, are_short: bool) -> None:
        self.places.short_pages = are_short

    # --- the door ----------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        args = await _arguments(request, method, is_json)
        self.asked.append(Asked(method, args, asyncio.get_running_loop().time()))
        found = contract.problems(method, args, is_json=is_json)
        self.problems += found
        await asyncio.sleep(self.delay_s.get(method, 0.0))
        fault = self._fault(method)
        if fault is not None and fault.kind == "cut":
            return _cut(request, web.Response())
        if fault is not None and fault.kind == "trouble":
            return web.Response(status=503, text="<html>busy</html>", content_type="text/html")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        wait_s = 1 if fault is not None and fault.kind == "throttled" else self._wait_s(method, args, token)
        if wait_s:
            self.throttled.append(method)
            error = {"ok": False, "error": "ratelimited"}
            return web.json_response(error, status=429, headers={"Retry-After": str(wait_s)})
        response = self._answer(method, args, token, fault, contract.error_of(found))
        return _cut(request, response) if fault is not None and fault.kind == "lost" else response

    def _answer(
        self, method: str, args: Payload, token: str, fault: Fault | None, error: str
    ) -> web.Response:
        """Do what is asked, if that is right, and say what came of it."""
        headers = {"X-OAuth-Scopes": ",".join(self.scopes)}
        try:
            workspace = self._authorized(method, token)
            if fault is not None and fault.kind == "refused":
                raise RefusalError(fault.code, needed="groups:history")
            needed = scope_of(method, args, self._slack)
            if needed and needed not in self.scopes:
                raise RefusalError("missing_scope", needed=needed, provided=",".join(self.scopes))
            if error:
                raise RefusalError(error)
            answer = {"ok": True, **self._methods[method](args, workspace)}
        except RefusalError as refusal:
            answer = {"ok": False, "error": str(refusal), **refusal.more}
        except Exception as error:
            self.problems.append(f"{method}: {error!r}")
            raise
        return web.json_response(answer, headers=headers)

    def _authorized(self, method: str, token: str) -> Workspace:
        """Whose token it is."""
        home = self._slack.workspaces[TEAM]
        if method == "oauth.v2.access":
            return home
        if method == "apps.connections.open":
            if token != APP_TOKEN:
                raise RefusalError("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
            return home
        workspace = self._slack.workspace_of_token(token)
        if workspace is None:
            raise RefusalError("invalid_auth" if token else "not_authed")
        if workspace.error:
            raise RefusalError(workspace.error)
        return workspace

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A message to a response_url."""
        body = await request.json()
        self.asked.append(Asked("response_url", body, asyncio.get_running_loop().time()))
        self.problems += contract.response_problems(body)
        fault = self._fault("response_url")
        if fault is not None and fault.kind == "cut":
            return _cut(request, web.Response())
        given = self._slack.given[request.match_info["number"]]
        is_used_up = len(given.shown) >= RESPONSES
        if is_used_up:
            self.problems.append("response_url: used too often")
        if fault is not None and fault.code == "invalid_blocks":
            return web.Response(status=400, text=fault.code)
        if is_used_up or (fault is not None and fault.kind == "refused"):
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        self._slack.answer_at(given, body)
        return _cut(request, web.Response()) if fault is not None else web.Response(text="ok")

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.strikes(method):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _wait_s(self, method: str, args: Payload, token: str) -> int:
        """How long a call has to wait; messages are counted by channel, all else by workspace."""
        where = str(args.get("channel", "")) if method == "chat.postMessage" else token
        return self._buckets.wait_s(method, where)


async def _arguments(request: web.Request, method: str, is_json: bool) -> Payload:
    """The arguments of a call: in JSON, in a form or in the address; those of OAuth's client in a header."""
    if is_json:
        body: Payload = await request.json()
        return body
    args = contract.decoded(method, {**request.query, **await request.post()})
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        client_id, _, client_secret = b64decode(secret).decode().partition(":")
        args |= {"client_id": client_id, "client_secret": client_secret}
    return args


def _cut(request: web.Request, response: web.Response) -> web.Response:
    """Break the connection off instead of answering."""
    if request.transport is not None:
        request.transport.abort()
    return response
