"""How soon people on Discord see something, with many channels streaming at once.

The fake Discord of the tests runs in a process of its own and notes when each request arrives; the whole bot
runs in this one, with a model that thinks for a moment and then writes at a steady pace. Every round all
channels ask at the same moment, by mention or by `/ask` in turn. Goals: a first sign in under 300 ms, first
words in under 300 ms after the first token, no edit beyond what a channel's bucket allows.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.report import Report
from bot.conversation.answering import Answerer, AnswerPolicy
from bot.conversation.manager import ConversationManager
from bot.generation.types import GenerationRequest
from bot.platforms.delivery import serve
from bot.platforms.discord import DiscordPlatform
from bot.storage.migrate import upgrade
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import PlayedGenerator, last_user
from tests.integration.discord.fake_discord import TOKEN, FakeDiscord
from tests.unit.platforms.discord import payloads

THINKING_S = 0.5
PATIENCE_S = 60.0
GOAL_MS = 300.0
BUCKET_S = 5.0
ANSWER = "here are some more words of an answer that goes on for quite a while and then ends"


@dataclass(frozen=True)
class Asked:
    """One question: its number, when people sent it (the machine's clock), and the paths that answer it."""

    number: int
    sent_at_s: float
    sign: str
    words: str
    edit: str


@dataclass
class Seen:
    """What the fake Discord saw: requests with their times, and what it had to complain about."""

    requests: list[tuple[str, str, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def fake_discord(pipe: Connection, channels: int) -> None:
    """The other process: a Discord that asks when it is told to, and tells at the end what it saw."""
    asyncio.run(_fake_discord(pipe, channels))


async def _fake_discord(pipe: Connection, channels: int) -> None:
    loop = asyncio.get_running_loop()
    async with FakeDiscord() as discord:
        places = [discord.open_channel(f"room-{number}") for number in range(channels)]
        people = [payloads.user(payloads.snowflake(), f"Person{number}") for number in range(channels)]
        pipe.send((discord.api_url, discord.gateway_url, discord.cdn_url))
        await until(lambda: discord.gateway.is_connected and discord.commands, PATIENCE_S)
        pipe.send("connected")
        while (order := await asyncio.to_thread(pipe.recv)) is not None:
            first, by_command = order
            asked = []
            for number, (place, person) in enumerate(zip(places, people, strict=True), first):
                text, sent_at_s = f"question {number}", loop.time()
                if by_command:
                    given = discord.command("ask", {"question": text}, person, place)
                    sign, edit = (
                        f"POST /interactions/{given.id}/.*/callback",
                        f"PATCH /webhooks/.*{given.token}/",
                    )
                    asked.append(Asked(number, sent_at_s, sign, words=edit, edit=edit))
                else:
                    discord.say(text, person, place, calls=True)
                    where = f"/channels/{place.id}"
                    sign, words = f"POST {where}/(typing|messages)", f"POST {where}/messages"
                    asked.append(Asked(number, sent_at_s, sign, words, edit=f"PATCH {where}/messages"))
            pipe.send(asked)
        requests = [(asked.method, asked.path, asked.at_s) for asked in discord.rest.asked]
        pipe.send(Seen(requests, discord.problems))


class Model:
    """A script that thinks, then writes `rate` tokens a second; it notes when each answer began and ended."""

    def __init__(self, rate: float, tokens: int) -> None:
        self._rate, self._tokens = rate, tokens
        self.first_token_at_s: dict[int, float] = {}
        self.last_token_at_s: dict[int, float] = {}

    async def __call__(self, request: GenerationRequest) -> AsyncIterator[str]:
        found = re.search(r"question (\d+)", last_user(request))
        assert found is not None
        await asyncio.sleep(THINKING_S)
        loop = asyncio.get_running_loop()
        begun_at_s = self.first_token_at_s[int(found[1])] = loop.time()
        words = ANSWER.split()
        for token in range(self._tokens):
            await asyncio.sleep(max(0.0, begun_at_s + token / self._rate - loop.time()))
            yield words[token % len(words)] + " "
        self.last_token_at_s[int(found[1])] = loop.time()


@asynccontextmanager
async def bot_on(
    urls: tuple[str, str, str], database: Path, model: Model
) -> AsyncIterator[ConversationManager]:
    """The bot, from gateway to database, as the application puts it together."""
    url = f"sqlite+aiosqlite:///{database}"
    await asyncio.to_thread(upgrade, url)
    store, generator = HistoryStore(url), PlayedGenerator(model)
    answerer = Answerer(store, generator, AnswerPolicy())
    manager = ConversationManager(store, generator, answerer)
    api_url, gateway_url, cdn_url = urls
    platform = DiscordPlatform(
        TOKEN, bot_name="Parley", api_url=api_url, gateway_url=gateway_url, cdn_url=cdn_url
    )
    answerer.permalinks[platform.name], answerer.access[platform.name] = platform.permalink, platform
    running = asyncio.create_task(platform.run(manager))
    serving = asyncio.create_task(serve(manager, platform))
    try:
        yield manager
    finally:
        await manager.drain(10)
        await serving
        await platform.close()
        await running
        await store.close()


async def measure(
    arguments: argparse.Namespace, folder: Path
) -> tuple[list[Asked], list[Asked], Model, Seen]:
    """Ask in all channels at once, round after round: what was asked by mention, what by command."""
    pipe, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=fake_discord, args=(theirs, arguments.channels))
    process.start()
    model = Model(arguments.rate, arguments.tokens)
    asked: tuple[list[Asked], list[Asked]] = ([], [])
    try:
        urls = await asyncio.to_thread(pipe.recv)
        async with bot_on(urls, folder / "bot.db", model) as manager:
            await asyncio.to_thread(pipe.recv)
            for number in range(2 * arguments.rounds):
                pipe.send((number * arguments.channels, number % 2 == 1))
                asked[number % 2].extend(await asyncio.to_thread(pipe.recv))
                count = (number + 1) * arguments.channels
                await until(lambda: len(model.last_token_at_s) == count and manager.is_idle, PATIENCE_S)  # noqa: B023
                await asyncio.sleep(1.0)
        pipe.send(None)
        return *asked, model, await asyncio.to_thread(pipe.recv)
    finally:
        process.join(10)
        process.kill()


def first_ms(seen: Seen, pattern: str, since_s: float) -> float:
    """Milliseconds from a moment to the first request after it that matches."""
    wanted = re.compile(pattern)
    times = (
        at_s for method, path, at_s in seen.requests if at_s >= since_s and wanted.match(f"{method} {path}")
    )
    return (min(times) - since_s) * 1000


def most_edits(seen: Seen) -> list[int]:
    """For each channel and each command's token, the most edits in any five seconds."""
    edits: dict[str, list[float]] = defaultdict(list)
    for method, path, at_s in seen.requests:
        if method == "PATCH" and "/messages/" in path:
            edits[path.partition("/messages/")[0]].append(at_s)
    return [max(sum(at <= one < at + BUCKET_S for one in times) for at in times) for times in edits.values()]


def row(name: str, times_ms: Sequence[float]) -> tuple[str, ...]:
    """A row of the table."""
    half, most = (statistics.quantiles(times_ms, n=100)[at] for at in (49, 94))
    verdict = "yes" if max(times_ms) < GOAL_MS else "mostly" if most < GOAL_MS else "no"
    return (name, *(f"{value:.0f} ms" for value in (half, most, max(times_ms))), verdict)


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=4, help="by mention, and as many by command")
    parser.add_argument("--tokens", type=int, default=180)
    parser.add_argument("--rate", type=float, default=30.0, help="tokens a second in each channel")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        mentions, commands, model, seen = asyncio.run(measure(arguments, Path(name)))
    rows = []
    for label, asked in (("mention", mentions), ("`/ask`", commands)):
        signs = [first_ms(seen, one.sign, one.sent_at_s) for one in asked]
        words = [first_ms(seen, one.words, model.first_token_at_s[one.number]) for one in asked]
        ends = [first_ms(seen, one.edit, model.last_token_at_s[one.number]) for one in asked]
        rows += [row(f"{label}: event to first sign", signs)]
        rows += [row(f"{label}: first token to first words", words)]
        rows += [row(f"{label}: last token to whole answer", ends)]
    edits = most_edits(seen)
    refused = sum("faster than the bucket" in problem for problem in seen.problems)
    report = Report(
        "discord",
        f"{arguments.channels} channels at once, answers of {arguments.tokens} tokens at "
        f"{arguments.rate:.0f} a second, {2 * arguments.rounds} rounds",
    )
    report.table(("", "p50", "p95", "worst", f"under {GOAL_MS:.0f} ms"), rows)
    report.table(
        ("edits in any 5 s, a channel or command", "mean", "worst", "beyond the bucket", "other complaints"),
        [("", f"{statistics.mean(edits):.1f}", max(edits), refused, len(seen.problems) - refused)],
    )
    report.write()


if __name__ == "__main__":
    main()
