"""What in a text would call people, or is markup that Slack does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ANGLED = re.compile(r"<([^<>]*)>")
_CONTROL = re.compile(r"<(!(?:channel|here|everyone|group|subteam\^|date\^)[^<>]*|@[UW]\w[^<>]*)>", re.I)
_HARMLESS = re.compile(
    r"(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>|]+)?|#[CG][A-Z0-9]+(?:\|[^<>|]*)?|!date\^\d+\^[^<>]*"
)
_UNSEEN = {"value", "private_metadata", "metadata", "action_id", "block_id", "callback_id", "external_id"}
_CALLING = {"user", "usergroup", "broadcast", "team"}


def active_problems(shown: Any) -> list[str]:
    """What in a payload would call people, wherever it stands; or is markup that is none."""
    return [f"active {inside!r}" for inside in _actives(shown)]


def control_sequences(markdown: str) -> list[str]:
    """What calls people in text that is no mrkdwn: there other angle brackets are just that."""
    return [inside for inside in _CONTROL.findall(markdown) if not _HARMLESS.fullmatch(inside)]


def mrkdwn_actives(mrkdwn: str) -> list[str]:
    """What stands in angle brackets in mrkdwn and is neither a link, nor a channel, nor a time."""
    return [inside for inside in angled(mrkdwn) if not _HARMLESS.fullmatch(inside)]


def angled(mrkdwn: str) -> list[str]:
    """All that stands in angle brackets: mentions, control sequences, links."""
    return _ANGLED.findall(mrkdwn)


def _actives(shown: Any) -> Iterator[str]:
    if isinstance(shown, str):
        yield from control_sequences(shown)
    elif isinstance(shown, list):
        for one in shown:
            yield from _actives(one)
    elif isinstance(shown, dict):
        if shown.get("type") in _CALLING and len(shown) > 1:
            yield str(shown["type"])
        for name, value in shown.items():
            if name == "text" and shown.get("type") == "mrkdwn":
                yield from mrkdwn_actives(str(value))
            elif name not in _UNSEEN:
                yield from _actives(value)
