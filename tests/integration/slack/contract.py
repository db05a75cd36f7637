"""Checks calls against Slack's own list of methods and their arguments, and what must never be sent."""

from __future__ import annotations

import json
import lzma
import re
from functools import cache
from typing import Any

from tests.unit.platforms.slack.samples import DATA

MAX_TEXT = 4000
MAX_BLOCKS = 50
MAX_SECTION = 3000

_ACTIVE = re.compile(r"<([^<>]*)>")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>|]+(?:\|[^<>|]+)?")
_RESPONSE_FIELDS = {"text", "blocks", "response_type", "replace_original", "delete_original", "metadata"}


@cache
def catalogue() -> dict[str, Any]:
    """Every method with its arguments."""
    methods: dict[str, Any] = json.loads(lzma.decompress((DATA / "web_api_methods.json.xz").read_bytes()))
    return methods


def problems(method: str, args: dict[str, Any], *, is_json: bool) -> list[str]:
    """What is wrong with a call, one line each."""
    if method not in catalogue():
        return [f"{method}: no such method"]
    known = catalogue()[method]["args"]
    found = [f"{method}: unknown argument {name}" for name in sorted(set(args) - set(known))]
    found += [
        f"{method}: {name} is missing" for name in known if known[name]["required"] and name not in args
    ]
    found += [
        f"{method}: {name} is {value!r:.40}, not {known[name]['types']}"
        for name, value in args.items()
        if name in known and not any(_fits(value, kind, is_json) for kind in known[name]["types"])
    ]
    if method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
        found += [f"{method}: {problem}" for problem in message_problems(args)]
    if method == "chat.postMessage" and (args.get("unfurl_links"), args.get("unfurl_media")) != (
        False,
        False,
    ):
        found.append(f"{method}: links would be previewed")
    return found


def response_problems(body: dict[str, Any]) -> list[str]:
    """What is wrong with a message to a response_url."""
    found = [f"response_url: unknown field {name}" for name in sorted(set(body) - _RESPONSE_FIELDS)]
    if body.get("response_type") != "ephemeral":
        found.append("response_url: everybody would see it")
    return found + [f"response_url: {problem}" for problem in message_problems(body)]


def message_problems(args: dict[str, Any]) -> list[str]:
    """What is wrong with a message: empty, too long, or with something in it that calls people."""
    text, blocks = args.get("text", ""), args.get("blocks", [])
    if not text.strip():
        return ["no text"]
    shown = [text, *(block["text"]["text"] for block in blocks)]
    found = [
        f"active {inside!r}" for part in shown for inside in actives(part) if not _LINK.fullmatch(inside)
    ]
    if len(text) > MAX_TEXT or len(blocks) > MAX_BLOCKS:
        found.append(f"msg_too_long: {len(text)} characters, {len(blocks)} blocks")
    if any(len(block["text"]["text"]) > MAX_SECTION for block in blocks):
        found.append("a section is too long")
    return found


def actives(mrkdwn: str) -> list[str]:
    """What stands in angle brackets: mentions, control sequences, links."""
    return _ACTIVE.findall(mrkdwn)


def _fits(value: Any, kind: str, is_json: bool) -> bool:
    if kind.startswith("enum:"):
        return bool(value == kind.removeprefix("enum:"))
    if not is_json:
        patterns = {"string": r"(?s).*", "number": r"\d+", "boolean": r"0|1|true|false"}
        return kind not in patterns or re.fullmatch(patterns[kind], str(value)) is not None
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    types = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, types[kind])
