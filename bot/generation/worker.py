"""GenerationWorker: text from a model that runs in a process of its own.

Torch-free. Keeps that process alive: starts it, watches its heartbeat, starts it again with
back-off, and tells people how it stands. What runs when is the scheduler's business. Knows no platform
and no conversation, and never logs a text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bot.errors import GenerationError, ModelLoadError
from bot.generation.catalog import ModelChoice
from bot.generation.process import ENGINE_MODULE, Backoff, ChildProcess
from bot.generation.scheduler import Scheduler
from bot.generation.ticket import Ticket
from bot.generation.tokens import TokenCounter
from bot.generation.types import GenerationRequest, ModelInfo
from bot.generation.watchdog import Watchdog
from bot.generation.wire import (
    Beat,
    Counted,
    Deltas,
    Downloading,
    Failed,
    Frame,
    Loading,
    Ready,
    Refused,
    Start,
    WireError,
)

logger = logging.getLogger(__name__)

_STOP_GRACE_S: Final = 3.0
_MAX_DEATHS_WHILE_LOADING: Final = 5
_HEALTHY_S: Final = 60.0
_COUNT_CACHE_BYTES: Final = 16 * 1024 * 1024


class GenerationWorker:
    """A `TextGenerator` over a child process. Use it on one event loop: `start`, ..., `close`.

    `environment` is the bot's own; the child gets an allowlist of it. A child that shows no sign of life for
    `hang_timeout_s` is killed (see `watchdog`); `pins_file` remembers which commit of a hub model is in use.
    `engine_module` names what the child runs: a module with `load` and `Engine`, for tests of faults.
    """

    def __init__(
        self,
        model: ModelChoice,
        *,
        environment: Mapping[str, str],
        pins_file: Path | None = None,
        max_batch: int = 8,
        queue_limit: int = 64,
        per_tenant_limit: int = 16,
        device: str = "auto",
        dtype: str = "auto",
        threads: int | None = None,
        hang_timeout_s: float = 25.0,
        backoff: Backoff | None = None,
        engine_module: str = ENGINE_MODULE,
    ) -> None:
        self._model = model
        self._environment = environment
        self._start_frame = Start(
            model=model,
            max_batch=max_batch,
            device=device,
            dtype=dtype,
            threads=threads,
            engine_module=engine_module,
            beat_s=min(1.0, hang_timeout_s / 5),
            pins_file=pins_file,
        )
        self._hang_timeout_s = hang_timeout_s
        self._backoff = backoff or Backoff()
        self._scheduler = Scheduler(
            max_batch=max_batch,
            queue_limit=queue_limit,
            per_tenant_limit=per_tenant_limit,
            on_divergence=self._continue_diverged,
        )
        self._counter = TokenCounter(_COUNT_CACHE_BYTES)
        self._status = "starting"
        self._child: ChildProcess | None = None
        self._info: ModelInfo | None = None
        self._end: GenerationError | None = None  # set once no text can come any more
        self._settled = asyncio.Event()  # ready, or at its end
        self._spawned_s = 0.0
        self._ready_s: float | None = None  # when this child became ready
        self._has_answered = False  # this child
        self._deaths_while_loading = 0
        self._supervisor: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # What callers use: the TextGenerator protocol.

    async def start(self) -> None:
        """Begin loading and return at once; `ready` waits."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name="generation worker")

    async def ready(self) -> ModelInfo:
        """Wait until the model is loaded (again, after a crash). Raises ModelLoadError."""
        await self._settled.wait()
        self._raise_end()
        assert self._info is not None
        return self._info

    @property
    def status(self) -> str:
        """One line for people: "loading the model", "downloading gpt2, 34%", "ready", ..."""
        return self._status

    @property
    def child_pid(self) -> int | None:
        """The id of the engine's process, or None between two of them."""
        return None if self._child is None else self._child.pid

    @property
    def has_work(self) -> bool:
        """Whether any request is not finished yet."""
        return self._scheduler.has_work

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, without special tokens. Raises GenerationError."""
        self._raise_end()
        return await self._counter.count(texts)

    def submit(self, request: GenerationRequest) -> Ticket:
        """Queue a request. Raises WorkerBusyError when the queue is full, ModelLoadError without a model."""
        self._raise_end()
        return self._scheduler.submit(request)

    async def close(self) -> None:
        """Abort everything and stop the process."""
        if self._end is None:
            self._stop_work(GenerationError("the worker is closed"), "stopped")
        tasks = [*self._tasks, *([self._supervisor] if self._supervisor else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _raise_end(self) -> None:
        if self._end is not None:
            raise type(self._end)(str(self._end), self._end.user_message)

    def _stop_work(self, end: GenerationError, status: str) -> None:
        """No text from here on: `end` is what callers are told from now."""
        self._end, self._status = end, status
        if isinstance(end, ModelLoadError):
            self._scheduler.fail_all(lambda: type(end)(str(end), end.user_message))
        else:
            self._scheduler.abort_all()
        self._counter.fail_all(end)
        self._settled.set()

    # The life of the child.

    async def _supervise(self) -> None:
        try:
            while self._end is None:
                await self._one_life()
                if self._end is None:
                    await asyncio.sleep(self._backoff.after(was_healthy=self._was_healthy()))
        except Exception as error:  # whatever it is: callers must not wait for ever
            logger.exception("the generation worker stopped")
            self._give_up(ModelLoadError(f"the generation worker stopped ({type(error).__name__})"))

    async def _one_life(self) -> None:
        """Start a child, serve it until it ends, and clear up after it."""
        try:
            child = await ChildProcess.spawn(self._environment)
        except OSError as error:
            self._give_up(ModelLoadError(f"the engine's process could not be started: {error}"))
            return
        self._child, self._ready_s, self._has_answered = child, None, False
        self._spawned_s = _now_s()
        logger.info("engine[%d] started for %s (%s)", child.pid, self._model.name, self._model.reason)
        watchdog = Watchdog(child, self._hang_timeout_s)
        watching = asyncio.create_task(watchdog.run(), name="engine watchdog")
        try:
            await self._serve(child, watchdog)
        finally:
            watching.cancel()
            how = await _uninterrupted(asyncio.create_task(child.stop(_STOP_GRACE_S)))
            self._child = None
            self._bury(child.pid, how)

    async def _serve(self, child: ChildProcess, watchdog: Watchdog) -> None:
        try:
            child.send(self._start_frame)
            async for frame in child.frames():
                if not (isinstance(frame, Counted) and self._ready_s is not None):
                    watchdog.beat()  # counts come from a side thread, which a stuck step does not stop
                self._handle(child, frame)
        except WireError as error:
            logger.error("engine[%d] sent what is no frame: %s", child.pid, error)
            child.kill()

    def _bury(self, pid: int, how: str) -> None:
        """The child is gone: on purpose, or its work is to be retried."""
        if self._end is not None:
            logger.info("engine[%d] stopped", pid)
            return
        logger.warning("engine[%d] died: %s", pid, how)
        self._settled.clear()
        self._status = "restarting after a crash"
        self._counter.detach()
        self._scheduler.detach()
        self._deaths_while_loading = 0 if self._ready_s is not None else self._deaths_while_loading + 1
        if self._deaths_while_loading >= _MAX_DEATHS_WHILE_LOADING:
            self._give_up(
                ModelLoadError(f"the engine's process died {_MAX_DEATHS_WHILE_LOADING} times: {how}")
            )

    def _give_up(self, error: ModelLoadError) -> None:
        logger.error("the model cannot be used: %s", error)
        self._stop_work(error, f"failed: {error}")

    def _was_healthy(self) -> bool:
        """Whether the last child was of use: it finished an answer, or was ready for a while."""
        was_ready = self._ready_s is not None and _now_s() - self._ready_s >= _HEALTHY_S
        return was_ready or self._has_answered

    # What the child says.

    def _handle(self, child: ChildProcess, frame: Frame) -> None:
        match frame:
            case Deltas(deltas):
                for delta in deltas:
                    self._has_answered |= delta.finish_reason is not None
                    self._scheduler.deliver(delta)
            case Counted():
                self._counter.answered(frame)
            case Refused():
                self._scheduler.refuse(frame)
            case Ready(info):
                self._welcome(child, info)
            case Downloading(done_bytes, total_bytes):
                percent = 100 * done_bytes // max(total_bytes, 1)
                self._status = f"downloading {self._model.name}, {min(percent, 100)}%"
            case Loading():
                self._status = "loading the model"
            case Failed(detail, user_message):
                self._give_up(ModelLoadError(detail, user_message or None))
            case Beat():
                pass
            case _:
                raise WireError(f"unexpected {type(frame).__name__}")

    def _welcome(self, child: ChildProcess, info: ModelInfo) -> None:
        self._info, self._status, self._ready_s = info, "ready", _now_s()
        load_s = self._ready_s - self._spawned_s
        logger.info(
            "engine[%d] ready after %.1f s: %s, %d parameters, %s on %s",
            child.pid, load_s, info.name, info.parameters, info.dtype, info.device,
        )  # fmt: skip
        self._counter.attach(child.send)
        self._scheduler.attach(child.send)
        self._settled.set()

    def _continue_diverged(self, ticket: Ticket) -> None:
        task = asyncio.create_task(self._count_and_resume(ticket))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _count_and_resume(self, ticket: Ticket) -> None:
        try:
            (delivered_tokens,) = await self._counter.count([ticket.delivered])
        except GenerationError as error:
            ticket.fail(error)
        else:
            self._scheduler.resume(ticket, delivered_tokens)


async def _uninterrupted(task: asyncio.Task[str]) -> str:
    """The task's result, waited for even when the waiting is cancelled: a process must not be left behind."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


def _now_s() -> float:
    return asyncio.get_running_loop().time()
