"""Discord's markup to the words that people see: mentions, channels, custom emoji.

Pure text functions. Nothing here knows discord.py's objects or a connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

# The forms are listed in Discord's reference under "Message Formatting".
_MARKUP = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,32}):\d{1,20}|/(?P<command>[^<>:\n]{1,120}):\d{1,20}"
    r"|t:(?P<time>-?\d{1,13})(?P<style>:[a-zA-Z])?)>"
)


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called, as the platform knows it."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ids:
    """The ids in a text that only its server can name."""

    roles: frozenset[int]
    channels: frozenset[int]


def ids_in(content: str) -> Ids:
    """The roles and channels that a text mentions."""
    found = list(_MARKUP.finditer(content))
    return Ids(
        frozenset(int(mark["role"]) for mark in found if mark["role"]),
        frozenset(int(mark["channel"]) for mark in found if mark["channel"]),
    )


def readable(content: str, names: Names, *, keeps_channels: bool = False) -> str:
    """Markup by names: `<@5>` becomes `@Ann`, `<:wave:9>` becomes `:wave:`, a moment a date and a time.
    Unknown ids become a word. `keeps_channels`: but for channels."""

    def name(found: re.Match[str]) -> str:
        if user := found["user"]:
            return "@" + names.users.get(int(user), "somebody")
        if role := found["role"]:
            return "@" + names.roles.get(int(role), "some-role")
        if channel := found["channel"]:
            if keeps_channels:
                return found[0]
            return "#" + names.channels.get(int(channel), "some-channel")
        if found["time"]:
            return _moment(int(found["time"]), found["style"] or "") or found[0]
        return f":{found['emoji']}:" if found["emoji"] else f"/{found['command']}"

    return _MARKUP.sub(name, content)


def _moment(seconds: int, style: str) -> str | None:
    """A moment as text, in UTC because every reader sees it in a zone of their own."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    if style in (":d", ":D"):
        return f"{moment:%Y-%m-%d}"
    return f"{moment:%H:%M} UTC" if style in (":t", ":T") else f"{moment:%Y-%m-%d %H:%M} UTC"


def without_call(content: str, user_id: int, role_ids: frozenset[int]) -> str:
    """Take the mentions of one user, or of its roles, off the beginning and the end of a text.

    A mention inside a sentence stays: it is part of what was said.
    """
    roles = "".join(f"|&{role_id}" for role_id in sorted(role_ids))
    call = rf"<@(?:!?{user_id}{roles})>"
    content = re.sub(rf"^(?:\s*{call}\s*[,:]?)+\s*", "", content)
    return re.sub(rf"\s*(?:{call}\s*)+$", "", content)
