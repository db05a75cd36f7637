"""Reads exported chat logs: plain text, JSON lines, Slack exports (file or zip), DiscordChatExporter JSON.

Pure: bytes in, records out; the format is told from the content. Knows the shapes of exports, nothing about
storage or models. Whatever cannot be read is a CommandError that says what can.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from bot.conversation.text.safety import clean_name, clean_text, is_blank
from bot.conversation.text.transcript import parse_transcript
from bot.errors import CommandError
from bot.messages import Author, ConversationKey, IncomingMessage

MAX_BYTES = 64 * 1024 * 1024
MAX_MESSAGES = 100_000
MAX_ZIP_FILES = 2_000
START_OF_UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
"""When a log without any times is taken to begin; nobody is shown times of that year."""
FORMATS = (
    "I read plain text (`Name: text` lines), JSON lines, Slack exports (a JSON file or a zip of one channel) "
    "and DiscordChatExporter JSON."
)

JsonObject = dict[str, object]


@dataclass(frozen=True, slots=True)
class LogMessage:
    """One message of a log. `id` and `reply_to` are the log's own, where it has any."""

    author: str
    text: str
    sent_at: datetime | None = None
    id: str | None = None
    reply_to: str | None = None
    author_id: str | None = None
    is_bot: bool = False


def parse_log(data: bytes | str, filename: str = "") -> list[LogMessage]:
    """The messages of a log in their order. Raises CommandError.

    `filename` is not trusted to tell the format; it is taken for the convenience of callers.
    """
    if len(data) > MAX_BYTES:
        raise CommandError(f"That log is larger than {MAX_BYTES // 2**20} MB. Please send a part.")
    if isinstance(data, bytes) and data.startswith(b"PK\x03\x04"):
        found = _sorted([message for text in _unzipped(data) for message in _parse_text(text)])
    else:
        found = _parse_text(data if isinstance(data, str) else _decoded(data))
    if not found:
        raise CommandError(f"I found no messages in that log. {FORMATS}")
    if len(found) > MAX_MESSAGES:
        raise CommandError(f"That log has more than {MAX_MESSAGES:,} messages. Please send a part of it.")
    return found


def to_incoming(
    messages: Sequence[LogMessage], conversation: ConversationKey, until: datetime | None = None
) -> list[IncomingMessage]:
    """Log messages as past messages of `conversation`, none of them to be answered.

    Their ids come from content and position, so that the same log again makes the same ids. A message
    without a time is sent a second after the one before; a log without any times ends at `until` (default:
    it begins in the year 2000).
    """
    ids = _stable_ids(messages)
    by_log_id = {message.id: own for message, own in zip(messages, ids, strict=True) if message.id}
    times = _times(messages, until)
    return [
        IncomingMessage(
            conversation=conversation,
            message_id=own,
            event_id=f"import:{conversation}:{own}",
            author=Author(message.author_id or f"log:{message.author}", message.author, message.is_bot),
            text=message.text,
            sent_at=when,
            is_addressed=False,
            reply_to=by_log_id.get(message.reply_to) if message.reply_to else None,
        )
        for message, own, when in zip(messages, ids, times, strict=True)
    ]


def _stable_ids(messages: Sequence[LogMessage]) -> list[str]:
    ids = []
    for position, message in enumerate(messages):
        content = json.dumps([position, message.id, message.author, message.text, str(message.sent_at)])
        ids.append("log-" + blake2b(content.encode(), digest_size=12).hexdigest())
    return ids


def _times(messages: Sequence[LogMessage], until: datetime | None) -> list[datetime]:
    known = next((message.sent_at for message in messages if message.sent_at), None)
    start = until - timedelta(seconds=len(messages)) if until else START_OF_UNDATED
    last = (known or start) - timedelta(seconds=1)
    times = []
    for message in messages:
        last = message.sent_at or last + timedelta(seconds=1)
        times.append(last)
    return times


# --- formats ---------------------------------------------------------------------------------


def _parse_text(text: str) -> list[LogMessage]:
    text = text.lstrip("\ufeff")
    if text.lstrip()[:1] in ("[", "{"):
        records = _json_records(text)
        if records is not None:
            return _from_records(records)
    return [
        LogMessage(clean_name(said.author or ""), clean_text(said.text), said.sent_at)
        for said in parse_transcript(text)
        if not is_blank(said.text)
    ]


def _json_records(text: str) -> list[object] | None:
    """The records of a JSON document or of JSON lines; None where the text is neither."""
    try:
        document: object = json.loads(text)
    except ValueError:
        return _json_lines(text)
    except RecursionError:
        raise CommandError(f"That JSON is nested too deeply. {FORMATS}") from None
    if isinstance(document, dict):
        messages = document.get("messages")
        return messages if isinstance(messages, list) else [document]
    return document if isinstance(document, list) else None


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


def _from_records(records: list[object]) -> list[LogMessage]:
    found = [_from_record(record) for record in records if isinstance(record, dict)]
    if records and not any(found):
        raise CommandError(f"That JSON has no messages that I know how to read. {FORMATS}")
    return [message for message in found if message is not None]


def _from_record(record: JsonObject) -> LogMessage | None:
    """One message of any of the JSON formats; None for what is no message or says nothing."""
    text = _first_text(record, "text", "content", "message")
    if is_blank(text) or record.get("subtype") in ("channel_join", "channel_leave"):
        return None
    author = record.get("author")
    profile = _object(record.get("user_profile"))
    person = _object(author)
    name = (
        _first_text(profile, "display_name", "real_name", "name")
        or _first_text(person, "nickname", "name", "username")
        or _first_text(record, "author", "user", "name", "username", "bot_id")
    )
    stamp = _first_text(record, "ts", "timestamp", "sent_at", "created_at", "date", "time")
    reference = _object(record.get("reference"))
    thread = _first_text(record, "thread_ts")
    own_id = _first_text(record, "id", "ts")
    reply_to = _first_text(reference, "messageId") or _first_text(record, "reply_to") or thread
    return LogMessage(
        author=clean_name(name),
        text=clean_text(text),
        sent_at=_moment(stamp),
        id=own_id or None,
        reply_to=reply_to if reply_to and reply_to != own_id else None,
        author_id=_first_text(person, "id") or None,
        is_bot=bool(person.get("isBot") or record.get("bot_id")),
    )


def _object(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _first_text(record: JsonObject, *names: str) -> str:
    """The first of the named fields that is a text or a number, as text; "" where none is."""
    for name in names:
        value = record.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
    return ""


def _moment(stamp: str) -> datetime | None:
    """A time from seconds or milliseconds since 1970, or in ISO 8601; None where it is neither."""
    try:
        seconds = float(stamp)
    except ValueError:
        try:
            when = datetime.fromisoformat(stamp)
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=UTC)
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _sorted(messages: list[LogMessage]) -> list[LogMessage]:
    """The messages of several files by time; those without a time go first."""
    return sorted(messages, key=lambda message: message.sent_at or START_OF_UNDATED)


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:1024]:
        raise CommandError(f"That file is not text. {FORMATS}")
    return data.decode("utf-8", errors="replace")


def _unzipped(data: bytes) -> Iterator[str]:
    """The JSON files of one channel of a Slack export, in the order of their names (the days)."""
    too_large = CommandError("That zip file unpacks to too much. Please send the folder of one channel.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if _is_messages(entry.filename)]
            if len(entries) > MAX_ZIP_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise too_large
            if len({entry.filename.rpartition("/")[0] for entry in entries}) > 1:
                raise CommandError(
                    "That zip file has several channels. Please send the folder of one of them."
                )
            left = MAX_BYTES
            for entry in sorted(entries, key=lambda entry: entry.filename):
                with archive.open(entry) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise too_large
                yield _decoded(content)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError, zlib.error):
        raise CommandError(f"That zip file cannot be read. {FORMATS}") from None


def _is_messages(name: str) -> bool:
    """Whether a file of an export has messages; the lists of people and channels have none."""
    lists = ("users.json", "channels.json", "dms.json", "groups.json", "mpims.json", "integration_logs.json")
    base = name.rpartition("/")[2]
    return (
        base.endswith(".json") and not base.startswith(".") and base not in lists and "__MACOSX" not in name
    )
