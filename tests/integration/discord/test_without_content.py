"""Discord without the message content intent: the bot says what it cannot read, and promises no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.conversation.tasks.unreadable import SENTENCE
from bot.platforms.discord.problems import HEARS_CALLS_ONLY
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import FRENCH, WHERE, echo, translator
from tests.integration.discord.fake_discord import FakeDiscord, Place
from tests.integration.discord.rig import Bot, key_of, running
from tests.unit.platforms.discord import payloads

MESSAGE_CONTENT = 1 << 15


async def told(bot: Bot, name: str, options: dict[str, str], place: Place | None = None) -> str:
    """What the manager of the server reads in answer to a command."""
    interaction = bot.discord.command(name, options, place=place)
    await until(lambda: any(payloads.text_of(post) for post in interaction.told))
    await bot.manager.idle(key_of(bot.discord, place))
    return "".join(map(payloads.text_of, interaction.told))


@pytest.mark.parametrize("is_off", [True, False])
async def test_what_is_not_read_is_named_where_somebody_counts_on_it(
    discord: FakeDiscord, database: Path, is_off: bool
) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT if is_off else 0
    async with running(discord, database, echo) as bot:
        for name, options in (
            ("settings", {"speak": "always"}),
            ("settings", {"wake-words": "hal"}),
            ("settings", {"flags": "on"}),
            ("settings", {}),
            ("stats", {}),
            ("bridge", {"to": "fr"}),
            ("bridge", {}),
            ("search", {"words": "harbour"}),
            ("catchup", {}),
            ("summarize", {}),
        ):
            answer = await told(bot, name, options)
            assert answer.count(HEARS_CALLS_ONLY) == is_off, (name, options, answer)
        rules = await bot.manager.rules.of(key_of(discord))
        assert rules.speak == "always" and rules.wake_words == ("hal",), "what was set is kept"
        for name, options in (
            ("settings", {"language": "French"}),
            ("settings", {"speak": "off", "flags": "off"}),
            ("bridge", {"state": "off"}),
        ):
            assert HEARS_CALLS_ONLY not in await told(bot, name, options)


async def test_in_direct_messages_everything_is_read(discord: FakeDiscord, database: Path) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, echo) as bot:
        for name in ("settings", "summarize"):
            assert HEARS_CALLS_ONLY not in await told(bot, name, {}, discord.direct)


async def test_a_summary_counts_only_what_it_knows(discord: FakeDiscord, database: Path) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, echo) as bot:
        discord.say("The harbour party starts at seven.", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        discord.say("It was moved to nine o'clock.", author=discord.ben)
        answer = await told(bot, "summarize", {"show": "me"})
        assert "message that I know" in answer or "messages that I know" in answer
        assert answer.count(HEARS_CALLS_ONLY) == 1


async def test_a_flag_under_what_is_not_read_asks_discord_for_nothing(
    discord: FakeDiscord, database: Path
) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, translator) as bot:
        target = discord.say("good morning to all of you, my friends", author=discord.ben)
        discord.react(target, "🇩🇪")
        await told(bot, "settings", {})
        assert not any(asked.path.endswith(f"/messages/{target}") for asked in discord.rest.asked)
        mine = discord.say(WHERE, place=discord.direct)
        await until(lambda: len(discord.texts(discord.direct)) == 1)
        discord.react(mine, "🇫🇷")
        await until(lambda: FRENCH[WHERE] in discord.texts(discord.direct)[-1])


async def test_a_reply_that_does_not_mention_the_bot_is_not_taken_for_silence(
    discord: FakeDiscord, database: Path
) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
        post_id = int(discord.posts()[0]["id"])
        discord.say("and why is that?", answering=post_id)
        await until(lambda: discord.texts()[1:] == [f"{SENTENCE} {HEARS_CALLS_ONLY}"])
        assert payloads.buttons_of(discord.posts()[1]) == []
        discord.say("and why is that?", calls=True, answering=post_id)
        await until(lambda: discord.texts()[2:] == ["You said: and why is that?"])
        discord.say("", calls=True)
        await until(lambda: discord.texts()[3:] and "without a question" in discord.texts()[3])
        assert len(bot.generator.asked) == 2


@pytest.mark.parametrize("name", ["translate", "explain"])
async def test_a_message_that_is_not_read_is_no_unknown_one(
    discord: FakeDiscord, database: Path, name: str
) -> None:
    discord.gateway.refused_intents = MESSAGE_CONTENT
    async with running(discord, database, echo) as bot:
        target = discord.say("good morning to all of you", author=discord.ben)
        link = f"https://discord.com/channels/{discord.general.guild_id}/{discord.general.id}/{target}"
        assert HEARS_CALLS_ONLY in await told(bot, name, {"message": link})
