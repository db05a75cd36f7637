"""Rate: how much one person may ask for, so that nobody has the bot alone.

A token bucket for each person: it holds a minute's worth of answers and fills at the same rate. Nobody is
exempt. Knows messages and a clock, and nothing of storage or platforms.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.messages import Command, IncomingMessage

NOTICE = "slow-down"
"""The name of the task that tells a person to wait."""
_EVENT = "slow-down:"
_FREE = ("stop", NOTICE)
"""What is never refused: it makes less work."""
_MINUTE_S = 60.0
_KEPT_EVENTS = 2_000
_KEPT_PEOPLE = 5_000


def notice_text(wait: str) -> str:
    """What a person is told who asks for too much; `wait` are seconds."""
    return f"That is a lot at once. Please ask again in {wait} s."


@dataclass(slots=True)
class _Bucket:
    """What a person has left, when that was so, and whether they were told since it was half full."""

    tokens: float
    at_s: float
    was_told: bool = False


class PersonRate:
    """Counts what people ask for: `per_minute` answers, 0 for no limit. The same event counts once, however
    often a platform delivers it."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()
        self._admitted: OrderedDict[tuple[str, str], bool] = OrderedDict()

    def taken(self, message: IncomingMessage) -> tuple[IncomingMessage, ...]:
        """What is to be taken in for a message: itself, while its author asks for no more than they may. Then
        it is remembered only, a command not even that, and once in such a burst a notice goes with it."""
        if not self._is_counted(message):
            return (message,)
        bucket = self._bucket(message)
        if self._is_admitted(message, bucket):
            return (message,)
        left = () if message.command else (replace(message, is_addressed=False),)
        if bucket.was_told:
            return left
        bucket.was_told = True
        return (*left, _notice(message, self._wait(bucket)))

    def refusal(self, message: IncomingMessage) -> str:
        """What to tell the author of a command at once, which then need not be taken in; "" where it is to
        be. For platforms on which each command has to be answered."""
        if message in self.taken(message):
            return ""
        return notice_text(self._wait(self._bucket(message)))

    # --- inside ------------------------------------------------------------------------------

    def _is_counted(self, message: IncomingMessage) -> bool:
        is_free = message.command is not None and message.command.name in _FREE
        return self._per_minute > 0 and message.is_addressed and not is_free

    def _is_admitted(self, message: IncomingMessage, bucket: _Bucket) -> bool:
        event = (message.conversation.platform, message.event_id)
        if event not in self._admitted:
            self._admitted[event] = bucket.tokens >= 1
            bucket.tokens -= self._admitted[event]
            if len(self._admitted) > _KEPT_EVENTS:
                self._admitted.popitem(last=False)
        return self._admitted[event]

    def _bucket(self, message: IncomingMessage) -> _Bucket:
        """The author's bucket, filled up to now."""
        person, now_s = (message.conversation.platform, message.author.id), self._clock()
        bucket = self._buckets.setdefault(person, _Bucket(self._per_minute, now_s))
        self._buckets.move_to_end(person)
        if len(self._buckets) > _KEPT_PEOPLE:
            self._buckets.popitem(last=False)
        gained = (now_s - bucket.at_s) * self._per_minute / _MINUTE_S
        bucket.tokens, bucket.at_s = min(bucket.tokens + gained, self._per_minute), now_s
        bucket.was_told = bucket.was_told and bucket.tokens < self._per_minute / 2
        return bucket

    def _wait(self, bucket: _Bucket) -> str:
        return str(max(1, math.ceil((1 - bucket.tokens) * _MINUTE_S / self._per_minute)))


def _notice(message: IncomingMessage, wait: str) -> IncomingMessage:
    return replace(message, event_id=_EVENT + message.event_id, command=Command(NOTICE, {"wait": wait}))
