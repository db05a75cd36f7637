"""Requests through a real child process: streams, batches, fairness, aborts, deadlines, counting."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.errors import GenerationError, GenerationTimeoutError, PromptTooLongError, WorkerBusyError
from bot.generation.types import GenerationRequest, Prompt, PromptMessage, SamplingParams
from tests.integration.worker.conftest import ask, figure, numbers, read


async def test_text_comes_in_pieces_with_its_usage(make_worker):
    worker = await make_worker()
    deltas = [delta async for delta in worker.submit(ask("count 20"))]
    assert [delta.text for delta in deltas] == [f" {n}" for n in range(1, 21)]
    last = deltas[-1]
    assert last.finish_reason == "stop"
    assert last.usage is not None
    assert last.usage.new_tokens == 20
    assert 0 <= last.usage.queue_ms <= last.usage.first_token_ms < last.usage.total_ms < 10_000
    assert worker.status == "ready"


async def test_requests_before_the_model_is_ready_wait_for_it(make_worker):
    worker = await make_worker(wait=False)
    assert worker.status == "starting"
    generation = worker.submit(ask("count 3"))
    assert generation.position == 1
    assert generation.estimated_wait_s > 0
    assert await worker.count_tokens(["one two"]) == [2]
    assert await read(generation) == numbers(3)


async def test_many_requests_share_one_batch(make_worker):
    worker = await make_worker(max_batch=6)
    generations = [worker.submit(ask("count 30", tenant=str(n))) for n in range(12)]
    assert await asyncio.gather(*map(read, generations)) == [numbers(30)] * 12
    assert await worker.count_tokens(["?widest"]) == [6]


async def test_one_users_fifty_requests_do_not_delay_anothers_first(make_worker):
    worker = await make_worker(max_batch=1, per_tenant_limit=50)
    finished: list[str] = []

    async def follow(generation):
        await read(generation)
        finished.append(generation.request_id)

    greedy = [worker.submit(ask("count 3", f"greedy{n}", "greedy")) for n in range(50)]
    modest = worker.submit(ask("count 3", "modest", "modest"))
    assert modest.position <= 2
    await asyncio.gather(*map(follow, [*greedy, modest]))
    assert finished.index("modest") <= 2


async def test_a_full_queue_refuses_at_once(make_worker):
    worker = await make_worker(max_batch=1, queue_limit=2)
    held = [worker.submit(ask("count 50", tenant=str(n))) for n in range(3)]
    with pytest.raises(WorkerBusyError):
        worker.submit(ask("count 1", tenant="late"))
    for generation in held:
        await generation.aclose()


@pytest.mark.parametrize("how", ["aclose", "cancel"])
async def test_an_aborted_request_stops_within_two_tokens(make_worker, how):
    worker = await make_worker()
    generation = worker.submit(ask("slow count 1000"))
    seen = 0

    async def follow() -> None:
        nonlocal seen
        async for _ in generation:
            seen += 1

    reader = asyncio.create_task(follow())
    while seen < 3:
        await asyncio.sleep(0.005)
    if how == "cancel":
        reader.cancel()
    else:
        await generation.aclose()
    at_abort = seen
    await asyncio.wait({reader})
    await asyncio.sleep(0.3)  # six steps of the stub: time enough for tokens that must not come
    (generated,) = await worker.count_tokens(["?generated after the abort"])
    assert at_abort <= generated <= at_abort + 2
    assert await read(worker.submit(ask("count 2"))) == numbers(2)


async def test_a_deadline_keeps_the_text_so_far_and_stops_the_engine(make_worker):
    worker = await make_worker()
    texts = []
    begun = time.monotonic()
    with pytest.raises(GenerationTimeoutError):
        async for delta in worker.submit(ask("slow count 1000", timeout_s=0.5)):
            texts.append(delta.text)
    assert 0.4 < time.monotonic() - begun < 2
    assert "".join(texts) == numbers(len(texts)) != ""
    await asyncio.sleep(0.2)  # four steps of the stub, in which nothing must be generated
    (generated,) = await worker.count_tokens(["?generated"])
    assert generated <= len(texts) + 2


async def test_counts_come_at_once_while_slow_steps_run(make_worker):
    worker = await make_worker()
    generation = worker.submit(ask("slow count 1000"))
    await anext(generation)
    waits = []
    for number in range(20):
        begun = time.perf_counter()
        assert await worker.count_tokens([f"a b {number}"]) == [3]
        waits.append(1000 * (time.perf_counter() - begun))
    await generation.aclose()
    figure(f"count_tokens beside 50 ms steps: median {sorted(waits)[10]:.1f} ms, worst {max(waits):.1f} ms")
    assert sorted(waits)[10] < 25


async def test_a_prompt_that_cannot_be_taken_fails_alone(make_worker):
    worker = await make_worker()
    other = worker.submit(ask("count 40"))
    with pytest.raises(PromptTooLongError):
        await read(worker.submit(ask("x" * 20_000)))
    with pytest.raises(GenerationError) as caught:
        await read(worker.submit(ask("impossible")))
    assert "impossible" not in str(caught.value)
    assert await read(other) == numbers(40)


async def test_prints_of_libraries_do_not_get_between_frames(make_worker):
    worker = await make_worker()
    assert await read(worker.submit(ask("noise count 20"))) == numbers(20)


@pytest.mark.parametrize(
    "text", ["", "\ud800 lone \udfff", "\x00nul", "\u202eright to left", "👩‍👩‍👧", "x" * 1_000_000]
)
async def test_any_text_comes_through_and_back(make_worker, text):
    worker = await make_worker()
    prompt = Prompt((PromptMessage("user", text),), "echo")
    assert await read(worker.submit(GenerationRequest("r", prompt, SamplingParams(), "t"))) == text


async def test_closing_the_worker_ends_every_stream(make_worker):
    worker = await make_worker(max_batch=1)
    running, waiting = (worker.submit(ask("slow count 1000")) for _ in range(2))
    await anext(running)
    await worker.close()
    assert [delta.finish_reason async for delta in running][-1] == "aborted"
    assert [delta.finish_reason async for delta in waiting] == ["aborted"]
    with pytest.raises(GenerationError, match="closed"):
        worker.submit(ask("count 1"))
    with pytest.raises(GenerationError, match="closed"):
        await worker.count_tokens(["a"])
