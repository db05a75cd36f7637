"""Reading Slack's JSON: what is missing or of another type than expected is empty, never an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from slack_sdk.web.async_slack_response import AsyncSlackResponse

Payload = Mapping[str, object]

MAX_LOGGED_CHARS = 40
"""Ids are shorter by far."""

_EMPTY: Payload = {}


def part(payload: Payload, *path: str) -> Payload:
    """The object at a path, or an empty one."""
    for name in path:
        inner = payload.get(name)
        if not isinstance(inner, Mapping):
            return _EMPTY
        payload = inner
    return payload


def text(payload: Payload, name: str) -> str:
    """The text under a name, or an empty one."""
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def parts(payload: Payload, name: str) -> list[Payload]:
    """The objects of the list under a name."""
    value = payload.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def for_log(identifier: object) -> str:
    """An id out of a payload as a log may show it: whoever sent that may have written anything there."""
    return "".join(filter(str.isprintable, str(identifier)[:MAX_LOGGED_CHARS]))


def data_of(answer: AsyncSlackResponse) -> Payload:
    """What a method of Slack's answered."""
    return answer.data if isinstance(answer.data, dict) else _EMPTY


def cursor_of(page: Payload) -> str:
    """Where the next page of an answer begins, "" behind the last."""
    return text(part(page, "response_metadata"), "next_cursor")


def moment(ts: str) -> datetime | None:
    """The time in a message's `ts` (seconds with six decimals); None where there is none."""
    try:
        return datetime.fromtimestamp(float(ts), UTC)
    except (ValueError, OverflowError, OSError):
        return None
