"""From a message accepted to its prompt submitted, in a database that holds 100,000 messages.

The real store, manager, tasks and worker; only the moment of `submit` is watched. Goal: half of them
in under 5 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.model import make_tiny
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.generation.catalog import choose
from bot.generation.types import Generation, GenerationRequest, ModelInfo
from bot.generation.worker import GenerationWorker
from bot.messages import Author, ConversationKey, IncomingMessage
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore

CHANNELS = 50
LINES = (
    "Has anyone looked at the build? It fails since this morning, only on the second runner.",
    "I can take it after lunch.",
    "Thanks! The log is in the ticket, the interesting part begins with the second stack trace.",
)


class WatchedGenerator:
    """A generator that remembers when it was last given a prompt."""

    def __init__(self, worker: GenerationWorker) -> None:
        self._worker = worker
        self.submitted = asyncio.Event()
        self.submitted_s = 0.0

    async def start(self) -> None:
        await self._worker.start()

    async def ready(self) -> ModelInfo:
        return await self._worker.ready()

    @property
    def status(self) -> str:
        return self._worker.status

    async def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return await self._worker.count_tokens(texts)

    def submit(self, request: GenerationRequest) -> Generation:
        self.submitted_s = time.perf_counter()
        self.submitted.set()
        return self._worker.submit(request)

    async def close(self) -> None:
        await self._worker.close()


def message(channel: int, number: int, *, is_addressed: bool) -> IncomingMessage:
    """Message `number` of a channel."""
    sent_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    return IncomingMessage(
        conversation=ConversationKey("bench", "workspace", f"channel-{channel}"),
        message_id=f"{channel}-{number}",
        event_id=f"event-{channel}-{number}",
        author=Author(f"user-{number % 20}", f"User {number % 20}"),
        text=LINES[number % len(LINES)],
        sent_at=sent_at,
        is_addressed=is_addressed,
    )


async def one_question(
    manager: ConversationManager, generator: WatchedGenerator, settled: asyncio.Event, number: int
) -> float:
    """Milliseconds from `accept` to `submit` for one question; returns when its answer is written down."""
    settled.clear()
    generator.submitted.clear()
    started_s = time.perf_counter()
    await manager.accept(message(number % CHANNELS, 1_000_000 + number, is_addressed=True))
    await asyncio.wait_for(generator.submitted.wait(), 30)
    await asyncio.wait_for(settled.wait(), 30)
    return (generator.submitted_s - started_s) * 1000


async def answer_all(manager: ConversationManager, settled: asyncio.Event) -> None:
    """Pull every reply to its end, as delivery would."""
    async for reply in manager.replies("bench"):
        async for _ in reply.pieces:
            pass
        await manager.settle(reply)
        settled.set()


async def measure(folder: Path, messages: int, questions: int) -> list[float]:
    """Fill the database, ask, and return milliseconds by question."""
    url = f"sqlite+aiosqlite:///{folder / 'bench.db'}"
    await asyncio.to_thread(upgrade, url)
    store = HistoryStore(url)
    each = messages // CHANNELS
    for channel in range(CHANNELS):
        await store.import_messages([message(channel, i, is_addressed=False) for i in range(each)])
    model = choose(str(make_tiny(folder / "model")))
    generator = WatchedGenerator(GenerationWorker(model, environment=dict(os.environ)))
    await generator.start()
    await generator.ready()
    answerer = Answerer(store, generator, AnswerPolicy(answer_tokens=4))
    manager = ConversationManager(store, generator, answerer)
    settled = asyncio.Event()
    answering = asyncio.create_task(answer_all(manager, settled))
    try:
        return [await one_question(manager, generator, settled, number) for number in range(questions)]
    finally:
        await manager.drain(10)
        await answering
        await generator.close()
        await store.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        times = asyncio.run(measure(Path(name), arguments.messages, arguments.questions))
    first, later = times[:CHANNELS], times[CHANNELS:]
    print(f"event to prompt, {arguments.messages:,} messages in {CHANNELS} channels, ms")
    for label, part in (("first question of a channel", first), ("later questions", later)):
        if len(part) > 1:
            half, most = (statistics.quantiles(part, n=100)[at] for at in (49, 94))
            print(f"  {label:<28} p50 {half:6.1f}   p95 {most:6.1f}   max {max(part):6.1f}")


if __name__ == "__main__":
    main()
