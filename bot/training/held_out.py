"""The held-out questions about the bot and small talk, and when an answer counts as accepted.

Strings only; nothing about models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

HELD_OUT = Path(__file__).parent / "smalltalk" / "held_out.tsv"
DEVELOPMENT = HELD_OUT.with_name("development.tsv")
"""Seen while the training phrases were extended: for choosing, not for reporting."""


@dataclass(frozen=True)
class Question:
    """A held-out conversation of user turns, and the phrases of which the last answer must hold one."""

    language: str
    turns: tuple[str, ...]
    accepted: tuple[str, ...]

    def is_answered_by(self, text: str) -> bool:
        """Whether a word of `text` begins an accepted phrase, upper and lower case being the same."""
        return any(
            re.search(r"(?<!\w)" + re.escape(phrase), text, re.IGNORECASE) is not None
            for phrase in self.accepted
        )


def read_questions(path: Path = HELD_OUT) -> list[Question]:
    """The held-out conversations. Raises ValueError where a line has not three columns."""
    questions = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            language, turns, accepted = line.split("\t")
            parts = tuple(turn.strip() for turn in turns.split("||"))
            questions.append(Question(language, parts, tuple(accepted.split("|"))))
    return questions
