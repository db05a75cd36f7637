"""`python -m bot run` from outside: address, health, signals, a second instance, kill -9."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.process import PATIENCE_S, CommandLine, poll_until

KILLS = int(os.environ.get("PARLEY_SOAK", "3"))
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=\S+")


class Bot:
    """One run of the bot; its output goes to a file."""

    def __init__(self, command_line: CommandLine, **settings: str) -> None:
        self._output = command_line.folder / f"output-{time.monotonic_ns()}"
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=command_line.folder,
                env=command_line.environment() | settings,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def address(self) -> str:
        """The address that it prints, with its token."""
        poll_until(lambda: ADDRESS.search(self.output) or self.process.poll() is not None, "an address")
        found = ADDRESS.search(self.output)
        assert found, self.output
        return found[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


class Page:
    """A page of the playground: signed in, with its websocket open."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self._session = session
        self._address = address
        self._root = address.split("/?")[0]

    async def open(self) -> dict[str, object]:
        """Sign in and connect; returns the greeting."""
        async with self._session.get(self._address) as answer:
            assert answer.status == 200
        self._socket = await self._session.ws_connect(f"{self._root}/socket", origin=self._root)
        return await self.next("hello")

    async def next(self, kind: str) -> dict[str, object]:
        """The next frame of a kind."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                frame: dict[str, object] = await self._socket.receive_json()
                if frame["type"] == kind:
                    return frame

    async def send(self, **frame: object) -> None:
        await self._socket.send_json(frame)

    async def ask(self, message_id: str, text: str) -> None:
        """Send a message to the bot and wait until it is known to be kept."""
        await self.send(type="send", id=message_id, channel="direct", person="alice", text=text)
        while (await self.next("message"))["message"]["id"] != message_id:  # type: ignore[index]
            pass

    async def messages(self) -> list[dict[str, object]]:
        """What stands in the bot's channel."""
        await self.send(type="history", channel="direct")
        messages = (await self.next("history"))["messages"]
        assert isinstance(messages, list)
        return messages


@pytest.fixture
def bots() -> Iterator[list[Bot]]:
    """Bots that do not outlive the test."""
    running: list[Bot] = []
    yield running
    for bot in running:
        if bot.process.poll() is None:
            bot.stop(signal.SIGKILL)


def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.slow
async def test_start_answer_and_stop(with_gpt2: CommandLine, bots: list[Bot]) -> None:
    bot = Bot(with_gpt2, BOT_HTTP_PORT="0", BOT_ANSWER_TOKENS="16")
    bots.append(bot)
    address = bot.address()
    async with session() as http:
        async with http.get(address.split("/?")[0] + "/healthz") as answer:
            assert answer.status == 200
        page = Page(http, address)
        hello = await page.open()
        assert {"summarize", "translate", "write"} <= {command["name"] for command in hello["commands"]}  # type: ignore[attr-defined]
        await page.ask("question-1", "Hello, who are you?")
        while (await page.next("reply")).get("outcome") is None:
            pass
        question, reply = await page.messages()
        assert (question["text"], reply["reply_to"]) == ("Hello, who are you?", "question-1")
        assert reply["text"]
    asked_s = time.monotonic()
    assert bot.stop() == 0
    assert time.monotonic() - asked_s < 10
    assert "Hello, who are you?" not in bot.output
    assert "Traceback" not in bot.output
    assert "ERROR" not in bot.output


def test_a_second_instance_says_clearly_why_not(
    with_gpt2: CommandLine, bots: list[Bot], tmp_path: Path
) -> None:
    port = free_port()
    first = Bot(with_gpt2, BOT_HTTP_PORT=port)
    bots.append(first)
    first.address()
    same_folder = with_gpt2.run("run", BOT_HTTP_PORT="0")
    assert same_folder.returncode == 2
    assert "another Parley" in same_folder.stderr
    same_port = with_gpt2.run("run", BOT_HTTP_PORT=port, BOT_DATA_DIR=str(tmp_path / "other"))
    assert same_port.returncode in (1, 2)
    assert port in same_port.stderr
    assert "BOT_HTTP_PORT" in same_port.stderr
    assert "Traceback" not in same_folder.stderr + same_port.stderr


@pytest.mark.slow
@pytest.mark.timeout(120 + 60 * KILLS)
async def test_no_question_is_lost_or_answered_twice_by_kill_9(
    with_gpt2: CommandLine, bots: list[Bot]
) -> None:
    """Killed while the model loads, at once after a message was taken, and in the middle of an answer."""
    asked = []
    for number in range(KILLS):
        bot = Bot(with_gpt2, BOT_HTTP_PORT="0", BOT_ANSWER_TOKENS="400")
        bots.append(bot)
        async with session() as http:
            page = Page(http, bot.address())
            await page.open()
            asked.append(f"question-{number}")
            if number % 3 == 2:
                poll_until(lambda: "is ready" in bot.output, "a loaded model")  # noqa: B023
            await page.ask(asked[-1], f"Question number {number}")
            if number % 3 == 2:
                await page.next("edit")
            bot.stop(signal.SIGKILL)
    last = Bot(with_gpt2, BOT_HTTP_PORT="0", BOT_ANSWER_TOKENS="400")
    bots.append(last)
    async with session() as http:
        page = Page(http, last.address())
        await page.open()
        async with asyncio.timeout(PATIENCE_S):
            while not _are_answered(await page.messages(), asked):
                await asyncio.sleep(0.1)
        assert last.stop() == 0
    assert "Traceback" not in last.output


def _are_answered(messages: list[dict[str, object]], asked: list[str]) -> bool:
    """Whether all questions stand there and the last one is answered; never two answers to one."""
    assert [message["id"] for message in messages if str(message["id"]).startswith("question-")] == asked
    answered = [message["reply_to"] for message in messages if message["author"]["is_bot"]]  # type: ignore[index]
    assert len(answered) == len(set(answered))
    return asked[-1] in answered
