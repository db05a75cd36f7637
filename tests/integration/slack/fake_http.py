"""Deliveries over HTTP, from Slack's side: signed requests to the bot, retries of events not acknowledged.

https://docs.slack.dev/authentication/verifying-requests-from-slack and .../apis/events-api (retries).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

import aiohttp

from tests.integration.slack.fake_door import ACK_WITHIN_S, MAX_RETRIES, Door, Envelope

SIGNING_SECRET = "signing-secret-that-must-stay-secret"

_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_AGENT = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)", "Accept": "*/*"}


class Http(Door):
    """The HTTP door. `deliver_to` is the bot's address; as long as there is none, nobody answers."""

    def __init__(self) -> None:
        super().__init__()
        self.deliver_to = ""
        self._session: aiohttp.ClientSession | None = None

    def sign(
        self, body: bytes, timestamp: int | str | None = None, secret: str | None = None
    ) -> dict[str, str]:
        """The headers that say that a body is Slack's; with another time or secret for forgeries."""
        at = str(int(time.time()) if timestamp is None else timestamp)
        key = (SIGNING_SECRET if secret is None else secret).encode()
        digest = hmac.new(key, b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send anything to the bot, as JSON if the headers say no other type: status and body of its answer.

        Raises aiohttp.ClientError where nobody answers, TimeoutError after three seconds.
        """
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=ACK_WITHIN_S), connector=aiohttp.TCPConnector(limit=0)
            )
        if not self.deliver_to:
            raise aiohttp.ClientConnectionError("nobody is there")
        typed = {"Content-Type": _JSON, **_AGENT, **headers}
        async with self._session.post(self.deliver_to, data=body, headers=typed) as response:
            return response.status, await response.read()

    async def verify_url(self, challenge: str | None = None) -> tuple[int, bytes]:
        """Ask as Slack does when an address is entered: the bot is to give the challenge back."""
        fields = {
            "token": "verification-token",
            "challenge": challenge or token_urlsafe(16),
            "type": "url_verification",
        }
        body = json.dumps(fields).encode()
        return await self.post(body, self.sign(body))

    async def close(self) -> None:
        """No retries any more, and no connections."""
        await super().close()
        if self._session is not None:
            await self._session.close()

    # --- inside ------------------------------------------------------------------------------

    async def _send(self, envelope: Envelope) -> None:
        """Send, and an event again until it is acknowledged or Slack gives up."""
        reason = "http_timeout"
        while not envelope.acknowledgements:
            reason = await self._attempt(envelope, reason)
            if envelope.type != "events_api" or envelope.attempts > MAX_RETRIES:
                return
            if not envelope.acknowledgements:
                await asyncio.sleep(self.retry_s)

    async def _attempt(self, envelope: Envelope, reason: str) -> str:
        """Send once, again for a `reason` if it was sent before. What went wrong now, as Slack calls it."""
        body, headers = _encoded(envelope)
        if envelope.attempts:
            headers |= {"X-Slack-Retry-Num": str(envelope.attempts), "X-Slack-Retry-Reason": reason}
        envelope.attempts += 1
        envelope.sent_at_s = asyncio.get_running_loop().time()
        try:
            # Slack waits seconds and minutes before it sends again, tests do not: each copy has its own time.
            signed = self.sign(body, int(time.time()) + envelope.attempts - 1)
            status, answer = await self.post(body, {**headers, **signed})
        except TimeoutError:
            self.problems.append(f"{envelope.type} was not acknowledged in time")
            return "http_timeout"
        except aiohttp.ClientError:
            return "connection_failed"
        if status == 200:
            self._acknowledged(envelope, _decoded(answer))
        elif envelope.type != "events_api":
            self.problems.append(f"{envelope.type} was answered with {status}")
        return "http_error"


def _encoded(envelope: Envelope) -> tuple[bytes, dict[str, str]]:
    """A delivery as bytes, and the header that says their type."""
    if envelope.type == "events_api":
        return json.dumps(envelope.payload).encode(), {"Content-Type": _JSON}
    interaction = {"payload": json.dumps(envelope.payload)}
    fields = envelope.payload if envelope.type == "slash_commands" else interaction
    return urlencode(fields).encode(), {"Content-Type": _FORM}


def _decoded(answer: bytes) -> dict[str, Any]:
    """What an acknowledgement says: an object, plain words, or nothing."""
    words = answer.decode()
    try:
        said = json.loads(words)
    except ValueError:
        return {"text": words} if words else {}
    return said if isinstance(said, dict) else {"text": words}
