"""Digests at set times: set, told once, quiet where nothing was said, ended where they cannot be shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.conversation.digesting import Digesting
from bot.conversation.schedules import DIGESTS, read_schedules
from bot.messages import Command, IncomingMessage
from bot.storage.migrate import upgrade
from tests.integration.conversation.rig import GENERAL, Bench, ListPlatform, until
from tests.integration.conversation.script import PlayedGenerator, echo
from tests.support import message

DECISION = "We decided to meet in Porto on Friday at nine."


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """A bot with somebody who manages its channel, and the digests of a list platform."""

    def __init__(self, bench: Bench, platform: ListPlatform) -> None:
        self.bench = bench
        self.clock = Clock()
        self._numbers = count(1)
        accept, platforms = bench.manager.accept, (platform.name,)
        self.digesting = Digesting(bench.store, accept, platforms, "Parley", self.clock)
        bench.manager.watch_settled(self.digesting.settled)
        self.posts = platform.channel(GENERAL).posts

    async def command(self, by_manager: bool = True, /, **options: str) -> str:
        """Give `/digest`; what is answered."""
        known = len(self.posts)
        await self._accept(message("", Command("digest", options, by_manager=by_manager)))
        await until(lambda: len(self.posts) > known and self.bench.manager.is_idle)
        return list(self.posts.values())[-1]

    async def say(self, text: str) -> None:
        await self._accept(replace(message(text), is_addressed=False))

    async def _accept(self, said: IncomingMessage) -> None:
        name = f"m{next(self._numbers)}"
        said = replace(said, conversation=GENERAL, sent_at=self.clock.now)
        await self.bench.manager.accept(replace(said, message_id=name, event_id=name))

    async def pass_days(self, days: int = 1) -> list[str]:
        """Let time pass; what is said of it here."""
        known = len(self.posts)
        self.clock.now += timedelta(days=days)
        kept = read_schedules(await self.bench.store.setting(GENERAL, DIGESTS))
        if kept:
            self.clock.now = kept[0].rhythm.last(self.clock.now) + timedelta(minutes=1)
        await self.digesting.tell_due()
        await until(lambda: not self.bench.manager.has_work(GENERAL))
        return list(self.posts.values())[known:]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    upgrade(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    platform = ListPlatform()
    async with Bench(tmp_path / "bot.db", PlayedGenerator(echo), platform) as bench:
        yield Desk(bench, platform)


async def test_what_was_said_is_told_once_when_it_is_due(desk: Desk) -> None:
    told = await desk.command(when="daily 9:00", zone="Europe/Berlin", style="bullets")
    assert "every day at 09:00 (Europe/Berlin)" in told and "/digest off:1" in told
    await desk.say(DECISION)
    [digest] = await desk.pass_days()
    assert "since the last digest" in digest
    await desk.digesting.tell_due()
    assert await desk.pass_days(0) == [], "told twice"
    assert await desk.pass_days() == [], "nothing was said, so nothing is told"


async def test_a_crash_between_the_digest_and_its_mark_tells_it_once(desk: Desk) -> None:
    await desk.command(when="daily 9:00")
    await desk.say(DECISION)
    before = await desk.bench.store.setting(GENERAL, DIGESTS)
    assert len(await desk.pass_days()) == 1
    await desk.bench.store.set_setting(GENERAL, DIGESTS, before)
    await desk.digesting.tell_due()
    await until(lambda: not desk.bench.manager.has_work(GENERAL))
    assert len([text for text in desk.posts.values() if "since the last digest" in text]) == 1


async def test_what_was_due_while_the_bot_was_away_is_told_with_the_next(desk: Desk) -> None:
    await desk.command(when="daily 9:00")
    await desk.say(DECISION)
    [kept] = read_schedules(await desk.bench.store.setting(GENERAL, DIGESTS))
    desk.clock.now = kept.rhythm.after(desk.clock.now) + timedelta(hours=3)
    await desk.digesting.tell_due()
    assert await desk.pass_days(0) == []
    assert len(await desk.pass_days()) == 1


async def test_only_managers_set_and_end_digests(desk: Desk) -> None:
    assert "Only who manages" in await desk.command(False, when="daily 9:00")
    assert "No digest is set" in await desk.command(False)
    await desk.command(when="weekdays 9:00 zone:Asia/Tokyo style:timeline", zone="Europe/Berlin")
    shown = await desk.command(False)
    assert "every weekday at 09:00 (Asia/Tokyo), as timeline" in shown
    assert "Only who manages" in await desk.command(False, off="all")
    assert "no digest `7`" in await desk.command(off="7")
    assert "Ended" in await desk.command(off="1")
    assert await desk.bench.store.setting(GENERAL, DIGESTS) is None


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"when": "every blue moon"}, "one time of day"),
        ({"when": "daily 9:00", "zone": "Atlantis"}, "no time zone"),
        ({"when": "daily 9:00", "language": "Klingonish"}, "language"),
        ({"style": "bullets"}, "Tell me when"),
    ],
)
async def test_mistakes_are_answered_with_an_example(
    desk: Desk, options: dict[str, str], problem: str
) -> None:
    told = await desk.command(**options)
    assert problem in told and "For example: `/" in told
    assert await desk.bench.store.setting(GENERAL, DIGESTS) is None


async def test_there_is_a_limit(desk: Desk) -> None:
    for hour in range(5):
        await desk.command(when=f"daily {hour}:00")
    assert "5 digests here already" in await desk.command(when="daily 9:00")


async def test_a_digest_that_cannot_be_shown_is_ended(desk: Desk) -> None:
    await desk.command(when="daily 9:00")
    desk.bench.platform.refuses = True
    for _ in range(3):
        await desk.say(DECISION)
        assert await desk.bench.store.setting(GENERAL, DIGESTS) is not None
        await desk.pass_days()
    assert await desk.bench.store.setting(GENERAL, DIGESTS) is None
