"""Reading what the bot sends to Slack: the words that people see, and the buttons they can press."""

from __future__ import annotations

from typing import Any

Payload = dict[str, Any]

NOTIFICATION_CHARS = 2500
_WORDS = ("text", "title", "label", "fields", "elements", "rows", "blocks")


def text_of(post: Payload) -> str:
    """What a message or a view shows in words, one line for each part; buttons and menus say nothing.

    Slack shows the `text` of a message only where there are no blocks with words.
    """
    words = [
        words for block in post.get("blocks", []) if block["type"] != "actions" for words in _words(block)
    ]
    return "\n".join(words) if words else str(post.get("text", ""))


def words_of(post: Payload) -> str:
    """The `text` of a message; of a long one, which has only its beginning there, what its blocks show."""
    shown = text_of(post)
    return shown if len(shown) > NOTIFICATION_CHARS else str(post.get("text", ""))


def buttons_of(post: Payload) -> dict[str, Payload]:
    """The buttons, menus and fields of a message or a view by their action_id, in order."""
    return {
        element["action_id"]: element for block in post.get("blocks", []) for element in elements_in(block)
    }


def elements_in(block: Payload) -> list[Payload]:
    """The interactive elements of a block."""
    inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [one for one in inside if isinstance(one, dict) and "action_id" in one]


def label_of(element: Payload) -> str:
    """What stands on a button."""
    return str(element.get("text", {}).get("text", ""))


def _words(part: Any) -> list[str]:
    if isinstance(part, str):
        return [part] if part else []
    if isinstance(part, list):
        return [words for one in part for words in _words(one)]
    if not isinstance(part, dict) or "action_id" in part:
        return []
    return [words for name in _WORDS if name in part for words in _words(part[name])]
