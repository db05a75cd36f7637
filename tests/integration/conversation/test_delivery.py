"""Delivery with the real manager and storage: files, pace, signs of life, and sinks that do not answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.conversation.reply import Reply
from bot.generation.types import GenerationRequest
from bot.messages import ConversationKey, File
from bot.platforms import delivery
from bot.platforms.base import DeliveryLimits
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import GENERAL, Bench, Channel, ListPlatform, ListSink, say, until
from tests.integration.conversation.script import PlayedGenerator

CODE = [f"line_{number} = {number}\n" for number in range(40)]
ANSWER = ["Here it is:\n\n", "```py title=tool.py\n", *CODE, "```\n", "That ", "is ", "all."]
OTHER = ConversationKey("list", "w", "other")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


class Stream:
    """A script that writes `pieces`, and holds before piece number `at` until it is opened."""

    def __init__(self, pieces: list[str], at: int | None = None) -> None:
        self.pieces = pieces
        self.at = at
        self.held = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, request: GenerationRequest) -> AsyncIterator[str]:
        for number, piece in enumerate(self.pieces):
            if number == self.at:
                self.held.set()
                await self.opened.wait()
            await asyncio.sleep(0)
            yield piece


class FilingPlatform(ListPlatform):
    """A platform of short posts that takes files, and keeps its sinks."""

    def __init__(self, max_chars: int = 400, interval_s: float = 0.0) -> None:
        super().__init__()
        self.limits = DeliveryLimits(max_chars, interval_s, 300)
        self.sinks: list[ListSink] = []

    def sink(self, reply: Reply) -> ListSink:
        self.sinks.append(super().sink(reply))
        return self.sinks[-1]


def shown(channel: Channel) -> list[tuple[str, File | None]]:
    return [(text, channel.files.get(message_id)) for message_id, text in channel.posts.items()]


FINAL = [
    ("Here it is:\n\n`tool.py` (40 lines, attached)\n", File("tool.py", "".join(CODE))),
    ("That is all.", None),
]


async def test_long_code_grows_in_one_line_and_becomes_a_file(database: Path) -> None:
    platform, stream = FilingPlatform(), Stream(ANSWER, at=32)
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(stream), platform) as bench:
        await bench.manager.accept(say("code please", 1))
        await until(lambda: channel.texts == ["Here it is:\n\n`tool.py`: 30 lines so far ..."])
        assert channel.files == {}
        stream.opened.set()
        await until(lambda: channel.outcomes)
        assert shown(channel) == FINAL
    with_file = [text for _, text, _ in channel.writes if "attached" in text]
    assert len(with_file) == 1  # sent once, not with every edit


async def test_where_no_files_go_long_code_is_split(database: Path) -> None:
    platform = FilingPlatform()
    platform.limits = replace(platform.limits, max_code_chars=None)
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(Stream(ANSWER)), platform) as bench:
        await bench.manager.accept(say("code please", 1))
        await until(lambda: channel.outcomes)
    assert channel.files == {} and len(channel.texts) > 2
    assert all(text.count("```") % 2 == 0 for text in channel.texts)


async def test_what_is_there_when_code_is_stopped_becomes_the_file(database: Path) -> None:
    platform, stream = FilingPlatform(), Stream(ANSWER, at=32)
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(stream), platform) as bench:
        await bench.manager.accept(say("code please", 1))
        await until(lambda: channel.texts and "30 lines so far" in channel.texts[0])
        await bench.manager.stop(GENERAL)
        await until(lambda: channel.outcomes == ["stopped"])
    (text, file) = shown(channel)[0]
    assert text == "Here it is:\n\n`tool.py` (30 lines, attached)\n"
    assert file is not None and file.text == "".join(CODE[:30]).rstrip()


async def test_a_crash_behind_the_first_post_ends_with_the_same_posts(database: Path) -> None:
    platform, stream = FilingPlatform(), Stream(ANSWER, at=32)
    channel = platform.channel(GENERAL)
    crashed = Bench(database, PlayedGenerator(stream), platform)
    await crashed.__aenter__()
    await crashed.manager.accept(say("code please", 1))
    await until(lambda: channel.texts and "so far" in channel.texts[0])
    await crashed.crash()
    async with Bench(database, PlayedGenerator(Stream(ANSWER)), platform):
        await until(lambda: "finished" in channel.outcomes)
    assert shown(channel) == FINAL


async def test_much_text_at_once_is_one_write_an_interval_and_the_end_is_at_once(database: Path) -> None:
    text = "".join(f"Sentence number {number} of a long answer.\n" for number in range(50))
    platform, stream = FilingPlatform(interval_s=0.05), Stream([text, "The end."], at=1)
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(stream), platform) as bench:
        await bench.manager.accept(say("go", 1))
        await until(lambda: "".join(channel.texts) == text.rstrip())
        times = [at for _, _, at in channel.writes]
        assert len(times) == len(channel.texts) > 4
        assert all(later - earlier >= 0.045 for earlier, later in pairwise(times))
        platform.sinks[0].limits = DeliveryLimits(400, 3600.0, 300)
        stream.opened.set()
        await until(lambda: channel.outcomes)
    assert "".join(channel.texts) == text + "The end."


async def test_the_pace_may_change_during_a_reply(database: Path) -> None:
    platform = FilingPlatform(interval_s=3600.0)
    stream = Stream([f"{number} " for number in range(60)], at=50)
    channel = platform.channel(GENERAL)
    async with Bench(database, PlayedGenerator(stream), platform) as bench:
        await bench.manager.accept(say("go", 1))
        await until(lambda: platform.sinks)
        platform.sinks[0].limits = DeliveryLimits(400, 0.0, None)
        await until(lambda: channel.texts and channel.texts[0].endswith("49"))
        stream.opened.set()


async def test_a_long_silence_shows_signs_of_life_before_and_behind_text(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SIGN_OF_LIFE_S", 0.02)
    platform = FilingPlatform()
    channel = platform.channel(GENERAL)
    before, behind = Stream(["text"], at=0), Stream(["text ", "more"], at=1)
    for number, stream in enumerate((before, behind), 1):
        async with Bench(database, PlayedGenerator(stream), platform) as bench:
            await bench.manager.accept(say("go", number))
            await asyncio.wait_for(stream.held.wait(), 5)
            if stream is behind:
                await until(lambda: "text" in channel.texts[-1])
            seen = len(channel.statuses)
            await until(lambda seen=seen: len(channel.statuses) >= seen + 3)  # type: ignore[misc]
            stream.opened.set()
            await until(lambda number=number: len(channel.outcomes) == number)  # type: ignore[misc]


class StuckSink(ListSink):
    """A sink that never comes back from an edit."""

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        await asyncio.Event().wait()


class StuckPlatform(ListPlatform):
    """A platform where one channel hangs."""

    def sink(self, reply: Reply) -> ListSink:
        if reply.conversation == GENERAL:
            return StuckSink(self.channel(GENERAL), self.limits, str)
        return super().sink(reply)


async def test_a_sink_that_hangs_stalls_neither_its_generation_nor_another_reply(database: Path) -> None:
    platform, stream = StuckPlatform(), Stream(["a ", *["word "] * 200], at=1)
    generator = PlayedGenerator(stream)
    bench = await Bench(database, generator, platform).__aenter__()
    await bench.manager.accept(say("go", 1))
    await until(lambda: platform.channel(GENERAL).texts)
    stream.opened.set()
    await until(lambda: generator.generations and generator.generations[0].is_closed)
    generator.script = Stream(["another ", "answer"])
    await bench.manager.accept(say("and you", 2, key=OTHER))
    await until(lambda: platform.channel(OTHER).outcomes == ["finished"])
    assert platform.channel(OTHER).texts == ["another answer"]
    assert platform.channel(GENERAL).outcomes == []
    await bench.crash()


async def test_what_is_said_behind_an_answer_stands_outside_of_code_that_it_left_open(database: Path) -> None:
    platform = FilingPlatform()
    channel = platform.channel(GENERAL)
    generator = PlayedGenerator(Stream(["```py\n", "x = 1\n"]), ending="length")
    async with Bench(database, generator, platform) as bench:
        await bench.manager.accept(say("go", 1))
        await until(lambda: channel.outcomes)
    assert channel.texts[0].startswith("```py\nx = 1\n```\n\n_(")
