"""Events: what Slack tells, handed to those who listen for its type.

What a call returns from has been written down, and only then is the event acknowledged; what it raises from,
Slack delivers again. It knows no type by itself.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable

from bot.platforms.recently import Recently
from bot.platforms.slack.incoming import workspace_of
from bot.platforms.slack.payloads import Payload, part, parts, text
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces

log = logging.getLogger(__name__)

Handler = Callable[[Workspace, Payload], Awaitable[None]]
"""Takes an event's whole body. Raises StorageError: then the event comes again."""


class Events:
    """The way of events to their listeners."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._handlers: defaultdict[str, list[Handler]] = defaultdict(list)
        self._strangers = Recently()

    def listen(self, event_type: str, handler: Handler) -> None:
        """Have `handler` told of every event of a type such as `reaction_added`."""
        self._handlers[event_type].append(handler)

    async def take(self, body: Payload) -> None:
        """Hand an event on. Raises StorageError."""
        handlers = self._handlers.get(text(part(body, "event"), "type"), [])
        if not handlers:
            return
        try:
            workspace = await self._workspace(body)
        except NotInstalledError as error:
            if self._strangers.is_news(workspace_of(body)):
                log.warning("events are left aside: %s", error)
            return
        for handler in handlers:
            await handler(workspace, body)

    async def _workspace(self, body: Payload) -> Workspace:
        """What is about the app itself does not say whether the workspace has it, or its organisation."""
        try:
            return await self._workspaces.of(workspace_of(body))
        except NotInstalledError:
            if not (enterprise := text(body, "enterprise_id")) or parts(body, "authorizations"):
                raise
            return await self._workspaces.of(enterprise)
