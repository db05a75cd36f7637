"""Markdown as Discord reads it: its code blocks begin and end with exactly three backticks.

Longer fences and tildes mean nothing there, and the first three backticks in a row end a block. A message
keeps no spaces at its beginning. Pure.
"""

from __future__ import annotations

import re

from bot.conversation.text.blocks import Fence, after_line

_ZERO_WIDTH = "\u200b"
_FENCE = "```"
# Discord takes away the spaces that a message begins with, and with them the level of a list.
_NESTED_ITEM = re.compile(r"[ \t]+(?:[-*+]|\d{1,9}[.)])[ \t]")
_LANGUAGE = re.compile(r"[A-Za-z0-9_+.#-]+(?=\s|\Z)")


def to_discord(markdown: str) -> str:
    """`markdown` with code blocks that Discord shows as they were meant; a little longer where code shows
    fences."""
    if _NESTED_ITEM.match(markdown):
        markdown = f"{_ZERO_WIDTH}\n{markdown}"
    if _FENCE not in markdown and "~~~" not in markdown:
        return markdown
    lines = []
    fence: Fence | None = None
    for line in markdown.split("\n"):
        before, fence = fence, after_line(fence, line)
        if fence is not None and fence is not before:
            language = _LANGUAGE.match(fence.info)
            lines.append(f"{fence.lead}{_FENCE}{language[0] if language else ''}")
        elif fence is not None:
            lines.append(line.replace(_FENCE, f"`{_ZERO_WIDTH}``"))
        elif before is not None and before.marks in line:
            lines.append(line.replace(line.strip(" \t>"), _FENCE))
        else:
            lines.append(line)
    return "\n".join(lines)
