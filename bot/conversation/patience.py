"""Patience with the database: what was accepted must not be lost because it refused once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import StorageError

log = logging.getLogger(__name__)

T = TypeVar("T")

STORAGE_RETRY_S = (0.1, 0.3, 1.0, 3.0)
"""Waits between attempts at storage work while the database refuses; the last one repeats."""


async def patiently(work: Callable[[], Awaitable[T]], is_ending: Callable[[], bool]) -> T:
    """Do storage work, again and again while the database refuses. Raises StorageError only after some
    attempts while the bot `is_ending`."""
    failures = 0
    while True:
        try:
            return await work()
        except StorageError as error:
            wait_s = STORAGE_RETRY_S[min(failures, len(STORAGE_RETRY_S) - 1)]
            log.warning("the database refused, next try in %.1f s: %s", wait_s, error)
            failures += 1
            if is_ending() and failures > len(STORAGE_RETRY_S):
                raise
            await asyncio.sleep(wait_s)
