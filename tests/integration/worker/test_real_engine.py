"""The worker over the real engine, with a tiny model of random weights that is built here."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import ConfigError, ModelLoadError, PromptTooLongError
from bot.generation.catalog import choose
from bot.generation.process import ENGINE_MODULE
from bot.generation.types import GenerationRequest, Prompt, PromptMessage, SamplingParams
from bot.generation.worker import GenerationWorker
from tests.integration.engine import tiny
from tests.integration.worker.conftest import ask, environment, figure, longest_hold_ms, read
from tests.integration.worker.fake_hub import FakeHub

pytestmark = pytest.mark.slow  # torch is imported
on_the_shared_loop = pytest.mark.asyncio(loop_scope="module")

PROMPTS = ["Once upon a time", "hello how are you", "The quick brown fox", "My name is"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    tokenizer = tiny.chat_tokenizer("chatml")
    return tiny.save(
        tmp_path_factory.mktemp("model") / "tiny-chat", tiny.llama_config(len(tokenizer)), tokenizer
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worker(folder) -> AsyncIterator[GenerationWorker]:
    """One for all, because importing torch takes seconds."""
    worker = GenerationWorker(choose(str(folder)), environment=environment(), max_batch=4)
    await worker.start()
    yield worker
    await worker.close()


@on_the_shared_loop
async def test_one_after_another_and_all_at_once_give_the_same_text(worker, folder):
    info = await worker.ready()
    assert (info.name, info.folder, info.has_chat_template) == ("tiny-chat", str(folder), True)
    requests = [ask(prompt, max_new_tokens=40) for prompt in PROMPTS]
    requests += [ask(prompt, max_new_tokens=40, temperature=0.8, top_k=20, seed=7) for prompt in PROMPTS]
    alone = [await read(worker.submit(request)) for request in requests]
    together = await asyncio.gather(*[read(worker.submit(request)) for request in requests])
    assert together == alone
    assert len(set(alone)) > 4


@on_the_shared_loop
async def test_the_usage_counts_the_models_own_tokens(worker):
    deltas = [delta async for delta in worker.submit(ask("Once upon a time", max_new_tokens=9))]
    usage = deltas[-1].usage
    assert usage is not None
    assert deltas[-1].finish_reason == "length"
    assert [usage.prompt_tokens] == await worker.count_tokens(["Once upon a time"])
    assert usage.new_tokens == 9
    assert 0 < usage.first_token_ms <= usage.total_ms


@on_the_shared_loop
async def test_messages_become_a_chat_prompt_and_long_ones_are_refused(worker):
    messages = (PromptMessage("user", "hello \ud800"),)
    short = GenerationRequest("r", Prompt(messages), SamplingParams(max_new_tokens=5), "t")
    assert [delta async for delta in worker.submit(short)][-1].finish_reason in ("length", "stop")
    with pytest.raises(PromptTooLongError):
        await read(worker.submit(ask("word " * 5000)))


@on_the_shared_loop
@pytest.mark.parametrize("temperature", [0.0, 1.0])
async def test_a_kill_in_mid_stream_does_not_change_the_text(worker, temperature):
    requests = [ask(p, max_new_tokens=150, temperature=temperature, seed=3, stop=()) for p in PROMPTS[:2]]
    expected = [await read(worker.submit(request)) for request in requests]
    generations = [worker.submit(request) for request in requests]
    heads = [(await anext(generation)).text for generation in generations]
    killed = time.perf_counter()
    os.kill(worker.child_pid, signal.SIGKILL)
    texts = [head + await read(generation) for head, generation in zip(heads, generations, strict=True)]
    assert texts == expected
    figure(
        f"kill -9 in mid-stream: both answers whole after {time.perf_counter() - killed:.1f} s, load included"
    )


@on_the_shared_loop
async def test_the_loop_does_not_lag_beside_the_engine(worker):
    assert await longest_hold_ms(worker, [ask(p, max_new_tokens=300) for p in PROMPTS * 2]) < 50


async def test_a_folder_that_looks_right_and_is_not(make_worker, folder, tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "tokenizer.json").write_text("{}")
    worker = await make_worker(model=choose(str(broken)), engine_module=ENGINE_MODULE, wait=False)
    with pytest.raises(ModelLoadError) as caught:
        await worker.ready()
    assert "\n" not in str(caught.value)
    (broken / "config.json").unlink()
    with pytest.raises(ConfigError):
        choose(str(broken))


async def test_from_a_hub_to_text(make_worker, folder, tmp_path):
    commit = "c" * 40
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    hub = FakeHub("org/tiny", {commit: files}, {"main": commit})
    surroundings = environment(HF_HOME=str(tmp_path / "hf"), HF_ENDPOINT=await hub.start())
    del surroundings["HF_HUB_OFFLINE"]
    options = {
        "environment": surroundings,
        "pins_file": tmp_path / "pins.json",
        "engine_module": ENGINE_MODULE,
    }
    first = await make_worker(model=choose("org/tiny"), **options)
    text = await read(first.submit(ask("Once upon", max_new_tokens=10)))
    await hub.stop()
    second = await make_worker(model=choose("org/tiny"), **options)
    assert (await second.ready()).name == "org/tiny"
    assert await read(second.submit(ask("Once upon", max_new_tokens=10))) == text
