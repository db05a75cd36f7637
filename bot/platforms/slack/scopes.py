"""What the bot may do in a workspace, scope by scope, and why it asks for each. Pure.

https://docs.slack.dev/reference/scopes
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope that the bot uses, and what it is for: what will not work without it."""

    name: str
    reason: str


SCOPES = (
    Scope("app_mentions:read", "to hear when it is mentioned"),
    Scope(
        "assistant:write",
        "to show that it is thinking, and to suggest what to ask",
    ),
    Scope("channels:history", "to hear and read what is said in public channels that it was invited to"),
    Scope("channels:read", "to know the names of public channels, and who is in them"),
    Scope("chat:write", "to answer"),
    Scope("commands", "to offer its commands and its entries in the menu of a message"),
    Scope("files:read", "to read text files of messages to it"),
    Scope("files:write", "to send long code and exports as files"),
    Scope("groups:history", "the same in private channels that it was invited to"),
    Scope("groups:read", "to know who is in a private channel: nobody else is told what was said there"),
    Scope("im:history", "to hear direct messages to it"),
    Scope("im:read", "to know its direct messages after it was away"),
    Scope("im:write", "to send what is for one person alone as a direct message"),
    Scope("mpim:history", "to hear and read group messages that it was added to"),
    Scope("mpim:read", "to know who is in a group message"),
    Scope("reactions:read", "to translate a message under which somebody puts a country's flag"),
    Scope("users:read", "to call people by their names, in their languages and time zones"),
)
"""All that the bot uses, and nothing else."""

NAMES = tuple(scope.name for scope in SCOPES)


def missing(granted: Iterable[str]) -> list[Scope]:
    """The scopes that are not among the granted ones."""
    names = set(granted)
    return [scope for scope in SCOPES if scope.name not in names]


def scopes_table() -> str:
    """The table of docs/slack.md."""
    rows = [f"| `{scope.name}` | {scope.reason} |" for scope in SCOPES]
    return "\n".join(["| scope | what it is for |", "|---|---|", *rows]) + "\n"
