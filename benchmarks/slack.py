"""How `/summarize` does on a long Slack channel with threads: how soon people see something, what is read,
and whether the answer says truly what it rests on.

The fake Slack of the tests runs in a process of its own, with Slack's tiers and a latency like Slack's; the
whole bot runs in this one, with a model that answers at once. The same command is given when the channel was
never read, again, and once more after people went on writing. Goals: a first sign in under 300 ms, then one a
second; the coverage right to the message; every link to a message that is there; only what is new read again.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.report import Report
from bot.conversation.access import Missing
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.generation.types import GenerationRequest
from bot.messages import ConversationKey, IncomingMessage, Progress
from bot.platforms.delivery import serve
from bot.platforms.slack import SlackPlatform
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import PlayedGenerator
from tests.integration.slack.fake_slack import APP_TOKEN, BOT_TOKEN, FakeSlack
from tests.unit.platforms.slack.payloads import Payload, text_of

PATIENCE_S = 120.0
READING = ("conversations.history", "conversations.replies", "users.info")
_LINK = re.compile(r"/archives/(\w+)/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+))?")
_COVERAGE = re.compile(r"_([\d,]+) of ([\d,]+) messages")


@dataclass
class Seen:
    """One `/summarize` as the person and Slack saw it: seconds to the first sign and to the answer, its
    words, the calls that it took, its links and those of them that lead nowhere."""

    sign_s: float
    whole_s: float
    text: str
    calls: Counter[str]
    links: int
    wrong_links: int
    messages: int
    problems: list[str] = field(default_factory=list)


def fake_slack(pipe: Connection, arguments: argparse.Namespace) -> None:
    """The other process: a Slack that asks when it is told to, and tells what it saw."""
    asyncio.run(_fake_slack(pipe, arguments))


async def _fake_slack(pipe: Connection, arguments: argparse.Namespace) -> None:
    async with FakeSlack() as slack:
        people = [f"U{number:05}" for number in range(arguments.people)]
        slack.users |= {person: f"Person {number}" for number, person in enumerate(people)}
        roots = slack.fill(
            slack.general,
            arguments.messages,
            threads=arguments.threads,
            replies=arguments.replies,
            author=people,
            apart_s=20.0,
        )
        slack.web.delay_s = dict.fromkeys(READING, arguments.latency)
        pipe.send(slack.api_url)
        await until(lambda: slack.socket.is_connected, PATIENCE_S)
        pipe.send("connected")
        while (added := await asyncio.to_thread(pipe.recv)) is not None:
            for number in range(added):
                slack.say(f"news {number}", people[number % len(people)])
                slack.say(f"a late reply {number}", people[0], thread=roots[number])
            await until(lambda: all(one.acknowledgements for one in slack.door.envelopes), PATIENCE_S)
            pipe.send(await _summarize(slack))


async def _summarize(slack: FakeSlack) -> Seen:
    loop, before = asyncio.get_running_loop(), len(slack.web.asked)
    begun = loop.time()
    given = slack.command("summarize", "last:20000 style:bullets")
    await until(lambda: given.acknowledged, PATIENCE_S)
    sign_s = loop.time() - begun
    await until(lambda: given.shown and _COVERAGE.search(text_of(given.shown[-1])), PATIENCE_S)
    whole_s, text = loop.time() - begun, text_of(given.shown[-1])
    links = _LINK.findall(text)
    there = slack.general.messages
    right = [
        channel == slack.general.id and _is_there(there.get(f"{seconds}.{micros}"), root)
        for channel, seconds, micros, root in links
    ]
    calls = Counter(asked.method for asked in slack.web.asked[before:] if asked.method in READING)
    wrong = len(links) - sum(right)
    return Seen(sign_s, whole_s, text, calls, len(links), wrong, len(there), slack.problems)


def _is_there(message: Payload | None, root: str) -> bool:
    """Whether a link leads to a message, in its thread where it stands in one."""
    if message is None:
        return False
    return not root or root == message.get("thread_ts") or "thread_ts" not in message


@asynccontextmanager
async def bot_on(api_url: str, database: Path, signs_s: list[float]) -> AsyncIterator[None]:
    """The bot, from socket to database, as the application puts it together; it notes its signs of life."""

    async def at_once(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Nothing."

    class Noting(SlackPlatform):
        async def prepare(
            self, question: IncomingMessage, place: ConversationKey
        ) -> AsyncGenerator[Progress | Missing, None]:
            signs_s.append(asyncio.get_running_loop().time())
            async for sign in super().prepare(question, place):
                signs_s.append(asyncio.get_running_loop().time())
                yield sign

    url = f"sqlite+aiosqlite:///{database}"
    await asyncio.to_thread(upgrade, url)
    store, generator = HistoryStore(url), PlayedGenerator(at_once)
    answerer = Answerer(store, generator, AnswerPolicy())
    manager = ConversationManager(store, generator, answerer)
    platform = Noting(
        BOT_TOKEN, store=store, app_token=APP_TOKEN, bot_name="Parley", api_url=api_url, backfill_messages=500
    )
    answerer.permalinks[platform.name], answerer.access[platform.name] = platform.permalink, platform
    running = asyncio.create_task(platform.run(manager))
    serving = asyncio.create_task(serve(manager, platform))
    try:
        yield
    finally:
        await manager.drain(10)
        await serving
        await platform.close()
        await running
        await store.close()


async def measure(arguments: argparse.Namespace, folder: Path) -> list[tuple[Seen, float]]:
    """The three summaries, each with the longest time without a sign of life while it read."""
    pipe, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=fake_slack, args=(theirs, arguments))
    process.start()
    measured: list[tuple[Seen, float]] = []
    signs_s: list[float] = []
    try:
        api_url = await asyncio.to_thread(pipe.recv)
        async with bot_on(api_url, folder / "bot.db", signs_s):
            await asyncio.to_thread(pipe.recv)
            for added in (0, 0, arguments.added):
                signs_s.clear()
                pipe.send(added)
                seen = await asyncio.to_thread(pipe.recv)
                measured.append((seen, max(b - a for a, b in pairwise(signs_s))))
                await asyncio.sleep(1.0)
        pipe.send(None)
        return measured
    finally:
        process.join(10)
        process.kill()


def row(name: str, seen: Seen, longest_s: float) -> tuple[str, ...]:
    """A row of the table."""
    found = _COVERAGE.search(seen.text)
    assert found is not None
    is_right = found[1] == found[2] == f"{seen.messages:,}"
    return (
        name,
        f"{seen.sign_s * 1000:.0f} ms",
        f"{longest_s:.1f} s",
        f"{seen.whole_s:.1f} s",
        f"{found[1]} of {found[2]}, {'right' if is_right else f'wrong: {seen.messages:,}'}",
        f"{seen.links - seen.wrong_links} of {seen.links}",
        ", ".join(str(seen.calls[method]) for method in READING),
    )


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000, help="beside the replies in threads")
    parser.add_argument("--threads", type=int, default=31)
    parser.add_argument("--replies", type=int, default=14, help="in each thread")
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--added", type=int, default=5, help="messages, and as many replies, said at last")
    parser.add_argument("--latency", type=float, default=0.15, help="seconds that Slack takes for a call")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measured = asyncio.run(measure(arguments, Path(name)))
    report = Report(
        "slack",
        f"`/summarize last:20000` on a channel of {arguments.messages:,} messages, and {arguments.threads} "
        f"threads of {arguments.replies} replies, by {arguments.people} people; a call to Slack takes "
        f"{arguments.latency * 1000:.0f} ms, and its tiers hold",
    )
    names = ("never read before", "again", f"after {arguments.added} messages and {arguments.added} replies")
    head = (
        "",
        "first sign",
        "longest without one",
        "whole answer",
        "coverage",
        "links",
        "pages, threads, people",
    )
    report.table(head, [row(name, *one) for name, one in zip(names, measured, strict=True)])
    complaints = sum(len(seen.problems) for seen, _ in measured)
    report.text(f"Slack complained {complaints} times.")
    report.write()


if __name__ == "__main__":
    main()
