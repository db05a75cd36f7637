"""What goes wrong at Discord: asking again where the line broke, and one line that names what to change, for
the operator or for people. Which permissions the bot has in a channel, and lacks.

Discord's own error texts are left out: they may quote what people wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import aiohttp
import discord

from bot.errors import PlatformError
from bot.platforms.base import PostGoneError

T = TypeVar("T")

UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
ALREADY_ACKNOWLEDGED = 40060
INVALID_WEBHOOK_TOKEN = 50027

CONNECTION_ERRORS = (aiohttp.ClientError, OSError, discord.DiscordServerError)
"""The answer is lost, or Discord itself is in trouble: what was asked may or may not have been done.
(TimeoutError is an OSError.)"""

RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts where the connection broke: in all shorter than Discord remembers a nonce."""

WRONG_TOKEN = (
    "Discord refused DISCORD_TOKEN: copy the bot's token from the developer portal "
    "(your application, page Bot, Reset Token) and set it anew"
)
NO_MESSAGE_CONTENT = (
    "Discord refuses the message content intent: the bot reads mentions, direct messages and commands only; "
    "to let it follow conversations, switch on Message Content Intent in the developer portal "
    "(your application, page Bot, Privileged Gateway Intents) and restart"
)
HEARS_CALLS_ONLY = (
    "Discord lets me read only those messages here that mention me. Who runs me can change that: switch on "
    "Message Content Intent in the developer portal, then restart me."
)
"""The same for people."""
MEANINGS = {
    UNKNOWN_MESSAGE: "the post was deleted",
    10003: "the channel is gone",
    50007: "this person takes no direct messages from the bot",
    50083: "the thread is archived and locked",
}
_OF_DOING = {
    "post": (("Read Message History", "read_message_history"), ("Attach Files", "attach_files")),
    "edit a post": (("Attach Files", "attach_files"),),
    "read back": (("Read Message History", "read_message_history"),),
}
"""What replies, files and old messages need."""


async def until_answered(doing: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, again while the connection breaks. PlatformError when it stays broken; what Discord itself
    refuses is let through."""
    waits = iter(RETRY_S)
    while True:
        try:
            return await work()
        except CONNECTION_ERRORS as error:
            wait_s = next(waits, None)
            if wait_s is None:
                raise PlatformError(
                    f"could not {doing}: Discord cannot be reached ({type(error).__name__})"
                ) from error
        await asyncio.sleep(wait_s)


def platform_error(error: discord.HTTPException, doing: str, channel: object) -> PlatformError:
    """The error as the operator needs it: what was not possible where, and which permission is missing."""
    place = _name_of(channel)
    if error.code == UNKNOWN_MESSAGE:
        return PostGoneError(f"could not {doing} in {place}: {MEANINGS[UNKNOWN_MESSAGE]}")
    if error.code in MEANINGS:
        return PlatformError(f"could not {doing} in {place}: {MEANINGS[error.code]}")
    if isinstance(error, discord.Forbidden):
        missing = missing_permissions(channel, doing) or ["View Channel", "Send Messages"]
        return PlatformError(
            f"may not {doing} in {place}: give the bot the permission {' and '.join(missing)} there"
        )
    return PlatformError(f"could not {doing} in {place}: Discord answered {error.status}, code {error.code}")


def missing_permissions(channel: object, doing: str = "post") -> list[str]:
    """The permissions that the bot needs in a channel for what it is `doing` and does not have, as Discord's
    settings call them. Where it has what every such call needs, those that some of them need."""
    has = own_permissions(channel)
    if has is None:
        return []
    needed = {"View Channel": has.view_channel}
    if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
        needed["Connect"] = has.connect
    if doing == "post":
        needed |= _sending(channel, has)
    at_times = _OF_DOING.get(doing, ())
    return _not_given(needed) or _not_given({name: getattr(has, field) for name, field in at_times})


def why_unread(channel: object) -> str:
    """Why the bot knows little of a channel, for its people; "" where nothing is missing."""
    try:
        missing = " and ".join(missing_permissions(channel, "read back"))
    except discord.ClientException:  # a thread whose channel is not known
        return ""
    return f"I know only what I heard myself: I lack the permission {missing}." if missing else ""


def _sending(channel: object, has: discord.Permissions) -> dict[str, bool]:
    """The permission to post: threads, and so the posts of forums, have one of their own."""
    if isinstance(channel, discord.Thread):
        return {"Send Messages in Threads": has.send_messages_in_threads}
    return {"Send Messages": has.send_messages}


def _not_given(permissions: Mapping[str, bool]) -> list[str]:
    return [name for name, is_given in permissions.items() if not is_given]


def own_permissions(channel: object) -> discord.Permissions | None:
    """What the bot may do in a channel of a server; None where that is not known, as in direct messages."""
    if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return None
    return channel.permissions_for(channel.guild.me)


def _name_of(channel: object) -> str:
    if isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return f"#{channel.name} ({channel.id}) of server {channel.guild.name} ({channel.guild.id})"
    return f"channel {getattr(channel, 'id', 'unknown')}"
