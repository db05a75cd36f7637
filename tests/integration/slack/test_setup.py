"""The doctor asks Slack: what is in order, what is wrong, and how to mend it."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.cli import doctor
from bot.config import validate
from bot.platforms.base import Finding
from bot.platforms.slack import Http, OAuth, Setup, diagnose, diagnosis, platform
from bot.platforms.slack.bolt import build_app
from bot.platforms.slack.events import Events
from bot.platforms.slack.manifest import EVENTS
from bot.platforms.slack.payloads import data_of
from bot.platforms.slack.scopes import SCOPES
from bot.platforms.slack.sealing import new_key
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, TEAM, FakeSlack
from tests.integration.slack.fake_state import APP
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import free_port, http_of, running


def setup_of(slack: FakeSlack) -> Setup:
    return Setup(BOT_TOKEN, APP_TOKEN, None, None, slack.api_url)


async def examined(setup: Setup) -> list[Finding]:
    return [finding async for finding in diagnose(setup)]


async def wrongs(setup: Setup) -> list[str]:
    """What is wrong, by subject and what to do."""
    return [f"{found.subject}: {found.detail}" for found in await examined(setup) if not found.is_fine]


async def test_a_bot_that_is_set_up_well_has_nothing_wrong(slack: FakeSlack) -> None:
    slack.web.scopes[:] = [scope.name for scope in SCOPES]
    found = await examined(setup_of(slack))
    assert [finding for finding in found if not finding.is_fine] == []
    subjects = ["token", "clock", "scopes", "channels", "events", "commands"]
    assert [finding.subject for finding in found] == [f"Slack {subject}" for subject in subjects]
    assert "the bot is in 2" in found[3].detail
    assert [finding.mark for finding in found] == ["ok", "ok", "ok", "ok", "note", "note"]
    assert "only a first message shows" in found[4].detail
    assert BOT_TOKEN not in str(found) and APP_TOKEN not in str(found)


async def test_the_manifest_asks_for_what_somebody_listens_to(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Events] = []

    def build(client: AsyncWebClient, events: Events, *rest: Any) -> AsyncApp:
        built.append(events)
        return build_app(client, events, *rest)

    monkeypatch.setattr(platform, "build_app", build)
    async with running(slack, database, echo):
        listened = set(built[0]._handlers)
    asked_for = {event.partition(".")[0] for event in EVENTS}
    of_older_apps = {"assistant_thread_started", "assistant_thread_context_changed"}
    assert asked_for == listened - of_older_apps and of_older_apps <= listened


async def test_a_refused_token_is_told_with_the_way_to_a_new_one(slack: FakeSlack) -> None:
    [wrong] = await wrongs(replace(setup_of(slack), bot_token="xoxb-wrong"))
    assert wrong.startswith("Slack token") and "OAuth & Permissions" in wrong and "xoxb-wrong" not in wrong


async def test_a_refused_app_token_is_told(slack: FakeSlack) -> None:
    slack.web.faults.append(Fault("apps.connections.open", "refused", code="invalid_auth"))
    [wrong] = await wrongs(setup_of(slack))
    assert wrong.startswith("Slack events") and "connections:write" in wrong


async def test_missing_scopes_are_named_with_what_will_not_work(slack: FakeSlack) -> None:
    slack.web.scopes[:] = [scope.name for scope in SCOPES if scope.name not in ("files:write", "im:write")]
    [wrong] = await wrongs(setup_of(slack))
    assert wrong.startswith("Slack scopes: missing are files:write (to send long code")
    assert "im:write (to send what" in wrong and wrong.count("reinstall") == 1


async def test_channels_where_it_cannot_work_are_not_called_fine(slack: FakeSlack) -> None:
    slack.web.scopes[:] = [scope.name for scope in SCOPES if scope.name != "chat:write"]
    [_, wrong] = await wrongs(setup_of(slack))
    assert wrong.startswith("Slack channels") and "cannot work there without chat:write" in wrong


@pytest.mark.parametrize("is_in_bots_info", [False, True])
async def test_tokens_of_two_apps_are_told(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, is_in_bots_info: bool
) -> None:
    if is_in_bots_info:
        monkeypatch.setattr(diagnosis, "data_of", lambda answer: {**data_of(answer), "app_id": ""})
    own, other = f"xapp-1-{APP}-123-0abc", "xapp-1-A0THER-123-0abc"
    wrong, *_ = await wrongs(replace(setup_of(slack), app_token=other))
    assert wrong.startswith("Slack app:") and APP in wrong and "A0THER" in wrong and "0abc" not in wrong
    assert "Slack app:" not in str(await wrongs(replace(setup_of(slack), app_token=own)))
    assert slack.web.count("bots.info") == 2 * is_in_bots_info


@pytest.mark.parametrize("code", ["account_inactive", "token_revoked"])
async def test_a_removed_app_is_told_from_a_wrong_token(slack: FakeSlack, code: str) -> None:
    slack.workspaces[TEAM].error = code
    [wrong] = await wrongs(setup_of(slack))
    assert "removed from the workspace" in wrong and wrong.endswith(f"({code})")


@pytest.mark.parametrize(("skew_s", "word"), [(400, "ahead of"), (-400, "behind")])
async def test_a_wrong_clock_is_told(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, skew_s: float, word: str
) -> None:
    now = time.time
    monkeypatch.setattr(diagnosis, "time", SimpleNamespace(time=lambda: now() + skew_s))
    [wrong] = await wrongs(setup_of(slack))
    assert wrong.startswith("Slack clock") and word in wrong


async def test_a_slack_that_does_not_answer_is_told(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await wrongs(replace(setup_of(slack), api_url="http://127.0.0.1:1/api/"))
    assert len(found) == 2 and all(
        "cannot be reached" in wrong and "SLACK_API_URL" in wrong for wrong in found
    )
    monkeypatch.setattr(diagnosis, "ANSWER_S", 0.05)
    slack.web.delay_s["auth.test"] = 1.0
    assert "TimeoutError" in (await wrongs(setup_of(slack)))[0]


async def test_over_http_it_looks_at_the_port(slack: FakeSlack) -> None:
    setup = replace(setup_of(slack), http=Http("127.0.0.1", free_port(), SIGNING_SECRET))
    assert await wrongs(setup) == []
    assert slack.web.count("apps.connections.open") == 0
    assert setup.http is not None
    any_port = replace(setup, http=replace(setup.http, port=0))
    [events] = [found for found in await examined(any_port) if found.subject == "Slack events"]
    assert events.is_fine and "SLACK_HTTP_PORT is 0" in events.detail and "port 0" not in events.detail
    with socket.create_server(("127.0.0.1", setup.http.port)):
        [wrong] = await wrongs(setup)
    assert "SLACK_HTTP_PORT" in wrong


@pytest.mark.parametrize("transport", ["http"])
async def test_over_http_it_finds_the_running_bot_by_its_address(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        address = slack.deliver_to.removesuffix("/slack/events")
        setup = replace(setup_of(slack), http=http_of(slack), public_url=address)
        assert await wrongs(setup) == []
        [wrong] = await wrongs(replace(setup, public_url=slack.api_url))
        assert "SLACK_HTTP_PORT" in wrong and "or the bot is running" in wrong


async def test_of_many_workspaces_it_looks_at_each(slack: FakeSlack, database: Path) -> None:
    oauth = OAuth("1.2", "a client secret", (new_key(),), "https://bot.example.org", "127.0.0.1", free_port())
    setup = replace(setup_of(slack), bot_token="", oauth=oauth, database=database)
    [first, *_] = await examined(setup)
    assert first.is_fine and first.detail.startswith("0 installed the app")
    assert "https://bot.example.org/slack/install" in first.detail
    [wrong] = await wrongs(replace(setup, oauth=replace(oauth, keys=("no key",))))
    assert "SLACK_TOKEN_KEY" in wrong


async def test_the_doctor_asks_slack_where_its_tokens_are_set(slack: FakeSlack, tmp_path: Path) -> None:
    values = {
        "slack_bot_token": BOT_TOKEN,
        "slack_app_token": APP_TOKEN,
        "slack_api_url": slack.api_url,
        "bot_data_dir": tmp_path,
    }
    found = [finding async for finding in doctor.examine_platforms(validate(values))]
    assert found[0].subject == "Slack token" and found[0].is_fine
    nothing = [finding async for finding in doctor.examine_platforms(validate({"bot_platforms": "web"}))]
    assert nothing == []
