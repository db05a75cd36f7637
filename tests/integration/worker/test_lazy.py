"""A worker that is there only while it is used, over real child processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.errors import ModelLoadError
from bot.generation.lazy import LazyGenerator
from bot.generation.worker import GenerationWorker
from tests.integration.worker.conftest import STUB, ask, environment, is_alive, read, stub_choice, until


class Making:
    """Makes workers over the stub engine, and remembers them."""

    def __init__(self) -> None:
        self.made: list[GenerationWorker] = []

    def __call__(self) -> GenerationWorker:
        self.made.append(GenerationWorker(stub_choice(), environment=environment(), engine_module=STUB))
        return self.made[-1]


@pytest.fixture
def making() -> Making:
    return Making()


@pytest.fixture
def idle_s() -> float:
    return 0.3


@pytest.fixture
async def lazy(making, idle_s: float) -> AsyncIterator[LazyGenerator]:
    generator = LazyGenerator(making, idle_s=idle_s)
    yield generator
    await generator.close()
    assert not any(worker.child_pid and is_alive(worker.child_pid) for worker in making.made)


async def test_nothing_runs_before_the_first_request(lazy, making):
    await lazy.start()
    assert (lazy.status, making.made) == ("asleep", [])
    assert await read(lazy.submit(ask("count 3"))) == " 1 2 3"
    assert lazy.status == "ready"
    assert len(making.made) == 1


@pytest.mark.parametrize("idle_s", [2.0])  # a busy machine needs a second to start the process
async def test_the_process_goes_when_idle_and_comes_back_when_asked(lazy, making):
    assert (await lazy.ready()).name == "stub"
    pid = making.made[0].child_pid
    await until(lambda: lazy.status == "asleep")
    await until(lambda: not is_alive(pid))
    assert await lazy.count_tokens(["one two"]) == [2]
    assert len(making.made) == 2


async def test_a_long_answer_is_not_cut_by_idleness(lazy, making):
    text = await read(lazy.submit(ask("slow count 12")))
    assert text.split() == [str(number) for number in range(1, 13)]
    assert len(making.made) == 1


async def test_a_model_that_there_is_no_room_for_is_told_to_whoever_asks():
    def make() -> GenerationWorker:
        raise ModelLoadError("needs 9 GiB")

    lazy = LazyGenerator(make)
    with pytest.raises(ModelLoadError, match="9 GiB"):
        await lazy.ready()
    with pytest.raises(ModelLoadError):
        lazy.submit(ask("count 3"))
    await lazy.close()
    await asyncio.sleep(0)
