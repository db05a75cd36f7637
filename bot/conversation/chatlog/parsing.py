"""Tells a log's format from its content and reads it: text, JSON, or a zip file of JSON files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from bot.conversation.chatlog.archive import Archive, decoded
from bot.conversation.chatlog.log import FORMATS, MAX_BYTES, MAX_MESSAGES, START_OF_UNDATED, LogMessage
from bot.conversation.chatlog.records import from_record
from bot.conversation.chatlog.slack import Names, names_in_messages
from bot.conversation.text.safety import clean_name, clean_text, is_blank
from bot.conversation.text.transcript import parse_transcript
from bot.errors import CommandError

_ZIP = b"PK\x03\x04"
_JSON = re.compile(r"\{\s*[\"'}]|\[[\[\s]*[{\"]")
"""How JSON begins. `[10:02] Name: text` and `[note] text` do not begin so."""


def parse_log(data: bytes | str, filename: str = "") -> list[LogMessage]:
    """The messages of a log in their order. Raises CommandError.

    Times without a zone are taken in the zone of this machine. `filename` is not trusted to tell the format;
    it is taken for the convenience of callers.
    """
    if len(data) > MAX_BYTES:
        raise CommandError(f"That log is larger than {MAX_BYTES // 2**20} MB. Please send a part.")
    if isinstance(data, bytes) and data.startswith(_ZIP):
        archive = Archive.read(data)
        found = _sorted(_parsed(archive.texts, Names.of_lists(archive.users, archive.channels)))
    else:
        found = _parsed([data if isinstance(data, str) else decoded(data)], Names())
    if not found:
        raise CommandError(f"I found no messages in that log. {FORMATS}")
    if len(found) > MAX_MESSAGES:
        raise CommandError(f"That log has more than {MAX_MESSAGES:,} messages. Please send a part of it.")
    return found


def _parsed(texts: Iterable[str], names: Names) -> list[LogMessage]:
    """The messages of one or more files of one log; a person is known in all of them."""
    contents = [_records(text.lstrip("\ufeff")) for text in texts]
    for content in contents:
        if isinstance(content, list):
            names = names_in_messages(content) | names
    found: list[LogMessage] = []
    for content in contents:
        found += _from_text(content) if isinstance(content, str) else _from_records(content, names)
    return found


def _records(text: str) -> str | list[object]:
    """The records of a JSON document or of JSON lines; the text itself where it is neither."""
    if text.lstrip()[:1] not in ("[", "{"):
        return text
    try:
        document: object = json.loads(text)
    except json.JSONDecodeError as error:
        records = _json_lines(text)
        if records is None and _JSON.match(text.lstrip()):
            place = f"line {error.lineno}, column {error.colno}"
            raise CommandError(f"That log looks like JSON, but it is broken at {place}. {FORMATS}") from None
        return text if records is None else records
    except (ValueError, RecursionError):
        raise CommandError(f"That JSON is nested too deeply, or has a number too long. {FORMATS}") from None
    if isinstance(document, dict):
        messages = document.get("messages")
        return messages if isinstance(messages, list) else [document]
    return document if isinstance(document, list) else text


def _json_lines(text: str) -> list[object] | None:
    """JSON lines; None where the first line is no JSON, an error where a later one is none."""
    records: list[object] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            records.append(json.loads(line))
        except (ValueError, RecursionError):
            if not records:
                return None
            raise CommandError(f"Line {number} of that log is not JSON. {FORMATS}") from None
    return records


def _from_text(text: str) -> list[LogMessage]:
    return [
        LogMessage(clean_name(said.author or ""), clean_text(said.text), said.sent_at)
        for said in parse_transcript(text)
        if not is_blank(said.text)
    ]


def _from_records(records: list[object], names: Names) -> list[LogMessage]:
    found = [from_record(record, names) for record in records if isinstance(record, dict)]
    if records and not any(found):
        raise CommandError(f"That JSON has no messages that I know how to read. {FORMATS}")
    return [message for message in found if message is not None]


def _sorted(messages: list[LogMessage]) -> list[LogMessage]:
    """The messages of several files by time; those without a time go first."""
    return sorted(messages, key=lambda message: message.sent_at or START_OF_UNDATED)
