"""Installations: all workspaces that installed the app, each with a token of its own.

They sign in beside everything else when the bot starts, so that a thousand hold nobody up and one whose token
Slack refuses keeps no other from working. A new one works at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from slack_sdk.oauth.installation_store import Installation

from bot.errors import PlatformError
from bot.platforms.slack.clients import Clients
from bot.platforms.slack.patience import Patience
from bot.platforms.slack.payloads import for_log
from bot.platforms.slack.sign_in import sign_in
from bot.platforms.slack.token_store import TokenStore, workspace_id
from bot.platforms.slack.workspaces import NotInstalledError, Workspace

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Workspaces that sign in at the same time."""

REFUSED = (
    "Slack refuses its token: its admins must install the app anew, or `python -m bot slack "
    "forget-workspace` erases what was said there"
)


class Installations:
    """A Workspaces."""

    def __init__(self, tokens: TokenStore, clients: Clients, bot_name: str, patience: Patience) -> None:
        self._tokens = tokens
        self._clients = clients
        self._bot_name = bot_name
        self._patience = patience
        self._signed_in: dict[str, Workspace] = {}
        self._signing_in: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._has_loaded = asyncio.Event()
        self._is_closed = False

    async def load(self) -> None:
        """See Workspaces."""
        count = await self._tokens.seal_anew()
        if count:
            log.info("sealed %d tokens anew with the first key of SLACK_TOKEN_KEY", count)
        installed = await self._tokens.all()
        log.info("workspaces that installed the app: %d", len(installed))
        for installation in installed:
            signing_in = asyncio.create_task(self._sign_in(installation))
            self._signing_in[workspace_id(installation)] = signing_in
        self._has_loaded.set()

    async def add(self, installation: Installation) -> Workspace:
        """A workspace has installed the app, perhaps anew. Raises PlatformError where Slack does not take its
        token, and StorageError; then it is as before."""
        workspace = await self._open(installation)
        installation.bot_id = workspace.me.bot_id
        await self._tokens.save(installation)
        await self._put(workspace)
        return workspace

    async def remove(self, workspace: Workspace) -> None:
        """See Workspaces."""
        await self._tokens.remove(workspace.id)
        if self._signed_in.get(workspace.id) is workspace:
            del self._signed_in[workspace.id]
        await workspace.close()

    async def of(self, workspace_id: str) -> Workspace:
        """See Workspaces."""
        await self._has_loaded.wait()
        if signing_in := self._signing_in.get(workspace_id):
            await asyncio.wait({signing_in})
        if (workspace := self.known(workspace_id)) is None:
            name = for_log(workspace_id)
            if self._is_closed:
                raise PlatformError(f"the bot was stopped before it signed in to workspace {name}")
            raise NotInstalledError(f"the app is not installed in workspace {name}")
        return workspace

    def known(self, workspace_id: str) -> Workspace | None:
        """See Workspaces."""
        return self._signed_in.get(workspace_id)

    def all(self) -> Sequence[Workspace]:
        """See Workspaces."""
        return list(self._signed_in.values())

    async def close(self) -> None:
        """See Workspaces."""
        self._is_closed = True
        self._has_loaded.set()
        for signing_in in self._signing_in.values():
            signing_in.cancel()
        await asyncio.gather(*self._signing_in.values(), return_exceptions=True)
        for workspace in self.all():
            await workspace.close()

    async def _sign_in(self, installation: Installation) -> None:
        name = workspace_id(installation)
        try:
            async with self._turns:
                workspace = await self._open(installation)
            if name not in self._signed_in:  # nobody installed it anew meanwhile
                await self._put(workspace)
        except PlatformError as error:
            log.error("workspace %s is left out: %s", name, error)
        finally:
            del self._signing_in[name]

    async def _open(self, installation: Installation) -> Workspace:
        token = installation.bot_token or ""
        workspace = await sign_in(self._clients, token, self._bot_name, self._patience, REFUSED)
        return replace(workspace, installed_at=installation.installed_at)

    async def _put(self, workspace: Workspace) -> None:
        before = self._signed_in.get(workspace.id)
        self._signed_in[workspace.id] = workspace
        if before is not None:
            await before.close()
