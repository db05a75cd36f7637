"""How a post looks on Slack: a block of Markdown with buttons below it, and a text for notifications.

Pure: it makes what is sent to Slack, and reads which button of it was pressed.
Reference: https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from bot.platforms.layout import EMOJI, PREFIX, Post
from bot.platforms.slack.mrkdwn import beginning, message_body, sections, to_markdown_block
from bot.platforms.slack.payloads import Payload, part, text

MAX_MARKDOWN = 12_000
"""Characters in all Markdown blocks of a message."""

JUDGE = f"{PREFIX}judge"
"""The action id of the thumbs; the value says which one."""
_THUMBS = {"good": "Good answer", "bad": "Bad answer"}


def body_of(post: Post, about: str = "") -> dict[str, object]:
    """The `text` and `blocks` of a message. `about` is the id of a post that only one person sees: its
    buttons carry it, since Slack gives no other name to what they stand on."""
    if post.is_plain:
        return plain_body_of(post)
    markdown = to_markdown_block(post.text)
    if len(markdown) > MAX_MARKDOWN:
        return simple_body_of(post, about)
    blocks = [{"type": "markdown", "text": markdown}, *button_blocks(post, about)]
    return {"text": beginning(post.text), "blocks": blocks}


def simple_body_of(post: Post, about: str = "") -> dict[str, object]:
    """The same in blocks of the oldest kind, for Markdown that Slack refuses to lay out."""
    return {"text": beginning(post.text), "blocks": [*sections(post.text), *button_blocks(post, about)]}


def plain_body_of(post: Post, about: str = "") -> dict[str, object]:
    """The same without anything to press."""
    return {"blocks": [], **message_body(post.text)}


def button_blocks(post: Post, about: str = "") -> list[dict[str, object]]:
    """The blocks with the buttons of a post, none for a post without."""
    blocks: list[dict[str, object]] = []
    buttons = [_button(post, action, about) for action in post.buttons if action not in _THUMBS]
    if buttons:
        blocks.append({"type": "actions", "block_id": f"{PREFIX}actions", "elements": buttons})
    if "good" in post.buttons:
        blocks.append(
            {"type": "context_actions", "block_id": JUDGE, "elements": [_feedback_buttons(about)]},
        )
    return blocks


def pressed(action: Payload) -> tuple[str, str]:
    """Which button an action of an interaction is, without `PREFIX`, and the id of the post that only one
    person sees, "" for the message that it stands on. ("", "") for what is none of these buttons."""
    action_id, value = text(action, "action_id"), text(action, "value")
    if not action_id.startswith(PREFIX):
        return "", ""
    if action_id == JUDGE:
        value = value or text(part(action, "selected_option"), "value")
        thumb, _, about = value.partition(" ")
        return (thumb, about) if thumb in _THUMBS else ("", "")
    return action_id.removeprefix(PREFIX), value


def _button(post: Post, action: str, about: str) -> dict[str, object]:
    return {
        "type": "button",
        "action_id": f"{PREFIX}{action}",
        "text": {"type": "plain_text", "text": post.label(action)},  # type: ignore[arg-type]
        **({"style": "danger"} if action == "stop" else {}),
        **({"value": about} if about else {}),
    }


def _feedback_buttons(about: str) -> dict[str, object]:
    return {
        "type": "feedback_buttons",
        "action_id": JUDGE,
        "positive_button": _thumb("good", about),
        "negative_button": _thumb("bad", about),
    }


def _thumb(action: str, about: str) -> dict[str, object]:
    return {
        "text": {"type": "plain_text", "text": EMOJI[action]},  # type: ignore[index]
        "accessibility_label": _THUMBS[action],
        "value": f"{action} {about}".rstrip(),
    }
