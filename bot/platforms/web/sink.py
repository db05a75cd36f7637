"""WebSink: shows one reply of the bot on the board and in every open tab.

Streaming edits go to the tabs at once and to the board's file about once a second; the last one always does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from bot.conversation.reply import Reply
from bot.errors import PlatformError, StorageError
from bot.messages import Author, File
from bot.platforms.base import DeliveryLimits
from bot.platforms.web import frames
from bot.platforms.web.board import Board
from bot.platforms.web.hub import Hub
from bot.platforms.web.notes import Note, now_ms

LIMITS = DeliveryLimits(max_chars=8000, min_edit_interval_s=0.05)
KEEP_INTERVAL_S = 1.0


class WebSink:
    """Where one reply goes: a ReplySink."""

    def __init__(self, reply: Reply, board: Board, hub: Hub, bot: Author) -> None:
        self._reply = reply
        self._board = board
        self._hub = hub
        self._bot = bot
        self._notes: dict[str, Note] = {}
        self._unkept: set[str] = set()
        self._kept_at = 0.0
        if not reply.is_quiet:
            hub.reply_started(reply.reply_id, self._reply_frame("started"))

    @property
    def limits(self) -> DeliveryLimits:
        """8,000 characters a post, twenty edits a second."""
        return LIMITS

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Put a new message on the board. Repeating a nonce changes the message it made."""
        known = await self._by_nonce(nonce)
        if known is not None:
            await self.edit(known.id, text)
            return known.id
        note = await self._add(text, nonce)
        self._notes[note.id] = note
        self._hub.show("message", note, self._reply.reply_id)
        return note.id

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Show a post's new text now; write it to the board now or within a second."""
        note = self._notes.get(message_id) or await self._get(message_id)
        if note is None:
            note = await self._add(text, None, message_id)
        note = replace(note, text=text)
        self._notes[message_id] = note
        self._unkept.add(message_id)
        self._hub.show("edit", note, self._reply.reply_id)
        if asyncio.get_running_loop().time() - self._kept_at >= KEEP_INTERVAL_S:
            await self._keep()

    async def delete(self, message_id: str) -> None:
        """Take a post off the board."""
        self._notes.pop(message_id, None)
        self._unkept.discard(message_id)
        with _as_platform_error():
            await self._board.erase(message_id)
        self._hub.tell(self._frame("delete", id=message_id))

    async def find(self, nonce: str) -> str | None:
        """The post that an earlier process made with `nonce`: the board remembers."""
        note = await self._by_nonce(nonce)
        return note.id if note else None

    async def status(self, text: str) -> None:
        """Show a sign of life in the line of the thinking bot."""
        self._hub.tell(self._frame("status", text=text))

    async def finish(self, outcome: str) -> None:
        """The reply is over: keep its last text, say what can be done with it, and let the Stop button go."""
        try:
            await self._keep()
            await self._offer(outcome)
        finally:
            if not self._reply.is_quiet:
                self._hub.reply_finished(self._reply.reply_id, self._reply_frame("finished", outcome=outcome))

    # --- inside ------------------------------------------------------------------------------

    async def _offer(self, outcome: str) -> None:
        """Its last post carries what a person may do with an answer; the others are parts of it."""
        is_answer = self._reply.is_answer and outcome in ("finished", "stopped")
        kind = ("cut" if self._reply.is_cut else "answer") if is_answer else ""
        for note in list(self._notes.values()) if not self._reply.is_quiet else []:
            wanted = kind if note is list(self._notes.values())[-1] else ""
            if note.kind != wanted:
                self._notes[note.id] = replace(note, kind=wanted)
                with _as_platform_error():
                    await self._board.set_kind(note.id, wanted)
                self._hub.show("edit", self._notes[note.id], self._reply.reply_id)

    async def _keep(self) -> None:
        self._kept_at = asyncio.get_running_loop().time()
        while self._unkept:
            note = self._notes[self._unkept.pop()]
            with _as_platform_error():
                await self._board.set_text(note.id, note.text, None)

    async def _add(self, text: str, nonce: str | None, message_id: str | None = None) -> Note:
        place, question = self._reply.conversation, self._reply.question
        is_nowhere = self._reply.is_quiet and question.command is not None
        note = Note(
            id=message_id or f"b-{uuid4().hex}",
            channel=place.channel_id,
            thread=place.thread_id,
            author_id=self._bot.id,
            author_name=self._bot.name,
            text=text,
            sent_ms=now_ms(),
            is_bot=True,
            reply_to=None if is_nowhere else question.message_id,
            audience=self._reply.audience,
            kind="bridge" if self._reply.is_quiet else "",
            nonce=self._own(nonce) if nonce is not None else None,
        )
        with _as_platform_error():
            await self._board.add(note)
        return await self._get(note.id) or note

    async def _get(self, message_id: str) -> Note | None:
        with _as_platform_error():
            return await self._board.get(message_id)

    async def _by_nonce(self, nonce: str) -> Note | None:
        with _as_platform_error():
            return await self._board.by_nonce(self._own(nonce))

    def _own(self, nonce: str) -> str:
        """Delivery's nonces are unique in one database; the question's id makes them so on the board."""
        return f"{self._reply.question.message_id}/{nonce}"

    def _reply_frame(self, state: str, **fields: object) -> frames.Frame:
        return self._frame("reply", state=state, question=self._reply.question.message_id, **fields)

    def _frame(self, kind: str, **fields: object) -> frames.Frame:
        place = self._reply.conversation
        return {
            "type": kind,
            "reply_id": self._reply.reply_id,
            "channel": place.channel_id,
            "thread": place.thread_id,
            **fields,
        }


@contextmanager
def _as_platform_error() -> Iterator[None]:
    """Turn the board's StorageError into the PlatformError that delivery expects."""
    try:
        yield
    except StorageError as error:
        raise PlatformError(str(error), error.user_message) from error
