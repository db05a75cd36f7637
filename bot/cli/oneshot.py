"""One question, one answer, on the command line: the tasks that every platform has, on a passing memory.

Text streams to standard output as it comes; signs of life go to standard error, on a screen only.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.app import answer_policy, build_generator, translation_model
from bot.cli.wording import shell_examples
from bot.conversation.answering import Answerer
from bot.conversation.chatlog import parse_log, to_incoming
from bot.conversation.commands import check_options, command_task, parse_command
from bot.conversation.summaries.scope import MAX_LAST
from bot.errors import CommandError
from bot.generation.types import TextGenerator
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Piece, Progress
from bot.platforms.terminal import printable
from bot.settings import Settings
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

KEY = ConversationKey("terminal", "local", "one-shot")
AUTHOR = Author("local", "you")


async def ask(
    settings: Settings, text: str, command: Command | None = None, past: Sequence[IncomingMessage] = ()
) -> None:
    """Run one task (chat without a `command`) over `past` messages and print its answer. Raises BotError."""
    question = IncomingMessage(
        conversation=KEY,
        message_id="question",
        event_id="question",
        author=AUTHOR,
        text=text,
        sent_at=datetime.now().astimezone(),  # "since 9:00" and coverage are told in local time
        is_addressed=True,
        command=command,
    )

    async def answer(generator: TextGenerator) -> None:
        async with passing_store() as store, translation_model(settings) as translation:
            await store.import_messages(past)
            answerer = Answerer(store, generator, answer_policy(settings), translation=translation)
            await show(answerer.run_task((question,), "one-shot"))

    await with_generator(settings, answer)


async def chat(settings: Settings, text: str) -> None:
    """Print the answer to one message, or do what it says where it is a slash command. Raises BotError."""
    await ask(settings, text, parse_command(text))


async def summarize(settings: Settings, source: str, options: Mapping[str, str | None]) -> None:
    """Print a summary of a chat log, all of it unless the options say otherwise. Raises BotError."""
    name = "standard input" if source == "-" else Path(source).name
    past = to_incoming(parse_log(read_input(source), name), KEY)
    is_bounded = options["since"] or options["from"]
    given = {"last": None if is_bounded else str(min(max(len(past), 1), MAX_LAST))}
    given |= {key: value for key, value in options.items() if value is not None}
    with shell_examples("summarize"):
        await ask(settings, "/summarize", _command("summarize", given), past)


async def translate(settings: Settings, text: str, to: str, source: str | None) -> None:
    """Print a translation. Raises BotError."""
    with shell_examples("translate"):
        await ask(settings, text, _command("translate", {"to": to, "from": source, "text": text}))


@asynccontextmanager
async def passing_store() -> AsyncIterator[HistoryStore]:
    """A memory that is gone after use: a database in a folder of its own."""
    with TemporaryDirectory(prefix="parley-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/parley.db"
        await asyncio.to_thread(upgrade, url)
        store = HistoryStore(url)
        try:
            yield store
        finally:
            await store.close()


async def with_generator(settings: Settings, work: Callable[[TextGenerator], Awaitable[None]]) -> None:
    """Start the model, do `work` with it, and stop it."""
    generator = build_generator(settings)
    await generator.start()
    try:
        await work(generator)
    finally:
        await generator.close()


async def show(pieces: AsyncGenerator[Piece, None]) -> None:
    """Print text as it comes, and what is going on while none does."""
    progress = ProgressLine()
    end = ""
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, Progress):
                progress.show(piece.text)
                continue
            progress.clear()
            put(piece)
            end = piece or end
    progress.clear()
    if not end.endswith("\n"):
        put("\n")


def put(text: str) -> None:
    """Print at once: as it is into a pipe or a file, and without control characters on a screen."""
    sys.stdout.write(printable(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


class ProgressLine:
    """A passing line on standard error; nothing when that is not a screen."""

    def __init__(self) -> None:
        self._width = 0

    def show(self, text: str) -> None:
        """Replace the line."""
        if sys.stderr.isatty():
            sys.stderr.write("\r" + f"... {text}".ljust(self._width))
            sys.stderr.flush()
            self._width = len(text) + 4

    def clear(self) -> None:
        """Remove the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


def _command(name: str, options: Mapping[str, str | None]) -> Command:
    """A command with the options that were given, checked. Raises CommandError."""
    given = {key: value for key, value in options.items() if value is not None}
    return Command(name, check_options(command_task(name), given))


def read_input(source: str) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises CommandError."""
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise CommandError(f"{source} cannot be read: {error.strerror or type(error).__name__}") from None


def read_text(source: str) -> str:
    """What `read_input` reads, as text without its last line break."""
    return read_input(source).decode(errors="replace").removesuffix("\n")
