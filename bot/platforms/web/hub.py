"""Hub: the open tabs, and what they all hear.

It queues frames for each tab and writes them in order. It knows nothing of what the frames mean, except for
the replies that are being made, which a tab that opens later is told of too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from aiohttp import web

from bot.platforms.web import frames
from bot.platforms.web.notes import Note

MAX_TABS = 64
MODEL_POLL_S = 0.5
MAX_WAITING = 2000
"""Frames that may wait for a slow tab; with more it is closed, and asks for the history when it is back."""


class Tab:
    """One open page: its websocket and what waits to be written to it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MAX_WAITING)
        self._is_lost = False

    def tell(self, frame: Mapping[str, object] | str) -> None:
        """Queue a frame for this tab."""
        try:
            self._waiting.put_nowait(frame if isinstance(frame, str) else frames.encode(frame))
        except asyncio.QueueFull:
            self._is_lost = True

    async def write(self) -> None:
        """Write what is queued, for ever; ends when the tab is gone or hopelessly behind."""
        while not self._is_lost:
            try:
                await self.socket.send_str(await self._waiting.get())
            except (ConnectionError, RuntimeError):
                return  # closed while we were writing; the reading side ends the tab
        await self.socket.close(code=1013, message=b"too slow")


class Hub:
    """All open tabs. `tell` reaches every one of them."""

    def __init__(self) -> None:
        self._tabs: set[Tab] = set()
        self._replies: dict[int, frames.Frame] = {}
        self._live: dict[str, tuple[int, Note]] = {}

    @property
    def is_full(self) -> bool:
        """Whether another tab would be one too many."""
        return len(self._tabs) >= MAX_TABS

    @property
    def replies(self) -> list[frames.Frame]:
        """The `reply` frames of the answers being made."""
        return list(self._replies.values())

    def join(self, tab: Tab) -> None:
        """Let a tab hear what is told from now on."""
        self._tabs.add(tab)

    def leave(self, tab: Tab) -> None:
        """Forget a tab."""
        self._tabs.discard(tab)

    def tell(self, frame: Mapping[str, object]) -> None:
        """Queue a frame for all tabs; encoded once."""
        if self._tabs:
            data = frames.encode(frame)
            for tab in self._tabs:
                tab.tell(data)

    def show(self, kind: str, note: Note, reply_id: int) -> None:
        """Tell all tabs of a post of an answer being made, and remember how it looks by now."""
        self._live[note.id] = (reply_id, note)
        self.tell(frames.message_frame(kind, note, reply_id))

    def view(self, note: Note) -> frames.Frame:
        """A message of the board as pages see it, with the newest words of an answer being written."""
        reply_id, live = self._live.get(note.id, (None, note))
        return frames.note_view(replace(note, text=live.text), reply_id)

    def reply_started(self, reply_id: int, frame: frames.Frame) -> None:
        """Tell all tabs, and those that open meanwhile, that an answer is being made."""
        self._replies[reply_id] = frame
        self.tell(frame)

    def reply_finished(self, reply_id: int, frame: frames.Frame) -> None:
        """Tell all tabs that an answer is over; its posts are on the board by now."""
        self._replies.pop(reply_id, None)
        self._live = {note_id: live for note_id, live in self._live.items() if live[0] != reply_id}
        self.tell(frame)

    async def watch_model(self, model_status: Callable[[], str]) -> None:
        """Tell the tabs when the model's status changes, for ever."""
        told = model_status()
        while True:
            await asyncio.sleep(MODEL_POLL_S)
            if (status := model_status()) != told:
                told = status
                self.tell({"type": "model", "text": status})

    async def close(self) -> None:
        """Close all tabs, saying that this server goes away; they come back by themselves."""
        closing = [tab.socket.close(code=1001, message=b"restarting") for tab in self._tabs]
        await asyncio.gather(*closing, return_exceptions=True)
