"""Workers over real child processes: with the stub engine, or with a tiny real model built here."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.generation.catalog import ModelChoice
from bot.generation.process import Backoff
from bot.generation.types import Delta, GenerationRequest, Prompt, SamplingParams
from bot.generation.worker import GenerationWorker

STUB = "tests.integration.worker.stub_engine"
ROOT = Path(__file__).parents[3]

MakeWorker = Callable[..., Awaitable[GenerationWorker]]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def stub_choice(name: str = "stub") -> ModelChoice:
    return ModelChoice(name, Path("/nowhere"), None, None, "for a test")


def ask(
    program: str, name: str = "r", tenant: str = "t", timeout_s: float = 60.0, **sampling: Any
) -> GenerationRequest:
    params = SamplingParams(**{"max_new_tokens": 10_000, **sampling})
    return GenerationRequest(name, Prompt(prefix=program), params, tenant, timeout_s)


async def read(generation: AsyncIterator[Delta]) -> str:
    return "".join([delta.text async for delta in generation])


def numbers(count: int) -> str:
    return "".join(f" {number}" for number in range(1, count + 1))


async def longest_hold_ms(worker: GenerationWorker, requests: list[GenerationRequest]) -> float:
    """The longest that the worker's code held the event loop while these requests ran.

    In time of this thread: how late the loop is by the clock is shown, but depends on who else uses the
    machine.
    """
    lags, holds = [], []
    readers = [asyncio.create_task(read(worker.submit(request))) for request in requests]
    while not all(reader.done() for reader in readers):
        begun, begun_cpu = time.perf_counter(), time.thread_time()
        await asyncio.sleep(0.002)
        lags.append(1000 * (time.perf_counter() - begun) - 2)
        holds.append(1000 * (time.thread_time() - begun_cpu))
    assert all(reader.result() for reader in readers)
    lags.sort()
    figure(
        f"loop beside {len(requests)} requests: lag p50 {lags[len(lags) // 2]:.1f} ms, "
        f"p99 {lags[len(lags) * 99 // 100]:.1f} ms, worst {lags[-1]:.1f} ms; "
        f"held for {max(holds):.1f} ms at most"
    )
    return max(holds)


async def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.01)


def figure(text: str) -> None:
    """Show a measured figure (with `pytest -s`)."""
    sys.stderr.write(f"\n  {text}\n")


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
async def make_worker() -> AsyncIterator[MakeWorker]:
    workers: list[GenerationWorker] = []

    async def make(name: str = "stub", *, wait: bool = True, **options: Any) -> GenerationWorker:
        options = {
            "environment": environment(),
            "engine_module": STUB,
            "backoff": Backoff(first_s=0.01, limit_s=0.05),
            **options,
        }
        model = options.pop("model", None) or stub_choice(name)
        worker = GenerationWorker(model, **options)
        workers.append(worker)
        await worker.start()
        if wait:
            await worker.ready()
        return worker

    yield make
    for worker in workers:
        pid = worker.child_pid
        await worker.close()
        assert pid is None or not is_alive(pid)
