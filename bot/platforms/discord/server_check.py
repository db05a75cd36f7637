"""What the bot may do in one server, channel by channel, and how to mend what it may not.

Pure: it is given the server as discord.py knows it. What is closed to everybody is meant so and only told;
what everybody may do and the bot may not, or what is missing where the bot was let in, is wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import discord

from bot.platforms.discord.invite import ATTACH, CONNECT, IN_THREADS, PERMISSIONS, SEND, VIEW, Permission

MAX_NAMES = 5

Talking = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.ForumChannel
"""Where people write; threads have the permissions of their channel."""


class Verdict(NamedTuple):
    """What is in order or only told, and what is wrong: each with how to mend it."""

    note: str
    wrongs: tuple[str, ...] = ()


def some(names: Iterable[str]) -> str:
    """The first names, and how many more there are."""
    known = list(names)
    rest = len(known) - MAX_NAMES
    return ", ".join(known[:MAX_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def check_server(
    server: discord.Guild, me: discord.Member, channels: Sequence[discord.abc.GuildChannel]
) -> Verdict:
    """Look at a server and its channels; `me` is the bot there."""
    talking = [channel for channel in channels if isinstance(channel, Talking)]
    wrongs = [*_of_the_server(server, me)]
    closed: list[str] = []
    limited: defaultdict[tuple[Permission, ...], list[str]] = defaultdict(list)
    for channel in talking:
        missing = _missing(channel, me)
        if not missing:
            continue
        if set(missing) <= set(_missing(channel, server.default_role)):
            closed.append(f"#{channel.name}")
        else:
            limited[missing].append(f"#{channel.name}")
    wrongs += [_in_channels(missing, names, me) for missing, names in limited.items()]
    notes = [f"{len(talking)} channels, all is allowed in {len(talking) - len(closed)}"]
    notes += [f"closed to everybody, so to the bot: {some(closed)}"] if closed else []
    gated = [f"#{channel.name}" for channel in talking if channel.is_nsfw()]
    notes += [f"age-restricted: {some(gated)}"] if gated else []
    if me.guild_permissions.administrator:
        notes.append("the bot is an Administrator, which it need not be")
    return Verdict("" if wrongs else "; ".join(notes), tuple(wrongs))


def _of_the_server(server: discord.Guild, me: discord.Member) -> Iterable[str]:
    """What is wrong for all channels at once."""
    if me.is_timed_out():
        yield f"the bot is timed out: Server Settings, Members, {me.name}, Remove Timeout"
    lacks = [permission for permission in PERMISSIONS if not _may(me.guild_permissions, permission.bit)]
    if lacks:
        yield (
            f"the bot lacks {_listed(lacks)} everywhere: open the address of "
            f"`python -m bot discord invite --guild {server.id}` again, or in Server Settings, Roles, "
            f"{me.top_role.name}, Permissions switch on {_listed(lacks)}"
        )


def _in_channels(missing: Sequence[Permission], names: Sequence[str], me: discord.Member) -> str:
    # In a channel's own settings it is in the singular.
    lacks = _listed(missing).replace("View Channels", "View Channel")
    return (
        f"the bot lacks {lacks} in {some(names)}: Edit Channel (the gear beside its name), Permissions, "
        f"Add members or roles, {me.name}, and allow {lacks}"
    )


def _missing(channel: Talking, who: discord.Member | discord.Role) -> tuple[Permission, ...]:
    """What `who` may not do in a channel, of what would be possible there and is not missing everywhere."""
    may = channel.permissions_for(who)
    if not _may(may, VIEW):
        needed = {VIEW}
    else:
        needed = {permission.bit for permission in PERMISSIONS}
        if isinstance(channel, discord.ForumChannel):
            needed -= {SEND, CONNECT}  # sending is to begin a post; the bot answers in those of people
        elif isinstance(channel, discord.TextChannel):
            needed -= {CONNECT}
        else:
            needed -= {IN_THREADS}
        if not _may(may, SEND):
            needed -= {ATTACH}  # goes with it, and comes back with it
    everywhere = who.guild_permissions if isinstance(who, discord.Member) else discord.Permissions.all()
    return tuple(
        permission
        for permission in PERMISSIONS
        if permission.bit in needed and not _may(may, permission.bit) and _may(everywhere, permission.bit)
    )


def _may(permissions: discord.Permissions, bit: int) -> bool:
    return bool(permissions.value & bit)


def _listed(permissions: Sequence[Permission]) -> str:
    return " and ".join(permission.name for permission in permissions)
