"""Refusals: what Slack says a workspace or an app is not made for is not asked for again for an hour.

Not for ever: admins change what is allowed, and apps get scopes, while the bot runs.
"""

from __future__ import annotations

import asyncio

NOT_FOR_US = (
    "missing_scope",
    "not_allowed_token_type",
    "not_authorized",
    "unknown_method",
    "method_deprecated",
    "feature_not_enabled",
    "team_not_allowed",
    "channel_type_not_supported",
)
"""What Slack says then."""

REFUSED_S = 3600.0
LIMITED_S = 30.0


class Refusals:
    """Of one workspace and one kind of call."""

    def __init__(self) -> None:
        self._closed_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is worth asking."""
        return self._closed_until <= asyncio.get_running_loop().time()

    def note(self, code: str) -> None:
        """Slack refused a call, and said why."""
        wait_s = REFUSED_S if code in NOT_FOR_US else LIMITED_S if code == "ratelimited" else 0.0
        self._closed_until = max(self._closed_until, asyncio.get_running_loop().time() + wait_s)
