"""A benchmark's tables, printed, and kept as `NAME.md` beside it, with the day and the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path(__file__).parent


class Report:
    """A page of Markdown."""

    def __init__(self, name: str, about: str) -> None:
        self._name = name
        when = datetime.now(UTC).date().isoformat()
        self._lines = [f"# {name}", "", f"{about}. {when}, {machine()}.", ""]

    def table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Add a table."""
        self._lines.append("| " + " | ".join(head) + " |")
        self._lines.append("|" + "---|" * len(head))
        self._lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
        self._lines.append("")

    def text(self, text: str) -> None:
        """Add a heading or a paragraph."""
        self._lines += [text, ""]

    def write(self) -> None:
        """Print it and keep it."""
        text = "\n".join(self._lines)
        print(text)
        (FOLDER / f"{self._name}.md").write_text(text, encoding="utf-8")


def machine() -> str:
    """This machine in words: its processor and how many of its cores are ours."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        models = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        name = models[0] if models else name
    return f"{len(os.sched_getaffinity(0))} cores of {name}"
