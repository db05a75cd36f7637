"""The files that hang on Discord messages: what is text among them, read from Discord's own servers only.

It knows nothing of conversations. What cannot be read is named, and is never an error to people.
"""

from __future__ import annotations

import asyncio
import codecs
import logging
import re
from urllib.parse import urlsplit

import discord

from bot.platforms.discord.contents import describe, files_of
from bot.platforms.discord.problems import CONNECTION_ERRORS

log = logging.getLogger(__name__)

MAX_FILES = 4
MAX_BYTES = 256 * 1024
MAX_CHARS = 20_000
"""How much is taken of all files of a message together."""

TIMEOUT_S = 5.0

_DISCORDS = {("https", "cdn.discordapp.com"), ("https", "media.discordapp.net")}
_NOT_READ = ("", "not read")
"""No text, and what is said of a file that was not asked for or could not be had."""

_IS_SEEN = re.compile(r"(image|video|audio)/")
_NO_TEXT = re.compile(r"(font|model)/|application/(pdf|zip|gzip|x-tar|vnd\.)")
"""Types of files that are not even fetched; whatever else a sender calls a file, its bytes decide."""

_MAGIC = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"MZ", b"{\\rtf")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""What no text has in it: control characters but white space, and the escape of coloured logs."""


async def read_files(message: discord.Message) -> tuple[str, ...]:
    """What each file of a message says, in the order of `files_of`: its name, and its text where it is one
    that can be read."""
    files = files_of(message)
    read = await asyncio.gather(*(_read(file) for file in files[:MAX_FILES]))
    told, left = [], MAX_CHARS
    for file, (text, remark) in zip(files, [*read, *[_NOT_READ] * len(files)], strict=False):
        told.append(_told(file, text, remark, left))
        left -= min(left, len(text))
    return tuple(told)


def text_in(data: bytes) -> str | None:
    """The text that bytes are: UTF-8, UTF-16 with its mark, or Windows' Latin; None for anything else."""
    if data.startswith(_MAGIC):
        return None
    encoding = next((name for mark, name in _BOMS.items() if data.startswith(mark)), None)
    for name in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        return None if _CONTROLS.search(text) else text.replace("\r\n", "\n")
    return None


def is_from_discord(url: str) -> bool:
    """Whether an address is one of the servers that Discord keeps files on, or of the one that stands for
    them. No other is asked: it might be one that only this machine can reach."""
    parts, own = urlsplit(url), urlsplit(discord.Asset.BASE)
    return (parts.scheme, parts.netloc) in {(own.scheme, own.netloc), *_DISCORDS}


async def _read(file: discord.Attachment) -> tuple[str, str]:
    """A file's text, or "" and what is to be said of it instead."""
    if _IS_SEEN.match(file.content_type or ""):
        return "", ""
    if _NO_TEXT.match(file.content_type or ""):
        return "", "not text"
    if file.size > MAX_BYTES:
        return "", "too long to read"
    if not is_from_discord(file.url):
        return _NOT_READ
    try:
        async with asyncio.timeout(TIMEOUT_S):
            data = await file.read()
    except (discord.HTTPException, *CONNECTION_ERRORS) as error:
        log.info("a file could not be read: %s", type(error).__name__)
        return _NOT_READ
    text = text_in(data[: MAX_BYTES + 1])
    if text is None:
        return "", "not text"
    return (text.strip(), "") if text.strip() else ("", "empty")


def _told(file: discord.Attachment, text: str, remark: str, left: int) -> str:
    """A file with at most `left` characters of its text."""
    if text and not left:
        text, remark = _NOT_READ
    if not text:
        return describe(file, remark)
    cut = f"\n[cut: the first {left:,} of {len(text):,} characters]" if len(text) > left else ""
    return f"{describe(file)}\n{text[:left]}{cut}\n[end of the file]"
