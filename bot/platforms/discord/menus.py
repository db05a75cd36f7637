"""The menu of a message on Discord: its registration, and back, what a person chose there.

Pure functions over plain data and discord.py's objects; what the entries are is the same on every platform.
"""

from __future__ import annotations

from collections.abc import Mapping

import discord

from bot.conversation.menus import MENUS, Menu, menu_named
from bot.conversation.tasks import task_by_name
from bot.messages import Command
from bot.platforms.discord.commands import CONTEXTS, CONTEXTS_HERE, EVERYWHERE, HERE
from bot.platforms.discord.localised import LOCALES

ON_MESSAGE = 3


def menu_payloads() -> list[dict[str, object]]:
    """All entries as Discord registers them."""
    return [_payload(menu) for menu in MENUS]


def chosen(data: object) -> Command | None:
    """The command that an entry gives, in an interaction's data; None where it is another thing."""
    if not isinstance(data, Mapping) or data.get("type") != ON_MESSAGE:
        return None
    menu = menu_named(str(data.get("name")))
    return menu.command_for(str(data.get("target_id"))) if menu else None


def target_of(interaction: discord.Interaction) -> discord.Message | None:
    """The message whose menu it was, with all its content, also where the bot may not read; None where it
    was no menu."""
    data: object = interaction.data
    if not isinstance(data, Mapping) or data.get("type") != ON_MESSAGE:
        return None
    payload = data.get("resolved", {}).get("messages", {}).get(data["target_id"])
    if payload is None or interaction.channel is None:
        return None
    return discord.Message(state=interaction._state, channel=interaction.channel, data=payload)  # type: ignore[arg-type]


def _payload(menu: Menu) -> dict[str, object]:
    task = task_by_name(menu.command)
    is_about_place = task is not None and task.is_about_place
    return {
        "type": ON_MESSAGE,
        "name": menu.name,
        "name_localizations": {
            locale: menu.names.get(locale) or menu.names[locale.partition("-")[0]] for locale in LOCALES
        },
        # Not where the bot is no member: it would know nothing of the place.
        "integration_types": list(HERE if is_about_place else EVERYWHERE),
        "contexts": list(CONTEXTS_HERE if is_about_place else CONTEXTS),
    }
