"""Summaries to learn from and to score on: records of `summary-en.jsonl.xz`, their documents as messages."""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.messages import Author, Turn

HELD_OUT_EVERY = 25
"""Every so many records of a source, from the first on, are never trained on: two folds of every 50th."""
START = datetime(2026, 1, 1, tzinfo=UTC)
_SPOKEN = frozenset({"chat", "multi-party chat", "meeting"})
_LINE = re.compile(r"([^:\n]{1,60}): ?(.*)")
_MAIL = re.compile(
    r'Name: "(?P<name>[^"]*)" Email: "[^"]*" To: .*?(?:Subject: "(?P<subject>[^"]*)")(?P<body>.*)'
)
_COPIES = re.compile(r"^ ?CC: ?(?:\S*@\S*(?:, ?| |$))+")


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """A document as messages, the summary that a person (or, for sgd-silver, a rule) wrote of it, and the
    question that the summary answers. `number` counts the records of its source from 0."""

    source: str
    number: int
    turns: list[Turn]
    summary: str
    about: str

    @property
    def is_held_out(self) -> bool:
        """Whether nothing may be learnt from it."""
        return self.number % HELD_OUT_EVERY == 0


def read_records(path: Path) -> Iterator[SummaryRecord]:
    """The records of a file, in its order."""
    counts: Counter[str] = Counter()
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            fields = json.loads(line)
            source = fields["source"]
            number = fields.get("number", counts[source])
            counts[source] += 1
            turns = as_turns(fields["document"], fields["style"])
            yield SummaryRecord(source, number, turns, fields["summary"], fields.get("query", ""))


def as_turns(document: str, style: str) -> list[Turn]:
    """A document as messages a minute apart: a line of a chat or meeting, an e-mail of a thread, or a
    paragraph, which nobody is named as the author of."""
    said = [_said(line, style) for line in document.split("\n") if line.strip()]
    return [
        Turn("user", text, Author(name, name) if name else None, START + timedelta(minutes=at), str(at))
        for at, (name, text) in enumerate(said)
    ]


def _said(line: str, style: str) -> tuple[str, str]:
    if style in _SPOKEN and (match := _LINE.fullmatch(line)):
        return match[1], match[2]
    if style == "email thread" and (mail := _MAIL.fullmatch(line)):
        return mail["name"], _COPIES.sub("", mail["body"]).strip() or mail["subject"]
    return "", line
