"""What Discord shows while people type the value of an option."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.generation.types import GenerationRequest
from bot.platforms.discord.autocomplete import suggestions_for
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.rig import running


async def test_languages_are_suggested_by_any_name_in_the_persons_own(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        for typed in ("deu", "allem", "ドイ", "🇩🇪", "de"):
            first, *_ = await discord.type_ahead("translate", "to", typed, locale="es-ES")
            assert first == {"name": "🇩🇪 Alemán · Deutsch", "value": "de"}
        everything = await discord.type_ahead("summarize", "language", "", locale="ja")
        assert len(everything) == 25 and everything[0]["name"] == "🇯🇵 日本語"
        assert await discord.type_ahead("translate", "from", "klingon") == []


async def test_times_and_commands_are_suggested(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        assert await discord.type_ahead("summarize", "since", "gest", locale="de") == [
            {"name": "gestern", "value": "yesterday"}
        ]
        (found,) = await discord.type_ahead("help", "command", "resu", locale="pt-BR")
        assert found["value"] == "summarize" and found["name"].startswith("/resumir: ")


async def test_what_was_suggested_is_understood(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        first, *_ = await discord.type_ahead("help", "command", "tradui", locale="fr")
        discord.command("help", {"command": first["value"]})
        await until(lambda: "/translate" in "".join(discord.whispers()))


async def test_suggestions_come_while_answers_are_made(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await go.wait()
        yield "done"

    async with running(discord, database, slowly) as bot:
        discord.command("ask", {"question": "slow?"})
        await until(lambda: bot.generator.asked)
        assert await discord.type_ahead("translate", "to", "fr")
        go.set()
        await until(lambda: discord.texts() == ["done"])


async def test_suggestions_that_came_too_late_harm_nothing(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.rest.faults.append(Fault("POST", "/callback", "refused", status=404, code=10062))
        typing = asyncio.create_task(discord.type_ahead("translate", "to", "fr"))
        await until(lambda: discord.rest.count("POST", "/callback"))
        typing.cancel()
        discord.command("ask", {"question": "hello?"})
        await until(lambda: discord.texts() == ["You said: hello?"])


def test_odd_data_suggests_nothing() -> None:
    focused = {"name": "to", "type": 3, "value": "f", "focused": True}
    assert suggestions_for({"name": "translate", "options": [focused]}, "en-US")
    assert suggestions_for(None, "en-US") == []
    assert suggestions_for({"name": "dance", "options": [focused]}, "en-US") == []
    assert suggestions_for({"name": "translate", "options": [focused | {"name": "text"}]}, "en-US") == []
    assert suggestions_for({"name": "translate"}, "xx") == []
