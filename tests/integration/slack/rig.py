"""A whole bot on a fake Slack: real slack-bolt, manager, storage and delivery; the model is a script."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.conversation.access import Access
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.errors import ConfigError, PlatformError
from bot.messages import ConversationKey
from bot.platforms.delivery import serve
from bot.platforms.slack import Http, OAuth, SlackPlatform
from bot.platforms.slack.options import EVENTS_PATH
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import PlayedGenerator, Script
from tests.integration.slack.fake_slack import (
    APP_TOKEN,
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAM,
    FakeSlack,
    Place,
)


class Bot:
    """One process of the bot; several on one database file are restarts."""

    def __init__(
        self,
        slack: FakeSlack,
        database: Path,
        script: Script,
        bot_token: str = BOT_TOKEN,
        *,
        person_rate: int = 0,
        backfill_messages: int = 500,
        oauth: OAuth | None = None,
    ) -> None:
        self.slack = slack
        self.generator = PlayedGenerator(script)
        self.store = HistoryStore(f"sqlite+aiosqlite:///{database}")
        answerer = Answerer(self.store, self.generator, AnswerPolicy(bot_name="Parley"))
        self.manager = ConversationManager(
            self.store, self.generator, answerer, "Parley", person_rate=person_rate
        )
        self.platform = SlackPlatform(
            None if oauth else bot_token,
            store=self.store,
            app_token=APP_TOKEN,
            bot_name="Parley",
            http=http_of(slack),
            oauth=oauth,
            api_url=slack.api_url,
            backfill_messages=backfill_messages,
        )
        answerer.permalinks[self.platform.name] = self.platform.permalink
        if isinstance(self.platform, Access):
            answerer.access[self.platform.name] = self.platform
        self.running = asyncio.create_task(self.platform.run(self.manager))
        self._serving = asyncio.create_task(serve(self.manager, self.platform))

    async def connected(self) -> None:
        """Wait for the connection, or until Slack finds the bot at its address."""
        if self.slack.transport == "http":
            while not self.running.done() and not await self._is_found():
                await asyncio.sleep(0.01)
        else:
            await until(lambda: self.running.done() or self.slack.socket.is_connected)
        assert not self.running.done()

    async def _is_found(self) -> bool:
        with suppress(aiohttp.ClientError):
            status, _ = await self.slack.http.verify_url()
            return status == 200
        return False

    async def stop(self) -> None:
        """Drain and leave, as the application does; also after a platform that gave up."""
        await self.manager.drain(timeout_s=5.0)
        await self._serving
        await self.platform.close()
        with suppress(ConfigError, PlatformError):
            await self.running
        await self.store.close()

    async def crash(self) -> None:
        """End as kill -9 would: nothing is settled."""
        self.manager.settle = _never  # type: ignore[method-assign]
        self._serving.cancel()
        self.running.cancel()
        for task in (self._serving, self.running):
            with suppress(asyncio.CancelledError):
                await task
        await self.platform.close()
        await self.store.close()

    async def remembered(
        self, place: Place | None = None, thread: str | None = None
    ) -> list[tuple[str, str]]:
        """Role and text of the turns of a place, oldest first, when the answer that is out is settled."""
        key = key_of(place or self.slack.general, thread)
        await until(lambda: not self.manager.is_answering(key))
        return [(turn.role, turn.text.strip()) for turn in await self.store.turns(key)]


async def _never(reply: Reply) -> None:
    return


def http_of(slack: FakeSlack) -> Http | None:
    """Where the bot listens when Slack delivers over HTTP: every process of it at the same address."""
    if slack.transport != "http":
        return None
    slack.deliver_to = slack.deliver_to or f"http://127.0.0.1:{free_port()}{EVENTS_PATH}"
    return Http("127.0.0.1", urlsplit(slack.deliver_to).port or 0, SIGNING_SECRET)


def free_port() -> int:
    """A port that nobody has, and that no connection is given meanwhile: those have higher ones."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def key_of(place: Place, thread: str | None = None) -> ConversationKey:
    """The bot's name for a place."""
    return ConversationKey("slack", TEAM, place.id, thread)


@asynccontextmanager
async def running(
    slack: FakeSlack,
    database: Path,
    script: Script,
    *,
    person_rate: int = 0,
    backfill_messages: int = 500,
    oauth: OAuth | None = None,
) -> AsyncIterator[Bot]:
    """A bot that is connected."""
    bot = Bot(
        slack, database, script, person_rate=person_rate, backfill_messages=backfill_messages, oauth=oauth
    )
    try:
        await bot.connected()
        yield bot
    finally:
        await bot.stop()
