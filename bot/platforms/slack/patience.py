"""Patience: what is tried again while Slack cannot be reached, until the bot is closed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from bot.errors import PlatformError
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of, trouble_apart, why_refused

log = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Waits between attempts while Slack cannot be reached; the last one repeats."""


class Patience:
    """Lasts until `end`."""

    def __init__(self) -> None:
        self._has_ended = asyncio.Event()

    @property
    def has_ended(self) -> bool:
        """Whether the bot is closed."""
        return self._has_ended.is_set()

    def end(self) -> None:
        """The bot is closed: nothing is waited for any more."""
        self._has_ended.set()

    async def pause(self, seconds: float) -> bool:
        """Wait; True when the bot is closed."""
        try:
            await asyncio.wait_for(self._has_ended.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def until_allowed(self, doing: str, if_refused: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do `work`, again while Slack cannot be reached. Raises PlatformError for what Slack refuses, with
        `if_refused` where it will not have the token, and when the bot is closed meanwhile."""
        waits_s = chain(RETRY_S, repeat(RETRY_S[-1]))
        while True:
            try:
                return await trouble_apart(work)
            except SlackApiError as error:
                code = code_of(error)
                if code != "ratelimited":
                    raise PlatformError(f"could not {doing}: {why_refused(code, if_refused)}") from None
                reason = code
            except CONNECTION_ERRORS as error:
                reason = type(error).__name__
            wait_s = next(waits_s)
            log.warning("Slack cannot be reached (%s), next try in %.0f s", reason, wait_s)
            if await self.pause(wait_s):
                raise PlatformError(f"could not {doing}: the bot was stopped meanwhile")
