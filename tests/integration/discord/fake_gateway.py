"""Discord's gateway: sessions that number their events, replay them on RESUME, and end on demand.

Follows https://discord.com/developers/docs/events/gateway as far as the bot's life needs it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex

from aiohttp import WSCloseCode, WSMsgType, web

from tests.unit.platforms.discord.payloads import Payload

PRESENCE = 3
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
CUT, WRONG_TOKEN, DISALLOWED_INTENTS = 0, 4004, 4014
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
GUILD_REACTIONS, DIRECT_REACTIONS = 1 << 10, 1 << 13


@dataclass
class Session:
    """One identified client: `shard` is its number and their count, `log` what it was sent, for a replay."""

    intents: int
    shard: tuple[int, int] = (0, 1)
    session_id: str = field(default_factory=lambda: token_hex(16))
    log: list[Payload] = field(default_factory=list)
    line: Line | None = None

    def covers(self, guild_id: int | None) -> bool:
        """Whether a server's events, or with None those of direct talks, go to this shard."""
        number, count = self.shard
        return ((guild_id or 0) >> 22) % count == number

    def dispatch(self, event: str, data: object) -> None:
        self.log.append({"op": DISPATCH, "t": event, "s": len(self.log) + 1, "d": data})
        if self.line is not None:
            self.line.outgoing.put_nowait(self.log[-1])


@dataclass
class Line:
    """One open socket; `outgoing` is written by a task of its own, a number ends the line with that code."""

    request: web.Request
    socket: web.WebSocketResponse
    outgoing: asyncio.Queue[Payload | int] = field(default_factory=asyncio.Queue)


class Gateway:
    """All sessions. `identified`, `resumed`, `heartbeats` and `closed_with` count what clients did; new lines
    wait while it is not `is_open`, and so many are turned away as `turns_away` says. `shards` and `presences`
    are what clients said of themselves."""

    def __init__(self, token: str, bot: Payload, greet: Callable[[Session], None]) -> None:
        self.url = ""
        self.guild_ids: list[int] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.turns_away = 0
        self.refused_intents = 0
        self.heartbeat_interval_ms = 40_000
        self.identified: list[int] = []
        self.shards: list[tuple[int, int]] = []
        self.presences: list[Payload] = []
        self.recommended_shards = 1
        self.sessions_left = 999
        self.breaks_at_once = False
        self.resumed = 0
        self.heartbeats = 0
        self.closed_with: list[int | None] = []
        self.problems: list[str] = []
        self.sessions: dict[str, Session] = {}
        self._token = token
        self._bot = bot
        self._greet = greet
        self._lines: set[Line | None] = set()

    # --- what the test does ------------------------------------------------------------------

    def dispatch(self, event: str, data: Payload) -> None:
        """Send an event to all sessions that asked for such events, with what they may read."""
        guild_id = int(data.get("guild_id") or 0)
        for session in self.sessions.values():
            if session.covers(guild_id) and session.intents & _intent_for(event, data):
                session.dispatch(event, self._as_allowed(session, event, data))

    def drop(self) -> None:
        """Cut all lines without a word; the sessions can be resumed."""
        for line in self._open_lines():
            line.outgoing.put_nowait(CUT)

    def close(self, code: int = 4000) -> None:
        """End all lines with a code; after 4000 the sessions can be resumed."""
        for line in self._open_lines():
            line.outgoing.put_nowait(code)

    def ask_to_reconnect(self) -> None:
        """Op 7."""
        for line in self._open_lines():
            line.outgoing.put_nowait({"op": RECONNECT, "d": None})

    def invalidate(self) -> None:
        """Op 9: the sessions are gone and cannot be resumed."""
        for line in self._open_lines():
            line.outgoing.put_nowait({"op": INVALID_SESSION, "d": False})
        self.sessions.clear()

    @property
    def is_connected(self) -> bool:
        return any(session.line is not None for session in self.sessions.values())

    # --- the socket --------------------------------------------------------------------------

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        await self.is_open.wait()
        if self.turns_away:
            self.turns_away -= 1
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(request, socket)
        line.outgoing.put_nowait({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_interval_ms}})
        writing = asyncio.create_task(_write(line))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._take(line, message.json())
        finally:
            self.closed_with.append(socket.close_code)
            writing.cancel()
            with suppress(asyncio.CancelledError):
                await writing
            self._hang_up(line, socket.close_code)
        return socket

    def _take(self, line: Line, payload: Payload) -> None:
        if payload["op"] == HEARTBEAT:
            self.heartbeats += 1
            line.outgoing.put_nowait({"op": ACK})
        elif payload["op"] == IDENTIFY:
            self._identify(line, payload["d"])
        elif payload["op"] == RESUME:
            self._resume(line, payload["d"])
        elif payload["op"] == PRESENCE:
            self.presences.append(payload["d"])
        else:
            self.problems.append(f"gateway: unexpected op {payload['op']}")

    def _identify(self, line: Line, data: Payload) -> None:
        self.identified.append(data["intents"])
        if not {"os", "browser", "device"} <= set(data["properties"]):
            self.problems.append("gateway: IDENTIFY without properties")
        if data["token"] != self._token:
            line.outgoing.put_nowait(WRONG_TOKEN)
        elif data["intents"] & self.refused_intents:
            line.outgoing.put_nowait(DISALLOWED_INTENTS)
        elif self.breaks_at_once:
            line.outgoing.put_nowait(CUT)
        else:
            number, count = data.get("shard") or (0, 1)
            self.shards.append((number, count))
            if data.get("presence"):
                self.presences.append(data["presence"])
            session = Session(data["intents"], (number, count), line=line)
            self.sessions[session.session_id] = session
            session.dispatch("READY", self._ready(session))
            self._greet(session)

    def _ready(self, session: Session) -> Payload:
        return {
            "v": 10,
            "user": self._bot,
            "guilds": [
                {"id": str(guild_id), "unavailable": True}
                for guild_id in self.guild_ids
                if session.covers(guild_id)
            ],
            "session_id": session.session_id,
            "resume_gateway_url": self.url,
            "shard": list(session.shard),
            "application": {"id": self._bot["id"], "flags": 0},
        }

    def _resume(self, line: Line, data: Payload) -> None:
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self._token:
            line.outgoing.put_nowait({"op": INVALID_SESSION, "d": False})
            return
        self.resumed += 1
        session.line = line
        for missed in session.log[data["seq"] :]:
            line.outgoing.put_nowait(missed)
        session.dispatch("RESUMED", {})

    def _hang_up(self, line: Line, code: int | None) -> None:
        for session in [session for session in self.sessions.values() if session.line is line]:
            session.line = None
            if code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY):
                del self.sessions[session.session_id]

    def _open_lines(self) -> list[Line]:
        return [session.line for session in self.sessions.values() if session.line is not None]

    def _as_allowed(self, session: Session, event: str, data: Payload) -> Payload:
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            return data
        return self.as_allowed(session.intents, data, is_in_server="guild_id" in data)

    def as_allowed(self, intents: int, data: Payload, *, is_in_server: bool) -> Payload:
        """A message with what the bot may read of it."""
        if intents & MESSAGE_CONTENT or not is_in_server:
            return data
        is_own = data["author"]["id"] == self._bot["id"]
        is_mentioned = any(user["id"] == self._bot["id"] for user in data["mentions"])
        return data if is_own or is_mentioned else data | {"content": "", "embeds": [], "attachments": []}


async def _write(line: Line) -> None:
    with suppress(ConnectionError):
        while not line.socket.closed:
            item = await line.outgoing.get()
            if isinstance(item, dict):
                await line.socket.send_json(item)
            elif item != CUT:
                await line.socket.close(code=item)
            elif line.request.transport is not None:
                line.request.transport.abort()


def _intent_for(event: str, data: Payload) -> int:
    if event.startswith("MESSAGE_REACTION"):
        return GUILD_REACTIONS if "guild_id" in data else DIRECT_REACTIONS
    if event.startswith("MESSAGE_"):
        return GUILD_MESSAGES if "guild_id" in data else DIRECT_MESSAGES
    return GUILDS if event.startswith(("GUILD_", "CHANNEL_", "THREAD_")) else -1
