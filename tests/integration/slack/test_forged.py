"""A flood of requests that Slack did not send: all refused, none heard, no memory taken, a short log."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import random
import time
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import FakeSlack, Transport
from tests.integration.slack.rig import key_of, running

REQUESTS = int(os.environ.get("PARLEY_FORGED", "2000"))
AT_ONCE = 16
MAX_GROWTH_BYTES, MAX_PEAK_BYTES = 256 * 1024, 16 * 1024 * 1024
"""How much the process, the test and the fake Slack with it, may grow while the second half comes in: for
good, and with what is on its way."""

Forgery = tuple[bytes, dict[str, str], int]


@pytest.fixture
def transport() -> Transport:
    return "http"


class Forger:
    """Makes requests that are to be refused, with the status that is due; `words` stand in all of them."""

    words = "a word in confidence"

    def __init__(self, slack: FakeSlack, replayed: tuple[bytes, dict[str, str]]) -> None:
        self._slack = slack
        self._replayed = replayed
        self._random = random.Random(4)
        self._number = 0

    def make(self, count: int) -> Iterator[Forgery]:
        """So many, of every kind."""
        kinds: list[Callable[[bytes], Forgery]] = [
            self._unsigned,
            self._of_another_secret,
            self._changed,
            self._late,
            self._garbled,
            self._repeated,
            self._malformed,
            self._of_no_type,
        ]
        for number in range(count):
            if number % 200 == 199:
                yield self._too_large()
            else:
                yield self._random.choice(kinds)(self._event())

    def _event(self) -> bytes:
        self._number += 1
        message = {"type": "message", "user": "UANN1", "text": self.words, "ts": self._slack.new_ts()}
        body = self._slack.event_body({**message, "channel": self._slack.direct.id, "channel_type": "im"})
        return json.dumps({**body, "event_id": f"EvForged{self._number}"}).encode()

    def _unsigned(self, body: bytes) -> Forgery:
        return body, {}, 401

    def _of_another_secret(self, body: bytes) -> Forgery:
        return body, self._slack.http.sign(body, secret="the secret of another app"), 401

    def _changed(self, body: bytes) -> Forgery:
        return body + b" ", self._slack.http.sign(body), 401

    def _late(self, body: bytes) -> Forgery:
        away_s = self._random.choice([-100_000, -301, 310, 100_000])
        return body, self._slack.http.sign(body, timestamp=int(time.time()) + away_s), 401

    def _garbled(self, body: bytes) -> Forgery:
        headers = self._slack.http.sign(body)
        name = self._random.choice(list(headers))
        wrong = ["", "v0=", "v1=" + "0" * 64, "-1", "1e9", "0x10", "v0=" + "é" * 64, "9" * 1000]
        return body, {**headers, name: self._random.choice(wrong)}, 401

    def _repeated(self, body: bytes) -> Forgery:
        return *self._replayed, 401

    def _malformed(self, body: bytes) -> Forgery:
        start = self._random.randrange(1, len(body) - 1)
        broken = [body[:start], b"\xff" + body, b"[" + body + b"]", body + body, str(self._number).encode()]
        raw = self._random.choice(broken) + b" " * self._number  # none is a repetition
        return raw, self._slack.http.sign(raw), 400

    def _of_no_type(self, body: bytes) -> Forgery:
        kind = self._random.choice(["text/plain", "multipart/form-data", "application/xml", ""])
        return body, {**self._slack.http.sign(body), "Content-Type": kind}, 400

    def _too_large(self) -> Forgery:
        body = b" " * (1024 * 1024) + self._event()
        return body, self._slack.http.sign(body), 413


async def test_a_flood_of_forgeries(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo) as bot:
        body = json.dumps(slack.event_body({"type": "nothing", "channel": slack.direct.id})).encode()
        signed = slack.http.sign(body)
        assert (await slack.http.post(body, signed))[0] == 200
        forger = Forger(slack, (body, signed))
        await _send(slack, forger.make(REQUESTS // 2))
        tracemalloc.start()
        statuses = await _send(slack, forger.make(REQUESTS // 2))
        gc.collect()
        growth, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert set(statuses) == {400, 401, 413}
        assert growth < MAX_GROWTH_BYTES and peak < MAX_PEAK_BYTES, (growth, peak)
        assert len(await bot.store.turns(key_of(slack.direct))) == 0 and bot.generator.asked == []
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
    lines = [record for record in caplog.records if record.name.startswith(("bot", "aiohttp"))]
    assert len(lines) <= 3, caplog.text
    assert Forger.words not in caplog.text and "v0=" not in caplog.text


async def _send(slack: FakeSlack, forgeries: Iterator[Forgery]) -> Counter[int]:
    """Send them, some at once; the statuses of the answers, each of which must be the one that is due."""
    statuses: Counter[int] = Counter()

    async def work(session: aiohttp.ClientSession) -> None:
        for body, headers, due in forgeries:
            typed = {"Content-Type": "application/json", **headers}
            sent = _in_pieces(body) if due == 413 and statuses[413] % 2 else io.BytesIO(body)
            async with session.post(slack.deliver_to, data=sent, headers=typed) as response:
                assert response.status == due, (response.status, due, headers)
                statuses[response.status] += 1

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(work(session))
    return statuses


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length is not told beforehand."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]
