"""The terminal as a platform: one person, one conversation, lines in and text out.

The smallest complete adapter, so a good one to read before writing another: `to_incoming` makes a
message of what came in, `TerminalSink` shows a reply, `TerminalPlatform.run` listens. It knows no
models, no storage and no settings.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO
from uuid import uuid4

from bot.conversation.commands import parse_command
from bot.conversation.manager import ConversationManager
from bot.conversation.reply import Reply
from bot.conversation.tasks import TASKS
from bot.errors import BotError
from bot.messages import Author, ConversationKey, File, IncomingMessage
from bot.platforms.base import DeliveryLimits
from bot.platforms.lines import Lines, PipedLines, TypedLines

KEY = ConversationKey("terminal", "local", "terminal")
AUTHOR = Author("local", "you")
LIMITS = DeliveryLimits(max_chars=10_000_000, min_edit_interval_s=0.05)
"""A terminal has no length limit; the pace keeps redrawing cheap."""

GREETING = "Type a message, or /help. Ctrl-C stops an answer, Ctrl-D leaves."
LEAVE_HINT = "(Ctrl-C again, or Ctrl-D, leaves)"


def to_incoming(line: str, message_id: str, sent_at: datetime) -> IncomingMessage:
    """One typed line as a message. Who types here manages the place. Raises CommandError for a command that
    is used wrongly."""
    command = parse_command(line)
    return IncomingMessage(
        conversation=KEY,
        message_id=message_id,
        event_id=f"terminal-{message_id}",
        author=AUTHOR,
        text=line,
        sent_at=sent_at,
        is_addressed=True,
        command=replace(command, by_manager=True) if command else None,
    )


def printable(text: str) -> str:
    """`text` without control characters, which could move the cursor or retitle the window."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


class TerminalSink:
    """Shows one reply. A terminal cannot take text back, so an edit prints only what is new. `shown` is the
    text of posts that an earlier reply has printed and that this one goes on with."""

    def __init__(
        self,
        out: TextIO,
        on_finish: Callable[[], None],
        on_gone: Callable[[], None],
        shown: Mapping[str, str] | None = None,
    ) -> None:
        self._out = out
        self._on_finish = on_finish
        self._on_gone = on_gone
        self._shown = dict(shown or {})
        self._has_printed = False
        self._status_width = 0

    @property
    def limits(self) -> DeliveryLimits:
        """No length limit, and a pace that is pleasant to read."""
        return LIMITS

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Print a new message; its nonce serves as its id."""
        self._print(printable(text))
        self._shown[nonce] = printable(text)
        return nonce

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Print what `text` adds to what stands there; all of it, on a new line, when it differs."""
        text = printable(text)
        shown = self._shown.get(message_id, "")
        self._print(text.removeprefix(shown) if text.startswith(shown) else f"\n{text}")
        self._shown[message_id] = text

    async def delete(self, message_id: str) -> None:
        """Nothing: what is printed is printed."""

    async def find(self, nonce: str) -> str | None:
        """Never known: an earlier process printed to another screen."""
        return None

    async def status(self, text: str) -> None:
        """Show a passing line, on a screen only, and only while nothing of the answer stands there."""
        if self._out.isatty() and not self._has_printed:
            line = f"... {printable(text)}"
            self._out.write("\r" + line.ljust(self._status_width))
            self._out.flush()
            self._status_width = len(line)

    async def finish(self, outcome: str) -> None:
        """End the reply's last line, and let the next question be asked."""
        if self._has_printed or outcome != "withdrawn":
            self._print("\n" if outcome == "finished" else f" [{outcome}]\n")
        self._on_finish()

    def _print(self, text: str) -> None:
        self._has_printed = self._has_printed or bool(text)
        if self._status_width:
            text = "\r" + " " * self._status_width + "\r" + text
            self._status_width = 0
        try:
            self._out.write(text)
            self._out.flush()
        except BrokenPipeError:  # whoever read our output has left
            self._on_gone()


class TerminalPlatform:
    """The conversation of one terminal. `history_file` keeps the lines that were typed."""

    name = KEY.platform

    def __init__(self, bot_name: str, history_file: Path) -> None:
        self._bot_name = bot_name
        self._history_file = history_file
        self._waiting: dict[str, asyncio.Event] = {}
        self._closed = asyncio.Event()
        self._stopping: asyncio.Task[bool] | None = None

    async def run(self, manager: ConversationManager) -> None:
        """Read lines and answer each before the next is read, until the input ends or `close`."""
        listening = asyncio.ensure_future(self._listen(manager))
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({listening, closing}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done():
                listening.result()
            else:
                await manager.stop(KEY)
        finally:
            for work in (listening, closing):
                work.cancel()
            await asyncio.gather(listening, closing, return_exceptions=True)

    def sink(self, reply: Reply) -> TerminalSink:
        """A sink for one reply. (`sys.stdout` is looked up late: prompt_toolkit replaces it.)"""
        ids = [message.message_id for message in reply.messages]
        shown = {post: printable(reply.begun.rstrip()) for post in reply.posts[:1]} if reply.begun else {}
        return TerminalSink(sys.stdout, lambda: self._finished(ids), self._output_is_gone, shown)

    def permalink(self, key: ConversationKey, message_id: str) -> None:
        """None: nothing can be opened in a terminal."""

    async def close(self) -> None:
        """Let `run` return."""
        self._closed.set()

    def _output_is_gone(self) -> None:
        """Nobody can read what would be printed: end, and let what is still to come go nowhere."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        self._closed.set()

    async def _listen(self, manager: ConversationManager) -> None:
        lines = self._lines(manager)
        if sys.stdin.isatty():
            _say(f"{self._bot_name}: {GREETING} (Model: {manager.model_status}.)")
        while (line := await self._next_line(lines)) is not None:
            if line.strip():
                await self._answer(line, manager)

    def _lines(self, manager: ConversationManager) -> Lines:
        if sys.stdin.isatty() and sys.stdout.isatty():
            self._take_interrupts(manager)
            commands = [f"/{task.name}" for task in TASKS if task.is_command]
            return TypedLines(self._history_file, commands)
        return PipedLines(sys.stdin.fileno())

    async def _next_line(self, lines: Lines) -> str | None:
        """The next line, or None at the end: of the input, by Ctrl-D, or by Ctrl-C twice."""
        for hint in (LEAVE_HINT, None):
            try:
                with lines.screen():
                    return await lines.read()
            except EOFError:
                return None
            except KeyboardInterrupt:
                if hint:
                    _say(hint)
        return None

    async def _answer(self, line: str, manager: ConversationManager) -> None:
        try:
            message = to_incoming(line, uuid4().hex, datetime.now().astimezone())
            answered = self._waiting[message.message_id] = asyncio.Event()
            await manager.accept(message)
        except BotError as error:
            _say(error.user_message)
            return
        await answered.wait()
        await manager.idle(KEY)  # a command may have had an answer made again, or gone on with
        self._stopping = None

    def _take_interrupts(self, manager: ConversationManager) -> None:
        """From here on Ctrl-C belongs to the person typing: it ends a line or an answer, not the program.

        Straight to the signal module, because Python's own handler raises wherever it happens to strike, and
        because prompt_toolkit, which takes Ctrl-C while a line is typed, gives back what it found there.
        """
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGINT)

        def interrupted() -> None:
            if self._stopping is not None:
                self._closed.set()  # twice on one answer: it does not stop, so the program does
            elif self._waiting or manager.has_work(KEY):
                self._stopping = loop.create_task(manager.stop(KEY))

        signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(interrupted))

    def _finished(self, message_ids: list[str]) -> None:
        for message_id in message_ids:
            if event := self._waiting.pop(message_id, None):
                event.set()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
