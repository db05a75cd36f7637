"""A Slack on loopback: a workspace, its people and the bot, seen and moved by the test.

`FakeSlack` keeps the messages and says what people do; `WebApi` and `Socket` are its two doors for the bot.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

from tests.integration.slack.fake_socket import Envelope, Socket

BOT_TOKEN, APP_TOKEN = "xoxb-that-must-stay-secret", "xapp-that-must-stay-secret"
TEAM, BOT_USER, BOT_ID = "T111", "UBOT1", "BBOT1"
ANN, BEN = "UANN1", "UBEN1"

Payload = dict[str, Any]


@dataclass
class Place:
    """A channel or a direct conversation, with its messages by `ts`, those in threads too."""

    id: str
    kind: str = "channel"
    messages: dict[str, Payload] = field(default_factory=dict)


@dataclass
class Command:
    """A command that a person gave, and what they were shown for it."""

    envelope: Envelope
    author: str
    place: Place
    shown: list[Payload] = field(default_factory=list)

    @property
    def acknowledged(self) -> str:
        """What came with the acknowledgement."""
        return "".join(str(payload.get("text", "")) for payload in self.envelope.acknowledgements)

    @property
    def texts(self) -> list[str]:
        """What was shown later, the newest where one replaces another."""
        texts: list[str] = []
        for body in self.shown:
            if body.get("replace_original") and texts:
                texts.pop()
            texts.append(body["text"])
        return texts


class FakeSlack:
    """The workspace's state. Use it with `async with`; `api_url` is then known."""

    def __init__(self) -> None:
        from tests.integration.slack.fake_web import WebApi

        self.general, self.random = Place("C0GENERAL"), Place("C0RANDOM")
        self.direct, self.pane = Place("D0DIRECT", "im"), Place("D0PANE", "im")
        self.places = {place.id: place for place in (self.general, self.random, self.direct, self.pane)}
        self.users = {ANN: "Ann", BEN: "Ben"}
        self.admins: set[str] = {ANN}
        self.commands: dict[str, Command] = {}
        self.ephemeral: list[Payload] = []
        self.statuses: list[Payload] = []
        self.socket = Socket()
        self.web = WebApi(self)
        self._numbers = count(1)
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
        await self._runner.cleanup()

    @property
    def problems(self) -> list[str]:
        """Breaches of Slack's rules by the bot."""
        return [*self.web.problems, *self.socket.problems]

    # --- what people do ----------------------------------------------------------------------

    def say(
        self,
        text: str,
        author: str = ANN,
        place: Place | None = None,
        *,
        calls: bool = False,
        thread: str | None = None,
        **more: Any,
    ) -> str:
        """A person writes; `calls` puts a mention of the bot before it. Returns the message's `ts`."""
        place = place or self.general
        message = {
            "client_msg_id": f"m-{next(self._numbers)}",
            "type": "message",
            "text": f"<@{BOT_USER}> {text}" if calls else text,
            "user": author,
            "team": TEAM,
            "ts": self.new_ts(),
            **({"thread_ts": thread} if thread else {}),
            **more,
        }
        ts = self.add(place, message)
        if f"<@{BOT_USER}>" in message["text"] and place.kind == "channel":
            self.dispatch(place, {**message, "type": "app_mention"})
        return ts

    def edit(self, ts: str, text: str) -> None:
        """A person changes the words of a message; a mention before them stays."""
        place = self.place_of(ts)
        old = place.messages[ts]
        call = f"<@{BOT_USER}> " if old["text"].startswith(f"<@{BOT_USER}>") else ""
        edited = {"user": old["user"], "ts": self.new_ts()}
        self.change(place, {**old, "text": call + text, "edited": edited})

    def delete(self, ts: str) -> None:
        """A message is deleted."""
        place = self.place_of(ts)
        event = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": place.messages.pop(ts)}
        self.dispatch(place, {"type": "message", "hidden": True, "ts": self.new_ts(), **event})

    def command(self, command: str, text: str = "", author: str = ANN, place: Place | None = None) -> Command:
        """A person gives a slash command."""
        place = place or self.general
        number = next(self._numbers)
        payload = {
            "token": "verification-token",
            "team_id": TEAM,
            "team_domain": "home",
            "channel_id": place.id,
            "channel_name": place.id.lower(),
            "user_id": author,
            "user_name": self.users[author].lower(),
            "command": command,
            "text": text,
            "api_app_id": "A111",
            "is_enterprise_install": "false",
            "response_url": f"http://{self.address}/commands/{TEAM}/{number}",
            "trigger_id": f"{number}.222.xxx",
        }
        given = Command(self.socket.deliver("slash_commands", payload), author, place)
        self.commands[str(number)] = given
        return given

    # --- what is there -----------------------------------------------------------------------

    def posts(self, place: Place | None = None, thread: str | None = None) -> list[Payload]:
        """The bot's messages in a place, oldest first; with `thread`, those in that thread."""
        messages = (place or self.general).messages.values()
        return [one for one in messages if one["user"] == BOT_USER and one.get("thread_ts") == thread]

    def texts(self, place: Place | None = None, thread: str | None = None) -> list[str]:
        """The texts of the bot's messages in a place, oldest first."""
        return [str(post["text"]) for post in self.posts(place, thread)]

    def place_of(self, ts: str) -> Place:
        return next(place for place in self.places.values() if ts in place.messages)

    def event_envelopes(self, kind: str = "") -> list[Envelope]:
        """The events sent so far, of one type."""
        events = [one for one in self.socket.envelopes if one.type == "events_api"]
        return [one for one in events if not kind or one.payload["event"]["type"] == kind]

    # --- what happens then -------------------------------------------------------------------

    def new_ts(self) -> str:
        """A time that is later than all before."""
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def add(self, place: Place, message: Payload) -> str:
        """A message appears, by a person or by the bot."""
        place.messages[message["ts"]] = message
        root = place.messages.get(message.get("thread_ts", ""))
        about_thread = {"parent_user_id": root["user"]} if root and root is not message else {}
        self.dispatch(place, {**message, **about_thread})
        return str(message["ts"])

    def change(self, place: Place, message: Payload) -> None:
        """A message reads otherwise from now on."""
        before = place.messages[message["ts"]]
        place.messages[message["ts"]] = message
        event = {"subtype": "message_changed", "message": message, "previous_message": before}
        self.dispatch(place, {"type": "message", "hidden": True, "ts": self.new_ts(), **event})

    def dispatch(self, place: Place, event: Payload) -> Envelope:
        """Tell the bot of an event."""
        about_place = {"channel": place.id, "event_ts": event["ts"]}
        if event["type"] == "message":
            about_place["channel_type"] = place.kind
        return self.socket.deliver("events_api", self.event_body({**event, **about_place}))

    def event_body(self, event: Payload) -> Payload:
        """The body around an event."""
        authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": "A111",
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):06d}",
            "event_time": int(time.time()),
            "authorizations": [{**authorization, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": "4-context",
        }
