"""What platforms write into a message where people see something that has no words: pictures, files and the
like, and the marks around a file's text. Nobody said that. Pure.
"""

from __future__ import annotations

import re

_NOTE = re.compile(
    r"^\[(?:(?:image|video|sound|file|voice message|sticker)\b.*"
    r"|end of the file|cut: the first [\d,]+ of [\d,]+ characters)\]$\n?",
    re.MULTILINE,
)

NOT_READ = "not read"
"""Said of a file that may have had words, but was not asked for or could not be had."""
_UNREAD = re.compile(rf"^\[file\b.*: {NOT_READ}\]$", re.MULTILINE)


def has_unread(text: str) -> bool:
    """Whether a message shows a file of which nobody knows what it says."""
    return _UNREAD.search(text) is not None


def without_notes(text: str) -> str:
    """What was said in a message, with the text of its files; blank where it only shows something. A text
    without such notes comes back as it is."""
    said = _NOTE.sub("", text)
    return text if said == text else said.strip("\n")
