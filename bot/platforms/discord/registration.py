"""Registration: tells Discord of the bot's commands, only where they are not what Discord knows already.

Discord keeps them over restarts and allows few changes a day, so a start mostly costs one question.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from itertools import chain, repeat
from typing import NamedTuple

import discord
from discord.http import Route

from bot.conversation.tasks import TASKS
from bot.platforms.discord.commands import payloads
from bot.platforms.discord.menus import menu_payloads
from bot.platforms.discord.problems import CONNECTION_ERRORS

log = logging.getLogger(__name__)

RETRY_S = (10.0, 60.0, 300.0, 3600.0)
"""Waits between attempts that failed; the last one repeats."""

_SETS = ("integration_types", "contexts", "channel_types")
_ADDED = (
    *("id", "application_id", "version", "guild_id", "dm_permission", "nsfw", "handler"),
    *("name_localized", "description_localized"),
)
"""What Discord adds to a command that was registered."""


class Differences(NamedTuple):
    """The names of commands that Discord does not know, knows beyond ours, and knows otherwise."""

    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    changed: tuple[str, ...]


def wanted() -> list[dict[str, object]]:
    """All commands as this version registers them."""
    return [*payloads(TASKS), *menu_payloads()]


def differences(
    registered: Iterable[Mapping[str, object]], ours: Iterable[Mapping[str, object]]
) -> Differences:
    """How Discord's list differs from ours."""
    known = {_key(command): _essence(command) for command in registered}
    needed = {_key(command): _essence(command) for command in ours}
    return Differences(
        tuple(name for kind, name in needed if (kind, name) not in known),
        tuple(name for kind, name in known if (kind, name) not in needed),
        tuple(key[1] for key in needed if key in known and needed[key] != known[key]),
    )


async def fetch_registered(client: discord.Client) -> list[dict[str, object]]:
    """All commands as Discord knows them. Raises what discord.py raises."""
    route = Route("GET", "/applications/{application_id}/commands", application_id=client.application_id)
    return await client.http.request(route, params={"with_localizations": "true"}) or []


async def register(client: discord.Client) -> None:
    """Have Discord know our commands. Raises what discord.py raises."""
    assert client.application_id is not None
    registered = await fetch_registered(client)
    ours = wanted()
    if any(differences(registered, ours)):
        await client.http.bulk_upsert_global_commands(client.application_id, ours)
        log.info("registered %d commands", len(ours))


async def register_patiently(client: discord.Client) -> None:
    """Register until it is done; a failure is an operator's business, and no reason not to answer people."""
    for wait_s in chain(RETRY_S, repeat(RETRY_S[-1])):
        try:
            await register(client)
            return
        except discord.HTTPException as error:
            log.error(
                "the commands could not be registered: Discord answered %d, code %d", error.status, error.code
            )
        except CONNECTION_ERRORS as error:
            log.error("the commands could not be registered: %s", type(error).__name__)
        await asyncio.sleep(wait_s)


def _key(command: Mapping[str, object]) -> tuple[object, str]:
    return command.get("type", 1), str(command["name"])


def _comparable(key: str, value: object) -> object:
    """A field in the one form that it is compared in."""
    if key in _SETS and isinstance(value, list):
        return sorted(value)
    if key == "default_member_permissions" and value is not None:
        return str(value)
    return _essence(value)


def _essence(value: object) -> object:
    """What a command says, without what Discord adds, leaves out or orders otherwise."""
    if isinstance(value, Mapping):
        kept = {key: _comparable(key, what) for key, what in value.items() if key not in _ADDED}
        return {key: what for key, what in kept.items() if what not in (None, False, [], {})}
    return [_essence(one) for one in value] if isinstance(value, list | tuple) else value
