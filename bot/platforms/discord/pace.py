"""The pace of edits: what Discord's rate limit headers leave of each bucket, spread over its time.

It hears every answer of Discord's through aiohttp's tracing, and knows nothing of what is edited.
Headers: https://discord.com/developers/docs/topics/rate-limits
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

QUICK_S = 0.4
"""Between the first edits of an answer: people see at once that words are coming."""
QUICK_EDITS = 2
USUAL_S = 1.1
"""Between edits while Discord has said nothing of its limits."""
RESERVE = 2
"""What a stream leaves of a bucket: one edit for its end, and one so that discord.py, which sleeps over the
last one of a bucket, never holds that up."""
SLACK_S = 0.05
"""Clocks differ by a little: a bucket counts as full again so much later."""
MAX_PLACES = 1000

_EDIT = re.compile(r"(/channels/\d+|/webhooks/\d+/[^/]+)/messages/[^/]+\Z")


@dataclass(frozen=True, slots=True)
class _Bucket:
    limit: int
    remaining: int
    resets_at_s: float


class Pace:
    """The buckets of edits, one a channel and one a command's token."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def trace(self) -> aiohttp.TraceConfig:
        """What discord.py's client is to be given as its `http_trace`."""
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._answered)
        return trace

    def interval_s(self, place: str, edits: int, now_s: float) -> float:
        """How long to wait before the next edit in a place (`/channels/1`) after so many edits of an answer:
        quick at first, then what the bucket sustains without ever being emptied. `now_s` as in `heard`."""
        bucket = self._buckets.get(place)
        if bucket is None:
            return QUICK_S if edits < QUICK_EDITS else USUAL_S
        wait_s = bucket.resets_at_s - now_s
        if wait_s <= 0:
            return QUICK_S
        left = bucket.remaining - min(RESERVE, bucket.limit - 1)
        if left <= 0:
            return max(QUICK_S, wait_s)
        return QUICK_S if edits < QUICK_EDITS else max(QUICK_S, wait_s / (left + 1))

    def heard(self, method: str, path: str, headers: Mapping[str, str], now_s: float) -> None:
        """Discord has answered a request, at `now_s` of the loop's clock."""
        found = _EDIT.search(path) if method == "PATCH" else None
        if found is None:
            return
        try:
            bucket = _Bucket(
                int(headers["X-RateLimit-Limit"]),
                int(headers["X-RateLimit-Remaining"]),
                now_s + float(headers["X-RateLimit-Reset-After"]) + SLACK_S,
            )
        except (KeyError, ValueError):
            return
        if len(self._buckets) >= MAX_PLACES:
            self._buckets = {place: kept for place, kept in self._buckets.items() if kept.resets_at_s > now_s}
        self._buckets[found[1]] = bucket

    async def _answered(
        self, session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        now_s = asyncio.get_running_loop().time()
        self.heard(params.method, params.url.path, params.response.headers, now_s)
