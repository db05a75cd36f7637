"""Uploads: a chat log that a person drops on the page, received in bounded pieces, parsed off the event loop.

It knows multipart bodies; what is in a log is the parser's business.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from uuid import uuid4

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from bot.conversation.chatlog import parse_log, to_incoming
from bot.errors import BotError, CommandError
from bot.messages import IncomingMessage
from bot.platforms.web.incoming import conversation_key

MAX_UPLOAD_BYTES = 20 * 1024 * 1024
MAX_NAME_CHARS = 40
PIECE_BYTES = 64 * 1024


class UploadError(BotError):
    """An upload cannot be used; `status` is the HTTP status that says so."""

    def __init__(self, status: int, user_message: str) -> None:
        super().__init__("an upload was refused", user_message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Upload:
    """A parsed log: the channel to make of it, and its messages, oldest first."""

    name: str
    channel_id: str
    messages: list[IncomingMessage]


async def receive(request: web.Request) -> Upload:
    """Read the one file of a multipart body and parse it. Raises UploadError."""
    filename, data = await _file_of(request)
    channel_id = f"log-{uuid4().hex[:8]}"
    try:
        messages = await asyncio.to_thread(_messages, data, filename, channel_id)
    except CommandError as error:
        raise UploadError(422, error.user_message) from error
    if not messages:
        raise UploadError(422, "There are no messages in this file.")
    return Upload(_channel_name(filename), channel_id, messages)


async def _file_of(request: web.Request) -> tuple[str, bytes]:
    if request.content_type != "multipart/form-data":
        raise UploadError(415, "Please send the log as a form with one file.")
    if (request.content_length or 0) > MAX_UPLOAD_BYTES + PIECE_BYTES:
        raise UploadError(413, _too_large())
    try:
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "file" and part.filename:
                return part.filename, await _bytes_of(part)
    except (ValueError, HttpProcessingError):
        raise UploadError(400, "The upload was cut short or garbled. Please try again.") from None
    raise UploadError(400, "There was no file in the upload.")


async def _bytes_of(part: BodyPartReader) -> bytes:
    data = bytearray()
    while piece := await part.read_chunk(PIECE_BYTES):
        data += piece
        if len(data) > MAX_UPLOAD_BYTES:
            raise UploadError(413, _too_large())
    return bytes(data)


def _messages(data: bytes, filename: str, channel_id: str) -> list[IncomingMessage]:
    return to_incoming(parse_log(data, filename), conversation_key(channel_id, None), datetime.now(UTC))


def _channel_name(filename: str) -> str:
    name = " ".join(PurePath(filename.replace("\\", "/")).stem.split())
    return "".join(char for char in name if char.isprintable())[:MAX_NAME_CHARS] or "imported log"


def _too_large() -> str:
    return f"This file is larger than {MAX_UPLOAD_BYTES // 1024 // 1024} MB. Please send a part of it."
