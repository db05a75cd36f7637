"""Patience with the database: what a platform delivers only once is tried again where it was refused."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.errors import StorageError

log = logging.getLogger(__name__)

T = TypeVar("T")

STORAGE_RETRY_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts while the database refuses."""


async def patiently(work: Callable[[], Awaitable[T]], waits_s: Sequence[float] | None = None) -> T:
    """Do `work`, again while the database refuses, after each of the waits. Raises StorageError when it still
    does."""
    for wait_s in STORAGE_RETRY_S if waits_s is None else waits_s:
        try:
            return await work()
        except StorageError as error:
            log.warning("the database refused, next try in %.1f s: %s", wait_s, error)
        await asyncio.sleep(wait_s)
    return await work()
