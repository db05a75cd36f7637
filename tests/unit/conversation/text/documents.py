"""Long answers as models write them, made up by chance, and a reader of one post that knows nothing of the
code under test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random

TEXT = (
    "the model answers a question about rivers and towns where old bridges cross quiet water in winter "
    "while people walk slowly along the bank and talk of trade, tolls and floods of long ago"
)
WORDS = TEXT.split()
LINKS = (
    "[a page](https://example.org/wiki/Bridge_(old))",
    "<https://example.org/a>",
    "`a = b | c`",
    ":tada:",
)


@dataclass
class Document:
    """A text, and its parts that are to stay whole where they fit in a post."""

    text: str = ""
    wholes: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)


class Writer:
    """Writes documents; the same seed writes the same."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._document = Document()

    def document(self, length: int) -> Document:
        """A document of at least `length` characters."""
        document = self._document
        kinds = (self._paragraph, self._paragraph, self._list, self._table, self._code, self._quote)
        while len(document.text) < length:
            if self._random.random() < 0.3:
                level = "#" * self._random.randint(1, 4)
                document.text += self._random.choice([f"{level} {self._words(4)}\n\n", f"{level} A\n"])
            document.text += self._random.choice(kinds)() + "\n"
        return document

    def _words(self, most: int) -> str:
        return " ".join(self._random.choices(WORDS, k=self._random.randint(1, most)))

    def _sentence(self) -> str:
        words = self._words(14)
        chance = self._random.random()
        if chance < 0.15:
            link = self._random.choice(LINKS)
            self._document.links.append(link)
            return f"{words} {link} {self._words(4)}. "
        if chance < 0.3:
            mark = self._random.choice(["**", "*", "~~", "__"])
            bold = f"{mark}{self._words(6)}{mark}"
            self._document.wholes.append(bold)
            return f"{words} {bold}. "
        if chance < 0.35:
            spoiler = f"||{self._words(20)}||"
            self._document.wholes.append(spoiler)
            return f"{words} {spoiler} so. "
        return f"{words}. "

    def _paragraph(self) -> str:
        return "".join(self._sentence() for _ in range(self._random.randint(1, 12))).strip() + "\n"

    def _list(self) -> str:
        is_numbered, gap = self._random.random() < 0.5, self._random.choice(["", "\n"])
        items = []
        for number in range(1, self._random.randint(3, 16)):
            items.append(self._item(f"{number}." if is_numbered else "-"))
            self._document.wholes.append(items[-1])
        return gap.join(items)

    def _item(self, mark: str) -> str:
        indent = " " * (len(mark) + 1)
        item = f"{mark} {self._sentence()}\n"
        for _ in range(self._random.choice([0, 0, 1, 3])):
            item += f"{indent}- {self._sentence()}\n"
            if self._random.random() < 0.3:
                item += f"{indent}  - {self._words(8)}\n"
        if self._random.random() < 0.15:
            item += f"{indent}```sh\n{indent}run {self._words(5)}\n{indent}```\n"
        if self._random.random() < 0.2:
            item += f"\n{indent}{self._sentence()}\n"
        return item

    def _table(self) -> str:
        columns = self._random.randint(2, 4)
        head = "| " + " | ".join(self._words(2) for _ in range(columns)) + " |\n"
        head += "|" + " --- |" * columns + "\n"
        rows = []
        for _ in range(self._random.randint(1, 30)):
            rows.append("| " + " | ".join(self._words(3) for _ in range(columns)) + " |\n")
        self._document.rows += rows
        self._document.wholes.append(head + "".join(rows))
        return head + "".join(rows)

    def _code(self) -> str:
        marks = self._random.choice(["```", "```", "````", "~~~"])
        lines = [
            f"{' ' * self._random.choice([0, 4])}{self._words(8)}" for _ in range(self._random.randint(1, 60))
        ]
        if marks != "```":
            lines.insert(self._random.randrange(len(lines) + 1), "```python\nprint('| a |')\n```")
        code = (
            f"{marks}{self._random.choice(['', 'python', 'md title=notes.md'])}\n"
            + "\n".join(lines)
            + f"\n{marks}\n"
        )
        self._document.wholes.append(code)
        return code

    def _quote(self) -> str:
        lines = [f"> {self._sentence()}" for _ in range(self._random.randint(1, 12))]
        if self._random.random() < 0.2:
            lines += ["> ```py", *(f"> x = {number}" for number in range(30)), "> ```"]
        quote = "\n".join(lines) + "\n"
        self._document.wholes.append(quote)
        return quote


_FENCE = re.compile(r"(?P<lead>[ \t>]*)(?P<marks>`{3,16}(?!`)|~{3,16}(?!~))(?P<info>[^`]*)$")
_DELIMITERS = re.compile(r"[ >]*\|([ ]*:?-+:?[ ]*\|)+$")


def faults(post: str) -> list[str]:
    """What is wrong with a post that is read alone."""
    found, marks, is_quoted, table = [], "", False, 0
    lines = post.split("\n")
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if marks and is_quoted and not line.lstrip(" \t").startswith(">"):
            marks = ""  # the quote is over, and the code in it
        if marks:
            if fence and fence["marks"].startswith(marks) and not fence["info"].strip():
                marks = ""
            continue
        if fence:
            marks, is_quoted, table = fence["marks"], is_quoted_here(fence["lead"]), 0
            continue
        if not line.lstrip(" >").startswith("|") or line.startswith("||"):
            table = 0
            continue
        table += 1
        if table == 1 and not (number + 1 < len(lines) and _DELIMITERS.match(lines[number + 1])):
            found.append(f"a row without a header: {line}")
    if marks:
        found.append(f"an open code block: {marks}")
    return found


def is_quoted_here(lead: str) -> bool:
    """Whether what a line begins with makes it a quote that ends with the quoted lines."""
    return ">" in lead and not lead.startswith(">>> ")


def ends_with_heading(post: str) -> bool:
    """Whether the last thing in a post is a heading."""
    return bool(re.search(r"(?:\A|\n)#{1,6} [^\n]*\s*\Z", post)) and not faults(post)
