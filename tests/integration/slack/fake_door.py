"""What a delivery to the bot is, whichever way it goes: fake_socket.py and fake_http.py carry it.

https://docs.slack.dev/apis/events-api (retries, and three seconds for an acknowledgement).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

ACK_WITHIN_S = 3.0
MAX_RETRIES = 3

EnvelopeType = Literal["events_api", "slash_commands", "interactive"]


@dataclass
class Envelope:
    """Something that is to reach the bot. `acknowledgements` are what came with its acknowledgement, and
    `on_acknowledged` is told of the first."""

    type: EnvelopeType
    payload: dict[str, Any]
    attempts: int = 0
    ids: list[str] = field(default_factory=list)
    acknowledgements: list[dict[str, Any]] = field(default_factory=list)
    sent_at_s: float = 0.0
    carrier: web.WebSocketResponse | None = None
    on_acknowledged: Callable[[dict[str, Any]], None] | None = None

    @property
    def takes_payload(self) -> bool:
        """Whether an acknowledgement may say something."""
        is_form = self.payload.get("type") in ("view_submission", "block_suggestion")
        return self.type == "slash_commands" or (self.type == "interactive" and is_form)


class Door:
    """A way to the bot. `problems` are breaches of the contract; after `retry_s` an event is sent again."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.envelopes: list[Envelope] = []
        self.retry_s = ACK_WITHIN_S
        self._to_lose = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def deliver(self, kind: EnvelopeType, payload: dict[str, Any], attempts: int = 0) -> Envelope:
        """Send something to the bot, again while it is not acknowledged; `attempts` before have got lost."""
        envelope = Envelope(kind, payload, attempts)
        self.envelopes.append(envelope)
        self._start(self._send(envelope))
        return envelope

    def lose_next(self, times: int = 1) -> None:
        """The next acknowledgements of events get lost on their way: Slack delivers again."""
        self._to_lose += times

    async def close(self) -> None:
        """No retries any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _send(self, envelope: Envelope) -> None:
        raise NotImplementedError

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _acknowledged(self, envelope: Envelope, payload: dict[str, Any]) -> None:
        """The bot has it, and says `payload` about it."""
        if envelope.type == "events_api" and self._to_lose:
            self._to_lose -= 1
            return
        if asyncio.get_running_loop().time() - envelope.sent_at_s > ACK_WITHIN_S:
            self.problems.append(f"{envelope.type} was acknowledged too late")
        if payload and not envelope.takes_payload:
            kind = envelope.payload["type"]
            self.problems.append(f"{envelope.type} ({kind}) was acknowledged with a payload")
        is_first = not envelope.acknowledgements
        envelope.acknowledgements.append(payload)
        if is_first and envelope.on_acknowledged is not None:
            envelope.on_acknowledged(payload)
