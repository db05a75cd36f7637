"""Stop, Regenerate, Continue and Undo, typed and pressed, with real storage and delivery; crashes between."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation import controls
from bot.conversation.controls import Asker
from bot.conversation.reply import CUT
from bot.errors import CommandError, WorkerBusyError
from bot.generation.types import GenerationRequest
from bot.messages import Author, Command, IncomingMessage
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import ALICE, BOB, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGeneration, PlayedGenerator, echo, last_user

ALICE_ASKS, BOB_ASKS = Asker(ALICE.id), Asker(BOB.id)
MANAGER = Asker("u9", is_manager=True)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


async def for_ever(request: GenerationRequest) -> AsyncIterator[str]:
    for number in range(10_000):
        yield f"{number} "
        await asyncio.sleep(0.01)


async def counting(request: GenerationRequest) -> AsyncIterator[str]:
    """Four numbers from where the answer begins."""
    done = len(request.prompt.prefix.split())
    for number in range(done + 1, done + 5):
        yield f"{number} "


class Numbered:
    """Answers every request by the number of the request."""

    def __init__(self) -> None:
        self.count = 0

    async def __call__(self, request: GenerationRequest) -> AsyncIterator[str]:
        self.count += 1
        yield f"answer {self.count}"


def command(name: str, number: int, author: Author = ALICE, **fields: object) -> IncomingMessage:
    given = Command(name, by_manager=bool(fields.pop("by_manager", False)))
    return replace(say(f"/{name}", number, author=author, command=given), **fields)  # type: ignore[arg-type]


async def idle(bench: Bench, outcomes: int) -> None:
    """Wait until so many replies are over and nothing is being made."""
    channel = bench.platform.channel(GENERAL)
    await until(lambda: len(channel.outcomes) >= outcomes and not bench.manager.is_answering(GENERAL))
    assert len(channel.outcomes) == outcomes


async def memory(bench: Bench) -> list[str]:
    return [turn.text.strip() for turn in await bench.store.turns(GENERAL)]


# --- stop ------------------------------------------------------------------------------------


@pytest.mark.parametrize("author", [ALICE, Author("u9", "Manager")])
async def test_a_typed_stop_acts_at_once_and_leaves_what_was_written(database: Path, author: Author) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(for_ever), platform) as bench:
        channel = platform.channel(GENERAL)
        await bench.manager.accept(say("count", 1))
        await until(lambda: channel.texts and len(channel.texts[0].split()) > 3)
        stop = command("stop", 2, author, by_manager=author is not ALICE)
        assert await bench.manager.accept(stop)
        await idle(bench, 2)
        assert channel.outcomes == ["stopped", "finished"]
        written, confirmation = channel.texts
        assert confirmation == "Stopped."
        assert await memory(bench) == ["count", written]
        await bench.manager.accept(say("count again", 3))
        await until(lambda: len(channel.texts) == 3)
        assert not await bench.manager.accept(stop), "a repeated event"
        await asyncio.sleep(0.05)
        assert bench.manager.is_answering(GENERAL)
        await bench.manager.stop(GENERAL)


async def test_nobody_stops_the_answer_of_another(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(for_ever), platform) as bench:
        await bench.manager.accept(command("stop", 1))
        await idle(bench, 1)
        assert platform.channel(GENERAL).texts == [controls.NOTHING_TO_STOP]
        await bench.manager.accept(say("count", 2))
        await until(lambda: len(platform.channel(GENERAL).texts) == 2)
        await bench.manager.accept(command("stop", 3, BOB))
        with pytest.raises(CommandError):
            await bench.manager.stop(GENERAL, BOB_ASKS)
        assert bench.manager.is_answering(GENERAL)
        assert await bench.manager.stop(GENERAL, ALICE_ASKS)
        assert not await bench.manager.stop(GENERAL, ALICE_ASKS)
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts[2] == controls.NOTHING_TO_STOP


async def test_a_crash_right_after_a_stop_does_not_bring_the_answer_back(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(for_ever), platform)
    await crashed.__aenter__()
    channel = platform.channel(GENERAL)
    await crashed.manager.accept(say("count", 1))
    await until(lambda: channel.texts and len(channel.texts[0].split()) > 3)
    crashed.store.record_text = _never  # type: ignore[method-assign, assignment]  # dies before anything else is written
    await crashed.manager.accept(command("stop", 2))
    await crashed.crash()
    generator = PlayedGenerator(for_ever)
    async with Bench(database, generator, platform) as bench:
        await until(lambda: channel.outcomes[-2:] == ["finished", "finished"])
        assert channel.texts[0].split()[:3] == ["0", "1", "2"]
        assert channel.texts[1] == "Stopped."
        assert generator.asked == []
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert await memory(bench) == ["count", channel.texts[0]]


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


# --- regenerate ------------------------------------------------------------------------------


async def test_an_answer_is_made_again_into_the_same_post(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(Numbered())
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("hello", 1))
        await idle(bench, 1)
        await bench.manager.accept(command("regenerate", 2))
        await idle(bench, 3)
        link = "https://list.example/general/p1"
        assert platform.channel(GENERAL).texts == ["answer 2", f"I write it anew [above]({link})."]
        assert await memory(bench) == ["hello", "answer 2"]
        assert generator.asked[1].sampling.temperature >= 0.7
        assert generator.asked[1].prompt.messages[-1].content == "hello"
        assert "answer 1" not in str(generator.asked[1].prompt)


async def test_an_older_answer_is_made_again_where_it_stands(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(Numbered()), platform) as bench:
        for number in (1, 2):
            await bench.manager.accept(say(f"question {number}", number))
            await idle(bench, number)
        await bench.manager.accept(command("regenerate", 3, reply_to="p1"))
        await idle(bench, 4)
        assert platform.channel(GENERAL).texts[:2] == ["answer 3", "answer 2"]
        assert await memory(bench) == ["question 1", "answer 3", "question 2", "answer 2"]


async def test_a_button_pressed_twice_makes_one_answer(database: Path) -> None:
    platform = ListPlatform()
    script = Numbered()
    async with Bench(database, PlayedGenerator(script), platform) as bench:
        await bench.manager.accept(say("hello", 1))
        await idle(bench, 1)
        with pytest.raises(CommandError, match="Only the person who asked"):
            await bench.manager.controls.regenerate(GENERAL, BOB_ASKS, "p1")
        pressed = [bench.manager.controls.regenerate(GENERAL, ALICE_ASKS, "p1") for _ in range(3)]
        results = await asyncio.gather(*pressed, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["CommandError", "CommandError", "str"]
        await idle(bench, 2)
        assert platform.channel(GENERAL).texts == ["answer 2"]
        await bench.manager.controls.regenerate(GENERAL, MANAGER, "p1")
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts == ["answer 3"]


@pytest.mark.parametrize("name", ["regenerate", "continue", "undo"])
async def test_where_there_is_nothing_to_act_on_a_control_says_so(database: Path, name: str) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(command(name, 1))
        await bench.manager.accept(command(name, 2))
        await idle(bench, 2)
        assert platform.channel(GENERAL).texts == [controls.NOTHING_YET] * 2


async def test_what_no_model_makes_is_not_made_again(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(command("help", 1))
        await idle(bench, 1)
        await bench.manager.accept(command("regenerate", 2))
        await idle(bench, 2)
        assert platform.channel(GENERAL).texts[-1] == controls.SAME_AGAIN


@pytest.mark.parametrize("name", ["regenerate", "continue", "undo"])
async def test_a_crash_after_the_deed_neither_loses_nor_repeats_it(database: Path, name: str) -> None:
    platform = ListPlatform()
    first = PlayedGenerator(counting, "length")
    crashed = Bench(database, first, platform)
    await crashed.__aenter__()
    await crashed.manager.accept(say("count", 1))
    await idle(crashed, 1)
    crashed.store.complete = _never  # type: ignore[method-assign, assignment]
    channel = platform.channel(GENERAL)
    await crashed.manager.accept(command(name, 2))
    await until(lambda: len(channel.outcomes) == 2)
    await crashed.crash()
    again = PlayedGenerator(counting)
    async with Bench(database, again, platform) as bench:
        await until(lambda: len(channel.outcomes) == 4 and not bench.manager.is_answering(GENERAL))
        if name == "undo":
            assert channel.texts == [controls.TAKEN_BACK]
            assert await memory(bench) == []
        else:
            assert len(again.asked) == 1
            expected = "1 2 3 4 5 6 7 8" if name == "continue" else "1 2 3 4"
            assert channel.texts[0] == expected
            assert await memory(bench) == ["count", expected]
        assert len(channel.texts) == (1 if name == "undo" else 2)


async def test_a_control_typed_while_an_answer_is_written_acts_on_that_answer(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(say("first", 1))
        await idle(bench, 1)
        await bench.manager.accept(say("second", 2))
        await bench.manager.accept(command("undo", 3))
        await idle(bench, 4)
        assert await memory(bench) == ["first", "You said: first"]


# --- continue --------------------------------------------------------------------------------


async def test_an_answer_cut_at_its_length_goes_on_exactly_there(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(counting, "length")
    async with Bench(database, generator, platform) as bench:
        channel = platform.channel(GENERAL)
        await bench.manager.accept(say("count", 1))
        await idle(bench, 1)
        assert channel.texts == [f"1 2 3 4\n\n{CUT}"]
        assert await memory(bench) == ["count", "1 2 3 4"]
        await bench.manager.accept(command("continue", 2, BOB))
        await idle(bench, 3)
        assert channel.texts[0] == f"1 2 3 4 5 6 7 8\n\n{CUT}"
        assert channel.texts[1].startswith("I go on [above]")
        generator.ending = "stop"
        await bench.manager.controls.go_on(GENERAL, "p1")
        await idle(bench, 4)
        assert channel.texts[0] == "1 2 3 4 5 6 7 8 9 10 11 12"
        assert await memory(bench) == ["count", "1 2 3 4 5 6 7 8 9 10 11 12"]
        assert [request.prompt.prefix for request in generator.asked] == ["", "1 2 3 4 ", "1 2 3 4 5 6 7 8 "]
        with pytest.raises(CommandError, match="ended by itself"):
            await bench.manager.controls.go_on(GENERAL, "p1")


async def test_an_answer_longer_than_a_post_goes_on_in_further_posts(database: Path) -> None:
    platform = ListPlatform(max_chars=100)
    words = " ".join(f"word{number}" for number in range(14))

    async def more(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"{words}. "

    generator = PlayedGenerator(more, "length")
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("write", 1))
        await idle(bench, 1)
        generator.ending = "stop"
        await bench.manager.controls.go_on(GENERAL)
        await idle(bench, 2)
        shown = " ".join(platform.channel(GENERAL).texts).split()
        assert shown == f"{words}. {words}.".split()
        await bench.manager.controls.regenerate(GENERAL, ALICE_ASKS)
        await idle(bench, 3)
        assert " ".join(platform.channel(GENERAL).texts).split() == f"{words}.".split()
        await bench.manager.forget(GENERAL, "m1")
        await idle(bench, 4)
        assert platform.channel(GENERAL).texts == []


async def test_a_continuation_that_fails_leaves_the_answer_as_it_was(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(counting, "length")
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("count", 1))
        await idle(bench, 1)
        submit = generator.submit

        def busy(request: GenerationRequest) -> PlayedGeneration:
            raise WorkerBusyError("full")

        generator.submit = busy  # type: ignore[method-assign]
        await bench.manager.controls.go_on(GENERAL)
        await idle(bench, 2)
        problem = WorkerBusyError.default_user_message
        assert platform.channel(GENERAL).texts == [f"1 2 3 4\n\n{problem}\n\n{CUT}"]
        assert await memory(bench) == ["count", "1 2 3 4"]
        generator.submit = submit  # type: ignore[method-assign]
        await bench.manager.controls.go_on(GENERAL)
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts == [f"1 2 3 4 5 6 7 8\n\n{CUT}"]


async def test_a_continuation_that_kills_the_bot_every_time_leaves_the_answer_as_it_was(
    database: Path,
) -> None:
    platform = ListPlatform()
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(counting, "length"), platform) as bench:
        await bench.manager.accept(say("count", 1))
        await idle(bench, 1)
    for attempt in range(2):
        generator = PlayedGenerator(_hold)
        crashed = Bench(database, generator, platform)
        await crashed.__aenter__()
        if attempt == 0:
            await crashed.manager.controls.go_on(GENERAL)
        await until(lambda asked=generator.asked: asked)  # type: ignore[misc]
        await crashed.crash()
    async with Bench(database, PlayedGenerator(_hold), platform) as bench:
        await until(lambda: channel.outcomes[-1] == "finished" and "interrupted" in channel.texts[0])
        await until(lambda: not bench.manager.is_answering(GENERAL))
        assert channel.texts[0].startswith("1 2 3 4\n\nI was interrupted")
        assert await memory(bench) == ["count", "1 2 3 4"]


async def _hold(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def test_a_question_edited_while_its_answer_goes_on_is_answered_anew(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(counting, "length")
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("count", 1))
        await idle(bench, 1)
        generator.script = for_ever
        await bench.manager.controls.go_on(GENERAL)
        await until(lambda: len(platform.channel(GENERAL).texts[0].split()) > 8)
        generator.script, generator.ending = echo, "stop"
        await bench.manager.amend(GENERAL, "m1", "say hello", say("", 9).sent_at)
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts == ["You said: say hello"]
        assert await memory(bench) == ["say hello", "You said: say hello"]


# --- undo and deleted questions --------------------------------------------------------------


async def test_undo_takes_back_the_last_exchange_and_then_the_one_before(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(echo)
    async with Bench(database, generator, platform) as bench:
        for number in (1, 2):
            await bench.manager.accept(say(f"fact {number}", number))
            await idle(bench, number)
        await bench.manager.accept(command("undo", 3, BOB))
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts[2] == controls.NOT_YOURS
        await bench.manager.accept(command("undo", 4))
        await idle(bench, 5)
        assert platform.channel(GENERAL).texts == [
            "You said: fact 1",
            controls.NOT_YOURS,
            controls.TAKEN_BACK,
        ]
        assert await memory(bench) == ["fact 1", "You said: fact 1"]
        pressed = [bench.manager.controls.undo(GENERAL, MANAGER, "p1") for _ in range(2)]
        results = await asyncio.gather(*pressed, return_exceptions=True)
        assert sorted(type(result).__name__ for result in results) == ["CommandError", "str"]
        await idle(bench, 6)
        assert await memory(bench) == []
        await bench.manager.accept(say("and now?", 5))
        await idle(bench, 7)
        assert "fact" not in str(generator.asked[-1].prompt)
    with closing(sqlite3.connect(database)) as connection:
        assert not [line for line in connection.iterdump() if "fact 2" in line]


async def test_what_several_asked_only_a_manager_takes_back(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(for_ever)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("count", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        generator.script = echo
        await bench.manager.accept(say("from Alice", 2))
        await bench.manager.accept(say("from Bob", 3, author=BOB))
        await bench.manager.stop(GENERAL)
        await idle(bench, 2)
        with pytest.raises(CommandError):
            await bench.manager.controls.undo(GENERAL, BOB_ASKS, "p2")
        await bench.manager.controls.undo(GENERAL, MANAGER, "p2")
        await idle(bench, 3)
        assert [text for text in await memory(bench) if "from" in text] == []


async def test_a_deleted_question_takes_its_finished_answer_along(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        for number in (1, 2):
            await bench.manager.accept(say(f"question {number}", number))
            await idle(bench, number)
        await bench.manager.forget(GENERAL, "m1")
        await idle(bench, 3)
        assert platform.channel(GENERAL).texts == ["You said: question 2"]
        assert platform.channel(GENERAL).outcomes[-1] == "withdrawn"
        assert await memory(bench) == ["question 2", "You said: question 2"]


async def test_a_question_deleted_right_before_a_crash_takes_its_answer_along(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(echo), platform)
    await crashed.__aenter__()
    await crashed.manager.accept(say("question", 1))
    await idle(crashed, 1)
    await crashed.store.forget(GENERAL, "m1")
    await crashed.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: platform.channel(GENERAL).texts == [])


async def test_a_question_deleted_while_a_post_is_made_leaves_no_post_after_a_crash(database: Path) -> None:
    platform = ListPlatform()
    crashed = Bench(database, PlayedGenerator(for_ever), platform)
    await crashed.__aenter__()
    await crashed.manager.accept(say("count", 1))
    await until(lambda: platform.channel(GENERAL).texts)
    change = await crashed.store.forget(GENERAL, "m1")
    assert change.open_reply_id is not None
    assert await crashed.store.withdraw(change.open_reply_id, "m1")
    await crashed.crash()
    async with Bench(database, PlayedGenerator(echo), platform):
        await until(lambda: platform.channel(GENERAL).texts == [])


async def test_one_of_several_questions_deleted_makes_the_finished_answer_anew(database: Path) -> None:
    platform = ListPlatform()
    generator = PlayedGenerator(for_ever)
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("count", 1))
        await until(lambda: platform.channel(GENERAL).texts)
        generator.script = echo
        await bench.manager.accept(say("secret", 2))
        await bench.manager.accept(say("harmless", 3))
        await bench.manager.stop(GENERAL)
        await idle(bench, 2)
        await bench.manager.forget(GENERAL, "m2")
        await idle(bench, 3)
        assert last_user(generator.asked[-1]) == "harmless"
        assert "secret" not in str(generator.asked[-1].prompt)
        assert (await memory(bench))[-2:] == ["harmless", "You said: harmless"]
