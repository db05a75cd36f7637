"""Who is answered, where, and how: mentions, direct messages, replies, threads, and all other talk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import TOKEN, FakeDiscord, Place
from tests.integration.discord.rig import key_of, running
from tests.unit.platforms.discord.payloads import snowflake


async def test_a_mention_is_answered_as_a_reply(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        question = discord.say("hello there", calls=True)
        await until(lambda: discord.texts() == ["You said: hello there"])
        (post,) = discord.posts()
        assert post["message_reference"]["message_id"] == str(question)
        assert await bot.remembered() == [("user", "hello there"), ("assistant", "You said: hello there")]


async def test_a_direct_message_is_answered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("just us", place=discord.direct)
        await until(lambda: discord.texts(discord.direct) == ["You said: just us"])
        assert (await bot.remembered(discord.direct))[0] == ("user", "just us")


async def test_a_reply_to_the_bot_needs_no_mention(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("first", calls=True)
        await until(lambda: discord.texts() == ["You said: first"])
        answer = int(discord.posts()[0]["id"])
        question = discord.say("second", answering=answer)
        await until(lambda: discord.texts()[1:] == ["You said: second"])
        turns = await bot.store.turns(key_of(discord))
        assert [(turn.message_id, turn.reply_to) for turn in turns if turn.text == "second"] == [
            (str(question), str(answer))
        ]


async def test_a_thread_it_was_called_into_needs_one_mention(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("not yet", place=discord.thread)
        discord.say("come in", place=discord.thread, calls=True)
        await until(lambda: len(discord.texts(discord.thread)) == 1)
        discord.say("go on", place=discord.thread)
        await until(lambda: discord.texts(discord.thread)[1:] == ["You said: go on"])
        discord.say("nobody called here")
        discord.say("last", place=discord.thread, author=discord.ben)
        await until(lambda: discord.texts(discord.thread)[2:] == ["You said: last"])
        assert discord.texts() == []
        assert (await bot.remembered(discord.thread))[0] == ("user", "not yet")


async def test_a_private_thread_is_no_part_of_the_channel_around_it(
    discord: FakeDiscord, database: Path
) -> None:
    discord.is_thread_private = True
    async with running(discord, database, echo) as bot:
        discord.say("our secret", place=discord.thread, calls=True)
        await until(lambda: discord.texts(discord.thread) == ["You said: our secret"])
        discord.say("go on", place=discord.thread)
        await until(lambda: discord.texts(discord.thread)[1:] == ["You said: go on"])
        assert (await bot.remembered(discord.thread))[0] == ("user", "our secret")
        assert await bot.store.digests.newest(key_of(discord), 9) == []


async def test_after_a_restart_the_thread_is_still_its_own(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.say("come in", place=discord.thread, calls=True)
        await until(lambda: discord.texts(discord.thread) == ["You said: come in"])
    async with running(discord, database, echo):
        discord.say("still there?", place=discord.thread)
        await until(lambda: discord.texts(discord.thread)[1:] == ["You said: still there?"])


async def test_a_thread_that_discord_did_not_tell_of_is_looked_up(
    discord: FakeDiscord, database: Path
) -> None:
    discord.tells_threads = False
    async with running(discord, database, echo) as bot:
        discord.say("hello", place=discord.thread, calls=True)
        await until(lambda: discord.texts(discord.thread) == ["You said: hello"])
        assert (await bot.remembered(discord.thread))[0] == ("user", "hello")


async def test_what_is_said_quickly_is_remembered_in_order(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        said = [f"message {number}" for number in range(25)]
        for text in said:
            discord.say(text)
        discord.say("done", calls=True)
        await until(lambda: discord.texts() == ["You said: done"])
        assert [text for _, text in await bot.remembered()] == [*said, "done", "You said: done"]


async def test_many_people_are_answered_at_once(discord: FakeDiscord, database: Path) -> None:
    places = [Place(snowflake()) for _ in range(20)]
    discord.places.update({place.id: place for place in places})
    all_asked = asyncio.Event()

    async def together(request: GenerationRequest) -> AsyncIterator[str]:
        yield "one "
        await all_asked.wait()
        yield "two"

    async with running(discord, database, together) as bot:
        for place in places:
            discord.say("count", place=place)
        await until(lambda: all(discord.texts(place) == ["one"] for place in places))
        assert len(bot.generator.asked) == len(places)
        all_asked.set()
        await until(lambda: all(discord.texts(place) == ["one two"] for place in places))


async def test_a_bare_mention_is_answered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.say("", calls=True)
        await until(lambda: len(discord.texts()) == 1)


async def test_other_talk_is_remembered_and_not_answered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("cats are fine", author=discord.ben)
        discord.say("what did Ben say?", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        (request,) = bot.generator.asked
        assert "cats are fine" in request.prompt.messages[-2].content
        assert (await bot.remembered())[0] == ("user", "cats are fine")


async def test_bots_and_webhooks_are_ignored(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("I am a robot", author=discord.robot, calls=True)
        discord.say("I am a hook", calls=True, webhook_id="7")
        discord.say("I am Ann", calls=True)
        await until(lambda: discord.texts() == ["You said: I am Ann"])
        assert [text for _, text in await bot.remembered()] == ["I am Ann", "You said: I am Ann"]


async def test_typing_is_shown_at_once(discord: FakeDiscord, database: Path) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await until(lambda: discord.typing)
        yield "done"

    async with running(discord, database, slowly):
        asked_at_s = asyncio.get_running_loop().time()
        discord.say("think hard", calls=True)
        await until(lambda: discord.texts() == ["done"])
        shown_at_s = next(asked.at_s for asked in discord.rest.asked if asked.path.endswith("/typing"))
        assert shown_at_s - asked_at_s < 0.5
        assert discord.typing == [discord.general.id]


async def test_words_are_shown_while_they_come(discord: FakeDiscord, database: Path) -> None:
    seen = asyncio.Event()

    async def in_two(request: GenerationRequest) -> AsyncIterator[str]:
        yield "one "
        await seen.wait()
        yield "two"

    async with running(discord, database, in_two):
        discord.say("count", calls=True)
        await until(lambda: discord.texts() == ["one"])
        seen.set()
        await until(lambda: discord.texts() == ["one two"])
        assert len(discord.posts()) == 1 and discord.posts()[0]["edited_timestamp"]


async def test_a_long_answer_is_split(discord: FakeDiscord, database: Path) -> None:
    lines = "\n".join(f"line {number} of a long answer" for number in range(200))

    async def long(request: GenerationRequest) -> AsyncIterator[str]:
        yield lines

    async with running(discord, database, long) as bot:
        question = discord.say("much, please", calls=True)
        await until(lambda: len(discord.texts()) == 3)
        first, *others = discord.posts()
        assert "\n".join(discord.texts()).split() == lines.split()
        assert first["message_reference"]["message_id"] == str(question)
        assert not any("message_reference" in post for post in others)
        assert (await bot.remembered())[1] == ("assistant", lines)


@pytest.mark.parametrize("name", ["@everyone", "@here", "<@{ann}>", "<@&{guild}>"])
async def test_a_model_that_mentions_people_notifies_nobody(
    discord: FakeDiscord, database: Path, name: str
) -> None:
    mention = name.format(ann=discord.ann["id"], guild=discord.guild_id)

    async def shout(request: GenerationRequest) -> AsyncIterator[str]:
        yield f"{mention} wake up"
        await until(lambda: discord.texts())
        yield f" {mention} https://example.org"

    async with running(discord, database, shout):
        discord.say("wake them", calls=True)
        await until(lambda: discord.texts() and discord.texts()[0].endswith("example.org"))
    written = [asked for asked in discord.rest.asked if asked.method in ("POST", "PATCH")]
    sends = [asked.body for asked in written if "/messages" in asked.path]
    assert len(sends) >= 2
    assert all(body["allowed_mentions"]["parse"] == [] for body in sends)


async def test_without_the_content_intent_mentions_are_answered(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    discord.gateway.refused_intents = 1 << 15
    async with running(discord, database, echo) as bot:
        discord.say("nobody can read this", author=discord.ben)
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
        discord.say("secret", place=discord.direct)
        await until(lambda: discord.texts(discord.direct) == ["You said: secret"])
        assert [text for _, text in await bot.remembered()] == ["hello", "You said: hello"]
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(warnings) == 1 and "Message Content Intent" in warnings[0]


async def test_nothing_that_was_said_reaches_the_log(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(discord, database, echo):
        discord.say("xyzzy", calls=True)
        await until(lambda: discord.texts() == ["You said: xyzzy"])
        interaction = discord.command("ask", {"question": "plugh"})
        await until(lambda: discord.texts()[1:] == ["You said: plugh"])
    for word in ("xyzzy", "plugh", TOKEN, interaction.token):
        assert word not in caplog.text


async def test_where_it_always_speaks_it_answers_people_and_no_bots(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await bot.store.set_setting(key_of(discord), "speak", "always")
        first = discord.say("good morning")
        await until(lambda: discord.texts() == ["You said: good morning"])
        discord.say("I am a robot", author=discord.robot)
        discord.say("I am a hook", webhook_id="7")
        discord.say("for Ann only", author=discord.ben, answering=first)
        discord.say("good night")
        await until(lambda: discord.texts()[1:] == ["You said: good night"])


async def test_where_it_is_to_be_silent_it_takes_commands_only(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await bot.store.set_setting(key_of(discord), "speak", "off")
        discord.say("hello", calls=True)
        discord.say("hello", place=discord.thread, calls=True)
        discord.say("/ask is it on?", calls=True)
        await until(lambda: discord.texts() == ["You said: is it on?"])
        assert discord.texts(discord.thread) == []


async def test_a_wake_word_calls_it(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await bot.store.set_setting(key_of(discord), "wake-words", '["computer"]')
        discord.say("my computers are slow")
        discord.say("Computer, what time is it?")
        await until(lambda: discord.texts() == ["You said: Computer, what time is it?"])
