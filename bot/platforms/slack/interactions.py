"""Interactions: what people press, choose and fill in, handed to those who listen for its name.

Slack waits three seconds for an acknowledgement, and delivers an interaction once: what takes longer goes on
behind it. It knows no names by itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from bot.errors import BotError, where
from bot.platforms.recently import Recently
from bot.platforms.slack.incoming import workspace_of
from bot.platforms.slack.payloads import Payload, part, parts, text
from bot.platforms.slack.workspaces import NotInstalledError, Workspace, Workspaces

log = logging.getLogger(__name__)

ACK_S = 2.4
"""What is not done in this time is acknowledged before it is done."""

Kind = Literal["block_actions", "message_action", "shortcut", "view_submission", "view_closed"]
Answer = dict[str, object] | None
"""What an interaction is acknowledged with; None for nothing."""
Handler = Callable[[Workspace, Payload], Awaitable[Answer]]
"""Takes an interaction's whole body. It tells people itself what went wrong."""


class Interactions:
    """The way of interactions to their listeners."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._working: set[asyncio.Task[Answer]] = set()
        self._seen = Recently()

    def listen(self, kind: Kind, name: str, handler: Handler) -> None:
        """Have `handler` told of interactions of a kind whose name (`action_id`, `callback_id`) begins with
        `name`; of several the longest counts."""
        self._handlers[kind, name] = handler

    async def take(self, body: Payload) -> Answer:
        """Take an interaction; what to acknowledge it with. What nobody listens for, and what comes a second
        time, is left."""
        handler = self._handler(body)
        if handler is None or not self._seen.is_news(_identity(body)):
            return None
        work = asyncio.create_task(self._handle(handler, body))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        await asyncio.wait({work}, timeout=ACK_S)
        return work.result() if work.done() else None

    async def settle(self, timeout_s: float) -> None:
        """Wait until what has arrived is done."""
        if self._working:
            await asyncio.wait(self._working, timeout=timeout_s)

    # --- inside ------------------------------------------------------------------------------

    def _handler(self, body: Payload) -> Handler | None:
        name = name_of(body)
        known = [(len(begin), begin) for kind, begin in self._handlers if kind == text(body, "type")]
        fitting = [begin for _, begin in sorted(known, reverse=True) if name.startswith(begin)]
        return self._handlers[text(body, "type"), fitting[0]] if fitting else None

    async def _handle(self, handler: Handler, body: Payload) -> Answer:
        try:
            return await handler(await self._workspaces.of(workspace_of(body)), body)
        except NotInstalledError as error:
            log.warning("an interaction is left aside: %s", error)
        except BotError as error:
            log.warning("an interaction failed: %s", error)
        except Exception as error:
            log.error("an interaction failed: %s", where(error))
        return None


def name_of(body: Payload) -> str:
    """What an interaction is about, as the bot named it."""
    if text(body, "type") == "block_actions":
        return text(action_in(body), "action_id")
    return text(body, "callback_id") or text(part(body, "view"), "callback_id")


def action_in(body: Payload) -> Payload:
    """What was pressed or chosen."""
    return next(iter(parts(body, "actions")), {})


def _identity(body: Payload) -> tuple[str, ...]:
    """The same for the same interaction, and for no other."""
    view, action_ts = part(body, "view"), text(action_in(body), "action_ts")
    told = (text(body, "trigger_id"), action_ts, text(view, "id"), text(view, "hash"))
    return (text(body, "type"), workspace_of(body), *told)
