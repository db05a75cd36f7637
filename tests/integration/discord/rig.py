"""A whole bot on a fake Discord: real discord.py, manager, storage and delivery; the model is a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.messages import ConversationKey
from bot.platforms.delivery import serve
from bot.platforms.discord import DiscordPlatform
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import PlayedGenerator, Script
from tests.integration.discord.fake_discord import TOKEN, FakeDiscord, Place


class Bot:
    """One process of the bot; several on one database file are restarts. `more` is for the platform."""

    def __init__(
        self,
        discord: FakeDiscord,
        database: Path,
        script: Script,
        token: str = TOKEN,
        person_rate: int = 0,
        **more: Any,
    ) -> None:
        self.discord = discord
        self.generator = PlayedGenerator(script)
        self.store = HistoryStore(f"sqlite+aiosqlite:///{database}")
        policy = AnswerPolicy(bot_name="Parley")
        answerer = Answerer(self.store, self.generator, policy)
        self.manager = ConversationManager(
            self.store, self.generator, answerer, "Parley", person_rate=person_rate
        )
        self.platform = DiscordPlatform(
            token,
            bot_name="Parley",
            api_url=discord.api_url,
            gateway_url=discord.gateway_url,
            cdn_url=discord.cdn_url,
            **{"backfill_messages": 500, **more},
        )
        answerer.permalinks[self.platform.name] = self.platform.permalink
        answerer.access[self.platform.name] = self.platform
        self.running = asyncio.create_task(self.platform.run(self.manager))
        self._serving = asyncio.create_task(serve(self.manager, self.platform))

    async def stop(self) -> None:
        """Drain and leave, as the application does."""
        await self.manager.drain(timeout_s=5.0)
        await self._serving
        await self.platform.close()
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

    async def remembered(self, place: Place | None = None) -> list[tuple[str, str]]:
        """Role and text of the turns of a place, oldest first, when the answer that is out is settled."""
        key = key_of(self.discord, place)
        await until(lambda: not self.manager.is_answering(key))
        turns = await self.store.turns(key)
        return [(turn.role, turn.text.strip()) for turn in turns]


async def _never(reply: Reply) -> None:
    return


def key_of(discord: FakeDiscord, place: Place | None = None) -> ConversationKey:
    """The bot's name for a place."""
    place = place or discord.general
    if place.parent is not None and not place.is_private:
        return ConversationKey("discord", str(place.guild_id), str(place.parent.id), str(place.id))
    return ConversationKey("discord", str(place.guild_id or "dm"), str(place.id))


@asynccontextmanager
async def running(
    discord: FakeDiscord, database: Path, script: Script, person_rate: int = 0
) -> AsyncIterator[Bot]:
    """A bot that is connected and has registered its commands."""
    bot = Bot(discord, database, script, person_rate=person_rate)
    try:
        await until(lambda: bot.running.done() or (discord.gateway.is_connected and discord.commands))
        yield bot
    finally:
        await bot.stop()
