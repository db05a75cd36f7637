"""Tickets and their scheduler: batches, fairness, aborts, deadlines, and what a crash does to whom.

The scheduler is driven frame by frame; what it sends is read from a list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.errors import (
    EngineDeadError,
    GenerationError,
    GenerationTimeoutError,
    PromptTooLongError,
    WorkerBusyError,
)
from bot.generation.scheduler import Scheduler
from bot.generation.ticket import Ticket
from bot.generation.types import Delta, GenerationRequest, Prompt, SamplingParams, Usage
from bot.generation.wire import Abort, Frame, Refused, Submit, WireError


def request(name: str, tenant: str = "t", timeout_s: float = 60, **sampling: object) -> GenerationRequest:
    params = SamplingParams(**sampling)  # type: ignore[arg-type]
    return GenerationRequest(name, Prompt(prefix=name), params, tenant, timeout_s)


class Bench:
    """A scheduler with the frames that it sent, and the test in the place of the process."""

    def __init__(self, max_batch: int = 2, queue_limit: int = 10, per_tenant_limit: int = 10) -> None:
        self.sent: list[Frame] = []
        self.diverged: list[Ticket] = []
        self.scheduler = Scheduler(
            max_batch=max_batch,
            queue_limit=queue_limit,
            per_tenant_limit=per_tenant_limit,
            on_divergence=self.diverged.append,
        )

    def attach(self) -> None:
        self.scheduler.attach(self.sent.append)

    def crash(self) -> None:
        self.sent.clear()
        self.scheduler.detach()

    def submitted(self) -> list[str]:
        """Prompts of what was submitted to the process, in order."""
        return [frame.request.prompt.prefix for frame in self.sent if isinstance(frame, Submit)]

    def run_id(self, prompt: str) -> str:
        return next(
            frame.request.request_id
            for frame in reversed(self.sent)
            if isinstance(frame, Submit) and frame.request.prompt.prefix == prompt
        )

    def say(self, prompt: str, text: str, reason: str | None = None) -> None:
        usage = Usage(7, 3, 0, 0, 0) if reason else None
        self.scheduler.deliver(Delta(self.run_id(prompt), text, reason, usage))  # type: ignore[arg-type]


async def text_of(ticket: Ticket) -> str:
    return "".join([delta.text async for delta in ticket])


async def test_a_request_runs_and_reports_its_usage():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a"))
    assert ticket.position == 0
    bench.say("a", "Hel")
    bench.say("a", "lo", "stop")
    deltas = [delta async for delta in ticket]
    assert [delta.text for delta in deltas] == ["Hel", "lo"]
    usage = deltas[-1].usage
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].request_id == "a"
    assert usage is not None
    assert (usage.prompt_tokens, usage.new_tokens) == (7, 3)
    assert 0 <= usage.queue_ms <= usage.first_token_ms <= usage.total_ms


async def test_the_batch_is_kept_full_in_fair_order():
    bench = Bench(max_batch=2)
    tickets = [bench.scheduler.submit(request(f"a{n}", "a")) for n in range(3)]
    tickets.append(bench.scheduler.submit(request("b0", "b")))
    assert [ticket.position for ticket in tickets] == [1, 3, 4, 2]
    bench.attach()
    assert bench.submitted() == ["a0", "b0"]
    assert [ticket.position for ticket in tickets] == [0, 1, 2, 0]
    assert tickets[2].estimated_wait_s > tickets[1].estimated_wait_s > 0 == tickets[0].estimated_wait_s
    bench.say("a0", "x", "stop")
    assert bench.submitted() == ["a0", "b0", "a1"]


async def test_a_full_queue_says_how_long_the_wait_is():
    bench = Bench(queue_limit=2)
    for name in "ab":
        bench.scheduler.submit(request(name, name))
    with pytest.raises(WorkerBusyError) as caught:
        bench.scheduler.submit(request("c", "c"))
    assert "few seconds" in caught.value.user_message


async def test_one_tenant_cannot_fill_the_queue():
    bench = Bench(per_tenant_limit=2)
    for name in "ab":
        bench.scheduler.submit(request(name, "greedy"))
    with pytest.raises(WorkerBusyError) as caught:
        bench.scheduler.submit(request("c", "greedy"))
    assert "of yours" in caught.value.user_message
    bench.scheduler.submit(request("d", "modest"))


async def test_closing_aborts_and_frees_the_place():
    bench = Bench(max_batch=1)
    bench.attach()
    first, second, third = (bench.scheduler.submit(request(name)) for name in "abc")
    bench.say("a", "some")
    await second.aclose()
    await first.aclose()
    assert bench.sent[1:] == [Abort("0"), Submit(bench.sent[2].request)]  # type: ignore[union-attr]
    assert bench.submitted() == ["a", "c"]
    assert [delta async for delta in first] == []
    assert third.position == 0
    bench.scheduler.deliver(Delta("0", "late"))  # what was on its way is ignored


async def test_cancelling_the_reader_aborts():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a"))
    reader = asyncio.create_task(text_of(ticket))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert bench.sent[-1] == Abort(bench.run_id("a"))


async def test_closing_from_another_task_ends_the_reader():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a"))
    reader = asyncio.create_task(text_of(ticket))
    await asyncio.sleep(0)
    await ticket.aclose()
    assert await reader == ""


@pytest.mark.parametrize("is_running", [True, False])
async def test_a_deadline_ends_a_request_after_the_text_so_far(is_running: bool):
    bench = Bench()
    if is_running:
        bench.attach()
    ticket = bench.scheduler.submit(request("a", timeout_s=0.02))
    if is_running:
        bench.say("a", "so far")
    texts = []
    with pytest.raises(GenerationTimeoutError):
        async for delta in ticket:
            texts.append(delta.text)
    assert texts == (["so far"] if is_running else [])
    assert any(isinstance(frame, Abort) for frame in bench.sent) == is_running


async def test_a_refused_request_fails_alone():
    bench = Bench()
    bench.attach()
    long, other = bench.scheduler.submit(request("long")), bench.scheduler.submit(request("other"))
    bench.scheduler.refuse(Refused(bench.run_id("long"), "PromptTooLongError", "900 tokens", ""))
    with pytest.raises(PromptTooLongError) as caught:
        await text_of(long)
    assert caught.value.user_message == PromptTooLongError.default_user_message
    bench.say("other", "fine", "stop")
    assert await text_of(other) == "fine"


async def test_a_broken_model_output_is_an_error_and_not_an_answer():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a"))
    bench.say("a", "", "error")
    with pytest.raises(GenerationError):
        await text_of(ticket)


async def test_a_request_too_large_for_a_frame_does_not_block_the_next():
    bench = Bench(max_batch=1)

    def send(frame: Frame) -> None:
        if isinstance(frame, Submit) and frame.request.prompt.prefix == "huge":
            raise WireError("too large")
        bench.sent.append(frame)

    bench.scheduler.attach(send)
    huge, small = bench.scheduler.submit(request("huge")), bench.scheduler.submit(request("small"))
    with pytest.raises(PromptTooLongError):
        await text_of(huge)
    bench.say("small", "ok", "stop")
    assert await text_of(small) == "ok"


async def test_a_crash_is_invisible_to_the_reader():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a", temperature=1.0))
    bench.say("a", "One two")
    first_seed = next(f.request.sampling.seed for f in bench.sent if isinstance(f, Submit))
    bench.crash()
    bench.attach()
    assert (
        next(f.request.sampling.seed for f in bench.sent if isinstance(f, Submit)) == first_seed is not None
    )
    for piece in ("One", " ", "two three", " four"):
        bench.say("a", piece)
    bench.say("a", "", "length")
    assert [delta.text async for delta in ticket] == ["One two", " three", " four", ""]


async def test_a_second_text_that_parts_from_the_first_is_continued_from_what_was_shown():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a", max_new_tokens=10))
    bench.say("a", "One two")
    bench.crash()
    bench.attach()
    bench.say("a", "One three")
    assert bench.diverged == [ticket]
    assert bench.sent[-1] == Abort(bench.run_id("a"))
    bench.scheduler.resume(ticket, delivered_tokens=4)
    submit = bench.sent[-1]
    assert isinstance(submit, Submit)
    assert submit.request.prompt.prefix == "aOne two"
    assert submit.request.sampling.max_new_tokens == 6
    bench.say("aOne two", " and on", "stop")
    deltas = [delta async for delta in ticket]
    assert "".join(delta.text for delta in deltas) == "One two and on"
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.new_tokens == 7


async def test_a_translation_is_continued_beside_its_source():
    bench = Bench()
    bench.attach()
    asked = request("a")
    prompt = replace(asked.prompt, target_language="fr")
    ticket = bench.scheduler.submit(replace(asked, prompt=prompt))
    bench.say("a", "Un deux")
    bench.crash()
    bench.attach()
    bench.say("a", "Un trois")
    bench.scheduler.resume(ticket, delivered_tokens=2)
    submit = bench.sent[-1]
    assert isinstance(submit, Submit)
    assert (submit.request.prompt.prefix, submit.request.prompt.begun) == ("a", "Un deux")


async def test_a_continued_text_survives_a_crash_too():
    bench = Bench()
    bench.attach()
    ticket = bench.scheduler.submit(request("a"))
    bench.say("a", "One two")
    other = bench.scheduler.submit(request("b"))
    bench.crash()
    bench.attach()
    bench.say("a", "Zero")
    bench.scheduler.resume(ticket, 2)
    bench.say("aOne two", " three")
    bench.crash()  # the second with two in flight: each is tried alone
    bench.attach()
    bench.say("b", "fine", "stop")
    bench.say("aOne two", " three four", "stop")
    assert await text_of(ticket) == "One two three four"
    assert await text_of(other) == "fine"


async def test_a_request_that_kills_twice_alone_is_given_up():
    bench = Bench()
    bench.attach()
    poison = bench.scheduler.submit(request("poison"))
    bench.crash()
    bench.attach()
    bench.crash()
    with pytest.raises(EngineDeadError):
        await text_of(poison)


async def test_poison_is_found_and_those_that_ran_beside_it_survive():
    bench = Bench(max_batch=4)
    bench.attach()
    tickets = {name: bench.scheduler.submit(request(name, name)) for name in ("x", "poison", "y", "z")}
    finish_all(bench, lambda names: "poison" in names)
    assert [await text_of(tickets[name]) for name in "xyz"] == ["x!", "y!", "z!"]
    with pytest.raises(EngineDeadError):
        await text_of(tickets["poison"])


async def test_new_work_does_not_run_beside_a_suspect():
    bench = Bench(max_batch=4)
    bench.attach()
    for name in ("a", "b"):
        bench.scheduler.submit(request(name, name))
    for _ in range(2):
        bench.crash()
        bench.attach()
    late = bench.scheduler.submit(request("late"))
    assert bench.submitted() == ["a"]
    bench.say("a", "", "stop")
    bench.say("b", "", "stop")
    assert bench.submitted() == ["a", "b", "late"]
    assert late.position == 0


def finish_all(bench: Bench, kills: Callable[[set[str]], bool]) -> None:
    """Play the process: it dies whenever `kills` says so of its batch, else finishes one request."""
    for _ in range(50):
        running = {ticket.request_id for ticket in bench.scheduler._running.values()}
        if not running:
            return
        if kills(running):
            bench.crash()
            bench.attach()
        else:
            name = min(running)
            bench.say(name, f"{name}!", "stop")
    raise AssertionError("it does not come to an end")


async def test_at_the_end_everybody_is_told():
    bench = Bench(max_batch=1)
    bench.attach()
    tickets = [bench.scheduler.submit(request(name)) for name in "ab"]
    bench.scheduler.abort_all()
    reasons = [[delta.finish_reason async for delta in ticket] for ticket in tickets]
    assert reasons == [["aborted"], ["aborted"]]
    failing = bench.scheduler.submit(request("c"))
    bench.scheduler.fail_all(lambda: GenerationError("over"))
    with pytest.raises(GenerationError, match="over"):
        await text_of(failing)
