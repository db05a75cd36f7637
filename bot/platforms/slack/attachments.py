"""The files that hang on Slack messages, fetched from Slack's own servers only: the bot's token goes with it.

It knows nothing of conversations. What cannot be read is named, and is never an error to people.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from urllib.parse import urlsplit

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.contents import describe, files_of
from bot.platforms.slack.payloads import Payload, data_of, part, text
from bot.platforms.slack.problems import CONNECTION_ERRORS
from bot.platforms.text_files import MAX_BYTES, SentFile, read_all

log = logging.getLogger(__name__)

TIMEOUT_S = 1.5
"""How long a file may take: its message is acknowledged only then, and Slack waits for three seconds."""

_SLACKS = {("https", "files.slack.com"), ("https", "files.slack-gov.com")}


async def read_files(client: AsyncWebClient, message: Payload) -> tuple[str, ...]:
    """What each file of a message says, in the order of `files_of`: its name, and its text where it is one
    that can be read."""
    until = asyncio.get_running_loop().time() + TIMEOUT_S
    files = await asyncio.gather(*(_known(client, file, until) for file in files_of(message)))
    return await read_all([_sent(client, file, until) for file in files])


def is_from_slack(url: str, api_url: str) -> bool:
    """Whether an address is one of the servers that Slack keeps files on, or of the one that stands for them
    at `api_url`. No other is sent the token, or asked at all: only this machine might reach it."""
    parts, own = urlsplit(url), urlsplit(api_url)
    is_own = own.hostname != "slack.com" and (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
    return is_own or (parts.scheme, parts.netloc) in _SLACKS


async def _known(client: AsyncWebClient, file: Payload, until: float) -> Payload:
    """A file with what Slack leaves out of events in channels shared between companies."""
    if text(file, "file_access") != "check_file_info":
        return file
    try:
        async with asyncio.timeout_at(until):
            answer = await client.files_info(file=text(file, "id"))
    except (SlackApiError, *CONNECTION_ERRORS) as error:
        log.info("a file is not known: %s", type(error).__name__)
        return file
    return part(data_of(answer), "file") or file


def _sent(client: AsyncWebClient, file: Payload, until: float) -> SentFile:
    size = file.get("size")
    mimetype = "audio/" if text(file, "subtype") == "slack_audio" else text(file, "mimetype")

    async def fetch() -> bytes | None:
        try:
            async with asyncio.timeout_at(until):
                return await _fetch(client, file)
        except CONNECTION_ERRORS as error:
            log.info("a file could not be read: %s", type(error).__name__)
            return None

    return SentFile(mimetype, size if isinstance(size, int) else 0, partial(describe, file), fetch)


async def _fetch(client: AsyncWebClient, file: Payload) -> bytes | None:
    """At most a little more than MAX_BYTES of a file. Raises CONNECTION_ERRORS."""
    url = text(file, "url_private_download") or text(file, "url_private")
    if client.session is None or not is_from_slack(url, client.base_url):
        return None
    headers = {"Authorization": f"Bearer {client.token}"}
    async with client.session.get(url, headers=headers, allow_redirects=False) as answer:
        if answer.status != 200 or _is_sign_in(answer.content_type, file):
            return None
        data = b""
        async for chunk in answer.content.iter_chunked(64 * 1024):
            data += chunk
            if len(data) > MAX_BYTES:
                break
        return data


def _is_sign_in(content_type: str, file: Payload) -> bool:
    """Whether what came is the page where people sign in: Slack shows it to tokens without `files:read`."""
    return content_type == "text/html" and text(file, "mimetype") != "text/html"
