"""The commands that Discord knows: registered once, anew only where something changed, in many languages."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from bot.platforms.discord import registration
from bot.platforms.discord.registration import differences, wanted
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.rig import key_of, running
from tests.unit.platforms.discord.payloads import Payload, buttons_of


def as_discord_tells(command: Payload) -> Payload:
    """A registered command as Discord gives it back: with more fields, fewer defaults, another order."""
    told = copy.deepcopy(command)
    told |= {"id": "5", "application_id": "6", "version": "7", "nsfw": False, "dm_permission": True}
    told["integration_types"].reverse()
    permissions = told.get("default_member_permissions")
    told["default_member_permissions"] = None if permissions is None else str(permissions)
    for option in told.get("options", ()):
        if not option["required"]:
            del option["required"]
        option |= {"name_localized": "x", "autocomplete": option.get("autocomplete", False)}
    if not told.get("options"):
        told.pop("options", None)
    return {key: told[key] for key in reversed(told)}


async def test_a_restart_registers_nothing_anew(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        assert discord.rest.count("PUT", "/commands") == 1
    discord.commands = [as_discord_tells(command) for command in discord.commands]
    async with running(discord, database, echo) as bot:
        discord.command("ask", {"question": "hello?"})
        await until(lambda: discord.texts() == ["You said: hello?"])
        await bot.remembered()
    assert discord.rest.count("GET", "/commands") == 2 and discord.rest.count("PUT", "/commands") == 1


@pytest.mark.parametrize("change", ["name", "description", "choice", "surplus"])
async def test_what_changed_is_registered_anew(discord: FakeDiscord, database: Path, change: str) -> None:
    known = [as_discord_tells(command) for command in wanted()]
    summarize = next(command for command in known if command["name"] == "summarize")
    if change == "name":
        summarize["name_localizations"]["fr"] = "sommaire"
    elif change == "description":
        summarize["description"] = "Old."
    elif change == "choice":
        next(option for option in summarize["options"] if option["name"] == "style")["choices"].pop()
    else:
        known.append({**summarize, "name": "gone"})
    discord.commands = known
    async with running(discord, database, echo):
        await until(lambda: discord.rest.count("PUT", "/commands"))
        await until(lambda: not any(differences(discord.commands, wanted())))


async def test_a_registration_that_failed_is_tried_again(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(registration, "RETRY_S", (0.01,))
    discord.rest.faults.append(Fault("GET", "/commands", "refused", status=403, code=50001))
    discord.rest.faults.append(Fault("PUT", "/commands", "refused", status=403, code=50001))
    async with running(discord, database, echo):
        assert discord.commands
    assert caplog.text.count("could not be registered: Discord answered 403") == 2
    assert discord.rest.count("GET", "/commands") == 3


def test_differences_name_the_commands() -> None:
    ours = wanted()
    theirs = [as_discord_tells(command) for command in ours[1:]]
    theirs[0]["description"] = "Old."
    theirs.append({"type": 1, "name": "gone", "description": "x"})
    found = differences(theirs, ours)
    assert found.missing == (ours[0]["name"],) and found.surplus == ("gone",)
    assert found.changed == (ours[1]["name"],)


async def test_a_command_in_a_spanish_client(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        resumir = next(command for command in discord.commands if command["name"] == "summarize")
        assert resumir["name_localizations"]["es-419"] == "resumir"
        # Whatever people see, Discord gives the English names.
        discord.command("ask", {"question": "¿qué?"}, locale="es-419")
        await until(lambda: discord.texts() == ["You said: ¿qué?"])
        await bot.remembered()
        labels = [button.get("label") for button in buttons_of(discord.posts()[0])]
        assert "Traducir" in labels, "the language of the client goes with the command"


async def test_a_command_typed_in_spanish(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("/preguntar pregunta: ¿dónde?", calls=True)
        await until(lambda: discord.texts() == ["You said: ¿dónde?"])
        await bot.remembered()
        assert await bot.manager.history(key_of(discord))
