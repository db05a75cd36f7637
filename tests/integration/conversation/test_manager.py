"""The manager with real storage and real delivery: order, edits, deletions, stops, crashes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from bot.errors import ModelLoadError, WorkerBusyError
from bot.generation.types import GenerationRequest, ModelInfo
from bot.messages import Command, ConversationKey, Turn
from tests.integration.conversation.rig import ALICE, BOB, EPOCH, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGeneration, PlayedGenerator, echo, last_user


@pytest.fixture
def database(tmp_path: Path) -> Path:
    from bot.storage.migrate import upgrade

    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


class Gate:
    """A script that writes `words`, and holds before word number `at` until it is opened."""

    def __init__(self, words: str = "one two three four", at: int = 2) -> None:
        self.words = words.split(" ")
        self.at = at
        self.opened = asyncio.Event()

    async def __call__(self, request: GenerationRequest) -> AsyncIterator[str]:
        for number, word in enumerate(self.words):
            if number == self.at:
                await self.opened.wait()
            yield word + " "


def roles(turns: list[Turn]) -> str:
    return "".join(turn.role[0] for turn in turns)


async def test_a_message_is_answered_remembered_and_its_repeat_is_silent(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        assert await bench.manager.accept(say("hello", 1))
        await until(lambda: platform.channel(GENERAL).outcomes)
        assert not await bench.manager.accept(say("hello", 1))
        assert platform.channel(GENERAL).texts == ["You said: hello"]
        await until(lambda: not bench.manager.is_answering(GENERAL))
        turns = await bench.store.turns(GENERAL)
        assert [(turn.role, turn.text.strip()) for turn in turns] == [
            ("user", "hello"),
            ("assistant", "You said: hello"),
        ]


async def test_unaddressed_messages_are_remembered_and_not_answered(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(echo)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("by the way", 1, is_addressed=False))
        await bench.manager.accept(say("bot, hello", 2, author=BOB))
        await until(lambda: platform.channel(GENERAL).outcomes)
        assert len(generator.asked) == 1
        contents = [message.content for message in generator.asked[0].prompt.messages]
        assert any("by the way" in content for content in contents) and contents[-1] == "bot, hello"


async def test_three_mentions_at_once_are_remembered_with_their_answers(database: Path) -> None:
    platform = ListPlatform()
    gate = Gate()
    async with Bench(database, PlayedGenerator(gate), platform) as bench:
        await bench.manager.accept(say("first", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        await bench.manager.accept(say("second", 2, author=BOB))
        await bench.manager.accept(say("third", 3))
        gate.opened.set()
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 2)
        await until(lambda: not bench.manager.is_answering(GENERAL))
        turns = await bench.store.turns(GENERAL)
        assert roles(turns) == "uauua"
        assert [turn.text for turn in turns if turn.role == "user"] == ["first", "second", "third"]


async def test_a_small_model_answers_each_message_that_waited_by_itself(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(echo)
    generator.info = replace(generator.info, follows_instructions=False)
    async with Bench(database, generator, platform) as bench:
        for number, text in enumerate(("who are you?", "tell me a joke", "what is your name?"), 1):
            await bench.manager.accept(say(text, number))
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 3)
        assert [text.strip() for text in platform.channel(GENERAL).texts] == [
            "You said: who are you?",
            "You said: tell me a joke",
            "You said: what is your name?",
        ]
        assert last_user(generator.asked[0]) == "who are you?"


async def test_a_slow_conversation_does_not_hold_up_another(database: Path) -> None:
    platform = ListPlatform()
    gate = Gate()

    async def script(request: GenerationRequest) -> AsyncIterator[str]:
        source = gate(request) if last_user(request) == "slow" else echo(request)
        async for word in source:
            yield word

    other = ConversationKey("list", "w", "other")
    async with Bench(database, PlayedGenerator(script), platform) as bench:
        await bench.manager.accept(say("slow", 1))
        await bench.manager.accept(say("quick", 1, key=other))
        await until(lambda: platform.channel(other).outcomes == ["finished"])
        assert platform.channel(GENERAL).outcomes == []
        gate.opened.set()
        await until(lambda: platform.channel(GENERAL).outcomes == ["finished"])


async def test_an_edited_question_is_answered_anew_in_the_same_post(database: Path) -> None:
    platform = ListPlatform()
    gate = Gate()

    async def script(request: GenerationRequest) -> AsyncIterator[str]:
        source = gate(request) if last_user(request) == "what is red" else echo(request)
        async for word in source:
            yield word

    async with Bench(database, PlayedGenerator(script), platform) as bench:
        await bench.manager.accept(say("what is red", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        await bench.manager.amend(GENERAL, "m1", "what is blue", EPOCH)
        await until(lambda: "finished" in platform.channel(GENERAL).outcomes)
        assert platform.channel(GENERAL).texts == ["You said: what is blue"]
        await bench.manager.amend(GENERAL, "m1", "what is green", EPOCH)
        await until(lambda: platform.channel(GENERAL).outcomes.count("finished") == 2)
        assert platform.channel(GENERAL).texts == ["You said: what is green"]
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert roles(await bench.store.turns(GENERAL)) == "ua"


async def test_many_edits_are_no_reason_to_give_up(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(say("draft 0", 1))
        for number in range(1, 7):
            await until(lambda: platform.channel(GENERAL).outcomes.count("finished") == 1)
            platform.channel(GENERAL).outcomes.clear()
            await bench.manager.amend(GENERAL, "m1", f"draft {number}", EPOCH)
        await until(lambda: platform.channel(GENERAL).texts == ["You said: draft 6"])


async def test_a_deleted_question_stops_its_answer_and_removes_it(database: Path) -> None:
    platform = ListPlatform()
    gate = Gate()
    generator = PlayedGenerator(gate)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("never mind", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        await bench.manager.forget(GENERAL, "m1")
        await until(lambda: platform.channel(GENERAL).outcomes == ["withdrawn"])
        assert platform.channel(GENERAL).texts == []
        assert generator.generations[0].is_closed
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert await bench.store.turns(GENERAL) == []
        await bench.manager.accept(say("still there?", 2))
        gate.opened.set()
        await until(lambda: platform.channel(GENERAL).outcomes == ["withdrawn", "finished"])


async def test_one_of_two_questions_deleted_leaves_the_other_answered(database: Path) -> None:
    platform = ListPlatform()
    gate = Gate()
    generator = PlayedGenerator(gate)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("zero", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        await bench.manager.accept(say("keep", 2))
        await bench.manager.accept(say("drop", 3))
        await bench.manager.forget(GENERAL, "m3")
        gate.opened.set()
        await until(lambda: platform.channel(GENERAL).outcomes == ["finished", "finished"])
        assert last_user(generator.asked[-1]) == "keep"


async def test_stop_keeps_what_was_written(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    platform = ListPlatform()
    generator = PlayedGenerator(Gate())
    async with Bench(database, generator, platform) as bench:
        assert not await bench.manager.stop(GENERAL)
        await bench.manager.accept(say("count", 1))
        await until(lambda: platform.channel(GENERAL).texts == ["one two"])
        assert await bench.manager.stop(GENERAL)
        await until(lambda: platform.channel(GENERAL).outcomes == ["stopped"])
        await until(lambda: not bench.manager.is_answering(GENERAL))
        turns = await bench.store.turns(GENERAL)
        assert [turn.text.strip() for turn in turns] == ["count", "one two"]
        assert generator.generations[0].is_closed
        assert "task=chat finish=aborted" in caplog.text


async def test_after_a_crash_the_answer_is_made_again_into_the_same_post(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(Gate()), platform)
    await crashed.__aenter__()
    await crashed.manager.accept(say("count", 1))
    await until(lambda: platform.channel(GENERAL).texts == ["one two"])
    await crashed.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: "finished" in platform.channel(GENERAL).outcomes)
        assert platform.channel(GENERAL).texts == ["You said: count"]


async def test_a_post_that_was_made_but_not_written_down_is_found(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(Gate()), platform)
    crashed.store.record_post = _forgetful  # type: ignore[method-assign]
    await crashed.__aenter__()
    await crashed.manager.accept(say("count", 1))
    await until(lambda: platform.channel(GENERAL).texts == ["one two"])
    await crashed.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: "finished" in platform.channel(GENERAL).outcomes)
        assert platform.channel(GENERAL).texts == ["You said: count"]


async def _forgetful(reply_id: int, index: int, message_id: str) -> None:
    """A process that dies between a post and the row about it."""


async def test_a_message_accepted_just_before_a_crash_is_answered(database: Path) -> None:
    platform = ListPlatform()
    before = Bench(database, PlayedGenerator(echo), platform)
    await before.manager.accept(say("anyone?", 1))
    await before.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: platform.channel(GENERAL).texts == ["You said: anyone?"])


async def test_a_reply_that_kills_the_bot_every_time_is_given_up(database: Path) -> None:
    platform = ListPlatform()
    for attempt in range(3):
        generator = PlayedGenerator(Gate(at=0))
        crashed = Bench(database, generator, platform)
        await crashed.__aenter__()
        if attempt == 0:
            await crashed.manager.accept(say("poison", 1))
        await until(partial(bool, generator.asked))
        await crashed.crash()
    async with Bench(database, PlayedGenerator(Gate(at=0)), platform) as bench:
        await until(lambda: "finished" in platform.channel(GENERAL).outcomes)
        assert "gave up" in platform.channel(GENERAL).texts[0]
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert roles(await bench.store.turns(GENERAL)) == "u"


async def test_drain_releases_what_is_not_done_in_time(database: Path) -> None:
    platform = ListPlatform()
    bench = Bench(database, PlayedGenerator(Gate()), platform)
    await bench.__aenter__()
    await bench.manager.accept(say("count", 1))
    await until(lambda: platform.channel(GENERAL).texts)
    await bench.manager.drain(timeout_s=0.05)
    await until(lambda: platform.channel(GENERAL).outcomes == ["released"])
    await bench.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: platform.channel(GENERAL).texts == ["You said: count"])


async def test_a_failure_is_told_to_the_person_and_not_remembered(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    platform = ListPlatform()

    class Full(PlayedGenerator):
        def submit(self, request: GenerationRequest) -> PlayedGeneration:
            raise WorkerBusyError("64 of 64 places taken")

    async with Bench(database, Full(echo), platform) as bench:
        await bench.manager.accept(say("secret words", 1))
        await until(lambda: platform.channel(GENERAL).outcomes)
        assert platform.channel(GENERAL).texts == [WorkerBusyError.default_user_message]
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert roles(await bench.store.turns(GENERAL)) == "u"
    assert "64 of 64 places taken" in caplog.text
    assert "secret words" not in caplog.text


async def test_an_unexpected_error_is_told_without_its_text(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    platform = ListPlatform()

    async def broken(request: GenerationRequest) -> AsyncIterator[str]:
        yield "so far "
        raise ValueError(last_user(request))

    async with Bench(database, PlayedGenerator(broken), platform) as bench:
        await bench.manager.accept(say("secret words", 1))
        await until(lambda: platform.channel(GENERAL).outcomes)
    assert platform.channel(GENERAL).texts[0].startswith("so far")
    assert "ValueError at script" in caplog.text or "ValueError at test_manager" in caplog.text
    assert "secret words" not in caplog.text


async def test_without_a_model_a_summary_is_still_an_extract(database: Path) -> None:
    class Broken(PlayedGenerator):
        status = "failed: no such folder"

        async def ready(self) -> ModelInfo:
            raise ModelLoadError("no such folder")

    platform = ListPlatform()
    async with Bench(database, Broken(echo), platform) as bench:
        await bench.manager.accept(say("We release on Friday at noon.", 1, is_addressed=False))
        await bench.manager.accept(say("/summarize", 2, command=Command("summarize")))
        await bench.manager.accept(say("hello", 3))
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 2)
        summary, talk = platform.channel(GENERAL).texts
        assert "We release on Friday at noon." in summary
        assert talk == ModelLoadError.default_user_message


async def test_commands_are_answered_one_by_one_between_chat(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(say("hello", 1))
        await bench.manager.accept(say("/help", 2, command=Command("help")))
        await bench.manager.accept(say("/nonsense", 3, command=Command("nonsense")))
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 3)
        hello, *helped, unknown = platform.channel(GENERAL).texts
        assert hello == "You said: hello"
        assert "/summarize" in " ".join(helped) and "/nonsense" in unknown


async def test_a_platform_that_refuses_the_reply_ends_it_and_nothing_else(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        platform.refuses = True
        await bench.manager.accept(say("hello", 1))
        await until(lambda: platform.channel(GENERAL).outcomes == ["failed"])
        platform.refuses = False
        await bench.manager.accept(say("again", 2, author=ALICE))
        await until(lambda: platform.channel(GENERAL).texts == ["You said: again"])


async def test_long_answers_go_into_several_posts_and_shorter_ones_take_them_back(database: Path) -> None:
    platform = ListPlatform(max_chars=200)

    async def script(request: GenerationRequest) -> AsyncIterator[str]:
        words = 200 if last_user(request) == "long" else 2
        for number in range(words):
            yield f"w{number} "

    async with Bench(database, PlayedGenerator(script), platform) as bench:
        await bench.manager.accept(say("long", 1))
        await until(lambda: platform.channel(GENERAL).outcomes)
        posts = platform.channel(GENERAL).texts
        assert len(posts) >= 3 and all(len(post) <= 200 for post in posts)
        assert " ".join(" ".join(posts).split()) == " ".join(f"w{number}" for number in range(200))
        await bench.manager.amend(GENERAL, "m1", "short", EPOCH)
        await until(lambda: len(platform.channel(GENERAL).outcomes) == 2)
        assert [post.strip() for post in platform.channel(GENERAL).texts] == ["w0 w1"]


async def test_edits_keep_the_pace_that_the_platform_allows(database: Path) -> None:
    platform = ListPlatform(min_edit_interval_s=0.1)

    async def script(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(100):
            await asyncio.sleep(0.005)
            yield f"{number} "

    async with Bench(database, PlayedGenerator(script), platform) as bench:
        await bench.manager.accept(say("count", 1))
        await until(lambda: platform.channel(GENERAL).outcomes)
    times = [at for _, _, at in platform.channel(GENERAL).writes]
    gaps = [later - earlier for earlier, later in pairwise(times[:-1])]
    assert len(gaps) >= 3 and min(gaps) >= 0.09
    assert platform.channel(GENERAL).texts[0].split() == [str(number) for number in range(100)]
