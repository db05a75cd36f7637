"""The fake Slack's state: workspaces, places and people; and how the bot is told of anything.

What happens to messages and channels is built on it, in fake_messages.py and fake_places.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from tests.integration.slack.fake_door import Door, Envelope
from tests.unit.platforms.slack.payloads import words_of

BOT_TOKEN, APP_TOKEN = "xoxb-that-must-stay-secret", "xapp-that-must-stay-secret"
TEAM, BOT_USER, BOT_ID, APP = "T111", "UBOT1", "BBOT1", "A111"
ANN, BEN = "UANN1", "UBEN1"

Payload = dict[str, Any]
Kind = Literal["channel", "group", "im", "mpim"]


@dataclass
class Workspace:
    """A workspace that has the app. `error` is what Slack answers to its token once that is worth nothing.

    With `is_enterprise_install` the organisation has the app, and its bot has no workspace of its own.
    """

    team_id: str
    token: str
    bot_user: str
    bot_id: str
    enterprise_id: str | None = None
    domain: str = "home"
    error: str = ""
    is_enterprise_install: bool = False

    @property
    def url(self) -> str:
        return f"https://{self.domain}.slack.com/"


@dataclass
class Place:
    """A channel or a direct conversation, with its messages by `ts`, those in threads too."""

    id: str
    kind: Kind = "channel"
    messages: dict[str, Payload] = field(default_factory=dict)
    name: str = ""
    is_private: bool = False
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_ext_shared: bool = False
    team: str = TEAM

    @property
    def shown_name(self) -> str:
        """Its name as commands and interactions give it."""
        return {"channel": self.name, "im": "directmessage"}.get(self.kind, "privategroup")


@dataclass
class Given:
    """A command or an interaction by a person (`author`), where it happened, and what they were shown for it
    at its response_url. The views that were opened with its trigger are `view_ids` in `known_views`."""

    envelope: Envelope
    author: str
    place: Place | None
    trigger_id: str
    known_views: dict[str, Payload]
    at_s: float = field(default_factory=time.monotonic)
    shown: list[Payload] = field(default_factory=list)
    view_ids: list[str] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """What was shown later, the newest where one replaces another."""
        texts: list[str] = []
        for body in self.shown:
            if texts and (body.get("replace_original") or body.get("delete_original")):
                texts.pop()
            if not body.get("delete_original"):
                texts.append(words_of(body))
        return texts

    @property
    def views(self) -> list[Payload]:
        """What was opened for it, as it now is."""
        return [self.known_views[view_id] for view_id in self.view_ids]


class Command(Given):
    """A slash command."""

    @property
    def acknowledged(self) -> str:
        """What came with the acknowledgement."""
        return "".join(str(payload.get("text", "")) for payload in self.envelope.acknowledgements)


@dataclass
class Interaction(Given):
    """A press, a shortcut or a view sent. `original_ts` is the message that a press was in, if all see it."""

    original_ts: str = ""

    @property
    def acknowledged(self) -> Payload | None:
        """What came with the acknowledgement; None while there is none."""
        return next(iter(self.envelope.acknowledgements), None)


class State:
    """What is there. `door` is what carries deliveries.

    `given` are commands and interactions by the last part of their response_url, `triggers` the same by
    trigger_id; `views` are those the bot opened, by id, and `homes` those it published, by person.
    `ephemeral`, `statuses`, `prompts` and `titles` are the arguments of the bot's calls.
    """

    door: Door
    address: str

    def __init__(self) -> None:
        home = Workspace(TEAM, BOT_TOKEN, BOT_USER, BOT_ID)
        self.workspaces = {TEAM: home}
        everyone, alone = {ANN, BEN, BOT_USER}, {ANN, BOT_USER}
        self.general = Place("C0GENERAL", name="general", members=set(everyone))
        self.random = Place("C0RANDOM", name="random", members=set(everyone))
        self.direct = Place("D0DIRECT", "im", is_private=True, members=set(alone))
        self.pane = Place("D0PANE", "im", is_private=True, members=set(alone))
        self.places = {place.id: place for place in (self.general, self.random, self.direct, self.pane)}
        self.users = {ANN: "Ann", BEN: "Ben"}
        self.bots = {BOT_USER: "parley", "USLACKBOT": "slackbot"}
        self.admins: set[str] = {ANN}
        self.guests: dict[str, Literal["single", "multi"]] = {}
        self.foreigners: dict[str, str] = {}
        self.profiles: dict[str, Payload] = {}
        self.given: dict[str, Given] = {}
        self.triggers: dict[str, Given] = {}
        self.views: dict[str, Payload] = {}
        self.homes: dict[str, Payload] = {}
        self.ephemeral: list[Payload] = []
        self.statuses: list[Payload] = []
        self.prompts: list[Payload] = []
        self.titles: list[Payload] = []
        self._numbers = count(1)

    def workspace_of(self, place: Place | None) -> Workspace:
        return self.workspaces[place.team if place else TEAM]

    def workspace_of_token(self, token: str) -> Workspace | None:
        """The workspace that a bot token is for; what became of the token says its `error`."""
        return next((one for one in self.workspaces.values() if one.token == token), None)

    def place_of(self, ts: str) -> Place:
        return next(place for place in self.places.values() if ts in place.messages)

    def hears(self, place: Place) -> bool:
        """Whether the bot is told what happens in a place."""
        return self.workspace_of(place).bot_user in place.members

    def new_ts(self) -> str:
        """A time that is later than all before."""
        return f"{int(time.time())}.{next(self._numbers):06d}"

    def dispatch(self, place: Place, event: Payload) -> Envelope:
        """Tell the bot of something at a `ts` in a place, whether it is a member or not."""
        about_place = {"channel": place.id, "event_ts": event["ts"]}
        if event["type"] == "message":
            about_place["channel_type"] = place.kind
        return self.tell({**event, **about_place}, place)

    def tell(self, event: Payload, place: Place | None = None, *, team: str = TEAM) -> Envelope:
        """Tell the bot of anything."""
        return self.door.deliver("events_api", self.event_body(event, place, team=team))

    def event_body(self, event: Payload, place: Place | None = None, *, team: str = TEAM) -> Payload:
        """The body around an event. In a channel shared with another company, `team_id` is the author's."""
        workspace = self.workspaces[place.team if place else team]
        authorization = {
            "enterprise_id": workspace.enterprise_id,
            "team_id": None if workspace.is_enterprise_install else workspace.team_id,
            "user_id": workspace.bot_user,
            "is_bot": True,
            "is_enterprise_install": workspace.is_enterprise_install,
        }
        user = event.get("user")
        origin = self.foreigners.get(user, workspace.team_id) if isinstance(user, str) else workspace.team_id
        is_about_app = event["type"] in ("app_uninstalled", "tokens_revoked")
        return {
            "token": "verification-token",
            "team_id": origin,
            **({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {}),
            "context_team_id": workspace.team_id,
            "context_enterprise_id": workspace.enterprise_id,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):06d}",
            "event_time": int(time.time()),
            **({} if is_about_app else {"authorizations": [authorization]}),
            "is_ext_shared_channel": bool(place and place.is_ext_shared),
            "event_context": "4-context",
        }
