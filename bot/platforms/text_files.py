"""The files that hang on messages: what is text among them, and how files are told of. The same everywhere.

It knows no platform: each says how a file is fetched, and from which servers it may be. What cannot be read
is named, and is never an error to people.
"""

from __future__ import annotations

import asyncio
import codecs
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot.conversation.text.attached import NOT_READ

MAX_FILES = 4
MAX_BYTES = 256 * 1024
MAX_CHARS = 20_000
"""How much is taken of all files of a message together."""

MAX_NAME_CHARS = 100

_NOT_READ = ("", NOT_READ)
"""No text, and what is said instead."""

_IS_SEEN = re.compile(r"(image|video|audio)/")
_NO_TEXT = re.compile(r"(font|model)/|application/(pdf|zip|gzip|x-tar|vnd\.)")
"""Types of files that are not even fetched; whatever else a sender calls a file, its bytes decide."""

_MAGIC = (b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"\x7fELF", b"MZ", b"{\\rtf")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
"""What no text has in it: control characters but white space, and the escape of coloured logs."""


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file as a platform knows it: its type, its size in bytes, its description with a remark, and how it
    is fetched; None for what could not be had."""

    mimetype: str
    size: int
    describe: Callable[[str], str]
    fetch: Callable[[], Awaitable[bytes | None]]


async def read_all(files: Sequence[SentFile]) -> tuple[str, ...]:
    """What each file says, in order: its description, and its text where it is one that can be read."""
    read = await asyncio.gather(*(_read(file) for file in files[:MAX_FILES]))
    told, left = [], MAX_CHARS
    for file, (text, remark) in zip(files, [*read, *[_NOT_READ] * len(files)], strict=False):
        told.append(_told(file, text, remark, left))
        left -= min(left, len(text))
    return tuple(told)


def note_of(mimetype: str, name: str, size: int, remark: str = "") -> str:
    """A file by its kind, name and size, and by what is said of it."""
    kind = {"image": "image", "video": "video", "audio": "sound"}.get(mimetype.partition("/")[0], "file")
    return f"[{kind} {name[:MAX_NAME_CHARS]}, {_size(size)}{remark and f': {remark}'}]"


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


async def _read(file: SentFile) -> tuple[str, str]:
    """A file's text, or "" and what is to be said of it instead."""
    if _IS_SEEN.match(file.mimetype):
        return "", ""
    if _NO_TEXT.match(file.mimetype):
        return "", "not text"
    if file.size > MAX_BYTES:
        return "", "too long to read"
    data = await file.fetch()
    if data is None:
        return _NOT_READ
    text = text_in(data[: MAX_BYTES + 1])
    if text is None:
        return "", "not text"
    return (text.strip(), "") if text.strip() else ("", "empty")


def _told(file: SentFile, text: str, remark: str, left: int) -> str:
    """A file with at most `left` characters of its text."""
    if text and not left:
        text, remark = _NOT_READ
    if not text:
        return file.describe(remark)
    cut = f"\n[cut: the first {left:,} of {len(text):,} characters]" if len(text) > left else ""
    return f"{file.describe('')}\n{text[:left]}{cut}\n[end of the file]"


def _size(size: int) -> str:
    """Bytes as people count them."""
    if size < 1_000:
        return f"{size} B"
    return f"{size / 1_000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
