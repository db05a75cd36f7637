"""One person's words forgotten, left out and taken along, with the whole bot at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import ALICE, BOB, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGenerator, echo

RANDOM = ConversationKey("list", "w", "random")
DIRECT = ConversationKey("list", "dm", "alice")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


async def told(bench: Bench, *messages: IncomingMessage) -> None:
    for message in messages:
        await bench.manager.accept(message)
        await bench.manager.idle(message.conversation)


def command(
    number: int, name: str, key: ConversationKey = GENERAL, author: Author = ALICE, **options: str
) -> IncomingMessage:
    line = " ".join([f"/{name}", *(f"{option}:{value}" for option, value in options.items())])
    return say(line, number, key=key, author=author, command=Command(name, options))


async def test_a_person_is_forgotten_and_the_answers_to_them_are_removed(database: Path) -> None:
    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await told(bench, say("the secret zebra one", 1), say("the secret zebra two", 2, key=DIRECT))
        await told(bench, say("something of Bob's", 3, author=BOB))
        await told(bench, command(4, "forget-me"))
        assert "3 messages" in platform.channel(GENERAL).texts[-1]
        await told(bench, command(5, "forget-me", confirm="yes"))
        await until(lambda: not any("zebra" in "".join(one.texts) for one in platform.channels.values()))
        await bench.manager.idle(GENERAL)
        left = platform.channel(GENERAL).texts
        assert [text.split(" ")[0] for text in left] == ["You", "I"] and "Bob's" in left[0]
        assert "forgotten everything of yours" in left[1]
        assert not platform.channel(DIRECT).texts
        await until(lambda: not bench.manager.has_work(DIRECT))
        raw = b"".join(path.read_bytes() for path in database.parent.iterdir())
        assert b"zebra" not in raw and b"Alice" not in raw and b"Bob" in raw


async def test_what_is_being_written_for_a_person_elsewhere_is_stopped_and_removed(database: Path) -> None:
    hold = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        yield "the zebra "
        await hold.wait()

    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(slowly), platform) as bench:
        await bench.manager.accept(say("a question", 1, key=RANDOM))
        await until(lambda: platform.channel(RANDOM).texts)
        await told(bench, command(2, "forget-me", confirm="yes"))
        await bench.manager.idle(RANDOM)
        assert not platform.channel(RANDOM).texts


async def test_erasing_that_was_interrupted_is_done_at_the_next_start(database: Path) -> None:
    platform, generator = ListPlatform(), PlayedGenerator(echo)
    crashed = await Bench(database, generator, platform).__aenter__()
    words = [say(f"the zebra {number}", number, is_addressed=False) for number in range(1, 600)]
    await crashed.manager.import_messages(words)
    await crashed.manager.accept(command(1000, "forget-me", confirm="yes"))
    await until(lambda: crashed.manager.is_answering(GENERAL))
    await crashed.crash()
    async with Bench(database, generator, platform) as bench:
        await until(lambda: "forgotten everything" in "".join(platform.channel(GENERAL).texts))
        await bench.manager.idle(GENERAL)
        assert await bench.store.turns(GENERAL) == []


async def test_who_wants_to_be_left_out_is_remembered_only_where_they_talk_to_the_bot(database: Path) -> None:
    async with Bench(database, PlayedGenerator(echo), ListPlatform()) as bench:
        await told(bench, command(1, "forget-me", later="ignore"))
        assert not await bench.manager.accept(say("the hidden zebra", 2, is_addressed=False))
        assert await bench.manager.accept(say("of Bob's", 3, author=BOB, is_addressed=False))
        past = [say("an old zebra", 4), say("old words of Bob's", 5, author=BOB)]
        assert await bench.manager.import_messages(past) == 1
        await told(bench, say("hello bot", 6))
        turns = [turn.text for turn in await bench.store.turns(GENERAL) if turn.role == "user"]
        assert turns == ["of Bob's", "old words of Bob's", "hello bot"]
        elsewhere = replace(
            say("a zebra", 7, is_addressed=False), conversation=replace(RANDOM, workspace_id="x")
        )
        assert await bench.manager.accept(elsewhere)
        await told(bench, command(8, "forget-me", confirm="yes"))
        assert not await bench.manager.accept(say("still hidden", 9, is_addressed=False))
        await told(bench, command(10, "forget-me", later="remember"))
        assert await bench.manager.accept(say("seen again", 11, is_addressed=False))


async def test_an_answer_about_a_message_goes_with_the_message(database: Path) -> None:
    hold = asyncio.Event()

    async def translating(request: GenerationRequest) -> AsyncIterator[str]:
        yield "le zèbre "
        if request.tenant.endswith(BOB.id):
            await hold.wait()

    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(translating), platform) as bench:
        await bench.manager.accept(say("the zebra sleeps", 1, is_addressed=False))
        link = "https://list.example/general/m1"
        await told(bench, command(2, "explain", message=link))
        assert len(platform.channel(GENERAL).texts) == 1
        await bench.manager.accept(command(3, "explain", author=BOB, message="m1"))
        await until(lambda: len(platform.channel(GENERAL).texts) == 2)
        await bench.manager.forget(GENERAL, "m1")
        await bench.manager.idle(GENERAL)
        assert not platform.channel(GENERAL).texts


async def test_an_export_is_written_down_nowhere(database: Path) -> None:
    platform = ListPlatform(max_chars=200)
    async with Bench(database, PlayedGenerator(echo), platform) as bench:
        await bench.manager.accept(say("the zebra sleeps", 1, is_addressed=False))
        await told(bench, command(2, "export"))
        assert "the zebra sleeps" in "".join(platform.channel(GENERAL).texts)
        turns = await bench.store.turns(GENERAL, memory_only=False)
        assert [turn.text for turn in turns] == ["the zebra sleeps", "/export"]
