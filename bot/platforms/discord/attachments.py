"""The files that hang on Discord messages, fetched from Discord's own servers only.

It knows nothing of conversations. What cannot be read is named, and is never an error to people.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from urllib.parse import urlsplit

import discord

from bot.platforms.discord.contents import describe, files_of
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.text_files import SentFile, read_all

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0

_DISCORDS = {("https", "cdn.discordapp.com"), ("https", "media.discordapp.net")}


async def read_files(message: discord.Message) -> tuple[str, ...]:
    """What each file of a message says, in the order of `files_of`: its name, and its text where it is one
    that can be read."""
    return await read_all([_sent(file) for file in files_of(message)])


def is_from_discord(url: str) -> bool:
    """Whether an address is one of the servers that Discord keeps files on, or of the one that stands for
    them. No other is asked: it might be one that only this machine can reach."""
    parts, own = urlsplit(url), urlsplit(discord.Asset.BASE)
    return (parts.scheme, parts.netloc) in {(own.scheme, own.netloc), *_DISCORDS}


def _sent(file: discord.Attachment) -> SentFile:
    return SentFile(file.content_type or "", file.size, partial(describe, file), lambda: _fetch(file))


async def _fetch(file: discord.Attachment) -> bytes | None:
    if not is_from_discord(file.url):
        return None
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await file.read()
    except (discord.HTTPException, *CONNECTION_ERRORS) as error:
        log.info("a file could not be read: %s", type(error).__name__)
        return None
