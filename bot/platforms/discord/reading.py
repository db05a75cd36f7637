"""Reading messages, told now or said before, each for itself: what cannot be read of one hides no other.

It asks Discord and knows nothing of conversations or memory.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import discord

from bot.errors import where
from bot.platforms.recently import Recently

log = logging.getLogger(__name__)

Messageable = discord.abc.Messageable

LOOK_AHEAD = 100
"""How many messages after one are looked through at most: one call."""

_BARE = (
    *("id", "type", "channel_id", "guild_id", "author", "webhook_id", "member", "flags", "message_reference"),
    *("content", "timestamp", "edited_timestamp", "tts", "pinned"),
    *("mentions", "mention_roles", "mention_everyone"),
)
_told = Recently()


def read_what_is_told(client: discord.Client) -> None:
    """Let events about messages be read by their words alone where discord.py cannot read them whole: it
    would break the connection."""
    parsers = client._connection.parsers
    for event in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
        parsers[event] = _told_by(parsers[event])


async def read_page(
    client: discord.Client, channel: Messageable, limit: int, before: int | None = None
) -> list[discord.Message]:
    """The `limit` (at most 100) newest messages, or those before one, newest first; fewer only where the
    channel begins.
    Raises discord.HTTPException and errors of the connection."""
    place = await channel._get_channel()
    page: list[discord.Message] = []
    while len(page) < limit:
        raw = await client.http.logs_from(place.id, limit, before=before)
        page += _readable(client, place, raw)
        if len(raw) < limit:
            break
        before = int(raw[-1]["id"])
    return page[:limit]


async def read_after(client: discord.Client, channel: Messageable, after: int) -> list[discord.Message]:
    """The first LOOK_AHEAD messages after one, oldest first. Raises as `read_page` does."""
    place = await channel._get_channel()
    raw = await client.http.logs_from(place.id, LOOK_AHEAD, after=after)
    return _readable(client, place, [*reversed(raw)])


async def read_one(client: discord.Client, channel: Messageable, message_id: int) -> discord.Message | None:
    """One message, None where discord.py cannot read it. Raises as `read_page` does."""
    place = await channel._get_channel()
    found = _readable(client, place, [await client.http.get_message(place.id, message_id)])
    return found[0] if found else None


def _readable(client: discord.Client, channel: Messageable, raw: list[Any]) -> list[discord.Message]:
    messages = (_message(client, channel, data) for data in raw)
    return [message for message in messages if message is not None]


def _message(client: discord.Client, channel: Messageable, data: dict[str, Any]) -> discord.Message | None:
    """A message; its words alone where discord.py cannot read it whole, None where not even those."""
    for shape in (data, _bare(data)):
        try:
            return client._connection.create_message(channel=channel, data=shape)  # type: ignore[arg-type]
        except Exception as error:  # whatever it is, it may be in this one message only
            _note(error)
    return None


def _told_by(parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def parse_or_bare(data: dict[str, Any]) -> None:
        try:
            parse(data)
        except Exception as error:  # nothing was made of it yet: the message is what is read first
            _note(error)
            parse(_bare(data))

    return parse_or_bare


def _bare(data: dict[str, Any]) -> dict[str, Any]:
    kept = {key: data[key] for key in _BARE if key in data}
    return kept | {"attachments": [], "embeds": [], "components": []}


def _note(error: Exception) -> None:
    if _told.is_news(where(error)):
        log.warning("a message could not be read whole: %s", where(error))
