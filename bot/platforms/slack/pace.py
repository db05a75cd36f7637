"""Pace: keeps calls of one kind under a platform's limit, in the order in which they were asked for."""

from __future__ import annotations

import asyncio


class Pace:
    """At most one turn each `interval_s`, and `burst` turns at once after a rest."""

    def __init__(self, interval_s: float, burst: int) -> None:
        self._interval_s = interval_s
        self._allowance_s = (burst - 1) * interval_s
        self._next_at = 0.0

    async def turn(self) -> None:
        """Wait for a turn."""
        now = asyncio.get_running_loop().time()
        self._next_at = max(self._next_at, now - self._allowance_s)
        wait_s = self._next_at - now
        self._next_at += self._interval_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def take(self) -> bool:
        """Take a turn if one is free now."""
        now = asyncio.get_running_loop().time()
        is_free = max(self._next_at, now - self._allowance_s) <= now
        if is_free:
            self._next_at = max(self._next_at, now - self._allowance_s) + self._interval_s
        return is_free


class Paces:
    """A pace for each channel."""

    def __init__(self, interval_s: float, burst: int) -> None:
        self._interval_s = interval_s
        self._burst = burst
        self._paces: dict[str, Pace] = {}

    def of(self, channel_id: str) -> Pace:
        """The pace of a channel."""
        return self._paces.setdefault(channel_id, Pace(self._interval_s, self._burst))
