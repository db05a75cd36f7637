"""Slack over HTTP: signed requests to the bot's own port, answered when they are written down."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.errors import ConfigError, StorageError
from bot.messages import IncomingMessage
from bot.platforms.slack import bolt, http, http_server, listener
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import FakeSlack, Payload, Transport
from tests.integration.slack.rig import Bot, running
from tests.unit.platforms.slack import samples

INTERACTIONS = sorted((samples.DATA / "interactions").glob("*.json"))
LEAVING = ("app_uninstalled", "tokens_revoked")
EVENTS = [name for name in samples.every_event() if name not in (*LEAVING, "url_verification")]


@pytest.fixture
def transport() -> Transport:
    return "http"


async def test_it_answers_messages_and_commands(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
        command = slack.command("/ask", "who are you?")
        await until(lambda: "You said: who are you?" in "".join(command.texts))
    assert {one.attempts for one in slack.door.envelopes} == {1}


async def test_an_event_whose_answer_was_lost_is_answered_once(slack: FakeSlack, database: Path) -> None:
    slack.http.retry_s = 0.1
    slack.http.lose_next()
    async with running(slack, database, echo) as bot:
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.event_envelopes()[0].acknowledgements)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
        assert len(bot.generator.asked) == 1
    assert slack.event_envelopes()[0].attempts == 2


async def test_what_arrived_before_it_leaves_is_written_down_and_answered(
    slack: FakeSlack, database: Path
) -> None:
    bot = Bot(slack, database, echo)
    await bot.connected()
    may_write, accept = asyncio.Event(), bot.store.accept

    async def slowly(message: IncomingMessage, stopping: tuple[int, str] | None) -> bool:
        await may_write.wait()
        return await accept(message, stopping)

    bot.store.accept = slowly  # type: ignore[method-assign, assignment]
    slack.say("hello", place=slack.random, calls=True)
    await until(lambda: bot.platform._listener and bot.platform._listener._order._busy)
    leaving = asyncio.create_task(bot.stop())
    await until(lambda: bot.platform._patience.has_ended)
    may_write.set()
    await leaving
    await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
    assert {one.attempts for one in slack.event_envelopes()} == {1}
    async with running(slack, database, echo):
        await until(lambda: slack.texts(slack.random) == ["You said: hello"])


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_slow_answers_of_slack_delay_no_acknowledgement(slack: FakeSlack, database: Path) -> None:
    people = [f"USLOW{number}" for number in range(6)]
    slack.users.update(dict.fromkeys(people, "somebody"))
    slack.general.members.update(people)
    slack.web.delay_s["users.info"] = 5.0
    bot = Bot(slack, database, echo)
    await bot.connected()
    for person in people:
        slack.say("hello", person)
        slack.command("/ask", "who are you?", person)
    await until(lambda: all(one.acknowledgements for one in slack.door.envelopes), timeout_s=2.5)
    await bot.crash()


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_command_is_acknowledged_while_the_database_is_busy(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bolt, "ACK_S", 0.2)
    monkeypatch.setattr(listener, "COMMAND_RETRY_S", ())
    async with running(slack, database, echo) as bot:
        may_write, accept = asyncio.Event(), bot.store.accept

        async def slowly(message: IncomingMessage, stopping: tuple[int, str] | None) -> bool:
            await may_write.wait()
            if "second" in message.text:
                raise StorageError("disk full")
            return await accept(message, stopping)

        bot.store.accept = slowly  # type: ignore[method-assign, assignment]
        commands = [slack.command("/ask", f"the {which} question") for which in ("first", "second")]
        await until(lambda: all(one.acknowledged == listener.WORKING for one in commands))
        may_write.set()
        await until(lambda: "the first question" in "".join(commands[0].texts))
        await until(lambda: "cannot reach my memory" in "".join(commands[1].texts))


async def test_it_says_that_it_is_up_and_nothing_more(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo), aiohttp.ClientSession() as session:
        address = slack.deliver_to.removesuffix("/slack/events")
        async with session.get(f"{address}/healthz") as response:
            assert response.status == 200 and "Server" not in response.headers
        for path, method, status in (
            ("/slack/events", "GET", 405),
            ("/slack/events", "PUT", 405),
            ("/", "GET", 404),
            ("/slack/events/../../etc/passwd", "GET", 404),
        ):
            async with session.request(method, f"{address}{path}") as response:
                assert (response.status, await response.read()) == (status, b"")
                assert "Server" not in response.headers


async def test_a_port_that_is_taken_is_named(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        second = Bot(slack, database, echo)
        with pytest.raises(ConfigError, match="SLACK_HTTP_PORT"):
            await second.running
        second.running = asyncio.create_task(asyncio.sleep(0))
        await second.stop()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nX-",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: v0=" + b"0" * 64 + b"\r\n"
        b"Content-Length: 100\r\n\r\n{",
    ],
    ids=["nothing", "half a header", "half a body"],
)
async def test_who_sends_too_slowly_is_cut_off(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(http_server, "CONNECTION_S", 0.3)
    monkeypatch.setattr(http_server, "LOOK_S", 0.05)
    async with running(slack, database, echo):
        reader, writer = await _connect(slack)
        writer.write(said.replace(b"%d", str(int(time.time())).encode()))
        assert await asyncio.wait_for(reader.read(), 3.0) == b""
        writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(http, "READ_S", 0.2)
    signed = slack.http.sign(b"")
    head = ["POST /slack/events HTTP/1.1", "Host: x", "Content-Type: application/json"]
    head += [f"{name}: {value}" for name, value in signed.items()]
    async with running(slack, database, echo):
        for beginning in ("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "Content-Length: 9\r\n\r\n{"):
            reader, writer = await _connect(slack)
            writer.write("\r\n".join([*head, beginning]).encode())
            assert (await asyncio.wait_for(reader.readline(), 3.0)).startswith(b"HTTP/1.1 400")
            writer.close()
    assert "could not be answered" not in caplog.text


async def test_the_oldest_connection_makes_room(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 5)
    async with running(slack, database, echo):
        idle = [await _connect(slack) for _ in range(20)]
        assert (await slack.http.verify_url())[0] == 200
        for reader, _ in idle[:15]:
            assert await asyncio.wait_for(reader.read(), 3.0) == b""
        kept = asyncio.gather(*(reader.read() for reader, _ in idle[16:]))
        done, _ = await asyncio.wait({kept}, timeout=0.2)
        assert not done and not any(reader.at_eof() for reader, _ in idle[16:])
        for _, writer in idle:
            writer.close()
        await kept


async def _connect(slack: FakeSlack) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", urlsplit(slack.deliver_to).port)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_all_that_slack_sends_is_taken(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        for name in EVENTS:
            slack.door.deliver("events_api", samples.event(name))
        for path in INTERACTIONS:
            slack.door.deliver("interactive", json.loads(path.read_text()))
        slack.door.deliver("slash_commands", samples.slash_command("/hello-world", "Hi"))
        await _all_acknowledged(slack)
        for name in LEAVING:
            slack.door.deliver("events_api", samples.event(name))
        await _all_acknowledged(slack)
        assert not bot.running.done()


async def _all_acknowledged(slack: FakeSlack) -> None:
    await until(lambda: all(one.acknowledgements for one in slack.door.envelopes))


async def test_what_slack_never_sends_is_no_500(slack: FakeSlack, database: Path) -> None:
    """Every field of every sample with another type in its place: taken, or refused as malformed."""
    statuses: dict[int, int] = {}
    async with running(slack, database, echo):
        bodies = [samples.event(name) for name in EVENTS]
        bodies += [json.loads(path.read_text()) for path in INTERACTIONS]
        changed = [body for sample in bodies for body in _with_wrong_types(sample)]
        for number, body in enumerate(changed):
            raw = json.dumps({**body, "number": number}).encode()
            status, _ = await slack.http.post(raw, slack.http.sign(raw))
            statuses[status] = statuses.get(status, 0) + 1
    assert set(statuses) == {200, 400} and sum(statuses.values()) > 600, statuses


async def _post(slack: FakeSlack, body: Payload) -> int:
    raw = json.dumps(body).encode()
    return (await slack.http.post(raw, slack.http.sign(raw)))[0]


async def test_what_bolt_stumbles_over_is_malformed_and_told_once(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo):
        view = {"type": "view_submission", "view": {"callback_id": "parley:form"}}
        step = {"type": "workflow_step_edit", "callback_id": "parley:form"}
        attachment = {"type": "interactive_message", "callback_id": "parley:form"}
        for number in range(3):
            for body in (view, step, attachment):
                assert await _post(slack, {**body, "number": number}) == 400
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text
    assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 2, caplog.text


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("x"), AttributeError("x")])
async def test_what_our_own_code_stumbles_over_comes_again(
    slack: FakeSlack, database: Path, error: Exception
) -> None:
    async with running(slack, database, echo) as bot:

        async def stumble(*_: object) -> bool:
            raise error

        bot.store.accept = stumble  # type: ignore[method-assign, assignment]
        message = {"type": "message", "user": "UANN1", "text": "hello", "ts": slack.new_ts()}
        event = {**message, "channel": slack.direct.id, "channel_type": "im"}
        assert await _post(slack, slack.event_body(event)) == 500


@pytest.mark.parametrize("transport", ["socket"])
async def test_a_malformed_envelope_hurts_no_other(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo):
        for _ in range(3):
            slack.door.deliver("interactive", {"type": "view_submission", "view": {"callback_id": "x"}})
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text
    assert caplog.text.count("is not built as Slack builds it") == 1


def _with_wrong_types(sample: Payload) -> list[Payload]:
    wrong: tuple[Any, ...] = (None, 7, "x", [], {}, [7], {"id": 7})
    paths: list[tuple[str, ...]] = []

    def walk(value: Any, path: tuple[str, ...]) -> None:
        if isinstance(value, dict) and len(path) < 3:
            for name, inner in value.items():
                paths.append((*path, name))
                walk(inner, (*path, name))

    walk(sample, ())
    return [_with(sample, path, wrong[number % len(wrong)]) for number, path in enumerate(paths)]


def _with(sample: Payload, path: tuple[str, ...], value: Any) -> Payload:
    changed: Payload = json.loads(json.dumps(sample))
    changed["event_id" if "event_id" in changed else "trigger_id"] = f"{path}{value}"  # none is a repetition
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed
