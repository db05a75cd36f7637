"""Discord's markup to the words that people see: mentions, channels, custom emoji.

Pure text functions. Nothing here knows discord.py's objects or a connection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

# The forms are listed in Discord's reference under "Message Formatting".
_MARKUP = re.compile(
    r"<(?:@!?(?P<user>\d{1,20})|@&(?P<role>\d{1,20})|#(?P<channel>\d{1,20})"
    r"|a?:(?P<emoji>\w{1,32}):\d{1,20}|/(?P<command>[^<>:\n]{1,120}):\d{1,20})>"
)


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called, as the platform knows it."""

    users: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[int, str] = field(default_factory=dict)
    channels: Mapping[int, str] = field(default_factory=dict)


def readable(content: str, names: Names, *, keeps_channels: bool = False) -> str:
    """Markup by names: `<@5>` becomes `@Ann`, `<:wave:9>` becomes `:wave:`. Unknown ids become a word.
    `keeps_channels`: but for channels."""

    def name(found: re.Match[str]) -> str:
        if user := found["user"]:
            return "@" + names.users.get(int(user), "somebody")
        if role := found["role"]:
            return "@" + names.roles.get(int(role), "some-role")
        if channel := found["channel"]:
            if keeps_channels:
                return found[0]
            return "#" + names.channels.get(int(channel), "some-channel")
        return f":{found['emoji']}:" if found["emoji"] else f"/{found['command']}"

    return _MARKUP.sub(name, content)


def without_call(content: str, user_id: int, role_ids: frozenset[int]) -> str:
    """Take the mentions of one user, or of its roles, off the beginning and the end of a text.

    A mention inside a sentence stays: it is part of what was said.
    """
    roles = "".join(f"|&{role_id}" for role_id in sorted(role_ids))
    call = rf"<@(?:!?{user_id}{roles})>"
    content = re.sub(rf"^(?:\s*{call}\s*[,:]?)+\s*", "", content)
    return re.sub(rf"\s*(?:{call}\s*)+$", "", content)
