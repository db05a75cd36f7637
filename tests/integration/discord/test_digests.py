"""A digest that is due is posted in its channel, for everybody and in answer to nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.conversation.digesting import Digesting
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import key_of, running


async def test_a_digest_is_a_post_of_its_own(discord: FakeDiscord, database: Path) -> None:
    now = datetime.now(UTC)
    async with running(discord, database, echo) as bot:
        digesting = Digesting(bot.store, bot.manager.accept, ("discord",), "Parley", lambda: now)
        discord.managers.add(discord.ann["id"])
        discord.command("digest", {"when": f"daily {(now + timedelta(hours=2)):%H:%M}"})
        await until(lambda: any("From now on" in text for text in discord.texts() + discord.whispers()))
        discord.say("We decided to meet in Porto on Friday at nine.")
        now += timedelta(hours=2, minutes=5)
        key, known = key_of(discord, discord.general), len(discord.texts())
        await digesting.tell_due()
        await until(lambda: len(discord.texts()) > known and not bot.manager.has_work(key))
        [post] = discord.posts()[known:]
        assert "Porto" in discord.texts()[-1] and "message_reference" not in post
