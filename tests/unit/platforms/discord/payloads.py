"""What Discord sends, as plain data: users, servers, channels, threads and messages.

The shapes are those of https://discord.com/developers/docs/resources/message and its neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from discord.utils import snowflake_time, time_snowflake

Payload = dict[str, Any]

_NUMBERS = count(1)
EVERYTHING = ((1 << 53) - 1) & ~(1 << 3)
"""Every permission but Administrator, which would hide that others are denied."""
_FOR_FEW = (1, 2, 4, 5, 13, 28, 29, 34, 40)
"""Kick, ban, manage channels, the server, messages, roles, webhooks, threads; time people out."""
EVERYBODY = EVERYTHING & ~sum(1 << bit for bit in _FOR_FEW)
"""What @everyone may do: nothing that a moderator is for."""

COMPONENTS_V2 = 1 << 15
ACTION_ROW, BUTTON, TEXT_DISPLAY, FILE = 1, 2, 10, 13


def snowflake() -> int:
    """A new id, as of now and larger than all before."""
    return time_snowflake(datetime.now(UTC)) + next(_NUMBERS)


def user(user_id: int, name: str, *, is_bot: bool = False) -> Payload:
    return {
        "id": str(user_id),
        "username": name.lower(),
        "global_name": name,
        "discriminator": "0000",
        "avatar": None,
        "bot": is_bot,
    }


def member(roles: Sequence[int] = (), nick: str | None = None) -> Payload:
    return {
        "nick": nick,
        "avatar": None,
        "roles": [str(role) for role in roles],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def role(role_id: int, name: str, permissions: int = 0, bot_id: int | None = None) -> Payload:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": str(permissions),
        "managed": bot_id is not None,
        "mentionable": True,
        "flags": 0,
        **({"tags": {"bot_id": str(bot_id)}} if bot_id else {}),
    }


def text_channel(
    channel_id: int, name: str, denied: Mapping[int, int] | None = None, *, nsfw: bool = False
) -> Payload:
    """`denied` maps member ids to the permissions that they do not have here."""
    return {
        "id": str(channel_id),
        "type": 0,
        "name": name,
        "position": 0,
        "parent_id": None,
        "nsfw": nsfw,
        "topic": None,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "permission_overwrites": [
            {"id": str(who), "type": 1, "allow": "0", "deny": str(what)}
            for who, what in (denied or {}).items()
        ],
    }


def thread_channel(thread_id: int, name: str, guild_id: int, parent_id: int, owner_id: int) -> Payload:
    return {
        "id": str(thread_id),
        "guild_id": str(guild_id),
        "parent_id": str(parent_id),
        "owner_id": str(owner_id),
        "type": 11,
        "name": name,
        "message_count": 0,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "last_message_id": None,
        "flags": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 1440,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
            "locked": False,
        },
    }


def guild(
    guild_id: int,
    name: str,
    me: Payload,
    *,
    channels: Sequence[Payload] = (),
    threads: Sequence[Payload] = (),
    roles: Sequence[Payload] = (),
) -> Payload:
    """A server as GUILD_CREATE gives it, with the bot as its member. Everybody may do everything."""
    return {
        "id": str(guild_id),
        "name": name,
        "icon": None,
        "owner_id": "1",
        "unavailable": False,
        "large": False,
        "member_count": 3,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role(guild_id, "@everyone", EVERYBODY), *roles],
        "members": [{**member(), "user": me}],
        "channels": list(channels),
        "threads": list(threads),
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
    }


def message(
    author: Payload,
    content: str,
    channel_id: int,
    *,
    message_id: int | None = None,
    guild_id: int | None = None,
    mentions: Sequence[Payload] = (),
    mention_roles: Sequence[int] = (),
    answered: Payload | None = None,
    **more: object,
) -> Payload:
    """A message as MESSAGE_CREATE gives it; `answered` is the message that it replies to."""
    message_id = message_id or snowflake()
    payload: Payload = {
        "id": str(message_id),
        "channel_id": str(channel_id),
        "author": author,
        "content": content,
        "timestamp": snowflake_time(message_id).isoformat(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [{**someone, "member": member()} if guild_id else dict(someone) for someone in mentions],
        "mention_roles": [str(role_id) for role_id in mention_roles],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }
    if guild_id:
        payload |= {"guild_id": str(guild_id), "member": member()}
    if answered is not None:
        reference = {"type": 0, "message_id": answered["id"], "channel_id": answered["channel_id"]}
        # Discord goes no further up the chain than this.
        told = {name: value for name, value in answered.items() if name != "referenced_message"}
        payload |= {"type": 19, "message_reference": reference, "referenced_message": told}
    return payload | more


def attachment(name: str, size: int, url: str, content_type: str | None = None) -> Payload:
    """A file of a message; its id is in no relation to its address."""
    payload: Payload = {"id": str(snowflake()), "filename": name, "size": size, "url": url, "proxy_url": url}
    return payload | ({"content_type": content_type} if content_type else {})


def components_of(post: Payload) -> list[Payload]:
    """All components of a message, those within others too, in order."""
    found: list[Payload] = []
    waiting = list(post["components"])
    while waiting:
        component = waiting.pop(0)
        found.append(component)
        waiting = [*component.get("components", ()), *waiting]
    return found


def text_of(post: Payload) -> str:
    """What a message of the bot says, whether as content or in text components."""
    texts = [part["content"] for part in components_of(post) if part["type"] == TEXT_DISPLAY]
    return "\n".join(texts) if post["flags"] & COMPONENTS_V2 else str(post["content"])


def buttons_of(post: Payload) -> list[Payload]:
    """The buttons under a message, in order."""
    return [part for part in components_of(post) if part["type"] == BUTTON]
