"""How a post looks on Discord: text, a file and the row of buttons, as Components V2.

Pure: it makes what is sent to Discord, and sends nothing.
Reference: https://discord.com/developers/docs/components/reference
"""

from __future__ import annotations

import json
from typing import Any

from bot.platforms.discord.dialect import to_discord
from bot.platforms.layout import EMOJI, PREFIX, Action, Post

ACTION_ROW, BUTTON, TEXT_DISPLAY, FILE = 1, 2, 10, 13
GREY, RED = 2, 4
SUPPRESS_EMBEDS, EPHEMERAL, COMPONENTS_V2 = 1 << 2, 1 << 6, 1 << 15
BUTTONS_A_ROW = 5


def new_body(post: Post) -> dict[str, Any]:
    """The body that posts it: it mentions nobody and previews no links."""
    if post.is_plain:
        return {"content": post.text, **_body(SUPPRESS_EMBEDS)}
    files = {} if post.file is None else {"attachments": [{"id": 0, "filename": post.file.name}]}
    return {"components": _components(post), **_body(SUPPRESS_EMBEDS | COMPONENTS_V2), **files}


def changed_body(post: Post, old: Post | None) -> dict[str, Any]:
    """The body that makes an earlier message look like this one. None: how it looked is not known; what
    was posted as bare text then becomes components, which Discord takes with an empty `content` only."""
    body = new_body(post)
    if not post.is_plain:
        if old is None or old.is_plain:
            body["content"] = None
        if post.file is None and (old is None or old.file is not None):
            body["attachments"] = []
    return body


def sent(post: Post, body: dict[str, Any]) -> dict[str, Any]:
    """How discord.py's `request` is to send a body: as JSON, or with the file as a form."""
    if post.file is None:
        return {"json": body}
    uploaded = {
        "name": "files[0]",
        "value": post.file.text.encode(errors="replace"),
        "filename": post.file.name,
        "content_type": "application/octet-stream",
    }
    return {"form": [{"name": "payload_json", "value": json.dumps(body)}, uploaded]}


def _components(post: Post) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"type": TEXT_DISPLAY, "content": to_discord(post.text)}]
    if post.file is not None:
        parts.append({"type": FILE, "file": {"url": f"attachment://{post.file.name}"}})
    for first in range(0, len(post.buttons), BUTTONS_A_ROW):
        row = post.buttons[first : first + BUTTONS_A_ROW]
        parts.append({"type": ACTION_ROW, "components": [_button(post, action) for action in row]})
    return parts


def _button(post: Post, action: Action) -> dict[str, Any]:
    label = post.label(action)
    return {
        "type": BUTTON,
        "style": RED if action == "stop" else GREY,
        "custom_id": PREFIX + action,
        "emoji": {"name": EMOJI[action]},
        **({"label": label} if label else {}),
    }


def _body(flags: int) -> dict[str, Any]:
    return {"flags": flags, "allowed_mentions": {"parse": []}}
