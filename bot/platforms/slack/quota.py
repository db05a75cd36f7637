"""Quota: how often Slack lets one method be called in a workspace, shared by all who read there.

It takes the turns and heeds what Slack answers; what is called it does not know.
"""

from __future__ import annotations

import asyncio

from bot.errors import PlatformError

INTERVAL_S, BURST = 1.25, 20
"""Tier 3 is 50 calls a minute, and some at once after a rest; clocks differ a little."""

SPARE = 10
"""So many calls at once are left to those who wait for an answer."""


class LimitedError(PlatformError):
    """Slack limits the calls: the turn would come too late."""


class Quota:
    """Turns of one method in one workspace."""

    def __init__(self) -> None:
        self._next_at = self._closed_until = 0.0

    async def turn(self, until: float, *, is_urgent: bool = True) -> None:
        """Wait for a turn; what is not urgent leaves some to others. Raises LimitedError where it would come
        after `until`, by the event loop's clock."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            self._next_at = max(self._next_at, now - (BURST - 1) * INTERVAL_S)
            at = max(self._next_at + (0 if is_urgent else SPARE * INTERVAL_S), self._closed_until)
            if max(at, now) > until:
                raise LimitedError("Slack limits how often a channel may be read")
            if at <= now:
                self._next_at += INTERVAL_S
                return
            await asyncio.sleep(at - now)

    def close(self, seconds: float) -> None:
        """Slack wants nothing more for so long."""
        self._closed_until = asyncio.get_running_loop().time() + seconds
