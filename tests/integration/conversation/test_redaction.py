"""A message that answers quote is deleted or edited: the bot's posts follow, across a crash too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.messages import Command, IncomingMessage
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import BOB, GENERAL, Bench, ListPlatform, say, until
from tests.integration.conversation.script import PlayedGenerator

SECRET = "We decided that the launch moves to QUOKKA991 on Friday."


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


async def quoting(request: GenerationRequest) -> AsyncIterator[str]:
    yield f"Bob said: {SECRET} It is settled."


def search(number: int) -> IncomingMessage:
    return say("/search launch", number, command=Command("search", {"words": "launch"}))


async def settled(bench: Bench, outcomes: int) -> None:
    channel = bench.platform.channel(GENERAL)
    await until(lambda: len(channel.outcomes) >= outcomes and not bench.manager.has_work(GENERAL))
    await asyncio.sleep(0.02)
    assert len(channel.outcomes) == outcomes


async def quoted(bench: Bench) -> None:
    """Bob's message, and a chat answer and a list of hits that both quote it."""
    await bench.manager.accept(say(SECRET, 1, author=BOB, is_addressed=False))
    await bench.manager.accept(say("What did we agree on?", 2))
    await settled(bench, 1)
    await bench.manager.accept(search(3))
    await settled(bench, 2)
    texts = bench.platform.channel(GENERAL).texts
    assert len(texts) == 2 and all("QUOKKA991" in text for text in texts)


async def gone(bench: Bench, mark: str) -> None:
    texts = bench.platform.channel(GENERAL).texts
    assert len(texts) == 2 and not any("QUOKKA991" in text for text in texts)
    assert texts[0] == f"Bob said: {mark} It is settled."
    assert mark in texts[1]
    turns = await bench.store.turns(GENERAL)
    assert [turn.text for turn in turns if turn.role == "assistant"] == [texts[0]]


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_the_posts_of_answers_follow(database: Path, is_deleted: bool) -> None:
    generator = PlayedGenerator(quoting)
    async with Bench(database, generator, ListPlatform()) as bench:
        await quoted(bench)
        if is_deleted:
            await bench.manager.forget(GENERAL, "m1")
        else:
            await bench.manager.amend(GENERAL, "m1", "Never mind.", say("", 9).sent_at)
        await settled(bench, 4)
        await gone(bench, "[deleted]" if is_deleted else "[edited since]")
        assert len(generator.asked) == 1
        if is_deleted:
            await bench.manager.forget(GENERAL, "m1")
            await settled(bench, 4)


async def test_a_crash_between_the_deletion_and_the_posts_loses_neither(database: Path) -> None:
    generator, platform = PlayedGenerator(quoting), ListPlatform()
    async with Bench(database, generator, platform) as bench:
        await quoted(bench)
    crashed = Bench(database, generator, platform)
    await crashed.store.forget(GENERAL, "m1")
    await crashed.store.claim(GENERAL)
    await crashed.crash()
    assert any("QUOKKA991" in text for text in platform.channel(GENERAL).texts)
    async with Bench(database, generator, platform) as bench:
        await settled(bench, 4)
        await gone(bench, "[deleted]")
        assert len(generator.asked) == 1


async def test_an_answer_of_which_no_post_can_be_reached_is_not_posted_again(database: Path) -> None:
    class Forgetful(ListPlatform):
        def sink(self, reply):
            reply.posts = ()
            return super().sink(reply)

    platform = ListPlatform()
    async with Bench(database, PlayedGenerator(quoting), platform) as bench:
        await quoted(bench)
    forgetful = Forgetful()
    forgetful.channels = platform.channels
    async with Bench(database, PlayedGenerator(quoting), forgetful) as bench:
        await bench.manager.forget(GENERAL, "m1")
        await settled(bench, 4)
        assert len(platform.channel(GENERAL).texts) == 2
        turns = await bench.store.turns(GENERAL, memory_only=False)
        assert not any("QUOKKA991" in turn.text for turn in turns)
