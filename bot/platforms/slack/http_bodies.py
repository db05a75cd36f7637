"""HTTP bodies: from the bytes that Slack sends over HTTP to the body that they mean. Pure.

What is not built as Slack builds it is refused here, since Bolt would stumble over it: it reads these fields
without looking at their types.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import parse_qsl

JSON, FORM = "application/json", "application/x-www-form-urlencoded"

MAX_FIELDS = 200
"""Of a form; slash commands have about 15."""

_Object = dict[str, object]


class MalformedError(Exception):
    """Not built as Slack builds it. Says nothing of what it is: that is whoever's words. Never leaves the
    adapter."""


def to_body(content_type: str, raw: bytes) -> _Object:
    """The event, command or interaction that a request carries. Raises MalformedError."""
    try:
        words = raw.decode("utf-8")
        body = _from_json(words) if content_type == JSON else _from_form(words)
        # Half a character cannot be stored or shown.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedError from None
    if not _has_its_kind(body):
        raise MalformedError
    return body


def _from_form(words: str) -> _Object:
    fields = dict(
        parse_qsl(
            words, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    )
    return _from_json(fields["payload"]) if "payload" in fields else {**fields}


def _from_json(words: str) -> _Object:
    body = json.loads(words, parse_constant=_refuse)
    if not isinstance(body, dict):
        raise ValueError("no object")
    return body


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _has_its_kind(body: _Object) -> bool:
    """Whether what says the kind of a body is there, and is text."""
    if "command" in body:
        return isinstance(body["command"], str)
    match body.get("type"):
        case "event_callback":
            return _has_text(body.get("event"), "type") and isinstance(body.get("event_id"), str)
        case "url_verification":
            return isinstance(body.get("challenge"), str)
        case "block_actions":
            return _has_text(_first_action(body), "action_id")
        case "interactive_message":
            return _has_text(body, "callback_id") and _first_action(body) is not None
        case "shortcut" | "message_action":
            return _has_text(body, "callback_id")
        case "view_submission" | "view_closed":
            view = body.get("view")
            return _has_text(view, "callback_id") and _has_text(view, "type")
        case "block_suggestion":
            return _has_text(body, "action_id")
        case kind:
            return isinstance(kind, str) or "ssl_check" in body


def _first_action(body: _Object) -> object:
    actions = body.get("actions")
    return actions[0] if isinstance(actions, list) and actions else None


def _has_text(value: object, name: str) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get(name), str)
