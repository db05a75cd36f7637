"""Markdown, as models write it, to what Slack reads: to its mrkdwn, and to its own dialect of Markdown.

Nothing but what stands here can be active there. In mrkdwn every `&`, `<` and `>` is escaped, so no mention,
no `<!channel>` and no link leaves that was not made here. In Markdown an empty space breaks what Slack would
see as a mention, however it is spelled; code is else unchanged. Pure text functions, linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.conversation.text.blocks import Fence, after_line
from bot.conversation.text.safety import clean_text
from bot.conversation.text.splitting import split_stream

MAX_TEXT = 4000
"""Characters that Slack takes as the text of an edited message (error `msg_too_long` beyond)."""

MAX_SECTION = 3000
"""Characters of mrkdwn in a section; so many are enough for a notification, too."""
PART_CHARS = 2500
"""What a section has room for, unless much in it is escaped: that makes at most five characters of one."""

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

_OPEN = r"(?:<|&lt;?|&\#0*60;?|&\#x0*3c;?)"
_CALLS = r"(?:channel|here|everyone|group)\b"
_ACTIVE = re.compile(
    rf"{_OPEN}(?=[!@\#]|&(?:excl|commat|num|\#0*(?:33|35|64)|\#x0*(?:21|23|40))\b)|@(?={_CALLS})", re.I
)
"""Behind which an empty space takes the meaning from what Slack would act upon."""
_ACTIVE_IN_CODE = re.compile(
    rf"{_OPEN}(?=!(?:{_CALLS}|subteam\^|date\^)|@[UW]\w|\#[CDG]\w)|@(?={_CALLS})", re.I
)
"""The same where other uses of these signs are likely: `<!DOCTYPE html>` stays what it is."""
_DEFINITION = re.compile(r"^[ \t>]*\[[^\]\n]{1,500}\](?=:)")


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


def to_markdown_block(markdown: str) -> str:
    """Markdown for Slack's block of that name: pictures become links, links do not pretend to lead elsewhere,
    and nothing in it calls anybody."""
    lines: list[str] = []
    fence: Fence | None = None
    for line in clean_text(markdown).split("\n"):
        before, fence = fence, after_line(fence, line)
        is_prose = before is None and fence is None
        lines.append("".join(_prose(line)) if is_prose else _ACTIVE_IN_CODE.sub(_broken, line))
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Slack shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_body(markdown: str) -> dict[str, object]:
    """The text of a message, and sections for one that is longer than Slack allows."""
    text = to_mrkdwn(clean_text(markdown))
    if len(text) <= MAX_TEXT:
        return {"text": text}
    return {"text": beginning(markdown), "blocks": sections(markdown)}


def sections(markdown: str) -> list[dict[str, object]]:
    """Markdown in blocks of mrkdwn."""
    return [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in _parts(markdown)]


def beginning(markdown: str) -> str:
    """As much of Markdown in mrkdwn as a notification can be expected to show."""
    return next(_parts(markdown), "")


def _parts(markdown: str, most: int = PART_CHARS) -> Iterator[str]:
    """Pieces of mrkdwn that fit a section."""
    whole = to_mrkdwn(clean_text(markdown))
    if len(whole) <= MAX_SECTION:
        yield whole
        return
    for part in split_stream(markdown, most):
        yield from _parts(part, most * 2 // 3)


def _prose(line: str) -> Iterator[str]:
    """A line outside of code blocks."""
    if definition := _DEFINITION.match(line):
        yield from _prose(definition[0])
        yield _ZERO_WIDTH
        line = line[definition.end() :]
    at = 0
    for found in _KEPT.finditer(line):
        if found.lastgroup == "escaped":
            continue
        yield _inert(line[at : found.start()])
        yield _as_markdown(found)
        at = found.end()
    yield _inert(line[at:])


def _inert(prose: str) -> str:
    """Words without links: what might be read as one all the same is none."""
    return _ACTIVE.sub(_broken, prose).replace("](", f"]{_ZERO_WIDTH}(")


def _broken(found: re.Match[str]) -> str:
    return found[0] + _ZERO_WIDTH


def _as_markdown(found: re.Match[str]) -> str:
    """A code span, a link or an address, ready to be sent."""
    if found["code"] is not None:
        return _ACTIVE_IN_CODE.sub(_broken, found[0])
    if found["url"] is None:
        return found["bare"] or f"<{_piped(found['auto'])}>"
    url, label = found["url"], found["label"].strip()
    if not _LINKABLE.match(url):
        return _inert(f"{label} ({url})" if label else url)
    if not label or _LOOKS_LIKE_ADDRESS.match(re.sub(r"[*_~`|]", "", label)):
        return f"<{_piped(url)}>"
    return f"[{_ACTIVE.sub(_broken, label)}]({_piped(url)})"


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
    return escaped(_piped(url))


def _piped(url: str) -> str:
    """An address without the sign that ends one in mrkdwn."""
    return url.replace("|", "%7C")
