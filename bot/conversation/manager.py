"""ConversationManager: accept, order, answer, amend, forget.

The one door between platforms and everything the bot decides. It takes conversations in order: one reply
at a time in a conversation, many conversations at once; what arrives meanwhile joins the next reply. It never
calls a platform: delivery asks it for the next reply, pulls the pieces, and reports what was posted.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from bot.conversation.admission import Admission
from bot.conversation.answering import Answerer
from bot.conversation.bridges import Bridges, Lanes, is_lane, translated
from bot.conversation.changes import Changes
from bot.conversation.controls import Asker, ControlDesk, Controls, stopped_by
from bot.conversation.past import Past
from bot.conversation.patience import patiently
from bot.conversation.rate import PersonRate
from bot.conversation.reply import Outcome, Reply
from bot.generation.types import ModelInfo, TextGenerator
from bot.messages import ConversationKey, IncomingMessage, Piece, Turn
from bot.storage.records import ConversationSummary, Job
from bot.storage.store import HistoryStore

T = TypeVar("T")

MAX_ATTEMPTS = 3
"""A reply that could not be finished in this many starts of the bot is given up with a clear sentence."""

SETTLING_S = 5.0
"""How long a person waits at most for a finished answer to be written down, before it can be acted on."""

GIVEN_UP = "I was interrupted several times while answering this, so I gave up on it. Please ask again."


class ConversationManager:
    """Accepts messages, orders conversations and gives out replies to be delivered."""

    def __init__(
        self,
        store: HistoryStore,
        generator: TextGenerator,
        answerer: Answerer,
        bot_name: str = "Parley",
        on_activity: Callable[[ConversationKey], None] = lambda key: None,
        person_rate: int = 0,
    ) -> None:
        """`on_activity` is told of every question and every settled answer. `person_rate`: answers that one
        person may ask for in a minute, 0 for any number."""
        self._store = store
        self._generator = generator
        self._answerer = answerer
        self._bot_name = bot_name
        self._on_activity = on_activity
        self._on_settled: list[Callable[[Reply], Awaitable[None]]] = []
        self._ready: defaultdict[str, asyncio.Queue[ConversationKey | None]] = defaultdict(asyncio.Queue)
        self._queued: set[ConversationKey] = set()
        # A conversation whose next reply is being claimed has None here: no second claim may start.
        self._active: dict[ConversationKey, Reply | None] = {}
        self._missed: set[ConversationKey] = set()
        self._early_ends: dict[int, Outcome] = {}
        self._freed = asyncio.Event()
        self._is_draining = False
        self._bridges = Bridges(store, bot_name)
        self._lanes = Lanes()
        self.rate = PersonRate(person_rate)
        self._admission = Admission(self._bridges, store, self.rate)
        self._changes = Changes(store, self._schedule, self._end, self._active.get)
        self.rules = answerer.rules
        answerer.changes = self._changes
        self.past = Past(store)
        self.controls = ControlDesk(
            store,
            self._schedule,
            self._until_settled,
            answerer.is_made_by_model,
            answerer.can_continue,
            answerer.permalink,
            self._active.get,
        )

    def watch_settled(self, watcher: Callable[[Reply], Awaitable[None]]) -> None:
        """Tell `watcher` of every reply that was settled, with its outcome. It may raise StorageError."""
        self._on_settled.append(watcher)

    # --- from platforms: what happened -------------------------------------------------------

    async def accept(self, arrived: IncomingMessage) -> bool:
        """Remember a message, durably, and answer it if it is addressed. False for a repeated event.

        Acknowledge the platform's event only after this returned. Raises StorageError: then the event
        must not be acknowledged. `/stop` acts here: what it stops is written down with it, and it then
        refers to the question of that.
        """
        return any([await self._take(message) for message in await self._admission.admit(arrived)])

    async def _take(self, message: IncomingMessage) -> bool:
        stopped = stopped_by(message, self._active.get(message.conversation))
        if message.command is not None and message.command.name == "stop":
            message = replace(message, reply_to=stopped.question.message_id if stopped else None)
        stopping = (stopped.reply_id, stopped.written if stopped.is_kept else "") if stopped else None
        is_new = await self._store.accept(message, stopping)
        if is_new and stopped is not None:
            stopped.end("stopped")
        if is_new and message.is_addressed:
            self._on_activity(message.conversation)
            self._schedule(message.conversation)
        # For a repeated event too: the first one may have come just before a crash.
        if lane := await self._bridges.lane_for(message):
            self._schedule(lane)
        return is_new

    async def amend(
        self,
        key: ConversationKey,
        message_id: str,
        text: str,
        edited_at: datetime,
        sees_history: bool | None = None,
    ) -> None:
        """A message was edited: memory follows, and its answer is made again into the same posts, if it is
        being made or was the last one in the conversation. `sees_history`: whether its author may read what
        was said there before, None where that is not known."""
        await self._changes.amend(key, message_id, text, edited_at, sees_history)

    async def forget(self, key: ConversationKey, message_id: str) -> None:
        """A message was deleted: its text is erased, and its answer is stopped and removed, or made again
        where it answers other messages too. Answers to commands about it, such as a translation, go."""
        await self._changes.forget(key, message_id)

    async def erase(self, key: ConversationKey) -> int:
        """Forget a whole conversation, a channel's threads included; returns how many messages went.

        An answer that is being made there goes on: stop it, and erase again when it is over. Raises
        StorageError.
        """
        return await self._store.erase_conversation(key)

    async def stop(
        self, key: ConversationKey, asker: Asker | None = None, post_id: str | None = None
    ) -> bool:
        """See ControlDesk.stop."""
        return await self.controls.stop(key, asker, post_id)

    async def import_messages(self, messages: Sequence[IncomingMessage]) -> int:
        """Remember past messages without answering them; returns how many were new. Those of people who want
        to be left out of memory are left out."""
        return await self._store.import_messages(await self._admission.admit_past(messages))

    # --- to platforms: what is known ---------------------------------------------------------

    async def history(self, key: ConversationKey, limit: int = 200) -> list[Turn]:
        """The newest turns of a conversation as people saw them, commands and their answers included."""
        return await self._store.turns(key, limit=limit, memory_only=False)

    async def has_posted(self, platform: str, message_id: str) -> bool:
        """Whether a message is known to be a post of an answer. Raises StorageError."""
        return await self._store.is_post(platform, message_id)

    async def conversations(self, platform: str, workspace_id: str) -> list[ConversationSummary]:
        """All conversations of a workspace, newest first."""
        known = await self._store.conversations(platform, workspace_id)
        return [summary for summary in known if not is_lane(summary.conversation)]

    @property
    def model_status(self) -> str:
        """One line for people about the model: "loading the model", "ready", ..."""
        return self._generator.status

    async def model(self) -> ModelInfo | None:
        """What is known of the model, None while it is not loaded."""
        return await self._generator.ready() if self._generator.status == "ready" else None

    @property
    def is_idle(self) -> bool:
        """Whether no answer is being made anywhere."""
        return not self._active

    def is_answering(self, key: ConversationKey) -> bool:
        """Whether an answer is being made in this conversation."""
        return self._active.get(key) is not None

    def has_work(self, key: ConversationKey) -> bool:
        """Whether an answer is being made in this conversation, or is about to be."""
        return key in self._active or key in self._queued or key in self._missed

    async def idle(self, key: ConversationKey) -> None:
        """Wait until no answer is being made in this conversation, nor about to be."""
        while self.has_work(key):
            self._freed.clear()
            await self._freed.wait()

    # --- to delivery: replies ----------------------------------------------------------------

    async def replies(self, platform: str) -> AsyncIterator[Reply]:
        """Yield replies to be delivered on a platform, for ever, until `drain`.

        Begins with what an earlier process left unfinished. At most one reply of a conversation is out at a
        time; the next follows when it was settled.
        """
        for key in await self._patiently(lambda: self._store.recover(platform)):
            self._schedule(key)
        if self._is_draining:
            return
        ready = self._ready[platform]
        while (key_or_end := await ready.get()) is not None:
            self._queued.discard(key_or_end)
            reply = await self._claim(key_or_end)
            if reply is not None:
                yield reply

    async def posted(self, reply: Reply, index: int, message_id: str) -> None:
        """Delivery has posted part `index` of a reply under `message_id`."""
        await self._patiently(lambda: self._store.record_post(reply.reply_id, index, message_id))

    async def posts_removed(self, reply: Reply, left: int) -> None:
        """Delivery has removed all posts of a reply but the first `left`."""
        await self._patiently(lambda: self._store.posts_removed(reply.reply_id, left))

    async def settle(self, reply: Reply) -> None:
        """Delivery is through with a reply, whatever its outcome: write it down, take the next."""
        await self._patiently(lambda: self._write_down(reply))
        self._missed.add(reply.lane)
        self._free(reply.lane)
        self._on_activity(reply.conversation)
        for watcher in self._on_settled:
            await watcher(reply)

    async def drain(self, timeout_s: float) -> None:
        """Give out no further reply, wait for those that are out, and release what is not done in time."""
        self._is_draining = True
        for queue in self._ready.values():
            queue.put_nowait(None)
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._active:
                    self._freed.clear()
                    await self._freed.wait()
        for reply in list(self._active.values()):
            if reply is not None:
                reply.end("released")

    # --- inside ------------------------------------------------------------------------------

    def _schedule(self, key: ConversationKey) -> None:
        if key in self._active:
            self._missed.add(key)
        elif not self._is_draining and key not in self._queued:
            self._queued.add(key)
            if is_lane(key):
                self._lanes.add(key)
                self._admit_lanes()
            else:
                self._ready[key.platform].put_nowait(key)

    def _admit_lanes(self) -> None:
        is_busy = any(not is_lane(key) for key in self._active)
        for lane in self._lanes.admit(is_busy=is_busy):
            self._ready[lane.platform].put_nowait(lane)

    def _end(self, key: ConversationKey, reply_id: int, outcome: Outcome) -> None:
        reply = self._active.get(key)
        if reply is not None and reply.reply_id == reply_id:
            reply.end(outcome)
        elif key in self._active:
            self._early_ends[reply_id] = outcome
        else:
            self._schedule(key)

    async def _claim(self, key: ConversationKey) -> Reply | None:
        if self._is_draining or key in self._active:
            return None
        self._active[key] = None
        is_joining = await self._answerer.is_joining()
        job = await self._patiently(
            lambda: self._store.claim(key, by_turns=not is_lane(key), is_joining=is_joining)
        )
        if job is None:
            self._free(key)
            return None
        reply = await self._patiently(lambda: self._reply(job))
        self._active[key] = reply
        if job.is_withdrawn:
            reply.end("withdrawn")
        if early_end := self._early_ends.pop(job.reply_id, None):
            reply.end(early_end)
        return reply

    async def _reply(self, job: Job) -> Reply:
        if is_lane(job.conversation):
            reply = await self._bridges.reply(job)
            reply.pieces = self._pieces(reply, job)
            return reply
        reply = Reply(job)
        question = reply.question
        reply.is_from_elsewhere = self._answerer.reads_elsewhere(question)
        reply.is_passing = self._answerer.is_passing(question)
        reply.is_answer = self._answerer.is_made_by_model(question) and reply.is_kept
        reply.can_continue = self._answerer.can_continue(question)
        reply.can_be_shared = self._answerer.can_be_shared(question)
        reply.audience = question.author.id if self._answerer.is_private(question) else None
        reply.controls = Controls(self.controls, self._store, reply)
        reply.pieces = self._pieces(reply, job)
        return reply

    def _free(self, key: ConversationKey) -> None:
        """Let the next reply of a conversation be claimed; whatever came meanwhile is looked at now."""
        self._active.pop(key, None)
        self._freed.set()
        self._lanes.leave(key)
        self._admit_lanes()
        if key in self._missed:
            self._missed.discard(key)
            self._schedule(key)

    async def _pieces(self, reply: Reply, job: Job) -> AsyncGenerator[Piece, None]:
        """The pieces of one reply until its end, whoever ends it; then its text is recorded."""
        async with aclosing(reply.until_ended(self._stream(reply, job))) as pieces:
            async for piece in pieces:
                if isinstance(piece, str):
                    reply.written += piece
                yield piece
        reply.is_written = True
        if reply.outcome == "stopped":
            reply.finish_reason = "stopped"
        if reply.outcome in ("finished", "stopped") and reply.is_kept:
            text, finish_reason = reply.written, reply.finish_reason
            await self._patiently(lambda: self._store.record_text(reply.reply_id, text, finish_reason))

    async def _stream(self, reply: Reply, job: Job) -> AsyncGenerator[Piece, None]:
        """The text that an earlier attempt finished, a notice after too many attempts, or a new answer."""
        if reply.is_quiet:
            question = await self._patiently(lambda: self._bridges.question(job))
            if question is not None and job.attempt <= MAX_ATTEMPTS:
                yield await translated(question, reply, self._answerer.run_task)
        elif job.text is not None:
            yield job.text
        elif job.attempt > MAX_ATTEMPTS and job.begun:
            reply.afterword, reply.finish_reason = GIVEN_UP, "length"
        elif job.attempt > MAX_ATTEMPTS:
            reply.is_notice = True
            yield GIVEN_UP
        else:
            async with aclosing(self._answerer.answer(reply)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _until_settled(self, key: ConversationKey) -> None:
        """Wait for the last moment of a reply whose text is complete: people see it as finished already."""
        reply = self._active.get(key)
        if reply is None or not reply.is_written:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLING_S):
                while self._active.get(key) is reply:
                    self._freed.clear()
                    await self._freed.wait()

    async def _write_down(self, reply: Reply) -> None:
        if reply.outcome in ("restarted", "released"):
            await self._store.release(reply.reply_id)
        elif reply.outcome != "withdrawn":
            await self._store.complete(
                reply.reply_id,
                is_memory=self._is_memory(reply),
                author_id=self._bot_name,
                author_name=self._bot_name,
            )

    def _is_memory(self, reply: Reply) -> bool:
        return reply.is_memorable and self._answerer.is_memory(reply.question)

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        return await patiently(work, lambda: self._is_draining)
