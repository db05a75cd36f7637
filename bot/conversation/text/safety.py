"""Takes the danger out of text: mass mentions in what the model wrote, control characters in names.

Knows the mention syntax of chat platforms; nothing about which platform a text goes to.
"""

from __future__ import annotations

import re
import unicodedata

ZERO_WIDTH_SPACE = "\u200b"
MAX_NAME_CHARS = 40
ANONYMOUS = "someone"
"""The name of who has none."""

_MASS_MENTION = re.compile(
    r"@(?=everyone|here|channel\b)|<(?=!(?:channel|here|everyone|group)\b|!subteam\^)", re.I
)
_MENTION = re.compile(r"<(?=(@[!&]?[\w-]+)(?:\|[^<>\n]{0,200})?>)")
_CONTROL_TOKEN = re.compile(r"<[|/]?[\w|.:-]{1,40}>|\[/?[A-Z_]{2,40}\]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def neutralise_mentions(text: str, question: str = "") -> str:
    """`text`, written by a model, with mentions that notify nobody: a zero-width space breaks them.

    Mentions of everybody are always broken, those of one person or role unless `question` has them
    too. Applying it again changes nothing.
    """
    asked = {match[1] for match in _MENTION.finditer(question)}
    text = _MASS_MENTION.sub(lambda match: match[0] + ZERO_WIDTH_SPACE, text)
    return _MENTION.sub(lambda match: match[0] + ("" if match[1] in asked else ZERO_WIDTH_SPACE), text)


def clean_name(name: str) -> str:
    """A display name as one harmless word of a line: no controls, line breaks, colons or direction marks,
    at most MAX_NAME_CHARS characters; ANONYMOUS where nothing is left."""
    name = _BIDI.sub("", name)
    kept = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in name[:400]
    )
    kept = " ".join(kept.replace(":", " ").replace("\uff1a", " ").split())
    return kept[:MAX_NAME_CHARS].strip() or ANONYMOUS


def folded_name(name: str) -> str:
    """What of a name people tell apart by sight: no case, width, spaces or invisible characters."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(char for char in folded if unicodedata.category(char)[0] in "LNPSM")


def clean_text(text: str) -> str:
    """What can be tokenized: no control characters but tab and line breaks, no lone surrogates."""
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub("", text))


def as_counted(text: str) -> str:
    """`text` as it is to be counted: what looks like a control token of a model is broken up, as the engine
    does when it renders a prompt, since one such token becomes many."""
    return _CONTROL_TOKEN.sub(lambda match: f"{match[0][0]} {match[0][1:]}", clean_text(text))


def without_direction_marks(text: str) -> str:
    """`text` without the marks that turn the order of a line around."""
    return _BIDI.sub("", text)


def one_line(text: str) -> str:
    """`text` as a part of a line: clean, without line breaks and without marks that turn the line around."""
    return " ".join(without_direction_marks(clean_text(text)).split())


def is_blank(text: str) -> bool:
    """Whether nothing in `text` can be seen."""
    return all(char.isspace() or unicodedata.category(char) in ("Cc", "Cf") for char in text)
