"""Takes a message apart into the sentences to be translated and what stands between them.

Code blocks, indentation, marks of lists, quotations, headings and tables, and the white space are never given
to a model. Joined again in the same order, the parts are the message. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.conversation.text.masking import MASK, Masked, mask
from bot.conversation.text.protected import CODE_BLOCK, LINE_MARKS
from bot.conversation.text.sentences import MAX_CHARS, sentences

_LINE = re.compile(r"[^\n]+|\n+")
_ROW = re.compile(r"[ \t]*\|(?!\|).*\|[ \t]*\Z")
_CELL = re.compile(r"[^|]+|\|+")

Part = str | Masked
"""What stands as it is, or a sentence."""


def parts_of(
    text: str,
    terms: Mapping[str, str] | None = None,
    max_chars: int = MAX_CHARS,
    *,
    is_strict: bool = False,
) -> Iterator[Part]:
    """The parts of a message in order. `terms` are a glossary's; no sentence has more than `max_chars`
    characters, what is masked counted as one. `is_strict` as in `Masked`."""
    at = 0
    for block in CODE_BLOCK.finditer(text):
        yield from _lines(text[at : block.start()], terms, max_chars, is_strict)
        yield block[0]
        at = block.end()
    yield from _lines(text[at:], terms, max_chars, is_strict)


def words_of(text: str) -> str:
    """What of a message is language: its text without code, links, mentions and the like, a line a line."""
    return "\n".join(MASK.sub(" ", part.text) for part in parts_of(text) if isinstance(part, Masked))


def _lines(text: str, terms: Mapping[str, str] | None, max_chars: int, is_strict: bool) -> Iterator[Part]:
    for match in _LINE.finditer(text):
        line = match[0]
        if line[0] == "\n":
            yield line
            continue
        marks = LINE_MARKS.match(line)
        start = marks.end() if marks else 0
        if start:
            yield line[:start]
        yield from _cells(mask(line[start:], terms, is_strict=is_strict), max_chars)


def _cells(line: Masked, max_chars: int) -> Iterator[Part]:
    """The sentences of a line, or of each cell of a table's row."""
    if not _ROW.match(line.text):
        yield from _sentences(line, max_chars)
        return
    for match in _CELL.finditer(line.text):
        if match[0][0] == "|":
            yield match[0]
        else:
            yield from _sentences(line.part(match.start(), match.end()), max_chars)


def _sentences(line: Masked, max_chars: int) -> Iterator[Part]:
    at = 0
    for sentence, gap in sentences(line.text, max_chars):
        part = line.part(at, at + len(sentence))
        at += len(sentence) + len(gap)
        start, end = part.trimmed() if part.has_words else (0, 0)
        if start < end:
            yield part.part(0, start).restored()
            yield part.part(start, end)
            yield part.part(end, len(part.text)).restored() + gap
        else:
            yield part.restored() + gap
