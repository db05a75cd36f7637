"""A generator that is there only while it is used: started by the first request, freed after long idleness.

Torch-free. Knows nothing of what its generator makes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Final

from bot.generation.ticket import Ticket
from bot.generation.types import GenerationRequest, ModelInfo
from bot.generation.worker import GenerationWorker

logger = logging.getLogger(__name__)

IDLE_S: Final = 900.0


class LazyGenerator:
    """A `TextGenerator` over a worker that `make` gives, and gives anew after `idle_s` seconds without work.

    `make` may raise ModelLoadError; so may then everything but `start`, `status` and `close`. A worker that
    could not load its model is tried again after the same time.
    """

    def __init__(self, make: Callable[[], GenerationWorker], idle_s: float = IDLE_S) -> None:
        self._make = make
        self._idle_s = idle_s
        self._worker: GenerationWorker | None = None
        self._used_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Nothing: the first request starts it."""

    async def ready(self) -> ModelInfo:
        """Start it, if need be, and wait until the model is loaded. Raises ModelLoadError."""
        return await self._awake().ready()

    @property
    def status(self) -> str:
        """One line for people; "asleep" while there is no process."""
        return "asleep" if self._worker is None else self._worker.status

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens. Raises GenerationError."""
        return await self._awake().count_tokens(texts)

    def submit(self, request: GenerationRequest) -> Ticket:
        """Queue a request. Raises WorkerBusyError, ModelLoadError."""
        return self._awake().submit(request)

    async def close(self) -> None:
        """Abort everything and stop the process."""
        if self._timer is not None:
            self._timer.cancel()
        if self._worker is not None:
            await self._worker.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _awake(self) -> GenerationWorker:
        loop = asyncio.get_running_loop()
        if self._worker is None:
            self._worker = self._make()
            self._do(self._worker.start())
            self._timer = loop.call_later(self._idle_s, self._free_if_idle)
        self._used_s = loop.time()
        return self._worker

    def _free_if_idle(self) -> None:
        assert self._worker is not None
        loop = asyncio.get_running_loop()
        if self._worker.has_work:
            self._used_s = loop.time()
        left_s = self._used_s + self._idle_s - loop.time()
        if left_s > 0:
            self._timer = loop.call_later(left_s, self._free_if_idle)
            return
        logger.info("freed after %.0f s without work", self._idle_s)
        worker, self._worker = self._worker, None
        self._do(worker.close())

    def _do(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
