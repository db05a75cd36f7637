"""How many processor cores nobody else is using, so that a background run does not wait for a busy one.

Knows /proc/stat and clocks; nothing about models. A run of two threads in step goes at the pace of the
slower one: where a core is taken, one thread is faster than two.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

PROC_STAT = Path("/proc/stat")
WINDOW_S = 3.0


def busy_seconds() -> float:
    """Processor time that all programs together have used since the start, in seconds (Linux)."""
    fields = [int(field) for field in PROC_STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


class FreeCores:
    """Watches the other programs' use of the cores over windows of a few seconds."""

    def __init__(
        self,
        cores: int,
        busy: Callable[[], float] = busy_seconds,
        own: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`busy` is the time used by all, `own` by this process, both in seconds, as is `clock`."""
        self._cores, self._busy, self._own, self._clock = cores, busy, own, clock
        self._last = clock(), busy(), own()
        self._free = cores

    def count(self) -> int:
        """Cores to use now, at least 1; cores that are less than 0.4 taken count as free."""
        then, busy, own = self._last
        now = self._clock()
        if now - then >= WINDOW_S:
            self._last = now, self._busy(), self._own()
            others = (self._last[1] - busy - (self._last[2] - own)) / (now - then)
            self._free = max(1, min(self._cores, int(self._cores - others + 0.4)))
        return self._free
