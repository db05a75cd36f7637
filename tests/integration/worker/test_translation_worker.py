"""A translation model in a process of its own, and the way of a task to it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio

from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.tasks.help import TASK as HELP
from bot.conversation.tasks.task import Task, TaskContext
from bot.conversation.translator import TranslationModel
from bot.errors import GenerationError, ModelLoadError
from bot.generation.catalog import choose_translation
from bot.generation.lazy import LazyGenerator
from bot.generation.process import TRANSLATION_MODULE
from bot.generation.types import GenerationRequest, Prompt, SamplingParams
from bot.generation.worker import GenerationWorker
from bot.messages import Command, Piece, Progress
from tests.integration.engine import tiny_seq2seq
from tests.integration.worker.conftest import environment, read, until
from tests.support import ScriptedGenerator, message, remembering

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]  # torch is imported

TEXTS = ["Once upon a time", "hello how are you today?", "The quick brown fox", "x"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tiny_seq2seq.make(tmp_path_factory.mktemp("models") / "opus-mt-en-fr", "marian")


def make(folder: Path, **options) -> GenerationWorker:
    choice = choose_translation(str(folder))
    return GenerationWorker(
        choice, environment=environment(), engine_module=TRANSLATION_MODULE, max_batch=4, **options
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lazy(folder) -> AsyncIterator[LazyGenerator]:
    """One for all, because importing torch takes seconds."""
    generator = LazyGenerator(lambda: make(folder))
    yield generator
    await generator.close()


def request(text: str, source: str = "en", target: str = "fr", new_tokens: int = 20) -> GenerationRequest:
    prompt = Prompt(prefix=text, source_language=source, target_language=target)
    return GenerationRequest("r", prompt, SamplingParams(max_new_tokens=new_tokens), "t")


async def test_one_after_another_and_all_at_once_give_the_same(lazy, folder):
    info = await lazy.ready()
    assert (info.name, info.folder, info.pairs) == ("opus-mt-en-fr", str(folder), (("en", "fr"),))
    alone = [await read(lazy.submit(request(text))) for text in TEXTS]
    together = await asyncio.gather(*[read(lazy.submit(request(text))) for text in TEXTS])
    assert together == alone
    assert len(set(alone)) == len(TEXTS)


async def test_a_kill_in_mid_stream_does_not_change_the_translation(lazy):
    expected = [await read(lazy.submit(request(text, new_tokens=60))) for text in TEXTS[:2]]
    generations = [lazy.submit(request(text, new_tokens=60)) for text in TEXTS[:2]]
    heads = [(await anext(generation)).text for generation in generations]
    os.kill(lazy._worker.child_pid, signal.SIGKILL)
    texts = [head + await read(generation) for head, generation in zip(heads, generations, strict=True)]
    assert texts == expected


async def test_a_translation_that_is_closed_stops_in_the_engine(lazy):
    generation = lazy.submit(request(TEXTS[0], new_tokens=60))
    await anext(generation)
    await generation.aclose()
    await until(lambda: not lazy._worker.has_work)
    assert await read(lazy.submit(request(TEXTS[1]))) != ""


async def test_a_pair_that_it_does_not_know_is_refused_in_words(lazy):
    with pytest.raises(GenerationError) as caught:
        await read(lazy.submit(request("Bonjour", "fr", "de")))
    assert caught.value.user_message == "My translation model cannot translate from French into German."


async def french(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """A task that translates the question's text, where the translation model can, and says so where not."""
    assert ctx.translator is not None
    async with aclosing(ctx.translator.signs_of_life()) as signs:
        async for sign in signs:
            yield sign
    try:
        info = await ctx.translator.ready()
    except ModelLoadError as error:
        yield error.user_message
        return
    assert info.name == ctx.translator.name
    assert ctx.translator.knows("en", "fr") and not ctx.translator.knows("fr", "en")
    assert await ctx.translator.count_tokens(["hello"]) > [0]
    prompt = Prompt(prefix=ctx.question.text, source_language="en", target_language="fr")
    async with aclosing(ctx.translator.generate(prompt, SamplingParams(max_new_tokens=20))) as pieces:
        async for piece in pieces:
            yield piece


TASK = Task(name="french", help="", example="", run=french, needs_model=False)


async def answer(task: Task, generator: LazyGenerator, text: str) -> str:
    translation = TranslationModel("opus-mt-en-fr", generator)
    chat = ScriptedGenerator()
    answerer = Answerer(await remembering(), chat, AnswerPolicy(), (task,), translation)
    async with aclosing(answerer.run_task((message(text, Command(task.name)),), "test")) as pieces:
        shown = "".join([piece async for piece in pieces if not isinstance(piece, Progress)])
    assert chat.requests == []
    return shown


async def test_a_task_translates_by_the_translation_model(lazy):
    expected = await read(lazy.submit(request(TEXTS[0])))
    assert await answer(TASK, lazy, TEXTS[0]) == expected


async def test_help_names_the_translation_model_and_does_not_wake_it(folder):
    asleep = LazyGenerator(lambda: make(folder))
    assert "Translations are made by `opus-mt-en-fr`." in await answer(HELP, asleep, "")
    assert asleep.status == "asleep"


async def test_a_model_that_cannot_be_loaded_is_told_to_the_task(folder, tmp_path):
    broken = tmp_path / "opus-mt-en-fr"
    broken.mkdir()
    for file in folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    (broken / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:-8])
    generator = LazyGenerator(lambda: make(broken))
    assert "could not be loaded" in await answer(TASK, generator, TEXTS[0])
    await generator.close()
