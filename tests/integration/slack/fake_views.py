"""Views: modals that need a trigger of a person, and home tabs. https://docs.slack.dev/reference/views."""

from __future__ import annotations

import time
from secrets import token_hex
from typing import TYPE_CHECKING

from tests.integration.slack.fake_calls import Method, RefusalError
from tests.integration.slack.fake_methods_chat import with_ids
from tests.integration.slack.fake_state import APP, Given, Payload, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack

TRIGGER_S = 3.0
MAX_STACK = 3


class Views:
    """The views that the bot opens; the state keeps them."""

    def __init__(self, slack: FakeSlack) -> None:
        self._slack = slack
        self._used: set[str] = set()
        self.methods: dict[str, Method] = {
            "views.open": self._open,
            "views.push": self._push,
            "views.update": self._update,
            "views.publish": self._publish,
        }

    def _open(self, args: Payload, workspace: Workspace) -> Payload:
        given = self._triggered(args)
        view_id = f"V{self._slack.new_ts().replace('.', '')}"
        opened = {**_kept(args["view"], view_id, workspace), "root_view_id": view_id}
        return self._shown(given, {**opened, "previous_view_id": None})

    def _push(self, args: Payload, workspace: Workspace) -> Payload:
        given = self._triggered(args)
        below = given.envelope.payload.get("view")
        if below is None or below["type"] != "modal":
            raise RefusalError("invalid_arguments")
        root = below["root_view_id"]
        stack = [one for one in self._slack.views.values() if one["root_view_id"] == root]
        if len([one for one in stack if one["id"] not in self._slack.closed_views]) >= MAX_STACK:
            raise RefusalError("push_limit_reached")
        view_id = f"V{self._slack.new_ts().replace('.', '')}"
        pushed = {**_kept(args["view"], view_id, workspace), "root_view_id": root}
        return self._shown(given, {**pushed, "previous_view_id": below["id"]})

    def _update(self, args: Payload, workspace: Workspace) -> Payload:
        views = self._slack.views
        named = [
            one
            for one in views.values()
            if one["external_id"] and one["external_id"] == args.get("external_id")
        ]
        view_id = args.get("view_id") or (named[-1]["id"] if named else "")
        old = views.get(view_id)
        if old is None or view_id in self._slack.closed_views:
            raise RefusalError("not_found")
        _judge_hash(args, old)
        about = {name: old[name] for name in ("root_view_id", "previous_view_id")}
        views[view_id] = {**_kept(args["view"], view_id, workspace), **about}
        return {"view": views[view_id]}

    def _publish(self, args: Payload, workspace: Workspace) -> Payload:
        user = args.get("user_id", "")
        if user not in self._slack.users:
            raise RefusalError("invalid_arguments")
        old = self._slack.homes.get(user)
        if old is not None:
            _judge_hash(args, old)
        view_id = old["id"] if old else f"V{self._slack.new_ts().replace('.', '')}"
        home = {**_kept(args["view"], view_id, workspace), "root_view_id": view_id, "previous_view_id": None}
        self._slack.homes[user] = home
        return {"view": home}

    def _shown(self, given: Given, view: Payload) -> Payload:
        self._slack.views[view["id"]] = view
        given.view_ids.append(view["id"])
        return {"view": view}

    def _triggered(self, args: Payload) -> Given:
        """What a person did that a view may answer: once, and soon."""
        trigger = str(args.get("trigger_id", ""))
        given = self._slack.triggers.get(trigger)
        if given is None:
            raise RefusalError("invalid_trigger_id")
        if trigger in self._used:
            self._slack.web.problems.append("views: a trigger was used twice")
            raise RefusalError("exchanged_trigger_id")
        if time.monotonic() - given.at_s > TRIGGER_S:
            self._slack.web.problems.append("views: a trigger was used too late")
            raise RefusalError("expired_trigger_id")
        self._used.add(trigger)
        return given


def _kept(view: Payload, view_id: str, workspace: Workspace) -> Payload:
    """A view as Slack keeps it."""
    unset = {"title": None, "submit": None, "close": None, "private_metadata": "", "callback_id": ""}
    flags = {"clear_on_close": False, "notify_on_close": False}
    return {
        **unset,
        **flags,
        "external_id": "",
        **view,
        "blocks": _all_named(view["blocks"]),
        "id": view_id,
        "team_id": workspace.team_id,
        "app_id": APP,
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
        "hash": f"{int(time.time())}.{token_hex(4)}",
        "state": {"values": {}},
    }


def _all_named(blocks: list[Payload]) -> list[Payload]:
    return [{"block_id": f"b{number}", **block} for number, block in enumerate(with_ids(blocks))]


def _judge_hash(args: Payload, old: Payload) -> None:
    if args.get("hash") and args["hash"] != old["hash"]:
        raise RefusalError("hash_conflict")
