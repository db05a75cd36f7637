"""Payloads as Slack sent them, from its own SDKs' tests; see tests/data/slack/README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3] / "data" / "slack"


def event(name: str, **changes: Any) -> dict[str, Any]:
    """A recorded event body, with fields of its `event` changed; other words come without blocks."""
    body: dict[str, Any] = json.loads((DATA / "events" / f"{name}.json").read_text())
    if "text" in changes:
        body["event"].pop("blocks", None)
    if changes:
        body["event"].update(changes)
    return body


def slash_command(command: str, text: str) -> dict[str, Any]:
    """The recorded slash command, with another command and text."""
    payload: dict[str, Any] = json.loads((DATA / "slash_command.json").read_text())
    return {**payload, "command": command, "text": text}


def every_event() -> list[str]:
    """The names of all recorded events."""
    return sorted(path.stem for path in (DATA / "events").glob("*.json"))
