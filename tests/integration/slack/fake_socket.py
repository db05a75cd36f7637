"""Socket Mode, from Slack's side: envelopes to one of the connections, retries of what is not acknowledged.

https://docs.slack.dev/apis/events-api/using-socket-mode and .../apis/events-api (retries).
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

ACK_WITHIN_S = 3.0
MAX_RETRIES = 3


@dataclass
class Envelope:
    """Something that is to reach the bot. `acknowledgements` are what came with its acknowledgement."""

    type: str
    payload: dict[str, Any]
    attempts: int = 0
    ids: list[str] = field(default_factory=list)
    acknowledgements: list[dict[str, Any]] = field(default_factory=list)
    sent_at_s: float = 0.0
    carrier: web.WebSocketResponse | None = None


class Socket:
    """The websocket door. `problems` are breaches of the contract; after `retry_s` an event is sent again,
    and `refusals` is how many tickets are taken without a connection."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.envelopes: list[Envelope] = []
        self.tickets: set[str] = set()
        self.connections: list[web.WebSocketResponse] = []
        self.connected = 0
        self.refusals = 0
        self.retry_s = ACK_WITHIN_S
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return bool(self.connections)

    def ticket(self) -> str:
        """A ticket for one connection."""
        ticket = token_urlsafe(16)
        self.tickets.add(ticket)
        return ticket

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        if request.query.get("ticket", "") not in self.tickets:
            raise web.HTTPForbidden
        self.tickets.discard(request.query["ticket"])
        if self.refusals:
            self.refusals -= 1
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": len(self.connections) + 1})
        self.connections.append(socket)
        self.connected += 1
        self._resend_waiting()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(json.loads(message.data))
        finally:
            self.connections.remove(socket)
        return socket

    def deliver(self, kind: str, payload: dict[str, Any], attempts: int = 0) -> Envelope:
        """Send something to the bot, again while it is not acknowledged; `attempts` before have got lost."""
        envelope = Envelope(kind, payload, attempts)
        self.envelopes.append(envelope)
        self._start(self._send(envelope))
        return envelope

    async def disconnect(self, kind: str) -> None:
        """End every connection: "refresh" asks the bot to come again, "close" closes, "cut" breaks off."""
        for socket in list(self.connections):
            if kind == "refresh":
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            elif kind == "close":
                await socket.close()
            else:
                transport = socket._req.transport if socket._req else None
                assert transport is not None
                transport.abort()

    async def close(self) -> None:
        """No retries any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for socket in list(self.connections):
            await socket.close()

    # --- inside ------------------------------------------------------------------------------

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, envelope: Envelope) -> None:
        """Send, wait, send again: until it is acknowledged or Slack gives up. Commands are sent once."""
        while not envelope.acknowledgements:
            if not self.connections:
                return
            socket = envelope.carrier = self.connections[-1]
            frame = self._frame(envelope)
            try:
                await socket.send_json(frame)
            except ConnectionError:
                return
            envelope.sent_at_s = asyncio.get_running_loop().time()
            await asyncio.sleep(self.retry_s)
            if envelope.type != "events_api" or envelope.attempts > MAX_RETRIES:
                return

    def _frame(self, envelope: Envelope) -> dict[str, Any]:
        envelope.attempts += 1
        envelope.ids.append(str(uuid4()))
        frame = {"envelope_id": envelope.ids[-1], "payload": envelope.payload, "type": envelope.type}
        if envelope.type == "slash_commands":
            return {**frame, "accepts_response_payload": True}
        retries = envelope.attempts - 1
        reason = "timeout" if retries else ""
        return {**frame, "accepts_response_payload": False, "retry_attempt": retries, "retry_reason": reason}

    def _resend_waiting(self) -> None:
        """What was sent over a connection that is gone, or was not sent at all, goes over the new one."""
        for envelope in self.envelopes:
            is_lost = envelope.carrier is None or envelope.carrier not in self.connections
            if is_lost and not envelope.acknowledgements:
                self._start(self._send(envelope))

    def _acknowledge(self, frame: dict[str, Any]) -> None:
        if set(frame) - {"envelope_id", "payload"}:
            self.problems.append(f"an acknowledgement with {sorted(frame)}")
        envelope = next((one for one in self.envelopes if frame.get("envelope_id") in one.ids), None)
        if envelope is None:
            self.problems.append("an acknowledgement of nothing")
            return
        if asyncio.get_running_loop().time() - envelope.sent_at_s > ACK_WITHIN_S:
            self.problems.append(f"{envelope.type} was acknowledged too late")
        if envelope.type == "events_api" and frame.get("payload"):
            self.problems.append("an event was acknowledged with a payload")
        envelope.acknowledgements.append(frame.get("payload") or {})
