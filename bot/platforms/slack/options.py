"""Options: what the settings say of Slack, by what it is for."""

from __future__ import annotations

from dataclasses import dataclass

EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH = "/slack/events", "/slack/install", "/slack/oauth_redirect"
"""What the bot's port serves: everything that Slack sends, and the two pages of an installation."""


@dataclass(frozen=True, slots=True)
class Http:
    """Events come over HTTP, to this host and port, signed with the app's secret. Port 0 takes a free one."""

    host: str
    port: int
    signing_secret: str


@dataclass(frozen=True, slots=True)
class OAuth:
    """Many workspaces install the app. `keys` seal their tokens at rest: the first one new ones, the others
    open old ones. `public_url` is the address at which people's browsers reach this host and port, where the
    pages are that install it; they share the port with events that come over HTTP. `allowed` are the ids of
    the workspaces and organisations that may install it, none for any."""

    client_id: str
    client_secret: str
    keys: tuple[str, ...]
    public_url: str
    host: str
    port: int
    allowed: frozenset[str] = frozenset()
