"""Streams: whether a workspace takes streamed messages now, and how often they may grow.

It counts turns; what is streamed it does not know. https://docs.slack.dev/apis/web-api/rate-limits
"""

from __future__ import annotations

from bot.platforms.slack.pace import Pace
from bot.platforms.slack.refusals import Refusals

START_INTERVAL_S, START_BURST = 3.1, 8
"""`chat.startStream` and `chat.stopStream` 20 times a minute each."""

APPEND_INTERVAL_S, APPEND_BURST = 0.62, 20
"""`chat.appendStream` 100 times a minute."""


class Streams:
    """Of one workspace. Nobody waits for a turn: what is not streamed is posted and edited."""

    def __init__(self) -> None:
        self.refusals = Refusals()
        self._starts = Pace(START_INTERVAL_S, START_BURST)
        self._appends = Pace(APPEND_INTERVAL_S, APPEND_BURST)

    def may_start(self) -> bool:
        """Whether a stream may begin now; if so, it takes the turn."""
        return self.refusals.is_open and self._starts.take()

    def may_append(self) -> bool:
        """Whether a stream may grow now; if so, it takes the turn."""
        return self._appends.take()
