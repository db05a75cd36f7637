"""One record of JSON as a message: Slack's, DiscordChatExporter's, and any with names that speak."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.conversation.chatlog.log import LogMessage
from bot.conversation.chatlog.slack import Names, is_slack, readable
from bot.conversation.text.safety import clean_name, clean_text, is_blank
from bot.conversation.text.times import in_local_zone

JsonObject = dict[str, object]


def from_record(record: JsonObject, names: Names) -> LogMessage | None:
    """One message of any of the JSON formats; None for what is no message or says nothing."""
    text = _first_text(record, "text", "content", "message")
    text = readable(text, names) if is_slack(record) else text
    if is_blank(text) or record.get("subtype") in ("channel_join", "channel_leave"):
        return None
    person = _object(record.get("author"))
    stamp = _first_text(record, "ts", "timestamp", "sent_at", "created_at", "date", "time")
    own_id = _first_text(record, "id", "ts")
    reply_to = (
        _first_text(_object(record.get("reference")), "messageId")
        or _first_text(record, "reply_to")
        or _first_text(record, "thread_ts")
    )
    return LogMessage(
        author=clean_name(_author(record, names)),
        text=clean_text(text),
        sent_at=_moment(stamp),
        id=own_id or None,
        reply_to=reply_to if reply_to and reply_to != own_id else None,
        author_id=_first_text(person, "id") or None,
        is_bot=bool(person.get("isBot") or record.get("bot_id")),
    )


def _author(record: JsonObject, names: Names) -> str:
    user = _first_text(record, "user")
    return (
        names.people.get(user, "")
        or _first_text(_object(record.get("author")), "nickname", "name", "username")
        or _first_text(record, "author")
        or user
        or _first_text(record, "name", "username", "bot_id")
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
            return in_local_zone(datetime.fromisoformat(stamp))
        except ValueError:
            return None
    try:
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
