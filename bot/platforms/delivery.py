"""Delivery: the one renderer of streams. It pulls a reply's pieces and shows them on a platform.

The first words are posted at once, later ones by edits at the pace that the platform allows, and a new post
begins where the length limit falls. While nothing comes a sign of life is shown. It knows sinks and replies,
and nothing of SDKs, models or storage.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress

from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.conversation.text.blocks import followed_by
from bot.conversation.text.filing import Post, posts
from bot.conversation.text.safety import clean_text, is_blank, neutralise_mentions
from bot.errors import PlatformError, StorageError, where
from bot.messages import Progress
from bot.platforms.base import DeliveryLimits, Platform, PostGoneError, ReplySink

log = logging.getLogger(__name__)

SIGN_OF_LIFE_S = 4.0
"""After so long without news a sign of life is shown again; Discord's typing status lasts ten seconds."""
POSTS_IN_MANNERS = 20
"""So many posts one answer may fill where long text cannot go as a file."""
WORKING = "working"
"""What a sign of life says while the task has said nothing."""


def harmless_posts(text: str, question: str, limits: DeliveryLimits, *, is_whole: bool = True) -> list[Post]:
    """The posts of what a model wrote, or has written so far: each can be seen, and notifies nobody but whom
    `question` names. Files are as they were written."""

    def make_safe(part: str) -> str:
        # What a platform would leave out goes first, so that no mention hides behind it.
        return neutralise_mentions(clean_text(part), question)

    found = posts(
        text,
        limits.max_chars,
        limits.max_code_chars,
        is_whole=is_whole,
        max_file_bytes=limits.max_file_bytes,
        no_files=limits.no_files,
        make_safe=make_safe,
    )
    return [post for post in found if not is_blank(post.text)]


async def serve(manager: ConversationManager, platform: Platform) -> None:
    """Deliver all replies of a platform, many at once, until the manager is drained."""
    async with asyncio.TaskGroup() as deliveries:
        async for reply in manager.replies(platform.name):
            deliveries.create_task(deliver(reply, platform.sink(reply), manager))


async def deliver(reply: Reply, sink: ReplySink, manager: ConversationManager) -> None:
    """Show one reply on its platform and settle it, whatever happens on the way."""
    try:
        limits = sink.limits
        is_told = limits.max_code_chars is None and not limits.no_files
        reply.room = POSTS_IN_MANNERS * limits.max_chars if is_told else limits.max_file_bytes
        await _Delivery(reply, sink, manager).run()
    except asyncio.CancelledError:
        reply.end("released")
        raise
    except PlatformError as error:
        level = logging.WARNING if error.is_news else logging.DEBUG
        log.log(level, "reply %d could not be delivered: %s", reply.reply_id, error)
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
        self._text = reply.begun
        self._posts = list(reply.posts)
        # Of an answer that is to be continued only the last post will change.
        begun: list[Post | None] = [*self._chunks()[:-1], *[None] * len(reply.posts)]
        self._shown = begun[: len(reply.posts)]
        self._progress = WORKING
        self._has_progressed = False
        self._alive_at = asyncio.get_running_loop().time()
        self._written = asyncio.Event()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Pull and show until the stream ends; then show the end, or take back what is not to stand."""
        if not self._reply.is_correction:
            await self._find_doubtful_post()
        pulling = asyncio.create_task(self._pull())
        try:
            while not self._written.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), SIGN_OF_LIFE_S)
                self._changed.clear()
                # What is complete already is shown once, with its ending.
                while not self._written.is_set() and await self._show(self._chunks(), most=1):
                    await self._pause(self._sink.limits.min_edit_interval_s)
                if not self._written.is_set():
                    await self._show_life()
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
                        self._progress, self._has_progressed = piece.text, True
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

    async def _show_life(self) -> None:
        """A sign of life: what the task says at once while there is no post, else after a long silence."""
        is_long = self._now() - self._alive_at >= SIGN_OF_LIFE_S
        if is_long or (self._has_progressed and not self._posts):
            await self._sink.status(self._progress)
            self._has_progressed, self._alive_at = False, self._now()

    def _chunks(self, *, is_whole: bool = False) -> list[Post]:
        text = self._text.rstrip()
        text = followed_by(text, self._reply.ending) if is_whole else text
        return harmless_posts(text, self._question, self._sink.limits, is_whole=is_whole)

    async def _show(self, chunks: list[Post], most: int | None = None) -> bool:
        """Write what is not shown yet, `most` posts of it; True when the platform was written to."""
        written = 0
        self._reply.parts = len(chunks)
        for index, chunk in enumerate(chunks):
            if written == most or (self._reply.is_correction and not self._posts):
                break  # what only one person saw of an answer is out of reach of a correction
            if index >= len(self._posts):
                await self._remember(await self._sink.post(chunk.text, self._nonce(index), chunk.file))
                self._shown.append(chunk)
            elif self._shown[index] != chunk:
                await self._edit(index, chunk)
                self._shown[index] = chunk
            else:
                continue
            written += 1
            self._alive_at = self._now()
        return written > 0

    async def _conclude(self) -> None:
        """The stream has ended: show the whole text, and remove posts that are no longer part of it."""
        outcome = self._reply.outcome
        if outcome in ("restarted", "released"):
            return
        is_kept = self._text.strip() and outcome != "withdrawn"
        chunks = self._chunks(is_whole=True) if is_kept else []
        await self._show(chunks)
        for message_id in self._posts[len(chunks) :]:
            await self._sink.delete(message_id)
        if len(self._posts) > len(chunks) or outcome == "withdrawn":
            await self._manager.posts_removed(self._reply, len(chunks))

    async def _edit(self, index: int, chunk: Post) -> None:
        """Edit a post, or put another in the place of one that was deleted. It has a nonce of its own:
        platforms may answer the old one with what is gone."""
        try:
            await self._sink.edit(self._posts[index], chunk.text, chunk.file)
        except PostGoneError:
            if self._reply.is_correction:
                return
            nonce = f"{self._nonce(index)}+{self._posts[index]}"
            self._posts[index] = await self._sink.post(chunk.text, nonce, chunk.file)
            await self._manager.posted(self._reply, index, self._posts[index])

    async def _remember(self, message_id: str) -> None:
        self._posts.append(message_id)
        await self._manager.posted(self._reply, len(self._posts) - 1, message_id)

    def _nonce(self, index: int) -> str:
        return f"{self._reply.reply_id}-{index}"

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    async def _pause(self, seconds: float) -> None:
        """Wait until the next edit is allowed, or until the text is complete."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._written.wait(), seconds)
