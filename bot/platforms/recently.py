"""Recently: what was said within the last hour, or moment, so that nobody is told the same again and again.

Knows a clock and keys; nothing of platforms.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

ONCE_IN_S = 3600.0
MAX_KEPT = 10_000


class Recently:
    """Remembers keys for an hour, or so many seconds, in this process only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, once_in_s: float = ONCE_IN_S) -> None:
        self._clock = clock
        self._once_in_s = once_in_s
        self._at_s: dict[Hashable, float] = {}

    def is_news(self, key: Hashable) -> bool:
        """Whether nobody asked this about `key` within that time."""
        now_s = self._clock()
        if len(self._at_s) >= MAX_KEPT:
            self._at_s = {known: at_s for known, at_s in self._at_s.items() if now_s - at_s < self._once_in_s}
        if now_s - self._at_s.get(key, -self._once_in_s) < self._once_in_s:
            return False
        self._at_s[key] = now_s
        return True
