"""Methods about channels and direct conversations: what they are, who is in them, what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tests.integration.slack.fake_calls import (
    Method,
    RefusalError,
    is_set,
    own_place,
    page_limit,
    paged,
    place_for,
)
from tests.integration.slack.fake_state import Payload, Place, Workspace

if TYPE_CHECKING:
    from tests.integration.slack.fake_slack import FakeSlack

MAX_MESSAGES = 999
USUAL_HISTORY, USUAL_REPLIES = 100, 999


class PlaceMethods:
    """`short_pages` makes pages hold less than was asked for, `max_page` is the most that one holds. What was
    said before the message `hidden_before` the workspace's plan hides."""

    def __init__(self, slack: FakeSlack) -> None:
        self.short_pages = False
        self.max_page = MAX_MESSAGES
        self.hidden_before = ""
        self._slack = slack
        self._pages = 0
        self.methods: dict[str, Method] = {
            "conversations.history": self._history,
            "conversations.replies": self._replies,
            "conversations.info": self._info,
            "conversations.members": self._members,
            "conversations.open": self._open,
            "conversations.list": self._list,
            "conversations.join": self._join,
        }

    def _history(self, args: Payload, workspace: Workspace) -> Payload:
        """The newest first: what does not stand in threads alone."""
        place = own_place(self._slack, workspace, args.get("channel"))
        own = [one for one in place.messages.values() if not _is_hidden_reply(one)]
        seen = [one for one in own if one["ts"] >= self.hidden_before]
        wanted = sorted(filter(_between(args), seen), key=lambda one: float(one["ts"]), reverse=True)
        size = self._size(args, USUAL_HISTORY)
        cursor = _cursor(args)
        left = [one for one in wanted if cursor is None or float(one["ts"]) <= float(cursor)]
        next_ts = str(left[size]["ts"]) if len(left) > size else ""
        limited = {"is_limited": True} if len(seen) < len(own) and not next_ts else {}
        return _page(left[:size], next_ts, args) | limited

    def _replies(self, args: Payload, workspace: Workspace) -> Payload:
        """The root, on every page, then the oldest first."""
        place = own_place(self._slack, workspace, args.get("channel"))
        ts = args.get("ts", "")
        replies = [one for one in place.messages.values() if _is_reply_to(one, ts)]
        if ts not in place.messages and not replies:
            raise RefusalError("thread_not_found")
        wanted = sorted(filter(_between(args), replies), key=lambda one: float(one["ts"]))
        size = self._size(args, USUAL_REPLIES)
        cursor = _cursor(args)
        left = [one for one in wanted if cursor is None or float(one["ts"]) >= float(cursor)]
        root = [place.messages[ts]] if ts in place.messages else []
        size = max(1, size - len(root))
        next_ts = str(left[size]["ts"]) if len(left) > size else ""
        return _page([*root, *left[:size]], next_ts, args)

    def _info(self, args: Payload, workspace: Workspace) -> Payload:
        place = place_for(self._slack, workspace, args.get("channel"))
        channel = described(place, workspace)
        if is_set(args.get("include_num_members")):
            channel["num_members"] = len(place.members)
        return {"channel": channel}

    def _members(self, args: Payload, workspace: Workspace) -> Payload:
        place = place_for(self._slack, workspace, args.get("channel"))
        return paged(sorted(place.members), args, "members", most=1000)

    def _open(self, args: Payload, workspace: Workspace) -> Payload:
        if args.get("channel"):
            place = place_for(self._slack, workspace, args["channel"])
        else:
            users = [one for one in str(args.get("users", "")).split(",") if one]
            if not users or any(one not in self._slack.users for one in users):
                is_bot = any(one in self._slack.bots for one in users)
                raise RefusalError("cannot_dm_bot" if is_bot else "user_not_found")
            place = self._slack.open_dm(*users, team=workspace.team_id)
        return {"channel": described(place, workspace) if is_set(args.get("return_im")) else {"id": place.id}}

    def _list(self, args: Payload, workspace: Workspace) -> Payload:
        kinds = str(args.get("types") or "public_channel").split(",")
        found = [
            place
            for place in self._slack.places.values()
            if place.team == workspace.team_id
            and (place.kind == "channel" or workspace.bot_user in place.members)
            and kind_name(place) in kinds
            and not (place.is_archived and is_set(args.get("exclude_archived")))
        ]
        return paged([described(place, workspace) for place in found], args, "channels", most=999)

    def _join(self, args: Payload, workspace: Workspace) -> Payload:
        place = place_for(self._slack, workspace, args.get("channel"))
        if place.kind != "channel":
            raise RefusalError("method_not_supported_for_channel_type")
        if place.is_archived:
            raise RefusalError("is_archived")
        if workspace.bot_user not in place.members:
            self._slack.join(place, workspace.bot_user)
        return {"channel": described(place, workspace)}

    def _size(self, args: Payload, usual: int) -> int:
        """How many messages the next page holds."""
        size = min(page_limit(args, MAX_MESSAGES, usual), self.max_page)
        self._pages += 1
        return max(1, size // (2 + self._pages % 3)) if self.short_pages else size


def described(place: Place, workspace: Workspace) -> Payload:
    """A place as Slack describes it to a bot."""
    if place.kind == "im":
        people = sorted(place.members - {workspace.bot_user})
        user = people[0] if people else workspace.bot_user
        return {"id": place.id, "is_im": True, "is_archived": place.is_archived, "user": user}
    return {
        "id": place.id,
        "name": place.name,
        "name_normalized": place.name,
        "is_channel": place.kind == "channel",
        "is_group": place.kind == "group",
        "is_im": False,
        "is_mpim": place.kind == "mpim",
        "is_private": place.kind != "channel",
        "is_archived": place.is_archived,
        "is_general": place.name == "general",
        "is_shared": place.is_ext_shared,
        "is_ext_shared": place.is_ext_shared,
        "is_org_shared": False,
        "is_member": workspace.bot_user in place.members,
        "context_team_id": place.team,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def kind_name(place: Place) -> str:
    """The word for a place's kind in the argument `types`."""
    return {"channel": "public_channel", "group": "private_channel"}.get(place.kind, place.kind)


def _is_hidden_reply(message: Payload) -> bool:
    is_reply = message.get("thread_ts", message["ts"]) != message["ts"]
    return is_reply and message.get("subtype") != "thread_broadcast"


def _is_reply_to(message: Payload, root_ts: str) -> bool:
    return bool(message.get("thread_ts") == root_ts != message["ts"])


def _between(args: Payload) -> Callable[[Payload], bool]:
    """Whether a message lies in the time that is asked for; the ends only count with `inclusive`."""
    oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or "inf")
    is_inclusive = is_set(args.get("inclusive"))

    def is_wanted(message: Payload) -> bool:
        at = float(message["ts"])
        return oldest <= at <= latest if is_inclusive else oldest < at < latest

    return is_wanted


def _cursor(args: Payload) -> str | None:
    """The `ts` where a page begins."""
    cursor = str(args.get("cursor") or "")
    if not cursor:
        return None
    if not cursor.startswith("next_ts:"):
        raise RefusalError("invalid_cursor")
    return cursor.removeprefix("next_ts:")


def _page(messages: Sequence[Payload], next_ts: str, args: Payload) -> Payload:
    hidden = () if is_set(args.get("include_all_metadata")) else ("metadata",)
    shown = [{name: value for name, value in one.items() if name not in hidden} for one in messages]
    page: Payload = {"messages": shown, "has_more": bool(next_ts), "pin_count": 0}
    return page | ({"response_metadata": {"next_cursor": f"next_ts:{next_ts}"}} if next_ts else {})
