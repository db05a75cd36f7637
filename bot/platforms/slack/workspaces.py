"""Workspaces: where the app is installed, and what is needed to speak there.

A workspace here is one installation: a workspace of Slack's, or a whole Enterprise Grid organisation whose
admins installed the app for all of its workspaces.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.incoming import PLATFORM, Me
from bot.platforms.slack.names import Names
from bot.platforms.slack.pace import Pace, Paces
from bot.platforms.slack.payloads import for_log
from bot.platforms.slack.sessions import Sessions
from bot.platforms.slack.streams import Streams
from bot.platforms.slack.thinking_status import ThinkingStatus
from bot.storage.departures import DepartureNotes

log = logging.getLogger(__name__)

POST_INTERVAL_S, POST_BURST = 1.1, 5
"""Slack takes a message a second in a channel, and for a moment more."""

EDIT_INTERVAL_S, EDIT_BURST = 1.2, 3
"""`chat.update` about 50 times a minute in a workspace."""


class NotInstalledError(PlatformError):
    """The app is not installed in a workspace, or not any more."""

    default_user_message = "I am not installed in this workspace any more. Please ask its admins to add me."


@dataclass(frozen=True, slots=True, eq=False)
class Workspace:
    """One installation. `client` makes calls and waits where Slack limits them; `hasty_client` does not wait.
    `posts` are the paces of channels, `edits` and `streams` what all share. `scopes` is what the app may do
    there, empty where Slack did not say. `installed_at` is in seconds since 1970, 0 where it is not known."""

    me: Me
    client: AsyncWebClient
    hasty_client: AsyncWebClient
    names: Names
    status: ThinkingStatus
    sessions: Sessions
    posts: Paces
    edits: Pace
    streams: Streams
    scopes: frozenset[str] = frozenset()
    installed_at: float = 0.0

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
            Sessions(hasty),
            Paces(POST_INTERVAL_S, POST_BURST),
            Pace(EDIT_INTERVAL_S, EDIT_BURST),
            Streams(),
            scopes,
        )

    @property
    def id(self) -> str:
        """The `workspace_id` of its conversation keys."""
        return self.me.workspace_id

    @property
    def is_organisation(self) -> bool:
        """Whether it is an organisation: then some of Slack's methods must be told which workspace."""
        return self.id.startswith("E")

    async def close(self) -> None:
        """Give up what is on its way beside everything else."""
        await self.names.close()
        await self.status.close()
        await self.sessions.close()


class Workspaces(Protocol):
    """All installations of the app."""

    async def load(self) -> None:
        """Begin to sign in, while connections are open. Raises PlatformError where Slack will not have the
        only token there is, ConfigError where no key opens those of the database, and StorageError."""

    async def of(self, workspace_id: str) -> Workspace:
        """The installation that conversation keys name so; waits while the bot signs in. Raises
        NotInstalledError, or another PlatformError when the bot is closed before it is known."""

    def known(self, workspace_id: str) -> Workspace | None:
        """The same, if it is known by now."""

    def all(self) -> Sequence[Workspace]:
        """Those that are known by now."""

    async def remove(self, workspace: Workspace) -> None:
        """A workspace has thrown the app out: from now on it is not found, its tokens are gone, and it is
        noted that what was said there must go. Raises StorageError; then it is as before."""

    async def close(self) -> None:
        """Close them all, and let nobody wait any longer."""


class OneWorkspace:
    """The only workspace, into which `sign_in` leads. Its leaving is noted in `departures`."""

    def __init__(self, sign_in: Callable[[], Awaitable[Workspace]], departures: DepartureNotes) -> None:
        self._sign_in = sign_in
        self._departures = departures
        self._workspace: Workspace | None = None
        self._has_opened = asyncio.Event()

    async def load(self) -> None:
        """See Workspaces."""
        self._workspace = await self._sign_in()
        self._has_opened.set()

    async def of(self, workspace_id: str) -> Workspace:
        """See Workspaces."""
        await self._has_opened.wait()
        if (workspace := self.known(workspace_id)) is None:
            raise NotInstalledError(f"the bot's token is not for workspace {for_log(workspace_id)}")
        return workspace

    def known(self, workspace_id: str) -> Workspace | None:
        """See Workspaces."""
        is_it = self._workspace is not None and self._workspace.id == workspace_id
        return self._workspace if is_it else None

    def all(self) -> Sequence[Workspace]:
        """See Workspaces."""
        return [self._workspace] if self._workspace else []

    async def remove(self, workspace: Workspace) -> None:
        """See Workspaces."""
        await self._departures.note(PLATFORM, workspace.id)
        self._workspace = None
        log.warning(
            "SLACK_BOT_TOKEN is worth nothing any more: take Slack out of the settings, or install the app "
            "anew on its page Install App, set SLACK_BOT_TOKEN to the new token and restart"
        )
        await workspace.close()

    async def close(self) -> None:
        """See Workspaces."""
        self._has_opened.set()
        if self._workspace is not None:
            await self._workspace.close()
