"""Slack's own markup, mrkdwn, to the words that people see, and to Markdown.

Pure text functions. The other direction is in `mrkdwn`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.platforms.slack.rich_text import link

# The forms are listed in Slack's reference under "Formatting message text".
_MARKUP = re.compile(
    r"<(?:@(?P<user>[UW]\w{0,40})|#(?P<channel>[A-Z]\w{0,40})|!(?P<special>[^<>|]{1,200})"
    r"|(?P<link>[a-z][a-z0-9+.-]{1,15}:[^<>|]{1,3000}))(?:\|(?P<label>[^<>]{0,3000}))?>"
)
_MENTION = re.compile(r"<@([UW]\w{0,40})(\|[^<>]*)?>")
_LABEL = re.compile(r"<(?:#|!subteam\^)(\w{1,40})\|([^<>]{1,300})>")
_CHANNEL = re.compile(r"<#([A-Z]\w{0,40})(?:\|[^<>]*)?>")
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)")
_DATE = re.compile(r"date\^(\d{1,12})\^")
_CODE = re.compile(r"(```(?:[^`]|`(?!``))*```|`[^`\n]+`)")
_EMPHASIS = tuple(
    (re.compile(rf"(?<![\w{mark}])\{mark}(?=\S)([^{mark}\n]*[^{mark}\s])\{mark}(?![\w{mark}])"), replacement)
    for mark, replacement in (("*", r"**\1**"), ("~", r"~~\1~~"))
)


def readable(text: str, names: Mapping[str, str], *, keeps_channels: bool = False) -> str:
    """A text as people see it: `<@U5>` becomes `@Ann`, `<https://a.org|here>` `here (https://a.org)`.
    `names` are the names of users by id; unknown ids become a word. `keeps_channels`: but for channels."""
    return unescaped(_named(text, names, _said_link, keeps_channels=keeps_channels))


def to_markdown(text: str, names: Mapping[str, str]) -> str:
    """The same as Markdown: `*so*` becomes `**so**`, `<https://a.org|here>` `[here](https://a.org)`. What is
    in code stays as it was typed."""
    pieces = _CODE.split(text)
    pieces[::2] = [_emphasised(_named(piece, names, link)) for piece in pieces[::2]]
    pieces[1::2] = [_fenced(_named(code, names, _typed_link)) for code in pieces[1::2]]
    return unescaped("".join(pieces))


def mentioned(text: str) -> frozenset[str]:
    """The ids of the users whom a text mentions."""
    return frozenset(match[1] for match in _MENTION.finditer(text))


def calls_others(text: str) -> bool:
    """Whether a text mentions somebody, or a group of people."""
    return "<!subteam^" in text or _MENTION.search(text) is not None


def channels_of(text: str) -> frozenset[str]:
    """The ids of the channels that a text mentions."""
    return frozenset(match[1] for match in _CHANNEL.finditer(text))


def labels_in(text: str) -> dict[str, str]:
    """What a text calls the channels and groups that it mentions, by their ids."""
    return {match[1]: match[2] for match in _LABEL.finditer(text)}


def without_call(text: str, user_id: str) -> str:
    """Take the mentions of one user off the beginning and the end of a text.

    A mention inside a sentence stays: it is part of what was said.
    """
    call = rf"<@{re.escape(user_id)}(?:\|[^<>]*)?>"
    text = re.sub(rf"^(?:\s*{call}\s*[,:]?)+\s*", "", text)
    return re.sub(rf"\s*(?:{call}\s*)+$", "", text)


def unescaped(text: str) -> str:
    """The three characters that Slack escapes, as they were typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _named(
    text: str, names: Mapping[str, str], linked: Callable[[str, str], str], *, keeps_channels: bool = False
) -> str:
    def name(found: re.Match[str]) -> str:
        label = found["label"] or ""
        if user := found["user"]:
            return "@" + (names.get(user) or label or "someone")
        if channel := found["channel"]:
            return found[0] if keeps_channels else "#" + (label or names.get(channel) or "some-channel")
        return _special(found["special"], label) if found["special"] else linked(found["link"], label)

    return _MARKUP.sub(name, text)


def _special(special: str, label: str) -> str:
    """`<!here>`, `<!subteam^S1|@team>`, `<!date^…|yesterday>`: a label says it best."""
    date = None if label else _DATE.match(special)
    return _day(int(date[1])) if date else label or "@" + special.partition("^")[0]


def _day(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "some day"


def _said_link(url: str, label: str) -> str:
    bare = _SCHEME.sub("", url)
    if not label or label.rstrip("/") in (url.rstrip("/"), bare.rstrip("/")):
        return url if url.startswith("http") else bare
    return f"{label} ({url})"


def _typed_link(url: str, label: str) -> str:
    """What Slack made a link of, where somebody wrote code."""
    return label or url


def _emphasised(text: str) -> str:
    for pattern, replacement in _EMPHASIS:
        text = pattern.sub(replacement, text)
    return text


def _fenced(code: str) -> str:
    """Slack's fences stand in the lines of the code, Markdown's in lines of their own."""
    inside = code[3:-3]
    return f"\n```\n{inside.strip(chr(10))}\n```\n" if code.startswith("```") and inside.strip() else code
