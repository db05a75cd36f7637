"""The composition root: platforms run side by side, and a stop that nothing can hold up."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from bot import app
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.messages import File
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import GENERAL, Bench, Channel, ListPlatform, ListSink, say, until
from tests.integration.conversation.script import PlayedGenerator, echo


class DeafSink(ListSink):
    """A sink of a platform that takes every call and never answers it."""

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        await asyncio.Event().wait()
        return ""


class DeafPlatform(ListPlatform):
    def sink(self, reply: Reply) -> DeafSink:
        return DeafSink(Channel(), self.limits, str)

    async def run(self, manager: ConversationManager) -> None:
        await manager.accept(say("anyone?", 1))
        await asyncio.Event().wait()


async def test_a_stop_is_not_held_up_by_a_platform_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "DRAIN_S", 0.3)
    database = tmp_path / "bot.db"
    upgrade(f"sqlite+aiosqlite:///{database}")
    store = HistoryStore(f"sqlite+aiosqlite:///{database}")
    generator = PlayedGenerator(echo)
    answerer = Answerer(store, generator, AnswerPolicy())
    house = app.House(store, generator, answerer, ConversationManager(store, generator, answerer))
    running = asyncio.create_task(app._run_platforms([DeafPlatform()], house))
    await until(lambda: house.manager.is_answering(GENERAL))
    started = time.monotonic()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 10)
    assert time.monotonic() - started < 4
    await store.close()
    hearing = ListPlatform()
    async with Bench(database, PlayedGenerator(echo), hearing):
        await until(lambda: hearing.channel(GENERAL).texts == ["You said: anyone?"])
