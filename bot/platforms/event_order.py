"""One event of a channel at a time, first come first served: SDKs start a task for each event.

The same on every platform; knows nothing of what an event says.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Channel = TypeVar("Channel", int, str)


class EventOrder(Generic[Channel]):
    """Keeps the events of each channel in order; `Channel` is how a platform's SDK names one."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Channel, asyncio.Lock] = WeakValueDictionary()
        self._busy: set[asyncio.Task[object]] = set()

    @asynccontextmanager
    async def turn(self, channel: Channel) -> AsyncIterator[None]:
        """Entered when all earlier events of the channel are handled."""
        self.arrive()
        lock = self._locks.setdefault(channel, asyncio.Lock())
        async with lock:
            yield

    def arrive(self) -> None:
        """Have `settle` wait for the task that calls this, which will take its turn later."""
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def settle(self, timeout_s: float) -> None:
        """Wait until the events that have arrived are handled."""
        if self._busy:
            await asyncio.wait(self._busy, timeout=timeout_s)
