"""Which request runs when: the fair queue, the running batch, deadlines, and retries after a crash.

Torch-free and without I/O: frames go out through a function that the worker gives, and the worker
reports what came back. Needs an event loop for its clock alone.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from bot.errors import (
    EngineDeadError,
    GenerationError,
    GenerationTimeoutError,
    PromptTooLongError,
    WorkerBusyError,
)
from bot.generation.queue import FairQueue
from bot.generation.ticket import Ticket, after_crash
from bot.generation.types import Delta, GenerationRequest
from bot.generation.wire import Abort, Frame, Refused, Submit, WireError

logger = logging.getLogger(__name__)

_FIRST_GUESS_S: Final = 5.0  # how long an answer takes, before one was seen
_NEWEST_WEIGHT: Final = 0.2  # of the newest duration in the moving average

Send = Callable[[Frame], None]


class Scheduler:
    """Keeps the process's batch full from a fair queue. All methods run on the event loop."""

    def __init__(
        self,
        *,
        max_batch: int,
        queue_limit: int,
        per_tenant_limit: int,
        on_divergence: Callable[[Ticket], None],
    ) -> None:
        self._max_batch = max_batch
        self._queue_limit = queue_limit
        self._per_tenant_limit = per_tenant_limit
        self._on_divergence = on_divergence
        self._queue: FairQueue[Ticket] = FairQueue()
        self._retries: deque[Ticket] = deque()
        self._suspects: deque[Ticket] = deque()
        self._running: dict[str, Ticket] = {}
        self._diverged: set[Ticket] = set()
        self._is_exclusive = False
        self._run_ids = map(str, itertools.count())
        self._average_s = _FIRST_GUESS_S
        self._send: Send | None = None

    def submit(self, request: GenerationRequest) -> Ticket:
        """Queue a request, or run it at once. Raises WorkerBusyError when its place is taken."""
        self._check_room(request.tenant)
        loop = asyncio.get_running_loop()
        ticket = Ticket(request, self, loop.time())
        ticket.timer = loop.call_at(ticket.deadline_s, self._expire, ticket)
        self._queue.push(request.tenant, ticket)
        self._dispatch()
        return ticket

    def _check_room(self, tenant: str) -> None:
        waiting, own = len(self._queue), self._queue.waiting(tenant)
        wait = _spoken(self._wait_s(waiting + 1))
        if waiting >= self._queue_limit:
            raise WorkerBusyError(
                f"{waiting} requests are waiting, the limit is {self._queue_limit}",
                f"Too many questions are waiting for me right now. Please try again in {wait}.",
            )
        if own >= self._per_tenant_limit:
            raise WorkerBusyError(
                f"one tenant has {own} requests waiting, the limit is {self._per_tenant_limit}",
                f"{own} questions of yours are waiting for me already. Please try again in {wait}.",
            )

    # What the worker reports.

    def attach(self, send: Send) -> None:
        """A process is ready for work."""
        self._send = send
        self._dispatch()

    def detach(self) -> None:
        """The process is gone: decide what becomes of the work it had."""
        self._send = None
        lost, alone, together = after_crash(list(self._running.values()))
        self._running.clear()
        self._suspects.extend(alone)
        self._retries.extend(together)
        for ticket in lost:
            logger.error("request %s killed the engine's process twice: given up", ticket.request_id)
            ticket.fail(EngineDeadError("the engine's process died twice on this request"))

    def deliver(self, delta: Delta) -> None:
        """A piece of text came from the process."""
        ticket = self._running.get(delta.request_id)
        if ticket is None:
            return  # aborted meanwhile
        now_s = asyncio.get_running_loop().time()
        if delta.finish_reason == "error":
            del self._running[delta.request_id]
            ticket.fail(GenerationError("the model's output was no usable number"))
        elif not ticket.receive(delta, now_s):
            self._stop_run(ticket)
            self._diverged.add(ticket)
            self._on_divergence(ticket)
        elif ticket.is_done:
            del self._running[delta.request_id]
            self._average_s += _NEWEST_WEIGHT * (ticket.ran_for_s(now_s) - self._average_s)
        self._dispatch()

    def refuse(self, frame: Refused) -> None:
        """The process cannot generate this request."""
        ticket = self._running.pop(frame.request_id, None)
        if ticket is not None:
            kind = PromptTooLongError if frame.error == "PromptTooLongError" else GenerationError
            ticket.fail(kind(frame.detail, frame.user_message or None))
            self._dispatch()

    def resume(self, ticket: Ticket, delivered_tokens: int) -> None:
        """Go on with a ticket whose second text parted from the first (see `ticket`)."""
        self._diverged.discard(ticket)
        if not ticket.is_done:
            ticket.continue_from_delivered(delivered_tokens)
            self._retries.append(ticket)
            self._dispatch()

    @property
    def has_work(self) -> bool:
        """Whether any request is not finished yet."""
        return any((self._running, self._suspects, self._retries, self._diverged)) or len(self._queue) > 0

    def fail_all(self, error: Callable[[], GenerationError]) -> None:
        """No request can be generated any more."""
        for ticket in self._take_all():
            ticket.fail(error())

    def abort_all(self) -> None:
        """End everything as aborted."""
        now_s = asyncio.get_running_loop().time()
        for ticket in self._take_all():
            ticket.finish("aborted", now_s)

    def _take_all(self) -> list[Ticket]:
        tickets = [*self._running.values(), *self._suspects, *self._retries, *self._diverged]
        tickets += self._queue.clear()
        for line in (self._running, self._suspects, self._retries, self._diverged):
            line.clear()
        return tickets

    # What tickets ask.

    def abort(self, ticket: Ticket) -> None:
        """Stop work on this ticket."""
        self._stop_run(ticket)
        self._queue.remove(ticket.tenant, ticket)
        for line in (self._suspects, self._retries):
            if ticket in line:
                line.remove(ticket)
        self._diverged.discard(ticket)
        self._dispatch()

    def position(self, ticket: Ticket) -> int:
        """0 when it is being worked on, else its place in the queue."""
        return self._queue.position(ticket.tenant, ticket) or 0

    def estimated_wait_s(self, ticket: Ticket) -> float:
        """Seconds until work on it begins, from how long answers took lately."""
        return self._wait_s(self.position(ticket))

    def _wait_s(self, position: int) -> float:
        return position * self._average_s / self._max_batch

    def _expire(self, ticket: Ticket) -> None:
        if not ticket.is_done:
            self.abort(ticket)
            ticket.fail(GenerationTimeoutError("the deadline of a request passed"))

    # The batch.

    def _dispatch(self) -> None:
        """Fill the batch. A failed send ends its ticket and frees the place."""
        while self._send is not None and (ticket := self._next()) is not None:
            run_id = next(self._run_ids)
            request = ticket.begin_run(run_id, asyncio.get_running_loop().time())
            self._running[run_id] = ticket
            try:
                self._send(Submit(request))
            except WireError as error:
                del self._running[run_id]
                ticket.fail(PromptTooLongError(str(error)))

    def _next(self) -> Ticket | None:
        """The ticket to run now, if there is a place. A suspect gets the process to itself."""
        if len(self._running) >= self._max_batch or (self._is_exclusive and self._running):
            return None
        self._is_exclusive = bool(self._suspects) and not self._running
        if self._suspects:
            return self._suspects.popleft() if self._is_exclusive else None
        return self._retries.popleft() if self._retries else self._queue.pop()

    def _stop_run(self, ticket: Ticket) -> None:
        if self._running.pop(ticket.run_id, None) is not None and self._send is not None:
            self._send(Abort(ticket.run_id))


def _spoken(seconds: float) -> str:
    """A wait in words, no more exact than it deserves."""
    if seconds < 8:
        return "a few seconds"
    if seconds < 50:
        return f"about {10 * round(seconds / 10)} seconds"
    minutes = round(seconds / 60)
    return "about a minute" if minutes <= 1 else f"about {minutes} minutes"
