"""`python -m bot run` with tokens: each platform whose token is set is started, and no other."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from typing import IO

import pytest

from tests.e2e.process import PATIENCE_S, CommandLine, end
from tests.integration.conversation.rig import until
from tests.integration.discord import fake_discord
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.slack import fake_slack
from tests.integration.slack.fake_slack import FakeSlack
from tests.integration.slack.rig import http_of


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Bots that do not outlive the test."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        end(process)


@pytest.mark.slow
async def test_each_platform_whose_token_is_set_is_started(
    with_gpt2: CommandLine, started: list[subprocess.Popen[str]]
) -> None:
    async with FakeDiscord() as discord, FakeSlack() as slack:
        bot = with_gpt2.start(
            ["run"],
            DISCORD_TOKEN=fake_discord.TOKEN,
            DISCORD_API_URL=discord.api_url,
            DISCORD_GATEWAY_URL=discord.gateway_url,
            SLACK_BOT_TOKEN=fake_slack.BOT_TOKEN,
            SLACK_APP_TOKEN=fake_slack.APP_TOKEN,
            SLACK_API_URL=slack.api_url,
            BOT_ANSWER_TOKENS="8",
        )
        started.append(bot)
        await until(lambda: discord.gateway.is_connected and discord.commands, PATIENCE_S)
        await until(lambda: slack.socket.is_connected, PATIENCE_S)
        discord.say("hello there", calls=True)
        slack.say("hello there", calls=True)
        await until(lambda: any(discord.texts()) and any(slack.texts()), PATIENCE_S)
        bot.send_signal(signal.SIGTERM)
        output, log = await asyncio.to_thread(bot.communicate, timeout=PATIENCE_S)
        assert bot.returncode == 0, log
    assert discord.problems == [] and slack.problems == []
    assert "Parley is here" not in output
    for secret in (fake_discord.TOKEN, fake_slack.BOT_TOKEN, fake_slack.APP_TOKEN, "hello there"):
        assert secret not in output + log


@pytest.mark.slow
async def test_slack_over_http_needs_no_app_token(
    parley: CommandLine, started: list[subprocess.Popen[str]]
) -> None:
    async with FakeSlack("http") as slack:
        http = http_of(slack)
        assert http is not None
        bot = parley.start(
            ["run"],
            SLACK_BOT_TOKEN=fake_slack.BOT_TOKEN,
            SLACK_SIGNING_SECRET=http.signing_secret,
            SLACK_HTTP_PORT=str(http.port),
            SLACK_API_URL=slack.api_url,
        )
        started.append(bot)
        assert bot.stderr is not None
        await asyncio.to_thread(_read_until, bot.stderr, "listening for Slack")
        slack.say("hello there")
        command = slack.command("/bot-help")
        await until(lambda: all(one.acknowledgements for one in slack.door.envelopes), PATIENCE_S)
        await until(lambda: "/summarize" in "".join(command.texts), PATIENCE_S)
        bot.send_signal(signal.SIGTERM)
        output, log = await asyncio.to_thread(bot.communicate, timeout=PATIENCE_S)
        assert bot.returncode == 0, log
    assert slack.problems == []
    for secret in (fake_slack.BOT_TOKEN, http.signing_secret, "hello there"):
        assert secret not in output + log


def _read_until(log: IO[str], words: str) -> None:
    assert any(words in line for line in log), words


@pytest.mark.slow
async def test_a_token_that_slack_refuses_is_explained(parley: CommandLine) -> None:
    async with FakeSlack() as slack:
        result = await asyncio.to_thread(
            parley.run,
            "run",
            SLACK_BOT_TOKEN="xoxb-of-nobody",
            SLACK_APP_TOKEN=fake_slack.APP_TOKEN,
            SLACK_API_URL=slack.api_url,
        )
    assert result.returncode == 1
    assert "SLACK_BOT_TOKEN" in result.stderr
    assert "of-nobody" not in result.stderr
    assert "Traceback" not in result.stderr
