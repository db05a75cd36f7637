"""Signatures: whether a request comes from Slack, and comes for the first time. Pure but for the clock.

https://docs.slack.dev/authentication/verifying-requests-from-slack: Slack signs the raw bytes of the body and
the time of sending, so nothing may be decoded before this was asked.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable

WINDOW_S = 300
"""How far from now the time of sending may be. A request is remembered for twice as long: its time may lie
ahead as well as behind."""

MAX_KEPT = 50_000
"""Slack sends at most 30,000 events an hour for a workspace; the oldest go first where more come."""

_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class ForgedError(Exception):
    """A request that is not Slack's, or was seen before. Says why; the sender is not told. Never leaves the
    adapter."""


class Signatures:
    """Of one app. Remembers what was really signed and nothing else: a flood of forgeries takes no room."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._seen: dict[bytes, float] = {}

    def check_headers(self, timestamp: str, signature: str) -> None:
        """What can be told before the body is read. Raises ForgedError."""
        if not _SIGNATURE.fullmatch(signature) or not _DIGITS.fullmatch(timestamp):
            raise ForgedError("it carries no signature")
        if abs(self._clock() - int(timestamp)) > WINDOW_S:
            raise ForgedError("its time is off by more than five minutes: is this machine's clock right?")

    def accept(self, timestamp: str, signature: str, body: bytes) -> None:
        """Take a request as seen. Raises ForgedError for one that Slack did not sign, and for a second one
        that is the same to the byte: what Slack sends again is signed anew."""
        self.check_headers(timestamp, signature)
        digest = self._digest(timestamp, body)
        if not hmac.compare_digest(digest, bytes.fromhex(signature[3:])):
            raise ForgedError("its signature is wrong: is SLACK_SIGNING_SECRET that of the app?")
        now_s = self._clock()
        self._drop_old(now_s)
        if digest in self._seen:
            raise ForgedError("it came before")
        self._seen[digest] = now_s

    def forget(self, signature: str) -> None:
        """An accepted request came to nothing: it may come again as it was."""
        self._seen.pop(bytes.fromhex(signature[3:]), None)

    def __len__(self) -> int:
        """How many requests are remembered."""
        return len(self._seen)

    def _digest(self, timestamp: str, body: bytes) -> bytes:
        signed = hmac.new(self._secret, b"v0:" + timestamp.encode() + b":", hashlib.sha256)
        signed.update(body)
        return signed.digest()

    def _drop_old(self, now_s: float) -> None:
        while self._seen:
            oldest = next(iter(self._seen))
            if now_s - self._seen[oldest] <= 2 * WINDOW_S and len(self._seen) < MAX_KEPT:
                return
            del self._seen[oldest]
