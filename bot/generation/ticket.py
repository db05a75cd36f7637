"""One submitted request on its way: what was delivered of it, its clock and its fate.

Torch-free. Knows no process and no queue; the worker moves tickets between them.

After a crash the request is generated again from the start with the same seed, and what was
delivered already is swallowed. A model's arithmetic may differ by batch, so the second text can part
from the first: then the delivered text is kept, and a continuation of it is generated
(`Prompt.prefix`, of a translation `Prompt.begun`). The reader sees one text in either case.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

from bot.errors import GenerationError
from bot.generation.types import Delta, FinishReason, GenerationRequest, Usage

_seeds = random.SystemRandom()


class Desk(Protocol):
    """Who works on tickets."""

    def abort(self, ticket: Ticket) -> None:
        """Stop work on this ticket."""

    def position(self, ticket: Ticket) -> int:
        """0 when it is being worked on, else its place in the queue."""

    def estimated_wait_s(self, ticket: Ticket) -> float:
        """Seconds until work on it begins."""


class Ticket:
    """A request and the stream of its deltas; the `Generation` that callers hold.

    Note for callers: `asyncio.wait_for(anext(ticket), ...)` cancels the iteration when it times out,
    and so aborts the request; wait on a task with `asyncio.wait` instead.
    """

    def __init__(self, request: GenerationRequest, desk: Desk, now_s: float) -> None:
        self.request_id = request.request_id
        self.tenant = request.tenant
        self.submitted_s = now_s
        self.started_s: float | None = None
        self.crashes = 0
        self.run_id = ""
        self.timer: asyncio.TimerHandle | None = None
        self.is_done = False
        self._request = _with_seed(request)
        self._desk = desk
        self._first_token_s: float | None = None
        self._delivered = ""
        self._run_begins_at = 0  # how much of `_delivered` the request's prefix already holds
        self._matched = 0  # how much of `_delivered` this run has produced
        self._tokens_before = 0
        self._items: asyncio.Queue[Delta | GenerationError | None] = asyncio.Queue()
        self._is_exhausted = False

    # What the worker calls.

    @property
    def deadline_s(self) -> float:
        """When the request must be finished, on the event loop's clock."""
        return self.submitted_s + self._request.timeout_s

    @property
    def delivered(self) -> str:
        """The text delivered so far."""
        return self._delivered

    def begin_run(self, run_id: str, now_s: float) -> GenerationRequest:
        """Another attempt begins: the request to generate, under `run_id`."""
        self.run_id = run_id
        self.started_s = now_s if self.started_s is None else self.started_s
        self._matched = self._run_begins_at
        return replace(self._request, request_id=run_id)

    def receive(self, delta: Delta, now_s: float) -> bool:
        """Deliver what is new in `delta`. False when it parts from what was delivered before."""
        expected = self._delivered[self._matched : self._matched + len(delta.text)]
        if not delta.text.startswith(expected):
            return False
        self._matched += len(delta.text)
        text = delta.text[len(expected) :]
        self._delivered += text
        if text and self._first_token_s is None:
            self._first_token_s = now_s
        if delta.finish_reason is not None:
            self._end(Delta(self.request_id, text, delta.finish_reason, self._usage(delta.usage, now_s)))
        elif text:
            self._items.put_nowait(Delta(self.request_id, text))
        return True

    def continue_from_delivered(self, delivered_tokens: int) -> None:
        """Make the next run a continuation of what was delivered."""
        prompt, sampling = self._request.prompt, self._request.sampling
        fresh = self._delivered[self._run_begins_at :]
        if prompt.target_language:
            prompt = replace(prompt, begun=prompt.begun + fresh)
        else:
            prompt = replace(prompt, prefix=prompt.prefix + fresh)
        left = max(sampling.max_new_tokens - (delivered_tokens - self._tokens_before), 1)
        self._request = replace(
            self._request,
            prompt=prompt,
            sampling=replace(sampling, max_new_tokens=left),
        )
        self._run_begins_at = len(self._delivered)
        self._tokens_before = delivered_tokens

    def ran_for_s(self, now_s: float) -> float:
        """How long it has been worked on, crashes included."""
        return 0.0 if self.started_s is None else now_s - self.started_s

    def fail(self, error: GenerationError) -> None:
        """End with `error`."""
        if not self.is_done:
            self._end(error)

    def finish(self, reason: FinishReason, now_s: float) -> None:
        """End without an error before the engine did."""
        if not self.is_done:
            self._end(Delta(self.request_id, "", reason, self._usage(None, now_s)))

    def _usage(self, counted: Usage | None, now_s: float) -> Usage:
        first_s = self._first_token_s if self._first_token_s is not None else now_s
        started_s = self.started_s if self.started_s is not None else now_s
        return Usage(
            prompt_tokens=counted.prompt_tokens if counted else 0,
            new_tokens=(counted.new_tokens if counted else 0) + self._tokens_before,
            queue_ms=1000 * (started_s - self.submitted_s),
            first_token_ms=1000 * (first_s - self.submitted_s),
            total_ms=1000 * (now_s - self.submitted_s),
        )

    def _end(self, item: Delta | GenerationError) -> None:
        self.is_done = True
        self._items.put_nowait(item)
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self.timer is not None:
            self.timer.cancel()

    # What callers of `submit` use: the Generation protocol.

    @property
    def position(self) -> int:
        """0 when running, else the place in the queue, from 1."""
        return 0 if self.is_done else self._desk.position(self)

    @property
    def estimated_wait_s(self) -> float:
        """Estimated seconds until this request runs; 0 when it does."""
        return 0.0 if self.is_done else self._desk.estimated_wait_s(self)

    def __aiter__(self) -> AsyncIterator[Delta]:
        return self

    async def __anext__(self) -> Delta:
        if self._is_exhausted:
            raise StopAsyncIteration
        try:
            item = await self._items.get()
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, GenerationError):
            self._is_exhausted = True
            raise item
        self._is_exhausted = item.finish_reason is not None
        return item

    async def aclose(self) -> None:
        """Abort the request if it is not finished, and end the iteration."""
        self._is_exhausted = True
        self._items.put_nowait(None)  # wakes another task that iterates
        if not self.is_done:
            self.is_done = True
            self._stop_timer()
            self._desk.abort(self)


def _with_seed(request: GenerationRequest) -> GenerationRequest:
    """The request with a seed, so that it can be generated again the same."""
    if request.sampling.seed is not None:
        return request
    return replace(request, sampling=replace(request.sampling, seed=_seeds.getrandbits(31)))


def after_crash(victims: list[Ticket]) -> tuple[list[Ticket], list[Ticket], list[Ticket]]:
    """Who, of those being worked on when the process died, is lost, retried alone, retried with others.

    A first crash is forgiven: all are retried together. After a second, one that was alone is guilty and
    lost; of several anyone may be guilty, so each that was hit twice is retried with nobody else at
    risk.
    """
    lost: list[Ticket] = []
    alone: list[Ticket] = []
    together: list[Ticket] = []
    for ticket in victims:
        ticket.crashes += 1
        if ticket.crashes == 1:
            together.append(ticket)
        else:
            (lost if len(victims) == 1 else alone).append(ticket)
    return lost, alone, together
