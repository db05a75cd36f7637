"""How much of an answer can be streamed while it is written: what will not read otherwise later. Pure.

A stream only grows. So what may still change its meaning is held back: a word, a link or a mention that is
not complete, a row of a table, the line of code in the making, and what stands below the text only for now.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.conversation.text.blocks import Fence, after_line

HELD_CHARS = 300
"""What may turn out to be a link or emphasis is waited for no longer than for so many characters."""

_TABLE_ROW = re.compile(r"[ \t>]*\|")
_FOR_NOW = re.compile(r"[ \t>]*`[^`\n]*`: \d+ lines? so far \.\.\.$")
_COMPLETE = re.compile(
    r"(?P<ticks>`{1,2})(?!`)[^`\n]{1,2000}(?P=ticks)(?!`)"
    r"|!?\[[^\[\]\n]{0,500}\](?:\([^()\s<>]{0,2000}(?:\([^()\s<>]{0,200}\)[^()\s<>]{0,200})?"
    r"(?:\s+\"[^\"\n]{0,200}\")?\)|(?=[^(]))"
    r"|<[^<>\n]{0,2000}>"
    r"|(?P<marks>\*{1,3}|_{1,3}|~~)(?=[^\s*_~])(?:[^*_~\n]{0,1000}[^\s*_~])?(?P=marks)"
)
_OPENING = re.compile(r"`|\[|<|(?<![\w*])\*{1,3}(?=\S|\Z)|(?<![\w_])_{1,3}(?=\S|\Z)|~~(?=\S|\Z)")
_BREAK = re.compile(r"\s|(?<=[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef])")
_LINKS = re.compile(
    r"(?P<ticks>`{1,2})(?!`)[^`\n]+(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]{0,500})\]"
    r"\((?P<url>[^()\s<>]{1,2000}(?:\([^()\s<>]{0,200}\)[^()\s<>]{0,200})?)(?:\s+\"[^\"\n]{0,200}\")?\)"
    r"|<(?P<auto>https?://[^\s<>]{1,2000})>"
    r"|(?P<bare>https?://[^\s<>\"'`*]{1,2000})",
    re.I,
)
_TAIL = ".,;:!?)]"


def settled(markdown: str) -> str:
    """The beginning of what is written so far that stays as it is, whatever follows."""
    head, line_break, last = markdown.rpartition("\n")
    fence = _fence_after(head) if head else None
    is_over = after_line(fence, last) is None
    if fence is not None:
        # Who closed the block cannot be told: what is written so far is shown with its blocks closed.
        return (head.rpartition("\n")[0] if is_over else head).rstrip()
    if not is_over or _TABLE_ROW.match(last) or _FOR_NOW.match(last):
        return head.rstrip()
    return (head + line_break + _settled_line(last)).rstrip()


def without_links(markdown: str, is_known: Callable[[str], bool]) -> str:
    """Markdown whose links lead nowhere, but for those that are known: their addresses are shown as code.

    Slack previews what streamed messages link to, and a preview tells the address to whoever owns it: a model
    could be talked into putting there what nobody else is to know.
    """
    lines: list[str] = []
    fence: Fence | None = None
    for line in markdown.split("\n"):
        before, fence = fence, after_line(fence, line)
        is_prose = before is None and fence is None
        lines.append(_LINKS.sub(lambda found: _unlinked(found, is_known), line) if is_prose else line)
    return "\n".join(lines)


def _fence_after(text: str) -> Fence | None:
    fence: Fence | None = None
    for line in text.split("\n"):
        fence = after_line(fence, line)
    return fence


def _settled_line(line: str) -> str:
    """A line that is still written, up to the last word before which nothing is open."""
    masked = _COMPLETE.sub(lambda found: "." * len(found[0]), line)
    end = max((found.end() for found in _BREAK.finditer(masked)), default=0)
    opening = _OPENING.search(masked, max(0, len(line) - HELD_CHARS))
    return line[: min(end, opening.start()) if opening else end]


def _unlinked(found: re.Match[str], is_known: Callable[[str], bool]) -> str:
    url = found["url"] or found["auto"]
    if found["bare"]:
        url = found["bare"].rstrip(_TAIL)
        return found[0] if is_known(url) else f"`{url}`{found['bare'][len(url) :]}"
    if url is None or is_known(url) or not re.match(r"https?://", url, re.I):
        return found[0]
    label = (found["label"] or "").strip()
    url = url.replace("`", "%60")
    return f"{label} (`{url}`)" if label and label != url else f"`{url}`"
