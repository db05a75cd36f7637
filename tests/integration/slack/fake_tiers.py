"""How often each method may be called. https://docs.slack.dev/apis/web-api/rate-limits."""

from __future__ import annotations

import asyncio
import math

TIER_1, TIER_2, TIER_3, TIER_4 = (1.0, 2), (20.0, 10), (50.0, 20), (100.0, 50)
"""Calls a minute, and how many at once."""

_TIER_2 = (
    "chat.startStream",
    "chat.stopStream",
    "conversations.list",
    "reactions.remove",
    "users.list",
)
_TIER_4 = (
    "assistant.threads.setSuggestedPrompts",
    "assistant.threads.setTitle",
    "chat.appendStream",
    "chat.postEphemeral",
    "conversations.members",
    "files.completeUploadExternal",
    "files.getUploadURLExternal",
    "files.info",
    "oauth.v2.access",
    "users.info",
    "views.open",
    "views.publish",
    "views.push",
    "views.update",
)


def tiers() -> dict[str, tuple[float, int]]:
    """The limits of methods; those that are not named have tier 3. Of a channel for `chat.postMessage`."""
    return {
        **dict.fromkeys(_TIER_2, TIER_2),
        **dict.fromkeys(_TIER_4, TIER_4),
        "apps.connections.open": (20.0, 20),
        "assistant.threads.setStatus": (600.0, 60),
        "auth.test": (600.0, 100),
        "chat.getPermalink": (600.0, 100),
        "chat.postMessage": (60.0, 10),
        "chat.update": (50.0, 4),
    }


class Buckets:
    """What is left of each limit. `limits` may be changed at any time."""

    def __init__(self) -> None:
        self.limits = tiers()
        self._left: dict[tuple[str, str], tuple[float, float]] = {}

    def wait_s(self, method: str, where: str) -> int:
        """Take one call of a method in a workspace or a channel: 0, or the whole seconds to wait instead."""
        per_minute, burst = self.limits.get(method, TIER_3)
        now = asyncio.get_running_loop().time()
        left, at_s = self._left.get((method, where), (float(burst), now))
        left = min(float(burst), left + (now - at_s) * per_minute / 60.0)
        if left < 1.0:
            self._left[method, where] = left, now
            return max(1, math.ceil((1.0 - left) * 60.0 / per_minute))
        self._left[method, where] = left - 1.0, now
        return 0
