"""Slack's Web API, as much of it as the bot uses, and `response_url`s. Every call is judged first.

https://docs.slack.dev/reference/methods and https://docs.slack.dev/apis/web-api/rate-limits.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tests.integration.slack import contract
from tests.integration.slack.fake_slack import (
    APP_TOKEN,
    BOT_ID,
    BOT_TOKEN,
    BOT_USER,
    TEAM,
    FakeSlack,
    Payload,
)

UPDATES_PER_MINUTE, UPDATE_BURST = 50, 4
POST_BURST, POST_WINDOW_S = 10, 10.0
"""A message a second in a channel, and some at once."""
RESPONSES = 5


Kind = Literal["lost", "cut", "refused", "throttled", "trouble"]


@dataclass
class Fault:
    """What is to go wrong with calls of methods that match.

    "lost": done, but the answer never arrives. "cut": not done, the connection breaks. "refused": answered
    with `code`. "throttled": a 429 that asks to wait a second. "trouble": a 503 that is no JSON.
    """

    method: str
    kind: Kind
    times: int = 1
    code: str = "channel_not_found"


@dataclass(frozen=True)
class Asked:
    """A call as it came."""

    method: str
    args: Payload
    at_s: float


class RefusalError(Exception):
    """An error as Slack answers it."""


class WebApi:
    """The HTTP door. `problems` are breaches of the rules, `asked` all calls, `faults` what will go wrong,
    `delay_s` how long the answers of a method take."""

    def __init__(self, slack: FakeSlack) -> None:
        self.problems: list[str] = []
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.delay_s: dict[str, float] = {}
        self._slack = slack
        self._methods: dict[str, Callable[[Payload], Payload]] = {
            "auth.test": self._auth_test,
            "apps.connections.open": self._open,
            "users.info": self._user,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.postEphemeral": self._post_ephemeral,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "assistant.threads.setStatus": self._status,
        }

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/api/{method}", self._call)
        application.router.add_post("/commands/{team}/{number}", self._respond)
        return application

    def count(self, method: str) -> int:
        """How many calls of a method came."""
        return len(self.calls(method))

    def calls(self, method: str) -> list[Payload]:
        """The arguments of all calls of a method."""
        return [asked.args for asked in self.asked if asked.method == method]

    # --- the door ----------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        args: Payload = await request.json() if is_json else {**request.query, **await request.post()}
        self.asked.append(Asked(method, args, asyncio.get_running_loop().time()))
        self.problems += contract.problems(method, args, is_json=is_json)
        await asyncio.sleep(self.delay_s.get(method, 0.0))
        fault = self._fault(method)
        if fault is not None and fault.kind == "cut":
            return _cut(request, web.Response())
        if fault is not None and fault.kind == "trouble":
            return web.Response(status=503, text="<html>busy</html>", content_type="text/html")
        is_too_fast = self._is_too_fast(method) or self._is_flooded(method, args)
        if (fault is not None and fault.kind == "throttled") or is_too_fast:
            error = {"ok": False, "error": "ratelimited"}
            return web.json_response(error, status=429, headers={"Retry-After": "1"})
        try:
            token = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
            if request.headers.get("Authorization") != f"Bearer {token}":
                raise RefusalError("invalid_auth")
            if fault is not None and fault.kind == "refused":
                raise RefusalError(fault.code)
            response = web.json_response({"ok": True, **self._methods[method](args)})
        except RefusalError as refusal:
            error = {"ok": False, "error": str(refusal), "needed": "groups:history"}
            return web.json_response(error)
        except Exception as error:
            self.problems.append(f"{method}: {error!r}")
            raise
        return _cut(request, response) if fault is not None else response

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A message to a command's response_url."""
        body = await request.json()
        self.asked.append(Asked("response_url", body, asyncio.get_running_loop().time()))
        self.problems += contract.response_problems(body)
        fault = self._fault("response_url")
        if fault is not None and fault.kind == "cut":
            return _cut(request, web.Response())
        given = self._slack.given[request.match_info["number"]]
        if len(given.shown) >= RESPONSES:
            self.problems.append("response_url: used too often")
        if len(given.shown) >= RESPONSES or (fault is not None and fault.kind == "refused"):
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        self._slack.answer_at(given, body)
        return web.Response(text="ok")

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if re.fullmatch(fault.method, method):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None

    def _is_too_fast(self, method: str) -> bool:
        if method != "chat.update":
            return False
        now = asyncio.get_running_loop().time()
        recent = [asked for asked in self.asked if asked.method == method and now - asked.at_s < 4.0]
        is_too_fast = len(recent) > UPDATES_PER_MINUTE / 60 * 4.0 + UPDATE_BURST
        if is_too_fast:
            self.problems.append("chat.update: too fast")
        return is_too_fast

    def _is_flooded(self, method: str, args: Payload) -> bool:
        if method != "chat.postMessage":
            return False
        now = asyncio.get_running_loop().time()
        recent = [
            asked
            for asked in self.asked
            if (asked.method, asked.args.get("channel")) == (method, args.get("channel"))
            and now - asked.at_s < POST_WINDOW_S
        ]
        is_flooded = len(recent) > POST_WINDOW_S + POST_BURST
        if is_flooded:
            self.problems.append("chat.postMessage: more than one a second in a channel")
        return is_flooded

    # --- methods -----------------------------------------------------------------------------

    def _auth_test(self, args: Payload) -> Payload:
        return {"url": "https://home.slack.com/", "team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT_ID}

    def _open(self, args: Payload) -> Payload:
        return {"url": f"ws://{self._slack.address}/link?ticket={self._slack.socket.ticket()}"}

    def _user(self, args: Payload) -> Payload:
        name = self._slack.users.get(args["user"])
        if name is None:
            raise RefusalError("user_not_found")
        rights = {"is_admin": args["user"] in self._slack.admins, "is_owner": False, "is_restricted": False}
        profile = {"display_name": name}
        return {"user": {"id": args["user"], "name": name.lower(), "profile": profile, **rights}}

    def _post(self, args: Payload) -> Payload:
        place = self._slack.places.get(args["channel"])
        if place is None:
            raise RefusalError("channel_not_found")
        kept = ("text", "thread_ts", "metadata", "blocks")
        message = {
            "type": "message",
            "user": BOT_USER,
            "bot_id": BOT_ID,
            "ts": self._slack.new_ts(),
            **{name: args[name] for name in kept if name in args},
        }
        self._slack.add(place, message)
        return {"channel": place.id, "ts": message["ts"], "message": message}

    def _update(self, args: Payload) -> Payload:
        place = self._slack.places[args["channel"]]
        message = place.messages.get(args["ts"])
        if message is None:
            raise RefusalError("message_not_found")
        if message["user"] != BOT_USER:
            raise RefusalError("cant_update_message")
        changes: Payload = {name: args[name] for name in ("text", "blocks") if name in args}
        self._slack.change(place, {**message, **changes})
        return {"channel": place.id, "ts": args["ts"], "text": args["text"]}

    def _delete(self, args: Payload) -> Payload:
        if args["ts"] not in self._slack.places[args["channel"]].messages:
            raise RefusalError("message_not_found")
        self._slack.delete(args["ts"])
        return {"channel": args["channel"], "ts": args["ts"]}

    def _post_ephemeral(self, args: Payload) -> Payload:
        if args["channel"] not in self._slack.places:
            raise RefusalError("channel_not_found")
        self._slack.ephemeral.append(args)
        return {"message_ts": self._slack.new_ts()}

    def _history(self, args: Payload) -> Payload:
        return self._messages(args, lambda one: one.get("thread_ts", one["ts"]) == one["ts"])

    def _replies(self, args: Payload) -> Payload:
        return self._messages(args, lambda one: args["ts"] in (one["ts"], one.get("thread_ts")))

    def _messages(self, args: Payload, is_wanted: Callable[[Payload], bool]) -> Payload:
        """One page, the newest first."""
        messages = self._slack.places[args["channel"]].messages.values()
        wanted = [one for one in messages if is_wanted(one) and one["ts"] > args.get("oldest", "")]
        wanted.sort(key=lambda one: str(one["ts"]), reverse=True)
        begin = int(args.get("cursor") or 0)
        end = begin + min(int(args.get("limit", 100)), 15)
        page: Payload = {"messages": wanted[begin:end], "has_more": end < len(wanted)}
        if args.get("include_all_metadata") not in ("1", "true"):
            page["messages"] = [
                {k: v for k, v in one.items() if k != "metadata"} for one in wanted[begin:end]
            ]
        return page | ({"response_metadata": {"next_cursor": str(end)}} if end < len(wanted) else {})

    def _status(self, args: Payload) -> Payload:
        self._slack.statuses.append(args)
        return {}


def _cut(request: web.Request, response: web.Response) -> web.Response:
    """Break the connection off instead of answering."""
    if request.transport is not None:
        request.transport.abort()
    return response
