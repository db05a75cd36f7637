"""Streams: whether a workspace takes streamed messages now, and how often they may grow.

It counts turns; what is streamed it does not know. https://docs.slack.dev/apis/web-api/rate-limits
"""

from __future__ import annotations

import asyncio

from bot.platforms.slack.pace import Pace

START_INTERVAL_S, START_BURST = 3.1, 8
"""`chat.startStream` and `chat.stopStream` 20 times a minute each."""

APPEND_INTERVAL_S, APPEND_BURST = 0.62, 20
"""`chat.appendStream` 100 times a minute."""

REFUSED_S = 3600.0
LIMITED_S = 30.0

NOT_FOR_US = (
    "missing_scope",
    "not_allowed_token_type",
    "not_authorized",
    "unknown_method",
    "method_deprecated",
    "feature_not_enabled",
    "team_not_allowed",
    "channel_type_not_supported",
)
"""What Slack says where an app or a workspace is not made for what was asked."""


class Streams:
    """Of one workspace. Nobody waits for a turn: what is not streamed is posted and edited."""

    def __init__(self) -> None:
        self._starts = Pace(START_INTERVAL_S, START_BURST)
        self._appends = Pace(APPEND_INTERVAL_S, APPEND_BURST)
        self._closed_until = 0.0

    def may_start(self) -> bool:
        """Whether a stream may begin now; if so, it takes the turn."""
        return self._closed_until <= _now() and self._starts.take()

    def may_append(self) -> bool:
        """Whether a stream may grow now; if so, it takes the turn."""
        return self._appends.take()

    def refused(self, code: str) -> None:
        """Slack began no stream, and said why: that may be the last word for an hour."""
        if code == "ratelimited":
            self._closed_until = _now() + LIMITED_S
        elif code in NOT_FOR_US:
            self._closed_until = _now() + REFUSED_S


def _now() -> float:
    return asyncio.get_running_loop().time()
