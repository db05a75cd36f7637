"""Autocomplete: what Discord shows below an option while a person types its value. Keeps and asks nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import discord
from discord.app_commands import Choice

from bot.conversation.suggestions import Suggestion, suggest
from bot.conversation.tasks import task_by_name
from bot.platforms.discord.problems import CONNECTION_ERRORS

log = logging.getLogger(__name__)


async def suggest_while_typing(interaction: discord.Interaction) -> None:
    """Answer a person who is typing. What comes too late is no matter: the next key asks again."""
    found = suggestions_for(interaction.data, str(interaction.locale))
    try:
        await interaction.response.autocomplete(
            [Choice(name=suggestion.name, value=suggestion.value) for suggestion in found]
        )
    except (discord.HTTPException, *CONNECTION_ERRORS) as error:
        log.info("suggestions could not be shown: %s", type(error).__name__)


def suggestions_for(data: object, locale: str) -> list[Suggestion]:
    """What may be meant by the option that is being typed, in the data of an interaction."""
    if not isinstance(data, Mapping):
        return []
    task = task_by_name(str(data.get("name")))
    focused = next((option for option in data.get("options") or () if option.get("focused")), None)
    if task is None or focused is None:
        return []
    option = next((option for option in task.options if option.name == focused["name"]), None)
    if option is None or option.suggests is None:
        return []
    return suggest(option.suggests, str(focused.get("value", "")), locale)
