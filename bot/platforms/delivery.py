"""Delivery: the one renderer of streams. It pulls a reply's pieces and shows them on a platform.

The first words are posted at once, later ones by edits at the pace that the platform allows, and a new post
begins where the length limit falls. It knows sinks and replies, and nothing of SDKs, models or storage.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress

from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.conversation.text.safety import neutralise_mentions
from bot.conversation.text.splitting import split_stream
from bot.errors import PlatformError, StorageError, where
from bot.messages import Progress
from bot.platforms.base import Platform, PostGoneError, ReplySink

log = logging.getLogger(__name__)


async def serve(manager: ConversationManager, platform: Platform) -> None:
    """Deliver all replies of a platform, many at once, until the manager is drained."""
    async with asyncio.TaskGroup() as deliveries:
        async for reply in manager.replies(platform.name):
            deliveries.create_task(deliver(reply, platform.sink(reply), manager))


async def deliver(reply: Reply, sink: ReplySink, manager: ConversationManager) -> None:
    """Show one reply on its platform and settle it, whatever happens on the way."""
    try:
        await _Delivery(reply, sink, manager).run()
    except asyncio.CancelledError:
        reply.end("released")
        raise
    except PlatformError as error:
        log.warning("reply %d could not be delivered: %s", reply.reply_id, error)
        reply.outcome = "failed"
    except Exception as error:
        log.error("reply %d could not be delivered: %s", reply.reply_id, where(error))
        reply.outcome = "failed"
    finally:
        await _settle(reply, sink, manager)


async def _settle(reply: Reply, sink: ReplySink, manager: ConversationManager) -> None:
    """The last two words on a reply: the platform first, since a reply is done only when it stands there
    in full. Neither may take the other deliveries with it."""
    try:
        await sink.finish(reply.outcome)
    except Exception as error:
        log.warning("reply %d: the platform did not take its end: %s", reply.reply_id, where(error))
    try:
        await manager.settle(reply)
    except StorageError as error:
        log.error("reply %d is left to the next start: %s", reply.reply_id, error)


class _Delivery:
    """One reply's way to the platform: what is written, what was posted, and what is shown in each post."""

    def __init__(self, reply: Reply, sink: ReplySink, manager: ConversationManager) -> None:
        self._reply = reply
        self._sink = sink
        self._manager = manager
        question = reply.question
        self._question = " ".join(
            (question.text, *(question.command.options.values() if question.command else ()))
        )
        self._posts = list(reply.posts)
        self._shown: list[str | None] = [None] * len(reply.posts)
        self._text = reply.begun
        self._progress: str | None = None
        self._written = asyncio.Event()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Pull and show until the stream ends; then show the end, or take back what is not to stand."""
        if not self._reply.is_correction:
            await self._find_doubtful_post()
        pulling = asyncio.create_task(self._pull())
        try:
            while not self._written.is_set():
                await self._changed.wait()
                self._changed.clear()
                # What is complete already is shown once, with its ending.
                if not self._written.is_set() and await self._show_news():
                    await self._pause(self._sink.limits.min_edit_interval_s)
        finally:
            pulling.cancel()
            with suppress(asyncio.CancelledError):
                await pulling
        await self._conclude()

    async def _pull(self) -> None:
        """Take pieces as they come. Its end, however it comes, wakes the showing side."""
        try:
            async with aclosing(self._reply.pieces) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Progress):
                        self._progress = piece.text
                    else:
                        self._text += piece
                    self._changed.set()
        finally:
            self._written.set()
            self._changed.set()

    async def _find_doubtful_post(self) -> None:
        """An earlier process may have posted the next part and died before it could write that down."""
        if self._reply.attempt == 1:
            return
        while message_id := await self._sink.find(self._nonce(len(self._posts))):
            await self._remember(message_id)
            self._shown.append(None)

    async def _show_news(self) -> bool:
        """Show what is new; True when the platform was written to and wants a pause."""
        if self._text.strip():
            return await self._show(self._chunks())
        if self._progress is not None:
            await self._sink.status(self._progress)
            self._progress = None
        return False

    def _chunks(self, ending: str = "") -> list[str]:
        text = "\n\n".join(part for part in (self._text.rstrip(), ending) if part)
        text = neutralise_mentions(text, self._question)
        return split_stream(text, self._sink.limits.max_chars)

    async def _show(self, chunks: list[str]) -> bool:
        has_written = False
        self._reply.parts = len(chunks)
        for index, chunk in enumerate(chunks):
            if self._reply.is_correction and not self._posts:
                return has_written  # what only one person saw is out of reach
            if index >= len(self._posts):
                await self._remember(await self._sink.post(chunk, self._nonce(index)))
                self._shown.append(chunk)
            elif self._shown[index] != chunk:
                await self._edit(index, chunk)
                self._shown[index] = chunk
            else:
                continue
            has_written = True
        return has_written

    async def _conclude(self) -> None:
        """The stream has ended: show the whole text, and remove posts that are no longer part of it."""
        outcome = self._reply.outcome
        if outcome in ("restarted", "released"):
            return
        is_kept = self._text.strip() and outcome != "withdrawn"
        chunks = self._chunks(self._reply.ending) if is_kept else []
        await self._show(chunks)
        for message_id in self._posts[len(chunks) :]:
            await self._sink.delete(message_id)
        if len(self._posts) > len(chunks) or outcome == "withdrawn":
            await self._manager.posts_removed(self._reply, len(chunks))

    async def _edit(self, index: int, chunk: str) -> None:
        """Edit a post, or put another in the place of one that was deleted. It has a nonce of its own:
        platforms may answer the old one with what is gone."""
        try:
            await self._sink.edit(self._posts[index], chunk)
        except PostGoneError:
            if self._reply.is_correction:
                return
            nonce = f"{self._nonce(index)}+{self._posts[index]}"
            self._posts[index] = await self._sink.post(chunk, nonce)
            await self._manager.posted(self._reply, index, self._posts[index])

    async def _remember(self, message_id: str) -> None:
        self._posts.append(message_id)
        await self._manager.posted(self._reply, len(self._posts) - 1, message_id)

    def _nonce(self, index: int) -> str:
        return f"{self._reply.reply_id}-{index}"

    async def _pause(self, seconds: float) -> None:
        """Wait until the next edit is allowed, or until the text is complete."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._written.wait(), seconds)
