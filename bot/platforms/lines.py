"""Lines that a person types, or that come from a pipe. Knows nothing of the bot."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession


class Lines(Protocol):
    """Where typed lines come from."""

    def screen(self) -> AbstractContextManager[object]:
        """While entered, text may be printed without breaking the line being typed."""

    async def read(self) -> str:
        """The next line. Raises EOFError at the end and KeyboardInterrupt for Ctrl-C."""


class TypedLines:
    """Lines from a keyboard, with editing, a history file and completion of `words`."""

    def __init__(self, history_file: Path, words: Sequence[str]) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory

        history_file.parent.mkdir(parents=True, exist_ok=True)
        history_file.touch(mode=0o600)
        self._session: PromptSession[str] = PromptSession(
            history=FileHistory(str(history_file)),
            completer=WordCompleter(words, sentence=True),
            complete_while_typing=False,
        )

    def screen(self) -> AbstractContextManager[object]:
        """Prints above the prompt."""
        from prompt_toolkit.patch_stdout import patch_stdout

        return patch_stdout(raw=True)

    async def read(self) -> str:
        """The next line, edited."""
        return await self._session.prompt_async("> ")


class PipedLines:
    """Lines from a pipe or a file. A thread reads, because regular files cannot be waited for."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read_all, daemon=True, name="stdin").start()

    def screen(self) -> AbstractContextManager[object]:
        """Nothing to protect: nobody is typing."""
        return nullcontext()

    async def read(self) -> str:
        """The next line without its end."""
        line = await self._lines.get()
        if line is None:
            raise EOFError
        return line

    def _read_all(self) -> None:
        rest = b""
        # os.read and not sys.stdin: a buffered reader's lock would block the interpreter's exit.
        while data := os.read(self._descriptor, 65_536):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                self._hand_over(line)
        if rest:
            self._hand_over(rest)
        self._hand_over(None)

    def _hand_over(self, line: bytes | None) -> None:
        text = None if line is None else line.decode(errors="replace").rstrip("\r")
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, text)
        except RuntimeError:  # the loop has closed: nobody listens any more
            return
