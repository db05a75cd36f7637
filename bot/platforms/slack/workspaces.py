"""Workspaces: where the app is installed, and what is needed to speak there.

A workspace here is one installation: a workspace of Slack's, or a whole Enterprise Grid organisation whose
admins installed the app for all of its workspaces.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.incoming import Me
from bot.platforms.slack.names import Names
from bot.platforms.slack.pace import Pace, Paces
from bot.platforms.slack.thinking_status import ThinkingStatus

POST_INTERVAL_S, POST_BURST = 1.1, 5
"""Slack takes a message a second in a channel, and for a moment more."""

EDIT_INTERVAL_S, EDIT_BURST = 1.2, 3
"""`chat.update` about 50 times a minute in a workspace."""


class NotInstalledError(PlatformError):
    """The app is not installed in a workspace, or not any more."""


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """One installation. `client` makes calls and waits where Slack limits them; `hasty_client` does not wait.
    `posts` are the paces of channels, `edits` the one that all share. `scopes` is what the app may do there,
    empty where Slack did not say."""

    me: Me
    client: AsyncWebClient
    hasty_client: AsyncWebClient
    names: Names
    status: ThinkingStatus
    posts: Paces
    edits: Pace
    scopes: frozenset[str] = frozenset()

    @classmethod
    def open(cls, me: Me, token: str, clients: Clients, scopes: frozenset[str] = frozenset()) -> Workspace:
        """A workspace to which `token` gives access."""
        hasty = clients.make_hasty(token)
        return cls(
            me,
            clients.make(token),
            hasty,
            Names(hasty),
            ThinkingStatus(hasty),
            Paces(POST_INTERVAL_S, POST_BURST),
            Pace(EDIT_INTERVAL_S, EDIT_BURST),
            scopes,
        )

    @property
    def id(self) -> str:
        """The `workspace_id` of its conversation keys."""
        return self.me.workspace_id

    async def close(self) -> None:
        """Give up what is on its way beside everything else."""
        await self.names.close()
        await self.status.close()


class Workspaces(Protocol):
    """All installations of the app."""

    async def of(self, workspace_id: str) -> Workspace:
        """The installation that conversation keys name so; waits while the bot signs in. Raises
        NotInstalledError."""

    def known(self, workspace_id: str) -> Workspace | None:
        """The same, if it is known by now."""

    def all(self) -> Sequence[Workspace]:
        """Those that are known by now."""

    async def close(self) -> None:
        """Close them all; who waits for one is told NotInstalledError."""


class OneWorkspace:
    """The only workspace, whose bot token the settings name."""

    def __init__(self) -> None:
        self._workspace: Workspace | None = None
        self._has_opened = asyncio.Event()

    def open(self, workspace: Workspace) -> None:
        """The bot has signed in."""
        self._workspace = workspace
        self._has_opened.set()

    async def of(self, workspace_id: str) -> Workspace:
        """See Workspaces."""
        await self._has_opened.wait()
        if (workspace := self.known(workspace_id)) is None:
            raise NotInstalledError(f"the bot's token is not for workspace {workspace_id}")
        return workspace

    def known(self, workspace_id: str) -> Workspace | None:
        """See Workspaces."""
        is_it = self._workspace is not None and self._workspace.id == workspace_id
        return self._workspace if is_it else None

    def all(self) -> Sequence[Workspace]:
        """See Workspaces."""
        return [self._workspace] if self._workspace else []

    async def close(self) -> None:
        """See Workspaces."""
        self._has_opened.set()
        if self._workspace is not None:
            await self._workspace.close()
