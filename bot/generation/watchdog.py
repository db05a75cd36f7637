"""The watchdog: kills a child process that hangs.

Torch-free. Knows heartbeats, clocks and processor time; nothing of frames or requests.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from bot.generation.process import ChildProcess

logger = logging.getLogger(__name__)

_BUSY_SHARE: Final = 0.1  # of one core: a child that uses more is computing
_BUSY_PATIENCE: Final = 6  # times the limit, for a child that is silent but computes


class Watchdog:
    """Kills `child` when nothing was heard of it for `hang_timeout_s` seconds.

    A child that keeps the processor busy gets six times as long: a slow machine may need a minute for a
    step of a large model, while a stopped or deadlocked process uses no time at all.
    """

    def __init__(self, child: ChildProcess, hang_timeout_s: float) -> None:
        self._child = child
        self._hang_timeout_s = hang_timeout_s
        self._period_s = min(1.0, hang_timeout_s / 10)
        self._heard_s = self._checked_s = self._since_s = time.monotonic()
        self._since_cpu_s = 0.0

    def beat(self) -> None:
        """Something was heard of the child that only a working one says."""
        self._heard_s = time.monotonic()

    async def run(self) -> None:
        """Watch until the child had to be killed; cancel it when the child ended by itself."""
        while True:
            await asyncio.sleep(self._period_s)
            if self._is_hung():
                break
        silent_s = time.monotonic() - self._heard_s
        logger.error("engine[%d] hangs: silent for %.0f s", self._child.pid, silent_s)
        self._child.kill()

    def _is_hung(self) -> bool:
        now_s = time.monotonic()
        if now_s - self._checked_s > 2 * self._period_s:
            self._heard_s = now_s  # our own loop stood still, so frames may be waiting unread
        self._checked_s = now_s
        if self._heard_s >= self._since_s:  # heard of since the last look: measure from here
            self._since_s, self._since_cpu_s = now_s, self._child.cpu_s()
        silent_s = now_s - self._heard_s
        return silent_s > self._hang_timeout_s * (_BUSY_PATIENCE if self._is_busy(now_s) else 1)

    def _is_busy(self, now_s: float) -> bool:
        return self._child.cpu_s() - self._since_cpu_s > _BUSY_SHARE * (now_s - self._since_s)
