"""One question, one answer, on the command line: the tasks that every platform has, without a database.

Text streams to standard output as it comes; signs of life go to standard error, on a screen only.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.app import answer_policy, build_generator
from bot.cli.wording import shell_examples
from bot.config import Settings
from bot.conversation.answering import Answerer
from bot.conversation.chatlog import parse_log, to_incoming
from bot.conversation.commands import check_options, command_task, parse_command
from bot.conversation.tasks.summarize import MAX_LAST
from bot.errors import CommandError
from bot.generation.types import TextGenerator
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Piece, Progress, Turn
from bot.platforms.terminal import printable

KEY = ConversationKey("terminal", "local", "one-shot")
AUTHOR = Author("local", "you")


@dataclass(frozen=True, slots=True)
class ListMemory:
    """The memory of a one-shot: the turns that it was given, oldest first."""

    kept: Sequence[Turn] = ()

    async def turns(
        self,
        key: ConversationKey,
        *,
        limit: int | None = None,
        since: datetime | None = None,
        before_message_id: str | None = None,
        through_message_id: str | None = None,
        include_threads: bool = False,
    ) -> list[Turn]:
        """The newest `limit` turns since `since`; there are no threads, and no question."""
        turns = [turn for turn in self.kept if since is None or turn.sent_at >= since]
        return turns if limit is None else turns[max(0, len(turns) - limit) :]

    async def erase_conversation(self, key: ConversationKey) -> int:
        """Nothing is kept, so nothing goes."""
        return 0


async def ask(
    settings: Settings, text: str, command: Command | None = None, turns: Sequence[Turn] = ()
) -> None:
    """Run one task (chat without a `command`) over `turns` and print its answer. Raises BotError."""
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
        answerer = Answerer(ListMemory(turns), generator, answer_policy(settings))
        await show(answerer.run_task((question,), "one-shot"))

    await with_generator(settings, answer)


async def chat(settings: Settings, text: str) -> None:
    """Print the answer to one message, or do what it says where it is a slash command. Raises BotError."""
    await ask(settings, text, parse_command(text))


async def summarize(settings: Settings, source: str, options: Mapping[str, str | None]) -> None:
    """Print a summary of a chat log, all of it unless the options say otherwise. Raises BotError."""
    name = "standard input" if source == "-" else Path(source).name
    turns = as_turns(to_incoming(parse_log(read_input(source), name), KEY))
    given = {"last": None if options["since"] else str(min(max(len(turns), 1), MAX_LAST))}
    given |= {key: value for key, value in options.items() if value is not None}
    with shell_examples("summarize"):
        await ask(settings, "/summarize", _command("summarize", given), turns)


async def translate(settings: Settings, text: str, to: str, source: str | None) -> None:
    """Print a translation. Raises BotError."""
    with shell_examples("translate"):
        await ask(settings, text, _command("translate", {"to": to, "from": source, "text": text}))


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


def as_turns(messages: Sequence[IncomingMessage]) -> list[Turn]:
    """Imported messages as remembered turns."""
    return [
        Turn(
            role="user",
            text=message.text,
            author=message.author,
            sent_at=message.sent_at,
            message_id=message.message_id,
            reply_to=message.reply_to,
        )
        for message in messages
    ]
