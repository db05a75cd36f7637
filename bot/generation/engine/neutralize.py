"""Making text harmless for a prompt: nothing that a person writes may act as a control token or as the
template's own scaffolding. Pure; it must not know tokenizers or models. No torch here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_ROUNDS = 8
MAX_NAME_LENGTH = 64
MAX_SCAFFOLD_LENGTH = 40
_SCAFFOLD_SIGNS = frozenset("<>[]|#{}")


class Neutralizer:
    """Breaks up every occurrence of the given strings by a space after their first character.

    A space, because no tokenizer's normalization removes it, people can still read what was written, and
    one more space is cheap in every vocabulary.
    """

    def __init__(self, forbidden: Iterable[str]) -> None:
        strings = sorted({text for text in forbidden if len(text) > 1}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, strings)), re.IGNORECASE) if strings else None
        self._signs = (
            re.compile("[" + re.escape("".join(sorted(_signs(strings)))) + "]") if _signs(strings) else None
        )

    def clean(self, text: str) -> str:
        """`text` without any of the strings, unchanged where there are none."""
        if self._pattern is None:
            return text
        for _ in range(MAX_ROUNDS):
            text, count = self._pattern.subn(lambda match: f"{match[0][0]} {match[0][1:]}", text)
            if not count:
                return text
        return self.scrub(text)

    def scrub(self, text: str) -> str:
        """The last resort: every punctuation mark that occurs in one of the strings becomes a space."""
        return self._signs.sub(" ", text) if self._signs else text


def _signs(strings: Iterable[str]) -> set[str]:
    return {sign for text in strings for sign in text if not sign.isalnum() and not sign.isspace()}


def scaffolding(rendered: str, contents: Iterable[str], control: Iterable[str]) -> set[str]:
    """The literal strings that a chat template writes around contents, found in one rendering.

    `rendered` is the template's output, `contents` what stood in it, `control` the known control tokens.
    Only lines that look like markup (`[INST]`, `### Instruction:`, `USER:`) count; plain sentences, such as
    a default system prompt, do not.
    """
    known = [*contents, *control]
    pieces = re.split("|".join(map(re.escape, sorted(known, key=len, reverse=True))), rendered)
    lines = {line.strip() for piece in pieces for line in piece.splitlines()}
    return {
        line
        for line in lines
        if 2 < len(line) <= MAX_SCAFFOLD_LENGTH and (_SCAFFOLD_SIGNS & set(line) or line.endswith(":"))
    }


def speaker_name(name: str | None, default: str) -> str:
    """A display name that fits on one line in front of a colon; `default` where nothing of it is left."""
    words = " ".join((name or "").replace(":", " ").replace("\0", " ").split())
    return words[:MAX_NAME_LENGTH].strip() or default


def indent_lines(text: str) -> str:
    """`text` whose every line but the first begins with a space, so that none can pass for a speaker's
    line."""
    return "\n ".join(text.splitlines())


def indent_forged(text: str, names: Iterable[str]) -> str:
    """`text` in which only lines that begin like one of the speakers' (`Name:`) are indented."""
    starts = tuple(f"{name.casefold()}:" for name in names)
    lines = text.split("\n")
    return "\n".join(
        f" {line}" if at and line.lstrip().casefold().startswith(starts) else line
        for at, line in enumerate(lines)
    )
