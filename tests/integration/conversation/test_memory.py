"""Memory on real parts: the bundled model continues its own answers, facts are found again in a long channel,
and notes are made between questions and go with their messages."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.needles import load_needles, measure, recall
from bot.conversation.memory.notes import running_notes
from bot.conversation.memory.remembering import Remembering
from bot.conversation.tasks.chat import TASK as CHAT
from bot.conversation.tasks.task import Task
from bot.conversation.tasks.write import TASK as WRITE
from bot.generation.engine.engine import Engine
from bot.generation.engine.loading import load
from bot.generation.pocket import FOLDER
from bot.generation.types import GenerationRequest
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import BOB, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGenerator, echo, last_user
from tests.support import (
    SMALL,
    ScriptedGeneration,
    ScriptedGenerator,
    answer_of,
    close_stores,
    context,
    message,
    remembering,
)

GREEDY = {"temperature": 0.0, "repetition_penalty": 1.0}


class EngineGenerator(ScriptedGenerator):
    """The bundled model in this process, one request after the other, greedily."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(model=replace(engine.info, sampling=GREEDY))
        self._engine = engine

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._engine.count_tokens(texts)

    def submit(self, request: GenerationRequest) -> ScriptedGeneration:
        greedy = replace(request.sampling, temperature=0.0)
        self._engine.add(replace(request, request_id=f"g{len(self.requests)}", sampling=greedy))
        self.requests.append(request)
        texts = []
        while self._engine.has_work:
            texts += [delta.text for delta in self._engine.step()]
        return ScriptedGeneration(request, texts)


@pytest.fixture(scope="module")
def pocket() -> Engine:
    return Engine(load(FOLDER, name="pocket", device="cpu", threads=1))


@pytest.mark.parametrize(
    ("task", "text"),
    [
        (CHAT, "what can you do?"),
        (CHAT, "tell me a joke"),
        (CHAT, "what is the capital of France?"),
        (WRITE, "Once upon a time"),
        (WRITE, "The ship left the harbour and"),
    ],
)
async def test_half_an_answer_and_its_continuation_are_the_whole_answer(
    pocket: Engine, task: Task, text: str
) -> None:
    generator, memory = EngineGenerator(pocket), await remembering()
    for half in (4, 9, 14):
        options = {"prompt": text}
        ctx = replace(context(generator, memory, message(text), answer_tokens=60), options=options)
        whole = await answer_of(task, ctx)
        begun = await answer_of(task, replace(ctx, answer_tokens=half))
        rest = await answer_of(task, replace(ctx, begun=begun, answer_tokens=60 - half))
        assert whole.startswith(begun) and (begun + rest).startswith(whole[: len(begun) + 20])
        assert (begun + rest == whole) or task is WRITE
    await close_stores()


async def test_facts_in_a_long_channel_are_found_on_both_roads() -> None:
    results, quoted = await measure(1200, load_needles()[::4])
    assert len(results) > 50
    assert recall([one.in_prompt for one in results], 5) >= 0.9
    assert recall([one.in_answer for one in results], 5) >= 0.9
    small_talk = [text for text in quoted if len(text.split()) < 3]
    assert not small_talk


async def noting(request: GenerationRequest) -> AsyncIterator[str]:
    """Answers people by echoing, and takes a note of the first message where notes are taken."""
    if request.tenant != "notes":
        async for word in echo(request):
            yield word
    elif found := re.search(r"\[1\].*?(item\d+) is blue", last_user(request)):
        yield f"- Bob decided that {found[1]} is blue. [1]"


async def test_notes_are_made_between_questions_and_reach_the_next_prompt(tmp_path: Path) -> None:
    database = tmp_path / "parley.db"
    upgrade(f"sqlite+aiosqlite:///{database}")
    generator = PlayedGenerator(noting)
    platform = ListPlatform()
    async with Bench(database, generator, platform) as bench:
        remembering_ = Remembering(bench.store, generator, lambda: bench.manager.is_idle, quiet_s=0.01)
        bench.manager._on_activity = remembering_.noticed
        said = [
            say(f"We decided that item{number} is blue. {'word ' * 30}", number, author=BOB)
            for number in range(1, 200)
        ]
        await bench.manager.import_messages(said)
        async with remembering_.running():
            await bench.manager.accept(say("hello there", 500))
            await until(lambda: platform.channel(GENERAL).outcomes == ["finished"])
            await until(lambda: len(generator.asked) > 5)
        notes = await running_notes(bench.store, GENERAL)
        assert notes and "item" in notes[0].text
        await bench.manager.accept(say("and now?", 501))
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 2)
        prompt = generator.asked[-1].prompt
        assert any("notes of what was said before" in said.content for said in prompt.messages)
        gone = next(iter(notes[0].source_ids))
        await bench.manager.forget(GENERAL, gone)
        assert all(gone not in note.source_ids for note in await running_notes(bench.store, GENERAL))


async def test_plain_talk_is_answered_by_quotation_that_memory_does_not_keep(tmp_path: Path) -> None:
    """What is quoted can still be deleted: the answer must not keep it."""
    database = tmp_path / "parley.sqlite3"
    upgrade(f"sqlite+aiosqlite:///{database}")
    platform, generator = ListPlatform(), ScriptedGenerator(model=SMALL)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("Parley, remember that the gate code is 7741", 1))
        await bench.manager.accept(say("We decided to renew the domain", 2, author=BOB, is_addressed=False))
        await until(lambda: bench.manager.is_idle and len(platform.channel(GENERAL).posts) == 1)
        await bench.manager.accept(say("@Parley What did we decide about the domain?", 3))
        await until(lambda: bench.manager.is_idle and len(platform.channel(GENERAL).posts) == 2)
        await bench.manager.accept(say("@Parley what is the gate code?", 4))
        await until(lambda: bench.manager.is_idle and len(platform.channel(GENERAL).posts) == 3)
        posts = platform.channel(GENERAL).texts
        assert "We decided to renew the domain" in posts[1]
        assert posts[2] == "You asked me to remember (fact 1, Alice): the gate code is 7741"
        await bench.manager.forget(GENERAL, "m2")
        turns = await bench.store.turns(GENERAL)
        assert not any("renew" in turn.text for turn in turns) and not generator.requests
