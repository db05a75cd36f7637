"""What the methods of the fake Web API share: refusals, scopes, what a token may see, pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bot.platforms.slack.scopes import NAMES
from tests.integration.slack.fake_state import Payload, Place, State, Workspace

Method = Callable[[Payload, Workspace], Payload]
"""A method: the arguments and whose token it was; gives the answer without `ok`, or raises RefusalError."""

_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_SCOPES = {
    "team.info": "team:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "bots.info": "users:read",
    "conversations.join": "channels:join",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.startStream": "chat:write",
    "chat.appendStream": "chat:write",
    "chat.stopStream": "chat:write",
    "agents.sessions.setStatus": "chat:write",
    "assistant.threads.setStatus": "chat:write",
    "assistant.threads.setSuggestedPrompts": "assistant:write",
    "assistant.threads.setTitle": "assistant:write",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "reactions.get": "reactions:read",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.info": "files:read",
    "files.delete": "files:write",
}


class RefusalError(Exception):
    """An error as Slack answers it; `more` are further fields of the answer."""

    def __init__(self, code: str, **more: str) -> None:
        super().__init__(code)
        self.more = more


def all_scopes() -> list[str]:
    """What the app is granted: what its manifest asks for."""
    return sorted(NAMES)


def scope_of(method: str, args: Payload, state: State) -> str:
    """The scope that a call needs; empty where it needs none."""
    place = state.places.get(str(args.get("channel", "")))
    kind = _KINDS[place.kind] if place else "channels"
    if method in ("conversations.history", "conversations.replies"):
        return f"{kind}:history"
    if method in ("conversations.info", "conversations.members"):
        return f"{kind}:read"
    if method == "conversations.open":
        return "mpim:write" if "," in str(args.get("users", "")) else "im:write"
    return _SCOPES.get(method, "")


def place_for(state: State, workspace: Workspace, channel: Any) -> Place:
    """A place that a token may know of. RefusalError where it is not there, or private and not the bot's."""
    own = (place for place in state.places.values() if _is_of(state, workspace, place))
    place = next((place for place in own if place.id == channel), None)
    if place is None:
        raise RefusalError("channel_not_found")
    if place.kind != "channel" and workspace.bot_user not in place.members:
        raise RefusalError("channel_not_found")
    return place


def own_place(state: State, workspace: Workspace, channel: Any, *, writes: bool = False) -> Place:
    """A place that the bot is in, and not archived where something is to be written."""
    place = place_for(state, workspace, channel)
    if workspace.bot_user not in place.members:
        raise RefusalError("not_in_channel")
    if writes and place.is_archived:
        raise RefusalError("is_archived")
    return place


def paged(items: Sequence[Any], args: Payload, name: str, *, most: int = 1000, usual: int = 100) -> Payload:
    """One page of a list under `name`, with the cursor of the next."""
    limit = page_limit(args, most, usual)
    cursor = str(args.get("cursor") or "0")
    if not cursor.isdigit():
        raise RefusalError("invalid_cursor")
    begin = int(cursor)
    end = begin + limit
    next_cursor = str(end) if end < len(items) else ""
    return {name: list(items[begin:end]), "response_metadata": {"next_cursor": next_cursor}}


def page_limit(args: Payload, most: int, usual: int) -> int:
    """How many items a page is to hold. RefusalError beyond what Slack takes."""
    limit = int(args.get("limit") or usual)
    if not 1 <= limit <= most:
        raise RefusalError("invalid_limit")
    return limit


def is_set(value: Any) -> bool:
    """Whether a flag is set, in a form or in JSON."""
    return value in (True, "1", "true")


def _is_of(state: State, workspace: Workspace, place: Place) -> bool:
    """Whether a place is of a token's workspace; one of an organisation is good for all of it."""
    if place.team == workspace.team_id:
        return True
    other = state.workspaces.get(place.team)
    is_sister = other is not None and other.enterprise_id == workspace.enterprise_id
    return workspace.is_enterprise_install and is_sister
