"""Slack's own markup to the words that people see: mentions, channels, links, escapes.

Pure text functions. The other direction is in `mrkdwn`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# The forms are listed in Slack's reference under "Formatting message text".
_MARKUP = re.compile(
    r"<(?:@(?P<user>[UW]\w{0,40})|#(?P<channel>[A-Z]\w{0,40})|!(?P<special>[^<>|]{1,200})"
    r"|(?P<link>[a-z][a-z0-9+.-]{1,15}:[^<>|]{1,3000}))(?:\|(?P<label>[^<>]{0,3000}))?>"
)
_MENTION = re.compile(r"<@([UW]\w{0,40})(\|[^<>]*)?>")
_SCHEME = re.compile(r"^(?:https?://|mailto:|tel:)")


def readable(text: str, names: Mapping[str, str], *, keeps_channels: bool = False) -> str:
    """A message's text as people see it: `<@U5>` becomes `@Ann`, `<https://a.org|here>` `here (https://a.org)`.
    `names` are the names of users by id; unknown ids become a word. `keeps_channels`: but for channels."""

    def name(found: re.Match[str]) -> str:
        label = found["label"]
        if user := found["user"]:
            return "@" + (names.get(user) or label or "someone")
        if found["channel"]:
            if keeps_channels:
                return found[0]
            return "#" + (label or "some-channel")
        return _special(found["special"], label) if found["special"] else _link(found["link"], label)

    return unescaped(_MARKUP.sub(name, text))


def mentioned(text: str) -> frozenset[str]:
    """The ids of the users whom a text mentions."""
    return frozenset(match[1] for match in _MENTION.finditer(text))


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


def _special(special: str, label: str | None) -> str:
    """`<!here>`, `<!subteam^S1|@team>`, `<!date^…|yesterday>`: a label says it best."""
    return label or "@" + special.partition("^")[0]


def _link(link: str, label: str | None) -> str:
    bare = _SCHEME.sub("", link)
    if not label or label.rstrip("/") in (link.rstrip("/"), bare.rstrip("/")):
        return link if link.startswith("http") else bare
    return f"{label} ({link})"
