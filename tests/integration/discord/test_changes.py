"""Edits and deletions: memory follows, and so does the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, last_user
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import running


async def test_an_edited_question_is_answered_anew_in_the_same_post(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        question = discord.say("tea", calls=True)
        await until(lambda: discord.texts() == ["You said: tea"])
        post_id = discord.posts()[0]["id"]
        await bot.remembered()
        discord.edit(question, "coffee")
        await until(lambda: discord.texts() == ["You said: coffee"])
        assert discord.posts()[0]["id"] == post_id
        assert await bot.remembered() == [("user", "coffee"), ("assistant", "You said: coffee")]


async def test_a_question_edited_while_it_is_answered_starts_over(
    discord: FakeDiscord, database: Path
) -> None:
    async def hesitant(request: GenerationRequest) -> AsyncIterator[str]:
        yield last_user(request)
        if last_user(request) == "tea":
            await asyncio.Event().wait()

    async with running(discord, database, hesitant) as bot:
        question = discord.say("tea", calls=True)
        await until(lambda: discord.texts() == ["tea"])
        discord.edit(question, "coffee")
        await until(lambda: discord.texts() == ["coffee"])
        assert bot.generator.generations[0].is_closed
        assert await bot.remembered() == [("user", "coffee"), ("assistant", "coffee")]


async def test_answers_grow_and_shrink_with_their_question(discord: FakeDiscord, database: Path) -> None:
    async def as_long_as_asked(request: GenerationRequest) -> AsyncIterator[str]:
        yield "\n".join([f"{last_user(request)} line"] * int(last_user(request)))

    async with running(discord, database, as_long_as_asked) as bot:
        question = discord.say("300", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        for lines, posts in (("2", 1), ("301", 2), ("3", 1), ("302", 2)):
            await bot.remembered()
            discord.edit(question, lines)
            await until(lambda posts=posts, lines=lines: _is_shown(discord, posts, lines))  # type: ignore[misc]


def _is_shown(discord: FakeDiscord, posts: int, lines: str) -> bool:
    texts = discord.texts()
    return len(texts) == posts and all(text.startswith(f"{lines} line") for text in texts)


async def test_a_preview_of_a_link_is_no_edit(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        question = discord.say("see https://example.org", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        embed = {"type": "link", "url": "https://example.org", "title": "Example"}
        discord.change(discord.general, discord.general.messages[question] | {"embeds": [embed]})
        discord.say("next", calls=True)
        await until(lambda: discord.texts()[1:] == ["You said: next"])
        assert len(bot.generator.asked) == 2


async def test_a_mention_that_was_forgotten_may_be_added(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        message_id = discord.say("are you there?")
        call = f"<@{discord.bot['id']}>, are you there?"
        old = discord.general.messages[message_id]
        discord.change(
            discord.general,
            old | {"content": call, "mentions": [discord.bot], "edited_timestamp": old["timestamp"]},
        )
        await until(lambda: discord.texts() == ["You said: are you there?"])


async def test_a_deleted_question_stops_and_removes_its_answer(discord: FakeDiscord, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        while True:
            yield "on and "
            await asyncio.sleep(0.01)

    async with running(discord, database, endless) as bot:
        question = discord.say("talk", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        discord.delete(question)
        await until(lambda: discord.texts() == [])
        assert bot.generator.generations[0].is_closed
        assert await bot.remembered() == []


@pytest.mark.parametrize("count", [1, 3])
async def test_deleted_messages_are_forgotten(discord: FakeDiscord, database: Path, count: int) -> None:
    async with running(discord, database, echo) as bot:
        gone = [discord.say(f"gone {number}") for number in range(count)]
        discord.say("kept", author=discord.ben)
        discord.delete(*gone)
        discord.say("and now?", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        assert [text for role, text in await bot.remembered() if role == "user"] == ["kept", "and now?"]


async def test_an_answer_that_a_moderator_deletes_is_forgotten(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        discord.delete(int(discord.posts()[0]["id"]))
        discord.say("again", calls=True)
        await until(lambda: discord.texts() == ["You said: again"])
        assert [text for _, text in await bot.remembered()] == ["hello", "again", "You said: again"]
