"""The addresses that bring the bot to a server or to a person, and why it asks for each permission.

Pure: no network and no discord.py; the numbers are Discord's own.
Reference: https://discord.com/developers/docs/topics/permissions and .../topics/oauth2
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import urlencode

AUTHORIZE = "https://discord.com/oauth2/authorize"
FOR_SERVER, FOR_PERSON = 0, 1


@dataclass(frozen=True, slots=True)
class Permission:
    """One permission that the bot uses: its bit, its name in Discord's settings, and what it is for."""

    bit: int
    name: str
    reason: str


VIEW, SEND, IN_THREADS, HISTORY, ATTACH, CONNECT = 1 << 10, 1 << 11, 1 << 38, 1 << 16, 1 << 15, 1 << 20

PERMISSIONS = (
    Permission(VIEW, "View Channels", "to hear what is said in a channel"),
    Permission(SEND, "Send Messages", "to answer in channels"),
    Permission(IN_THREADS, "Send Messages in Threads", "to answer in threads and in posts of forums"),
    Permission(
        HISTORY, "Read Message History", "to answer as a reply, and to read what was said while it was away"
    ),
    Permission(ATTACH, "Attach Files", "to send long code and exports as files"),
    Permission(
        CONNECT,
        "Connect",
        "to read and write in the text chat of voice channels, which Discord ties to it; it joins no call",
    ),
)
"""All that the bot uses, and nothing else. It never needs Administrator."""


def permission_bits() -> int:
    """All permissions as the number that Discord's addresses take."""
    return sum(permission.bit for permission in PERMISSIONS)


def application_id(token: str) -> int | None:
    """The application that a bot's token belongs to, read from its first part; None for no such token."""
    first = token.partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(text) if re.fullmatch(r"[0-9]{15,20}", text) else None


def server_address(application: int, guild: int | None = None) -> str:
    """Where somebody with *Manage Server* adds the bot to a server, to that one if it is named."""
    query: dict[str, str | int] = {
        "client_id": application,
        "scope": "bot applications.commands",
        "permissions": permission_bits(),
        "integration_type": FOR_SERVER,
    }
    if guild is not None:
        query |= {"guild_id": guild, "disable_guild_select": "true"}
    return f"{AUTHORIZE}?{urlencode(query)}"


def person_address(application: int) -> str:
    """Where a person takes the bot's commands along to every server and conversation."""
    query = {"client_id": application, "scope": "applications.commands", "integration_type": FOR_PERSON}
    return f"{AUTHORIZE}?{urlencode(query)}"


def permissions_table() -> str:
    """The README's table of permissions."""
    rows = [f"| {permission.name} | {permission.reason} |" for permission in PERMISSIONS]
    return "\n".join(["| permission | what it is for |", "|---|---|", *rows]) + "\n"
