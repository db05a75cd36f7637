"""Rich text, the blocks in which Slack's clients send what people write, to Markdown.

Pure. What is unknown, missing or of another type than expected says nothing, and is never an error. Slack's
reference describes the elements under "Rich text block".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from bot.platforms.slack.payloads import Payload, part, parts, text

Labels = Mapping[str, str]
"""What people, channels and groups are called, by their ids."""

_INDENT = "   "
"""What puts a list below an item of another, numbered or not."""

_MAX_INDENT = 8
_MARKS = (("strike", "~~"), ("italic", "_"), ("bold", "**"))
_EMOJI = re.compile(r"[0-9a-f]{2,6}(?:-[0-9a-f]{2,6}){0,9}")


@dataclass(frozen=True, slots=True)
class _Run:
    """Some words and the style that they are set in."""

    words: str
    style: frozenset[str] = field(default_factory=frozenset)


def markdown_in(blocks: Sequence[Payload], labels: Labels, kept: str = "") -> str:
    """The Markdown of the rich text among a message's blocks, "" where there is none. Mentions read as
    `labels` call them; the person with the id `kept` stays a mention, `<@U1>`."""
    written = [block for block in blocks if text(block, "type") == "rich_text"]
    told = [_block(one, labels, kept) for block in written for one in parts(block, "elements")]
    return "\n".join(words.strip("\n") for words in told if words.strip())


def people_in(blocks: Sequence[Payload]) -> frozenset[str]:
    """The ids of the people whom rich text mentions."""
    return _ids_in(blocks, "user", "user_id")


def channels_in(blocks: Sequence[Payload]) -> frozenset[str]:
    """The ids of the channels that it mentions."""
    return _ids_in(blocks, "channel", "channel_id")


def _ids_in(blocks: Sequence[Payload], kind: str, name: str) -> frozenset[str]:
    found: set[str] = set()
    waiting = [*blocks]
    while waiting:
        one = waiting.pop()
        waiting += parts(one, "elements")
        found |= {text(one, name)} if text(one, "type") == kind else set()
    return frozenset(found - {""})


def _block(block: Payload, labels: Labels, kept: str) -> str:
    kind, elements = text(block, "type"), parts(block, "elements")
    if kind == "rich_text_list":
        return _list(block, labels, kept)
    if kind == "rich_text_preformatted":
        code = "".join(text(one, "text") or text(one, "url") for one in elements)
        fence = _fence(code, 3)
        return f"{fence}\n{code}\n{fence}"
    words = _inline(elements, labels, kept)
    if kind == "rich_text_quote":
        return "\n".join(f"> {line}" for line in words.strip("\n").split("\n"))
    return words


def _list(block: Payload, labels: Labels, kept: str) -> str:
    indent = _INDENT * min(_whole(block, "indent"), _MAX_INDENT)
    first = _whole(block, "offset") + 1
    is_ordered = text(block, "style") == "ordered"
    lines = []
    for number, item in enumerate(parts(block, "elements"), first):
        words = _inline(parts(item, "elements"), labels, kept).strip("\n")
        mark = f"{number}. " if is_ordered else "- "
        lines.append(indent + mark + words.replace("\n", f"\n{indent}{_INDENT}"))
    return "\n".join(lines)


def _inline(elements: Sequence[Payload], labels: Labels, kept: str) -> str:
    runs = [_Run(_words(one, labels, kept), _style(one)) for one in elements]
    told = []
    for style, same in groupby(runs, key=lambda run: run.style):
        words = "".join(run.words for run in same)
        told.append("\n".join(_styled(line, style) for line in words.split("\n")))
    return "".join(told)


def _style(element: Payload) -> frozenset[str]:
    style = part(element, "style")
    return frozenset(name for name in ("bold", "italic", "strike", "code") if style.get(name) is True)


def _styled(line: str, style: frozenset[str]) -> str:
    """A line in its style; the spaces at its ends stay outside, where Markdown wants them."""
    words = line.strip()
    if not words or not style:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    if "code" in style:
        fence = _fence(words, 1)
        pad = " " if words.startswith("`") or words.endswith("`") else ""
        words = f"{fence}{pad}{words}{pad}{fence}"
    for name, mark in _MARKS:
        words = f"{mark}{words}{mark}" if name in style else words
    return before + words + after


def _fence(code: str, least: int) -> str:
    """So many backticks that the code has no such run in it."""
    longest = max((len(run) for run in re.findall("`+", code)), default=0)
    return "`" * max(least, longest + 1 if longest >= least else least)


def _words(element: Payload, labels: Labels, kept: str) -> str:
    kind = text(element, "type")
    if kind == "text":
        return text(element, "text")
    if kind == "link":
        return link(text(element, "url"), text(element, "text"))
    if kind == "user":
        person = text(element, "user_id")
        return f"<@{kept}>" if person and person == kept else "@" + (labels.get(person) or "someone")
    if kind == "channel":
        return "#" + (labels.get(text(element, "channel_id")) or "some-channel")
    if kind == "usergroup":
        return "@" + (labels.get(text(element, "usergroup_id")) or "some-group").removeprefix("@")
    if kind == "emoji":
        return _emoji(element)
    plain = {"broadcast": "@" + text(element, "range"), "color": text(element, "value")}
    return plain.get(kind) or text(element, "fallback")


def link(url: str, label: str) -> str:
    """A link in Markdown, or its bare address where the label says no more."""
    bare = re.sub(r"^(?:https?://|mailto:|tel:)", "", url)
    if not label.strip() or label.rstrip("/") in (url.rstrip("/"), bare.rstrip("/")):
        return url if url.startswith("http") else bare
    return f"[{label}]({url})"


def _emoji(element: Payload) -> str:
    codes = text(element, "unicode").lower()
    if _EMOJI.fullmatch(codes):
        points = [int(code, 16) for code in codes.split("-")]
        if all(point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF for point in points):
            return "".join(map(chr, points))
    return f":{text(element, 'name')}:"


def _whole(payload: Payload, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) and 0 <= value < 10_000 else 0
