"""Interactions: what people press, pick and fill in, told to the manager.

Slack waits three seconds for an acknowledgement, and delivers an interaction once.
"""

from __future__ import annotations

from bot.platforms.slack.payloads import Payload
from bot.platforms.slack.workspaces import Workspaces


class Interactions:
    """Takes block actions, shortcuts and the submission of modals."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def take(self, body: Payload) -> dict[str, object] | None:
        """Take an interaction by its `type`: `block_actions`, `message_action`, `shortcut`, `view_submission`
        or `view_closed`. What to acknowledge it with; None for nothing."""
        return None
