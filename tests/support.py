"""Two small real parts for tests of tasks: a text generator that plays a script, and a store in a file.

Nothing here is patched or mocked.
"""

from __future__ import annotations

import atexit
import shutil
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from sqlalchemy import update

from bot.conversation.tasks.task import Task, TaskContext
from bot.generation.types import Delta, GenerationRequest, ModelInfo, Prompt, SamplingParams, Usage
from bot.messages import Author, Command, ConversationKey, IncomingMessage, Piece, Progress, Role, Turn
from bot.storage import migrate
from bot.storage.models import messages
from bot.storage.store import HistoryStore

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANNEL = ConversationKey("test", "w", "general")
ALICE, BOB, PARLEY = Author("u1", "Alice"), Author("u2", "Bob"), Author("bot", "Parley", is_bot=True)
INSTRUCTED = ModelInfo(
    name="scripted",
    folder="",
    parameters=1,
    context_window=512,
    has_chat_template=True,
    message_overhead=4,
    prompt_overhead=4,
    dtype="float32",
    device="cpu",
    follows_instructions=True,
    uses_system_prompt=True,
    summarizes=True,
)
SMALL = replace(
    INSTRUCTED,
    follows_instructions=False,
    uses_system_prompt=False,
    summarizes=False,
    translates=("en", "fr"),
)
BASE = replace(INSTRUCTED, follows_instructions=False, uses_system_prompt=False, summarizes=False)

Script = Callable[[Prompt], Sequence[str]]


class ScriptedGeneration:
    """One request being played, a delta for each text of the script."""

    position = 0
    estimated_wait_s = 0.0

    def __init__(self, request: GenerationRequest, texts: Sequence[str]) -> None:
        self.request_id = request.request_id
        self.is_closed = False
        self._texts = list(texts)
        self._is_over = False

    def __aiter__(self) -> ScriptedGeneration:
        return self

    async def __anext__(self) -> Delta:
        if self._is_over or self.is_closed:
            raise StopAsyncIteration
        if self._texts:
            return Delta(self.request_id, self._texts.pop(0))
        self._is_over = True
        return Delta(self.request_id, "", "stop", Usage(1, 1, 0.0, 0.0, 0.0))

    async def aclose(self) -> None:
        self.is_closed = True


class ScriptedGenerator:
    """Answers every prompt by `script`; `requests` and `generations` keep what it was asked, `counted` how
    many texts it measured. A token is a word."""

    status = "ready"

    def __init__(self, script: Script = lambda _: ("An ", "answer."), model: ModelInfo = INSTRUCTED) -> None:
        self.script, self.model = script, model
        self.requests: list[GenerationRequest] = []
        self.generations: list[ScriptedGeneration] = []
        self.counted = 0

    async def start(self) -> None:
        return

    async def ready(self) -> ModelInfo:
        return self.model

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.counted += len(texts)
        return [len(text.split()) for text in texts]

    def submit(self, request: GenerationRequest) -> ScriptedGeneration:
        self.requests.append(request)
        self.generations.append(ScriptedGeneration(request, self.script(request.prompt)))
        return self.generations[-1]

    async def close(self) -> None:
        return

    @property
    def prompts(self) -> list[Prompt]:
        """The prompts it was asked, in order."""
        return [request.prompt for request in self.requests]


_OPENED: list[HistoryStore] = []


async def remembering(turns: Sequence[Turn] = ()) -> HistoryStore:
    """A real store, in a file of its own, that remembers `turns` of CHANNEL and its threads, oldest first."""
    file = Path(mkdtemp(dir=_template().parent)) / "parley.db"
    shutil.copy(_template(), file)
    store = HistoryStore(f"sqlite+aiosqlite:///{file}")
    _OPENED.append(store)
    await store.import_messages([_as_incoming(turn) for turn in turns])
    async with store._database.write() as connection:
        for said in turns:
            if said.role == "assistant":
                of_turn = messages.c.message_id == said.message_id
                await connection.execute(update(messages).where(of_turn).values(role="assistant"))
    return store


async def close_stores() -> None:
    """Close what `remembering` has opened."""
    while _OPENED:
        await _OPENED.pop().close()


@cache
def _template() -> Path:
    """An empty database with all tables, made once."""
    folder = TemporaryDirectory(prefix="parley-test-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "template.db"
    migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


def _as_incoming(turn: Turn) -> IncomingMessage:
    place = replace(CHANNEL, thread_id=turn.thread_id)
    author = turn.author or Author("", "")
    event_id = f"past:{turn.message_id}"
    return IncomingMessage(
        place, turn.message_id, event_id, author, turn.text, turn.sent_at, False, None, turn.reply_to
    )


def turn(text: str, author: Author = ALICE, number: int = 0, reply_to: str | None = None) -> Turn:
    """A remembered message, sent `number` minutes after noon."""
    role: Role = "assistant" if author is PARLEY else "user"
    return Turn(role, text, author, NOON + timedelta(minutes=number), f"m{number}", reply_to)


def message(
    text: str, command: Command | None = None, number: int = 200, reply_to: str | None = None
) -> IncomingMessage:
    """A message to be answered, sent `number` minutes after noon."""
    sent_at = NOON + timedelta(minutes=number)
    return IncomingMessage(CHANNEL, f"m{number}", f"e{number}", ALICE, text, sent_at, True, command, reply_to)


def context(
    generator: ScriptedGenerator, memory: HistoryStore, *messages: IncomingMessage, answer_tokens: int = 64
) -> TaskContext:
    """The context of a task that answers `messages`."""

    async def generate(prompt: Prompt, sampling: SamplingParams) -> AsyncGenerator[Piece, None]:
        request = GenerationRequest(f"r{len(generator.requests)}", prompt, sampling, "u1")
        async with aclosing(generator.submit(request)) as generation:
            async for delta in generation:
                if delta.text:
                    yield delta.text

    command = messages[-1].command
    return TaskContext(
        messages=messages,
        options=command.options if command else {},
        memory=memory,
        generator=generator,
        model=generator.model,
        bot_name="Parley",
        system_prompt="You are Parley.",
        answer_tokens=answer_tokens,
        generate=generate,
    )


async def run_command(
    task: Task,
    generator: ScriptedGenerator,
    memory: HistoryStore | None = None,
    options: Mapping[str, str] | None = None,
    reply_to: str | None = None,
) -> str:
    """The whole answer of a command."""
    asked = message("", Command(task.name, dict(options or {})), reply_to=reply_to)
    return await answer_of(task, context(generator, memory or await remembering(), asked))


async def answer_of(task: Task, ctx: TaskContext) -> str:
    """The text that a task yields, signs of life left out."""
    async with aclosing(task.run(ctx)) as pieces:
        return "".join([piece async for piece in pieces if not isinstance(piece, Progress)])
