"""Socket Mode, from Slack's side: envelopes to one of the connections, retries of what is not acknowledged.

https://docs.slack.dev/apis/events-api/using-socket-mode and .../apis/events-api (retries).
"""

from __future__ import annotations

import asyncio
import json
from secrets import token_urlsafe
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from tests.integration.slack.fake_door import MAX_RETRIES, Door, Envelope


class Socket(Door):
    """The websocket door. `refusals` is how many tickets are taken without a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets: set[str] = set()
        self.connections: list[web.WebSocketResponse] = []
        self.connected = 0
        self.refusals = 0

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
        """No retries any more, and no connections."""
        await super().close()
        for socket in list(self.connections):
            await socket.close()

    # --- inside ------------------------------------------------------------------------------

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
        frame = {
            "envelope_id": envelope.ids[-1],
            "payload": envelope.payload,
            "type": envelope.type,
            "accepts_response_payload": envelope.takes_payload,
        }
        if envelope.type != "events_api":
            return frame
        retries = envelope.attempts - 1
        return {**frame, "retry_attempt": retries, "retry_reason": "timeout" if retries else ""}

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
        self._acknowledged(envelope, frame.get("payload") or {})
