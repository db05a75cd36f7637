"""Markdown, as models write it, to Slack's mrkdwn, in which nothing but what stands here can be active.

Every `&`, `<` and `>` is escaped, so no mention, no `<!channel>` and no link leaves that was not made here.
Pure text functions; work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.conversation.text.safety import clean_text
from bot.conversation.text.splitting import split_stream

MAX_TEXT = 4000
"""Characters that Slack takes as the text of an edited message (error `msg_too_long` beyond)."""

SECTION_CHARS = 560
"""A section holds 3,000 characters, and escaping makes at most five of one."""

INERT: dict[str, object] = {"link_names": False, "parse": "none"}
"""What keeps Slack from finding names and addresses in a text by itself."""

_ZERO_WIDTH = "\u200b"
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^`\n]*$")
_KEPT = re.compile(
    r"(?P<ticks>`{1,2})(?!`)(?P<code>[^`\n]+)(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]{0,500})\]\((?P<url>[^()\s<>]{1,2000}(?:\([^()\s<>]{0,200}\)[^()\s<>]{0,200})?)"
    r"(?:\s+\"[^\"\n]{0,200}\")?\)"
    r"|<(?P<auto>(?:https?://|mailto:)[^\s<>|]{1,2000})>"
    r"|(?P<bare>https?://[^\s<>\"'`*]{1,2000})"
    r"|\\(?P<escaped>[\\`*_{}\[\]()#+.!~|<>-])"
)
_LINKABLE = re.compile(r"(?:https?://[^/]|mailto:\S)", re.I)
_LOOKS_LIKE_ADDRESS = re.compile(r"^\s*(?:https?://|www\.)|^\s*[\w-]+(?:\.[\w-]+)+(?:/\S*)?\s*$", re.I)
_SLOT = re.compile("\ue000(\\d+)\ue001")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_BULLET = re.compile(r"^([ \t]*)[-*+][ \t]+(?:\[([ xX])\][ \t]+)?")
_RULE = re.compile(r"^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$")
_EMPHASIS = (
    (re.compile(r"\*\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*\*"), "*_"),
    (re.compile(r"\*\*(?=[^\s*])((?:[^*\n]|\*(?!\*))*?[^\s*])\*\*"), "*"),
    (re.compile(r"(?<!\w)__(?=[^\s_])([^_\n]*[^\s_])__(?!\w)"), "*"),
    (re.compile(r"(?<!\*)\*(?=[^\s*])([^*\n]*[^\s*])\*(?!\*)"), "_"),
    (re.compile(r"~~(?=[^\s~])([^~\n]*[^\s~])~~"), "~"),
)
_OPENING = str.maketrans("*_~", "\ue002\ue003\ue004")
_CLOSING = str.maketrans("*_~", "\ue005\ue006\ue007")
_MARKS = str.maketrans("\ue002\ue003\ue004\ue005\ue006\ue007", "*_~*_~")
_MARK_RUN = re.compile("[\ue002-\ue004]+|[\ue005-\ue007]+")
_PRIVATE = re.compile("[\ue000-\ue007]")


def to_mrkdwn(markdown: str) -> str:
    """Markdown as mrkdwn: bold, italics, strike, links, headings, lists and code; everything else as text."""
    lines: list[str] = []
    fence = ""
    for line in _PRIVATE.sub("", markdown).split("\n"):
        found = _FENCE.match(line)
        if fence:
            is_end = found is not None and found[1].startswith(fence) and line.strip() == found[1]
            lines.append("```" if is_end else escaped(line.replace("```", f"`{_ZERO_WIDTH}``")))
            fence = "" if is_end else fence
        elif found:
            fence = found[1]
            lines.append("```")
        else:
            lines.append(_line(line))
    return "\n".join([*lines, "```"] if fence else lines)


def escaped(text: str) -> str:
    """Text that Slack shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_body(markdown: str) -> dict[str, object]:
    """The text of a message, and sections for one that its escapes made longer than Slack allows."""
    markdown = clean_text(markdown)
    text = to_mrkdwn(markdown)
    if len(text) <= MAX_TEXT:
        return {"text": text}
    parts = [to_mrkdwn(part) for part in split_stream(markdown, SECTION_CHARS)]
    sections = [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in parts]
    return {"text": parts[0], "blocks": sections}


def _line(line: str) -> str:
    if _RULE.match(line):
        return "———"
    heading = _HEADING.match(line)
    if heading:
        inner = re.sub(r"\*\*|__", "", heading[1])
        return _inline(f"**{inner}**") if inner else ""
    bullet = _BULLET.match(line)
    if bullet:
        box = {"": "•", " ": "☐"}.get(bullet[2] or "", "☑")
        return f"{bullet[1]}{box} {_inline(line[bullet.end() :])}"
    return _inline(line)


def _inline(text: str) -> str:
    """One line: what is code or a link is set aside, the rest escaped, then emphasis is made."""
    kept: list[str] = []

    def set_aside(found: re.Match[str]) -> str:
        kept.append(_as_mrkdwn(found))
        return f"\ue000{len(kept) - 1}\ue001"

    text = escaped(_KEPT.sub(set_aside, text))
    for pattern, marks in _EMPHASIS:
        text = pattern.sub(_wrapped(marks), text)
    text = _MARK_RUN.sub(_with_boundary, text)
    return _SLOT.sub(lambda found: kept[int(found[1])], text)


def _wrapped(marks: str) -> Callable[[re.Match[str]], str]:
    opening, closing = marks.translate(_OPENING), marks[::-1].translate(_CLOSING)
    return lambda found: f"{opening}{found[1]}{closing}"


def _with_boundary(run: re.Match[str]) -> str:
    """Slack sees a mark only where a word begins or ends; inside of a word it is helped by an empty space."""
    marks = run[0].translate(_MARKS)
    if run[0][0] <= "\ue004":
        is_inside = run.start() > 0 and run.string[run.start() - 1].isalnum()
        return f"{_ZERO_WIDTH}{marks}" if is_inside else marks
    is_inside = run.string[run.end() : run.end() + 1].isalnum()
    return f"{marks}{_ZERO_WIDTH}" if is_inside else marks


def _as_mrkdwn(found: re.Match[str]) -> str:
    """A code span, a link, an address or an escaped character, ready to be sent."""
    if found["code"] is not None:
        return f"`{escaped(found['code'])}`"
    if found["url"] is not None:
        return _link(found["url"], found["label"])
    if found["auto"] is not None:
        return f"<{_address(found['auto'])}>"
    if found["bare"] is not None:
        url = found["bare"].rstrip(".,;:!?)]")
        return f"<{_address(url)}>{escaped(found['bare'][len(url) :])}"
    mark = found["escaped"]
    return f"\u2060{mark}" if mark in "*_~`" else escaped(mark)


def _link(url: str, label: str) -> str:
    """A link whose words do not pretend to be another address; what cannot be a link stays text."""
    label = re.sub(r"[*_~`|]", "", label).strip()
    if not _LINKABLE.match(url):
        return escaped(f"{label} ({url})" if label else url)
    if not label or _LOOKS_LIKE_ADDRESS.match(label):
        return f"<{_address(url)}>"
    return f"<{_address(url)}|{escaped(label)}>"


def _address(url: str) -> str:
    return escaped(url.replace("|", "%7C"))
