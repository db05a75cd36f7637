"""Long answers on Discord: posts that read alone, code as a file, typing that goes on through a silence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.platforms import delivery
from bot.platforms.discord import typing_status
from tests.integration.conversation.rig import until
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.rig import running
from tests.unit.conversation.text.documents import Writer, faults
from tests.unit.platforms.discord import payloads

CODE = "".join(f"line_{number} = {number}\n" for number in range(200))


async def test_a_long_answer_arrives_whole_in_posts_that_read_alone(
    discord: FakeDiscord, database: Path
) -> None:
    text = Writer(7).document(4500).text

    async def answer(request: GenerationRequest) -> AsyncIterator[str]:
        for at in range(0, len(text), 40):
            yield text[at : at + 40]

    async with running(discord, database, answer) as bot:
        discord.say("tell me all", calls=True)
        await until(lambda: len(discord.texts()) > 2)
        await bot.remembered()
        posts = discord.texts()
    assert [fault for post in posts for fault in faults(post)] == []
    files = [data.decode() for post in discord.posts() for data in discord.files(post).values()]
    words = "".join([*posts, *files]).replace("\u200b", "").split()
    assert all(words.count(word) >= text.split().count(word) for word in text.split() if word.isalpha())


async def test_long_code_is_attached_as_a_file_and_stays_where_the_text_goes_on(
    discord: FakeDiscord, database: Path
) -> None:
    async def answer(request: GenerationRequest) -> AsyncIterator[str]:
        for piece in ("Here:\n\n", f"```py title=tool.py\n{CODE}", "```\n", "That is all."):
            yield piece

    async with running(discord, database, answer) as bot:
        discord.say("code please", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        first, last = discord.posts()
    assert payloads.text_of(first) == "Here:\n\n`tool.py` (200 lines, attached)\n"
    assert discord.files(first) == {"tool.py": CODE.encode()}
    assert payloads.text_of(last) == "That is all." and discord.files(last) == {}
    assert payloads.buttons_of(last) and not payloads.buttons_of(first)


async def test_typing_goes_on_while_an_answer_pauses(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SIGN_OF_LIFE_S", 0.05)
    monkeypatch.setattr(typing_status, "REPEAT_S", 0.1)
    goes_on = asyncio.Event()

    async def answer(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Let me think. "
        await goes_on.wait()
        yield "Done."

    async with running(discord, database, answer):
        discord.say("think", calls=True)
        await until(lambda: discord.texts() == ["Let me think."])
        shown = len(discord.typing)
        await until(lambda: len(discord.typing) >= shown + 2)
        goes_on.set()
        await until(lambda: discord.texts() == ["Let me think. Done."])
