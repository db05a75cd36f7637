"""The connection: events are kept before they are acknowledged, and none is lost when it breaks."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path

import pytest

from bot.errors import ConfigError, PlatformError, StorageError
from bot.messages import IncomingMessage
from bot.platforms.slack import SlackPlatform, socket_mode
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import APP_TOKEN, BOT_TOKEN, TEAM, FakeSlack
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import Bot, key_of, running


async def test_an_event_is_acknowledged_only_when_it_is_kept(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        may_write = asyncio.Event()
        accept = bot.store.accept

        async def slowly(message: IncomingMessage, stopping: tuple[int, str] | None) -> bool:
            await may_write.wait()
            return await accept(message, stopping)

        bot.store.accept = slowly  # type: ignore[method-assign, assignment]
        slack.say("hello", place=slack.direct)
        await asyncio.sleep(0.3)
        assert slack.event_envelopes()[0].acknowledgements == []
        may_write.set()
        await until(lambda: slack.event_envelopes()[0].acknowledgements)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_what_the_database_refuses_is_not_acknowledged_and_comes_again(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slack.door.retry_s = 0.3
    async with running(slack, database, echo) as bot:
        accept, refusals = bot.store.accept, 2

        async def refuse_twice(message: IncomingMessage, stopping: tuple[int, str] | None) -> bool:
            nonlocal refusals
            if refusals:
                refusals -= 1
                raise StorageError("disk full")
            return await accept(message, stopping)

        bot.store.accept = refuse_twice  # type: ignore[method-assign, assignment]
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
    assert slack.event_envelopes()[0].attempts == 3
    assert caplog.text.count("an event was not taken: disk full") == 2


async def test_an_event_that_comes_again_is_answered_once(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", place=slack.direct)
        body = slack.event_envelopes()[0].payload
        again = [slack.socket.deliver("events_api", body) for _ in range(4)]
        await until(lambda: all(envelope.acknowledgements for envelope in again))
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
        slack.socket.deliver("events_api", body)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert len(bot.generator.asked) == 1
    assert len(slack.posts(slack.direct)) == 1


async def test_a_retry_that_is_the_only_copy_is_answered(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        message = {"type": "message", "user": "UANN1", "text": "hello", "ts": slack.new_ts()}
        body = slack.event_body({**message, "channel": slack.direct.id, "channel_type": "im"})
        slack.socket.deliver("events_api", body, attempts=2)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])


async def test_events_of_other_kinds_are_acknowledged(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        for kind in ("app_home_opened", "reaction_added", "tokens_revoked", "something_new"):
            slack.socket.deliver("events_api", slack.event_body({"type": kind, "user": "UANN1"}))
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))


@pytest.mark.parametrize("kind", ["refresh", "close", "cut"])
async def test_what_is_said_while_the_connection_breaks_is_answered(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(socket_mode, "PING_S", 1.0)
    slack.socket.retry_s = 1.0
    async with running(slack, database, echo) as bot:
        for number in range(3):
            slack.say(f"before {number}", place=slack.direct)
            await slack.socket.disconnect(kind)
            slack.say(f"after {number}", place=slack.direct)
            connected = slack.socket.connected
            await until(partial(is_again_connected, slack, connected))
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()), timeout_s=10.0)
        said = [f"{when} {number}" for number in range(3) for when in ("before", "after")]
        turns = [turn for turn in await bot.manager.history(key_of(slack.direct)) if turn.role == "user"]
        assert sorted(turn.text for turn in turns) == sorted(said)
        await bot.remembered(slack.direct)
    assert len(set(slack.texts(slack.direct))) == len(slack.texts(slack.direct))
    assert slack.texts(slack.direct)[-1].startswith("You said:")


def is_again_connected(slack: FakeSlack, connected: int) -> bool:
    return slack.socket.connected > connected


async def test_a_wrong_bot_token_is_named(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, echo, bot_token="another")
    with pytest.raises(PlatformError, match="SLACK_BOT_TOKEN"):
        await bot.running
    await bot.stop()


async def test_a_removed_app_is_told_from_a_wrong_token(slack: FakeSlack, database: Path) -> None:
    slack.workspaces[TEAM].error = "account_inactive"
    bot = Bot(slack, database, echo)
    with pytest.raises(PlatformError, match=r"removed from the workspace.*\(account_inactive\)"):
        await bot.running
    await bot.stop()


async def test_a_wrong_app_token_is_named(slack: FakeSlack, database: Path) -> None:
    slack.web.faults.append(Fault("apps.connections.open", "refused", code="not_allowed_token_type"))
    bot = Bot(slack, database, echo)
    with pytest.raises(PlatformError, match="SLACK_APP_TOKEN"):
        await bot.running
    await bot.stop()


async def test_without_an_app_token_it_says_what_is_missing(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, echo)
    platform = SlackPlatform(
        BOT_TOKEN, store=bot.store, app_token=None, bot_name="Parley", api_url=slack.api_url
    )
    with pytest.raises(ConfigError, match="SLACK_APP_TOKEN"):
        await platform.run(bot.manager)
    await bot.connected()
    await bot.stop()


async def test_a_slack_that_is_in_trouble_is_asked_again(slack: FakeSlack, database: Path) -> None:
    slack.web.faults += [Fault("auth.test", "trouble"), Fault("apps.connections.open", "cut")]
    async with running(slack, database, echo):
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])


async def test_an_address_that_does_not_work_is_given_up_for_a_new_one(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_mode, "PING_S", 0.5)
    monkeypatch.setattr(socket_mode, "LOST_S", 1.0)
    monkeypatch.setattr(socket_mode, "CONNECT_TIMEOUT_S", 1.0)
    slack.socket.refusals = 1
    async with running(slack, database, echo):
        assert slack.web.count("apps.connections.open") == 2
        slack.socket.refusals = 1
        await slack.socket.disconnect("close")
        await until(lambda: slack.socket.connected == 2, timeout_s=8.0)
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])


async def test_it_can_be_stopped_while_slack_is_away(slack: FakeSlack, database: Path) -> None:
    slack.web.faults.append(Fault("auth.test", "trouble", times=1000))
    bot = Bot(slack, database, echo)
    await until(lambda: slack.web.count("auth.test"))
    await asyncio.wait_for(bot.stop(), 3.0)


async def test_what_was_said_while_it_was_away_is_answered(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.say("first", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: first"])
    slack.say("second", place=slack.direct)
    async with running(slack, database, echo):
        await until(lambda: slack.texts(slack.direct) == ["You said: first", "You said: second"])


async def test_no_log_has_words_of_people_or_secrets(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.web.faults += [Fault("chat.postMessage", "lost"), Fault("apps.connections.open", "cut")]
    async with running(slack, database, echo):
        slack.say("a word in confidence", place=slack.direct)
        slack.command("/ask", "another word in confidence")
        await until(lambda: slack.texts(slack.direct) == ["You said: a word in confidence"])
        await slack.socket.disconnect("cut")
        await until(lambda: slack.socket.connected == 2, timeout_s=8.0)
    assert "confidence" not in caplog.text and "ticket=" not in caplog.text
    assert BOT_TOKEN not in caplog.text and APP_TOKEN not in caplog.text
