"""Installing the app in many workspaces: the pages, what they refuse, and how tokens are kept."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import SQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import SQLAlchemyOAuthStateStore
from sqlalchemy import MetaData, NullPool, create_engine

from bot.cli.slack import forget_tokens
from bot.errors import ConfigError
from bot.platforms.slack import token_store
from bot.platforms.slack.sealing import Sealing, new_key
from bot.platforms.slack.token_store import TokenStore
from bot.settings import Settings
from bot.storage.store import HistoryStore
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_methods_team import CLIENT_ID, CLIENT_SECRET
from tests.integration.slack.fake_slack import ANN, BOT_TOKEN, TEAM, FakeSlack
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.installing import KEY, browser, installed, oauth_of
from tests.integration.slack.rig import Bot, running

OTHER, TOKEN = "T222", "xoxb-another-that-must-stay-secret"


def in_file(database: Path, text: str) -> bool:
    """Whether a text is anywhere in the database's files."""
    return any(text.encode() in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))


def has_posts(slack: FakeSlack, count: int) -> bool:
    return len(slack.texts(slack.direct)) == count


def rows(database: Path, statement: str) -> list[tuple]:
    """What a statement finds, or changes, in the database."""
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement).fetchall()


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_workspace_works_at_once_and_after_a_restart(slack: FakeSlack, database: Path) -> None:
    slack.add_workspace(OTHER, TOKEN)
    channel = slack.open_channel("there", team=OTHER)
    oauth = oauth_of(slack)
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        page = await somebody.get("slack/install")
        assert page.link.path == "/oauth/v2/authorize"
        assert set(page.link.query["scope"].split(",")) >= {"chat:write", "app_mentions:read"}
        assert page.link.query["redirect_uri"] == f"{oauth.public_url}/slack/oauth_redirect"
        page = await somebody.end(page.link.query["state"], code=slack.web.code_for(OTHER))
        assert page.status == 200 and "Parley is now in T222" in page.text
        slack.say("hello", place=channel, calls=True)
        await until(lambda: slack.texts(channel) == ["You said: hello"])
        assert not in_file(database, TOKEN), "tokens are sealed"
    async with running(slack, database, echo, oauth=oauth):
        slack.say("again", place=channel, calls=True)
        await until(lambda: slack.texts(channel)[-1] == "You said: again")


async def test_a_second_installation_replaces_the_first(slack: FakeSlack, database: Path) -> None:
    oauth = oauth_of(slack)
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        await somebody.install(TEAM)
        before = rows(database, "SELECT bot_token FROM slack_bots")[0][0]
        slack.workspaces[TEAM].token = "xoxb-renewed-that-must-stay-secret"
        await somebody.install(TEAM)
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
    assert len(rows(database, "SELECT * FROM slack_installations")) == 1
    assert len(rows(database, "SELECT * FROM slack_bots")) == 1
    assert not in_file(database, before)


async def test_a_link_is_good_once_and_where_it_was_begun(slack: FakeSlack, database: Path) -> None:
    oauth = oauth_of(slack)
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        state = await somebody.begin()
        async with browser(slack, oauth) as stranger:
            assert (await stranger.end(state, code=slack.web.code_for(TEAM))).status == 400
            await stranger.begin()
            assert (await stranger.end(state, code=slack.web.code_for(TEAM))).status == 400
        assert (await somebody.end("", code=slack.web.code_for(TEAM))).status == 400
        assert (await somebody.end(state, code="never-given")).status == 400
        assert (await somebody.end(state, code=slack.web.code_for(TEAM))).status == 400, (
            "the state is used up"
        )
        state = await somebody.begin()
        past = "UPDATE slack_oauth_states SET expire_at = '2020-01-01 00:00:00.000000'"
        await asyncio.to_thread(rows, database, past)
        assert (await somebody.end(state, code=slack.web.code_for(TEAM))).status == 400, "it has expired"
    assert rows(database, "SELECT * FROM slack_bots") == []


async def test_a_cancelled_installation_says_so_and_shows_nothing_it_was_sent(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    oauth = oauth_of(slack)
    evil = "<script>alert(1)</script>"
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        page = await somebody.end(await somebody.begin(), error="access_denied", error_description=evil)
        assert page.status == 200 and "cancelled" in page.text and "alert" not in page.text
        assert (await somebody.end(await somebody.begin(), error=evil)).status == 500
        assert "invalid_scope" not in caplog.text and "alert" not in caplog.text
        assert (await somebody.end(await somebody.begin(), error="invalid_scope")).status == 500
        assert "invalid_scope" in caplog.text
        page = await somebody.end(evil, code=evil, error=evil)
        assert page.status == 400 and "alert" not in page.text
        assert page.link.path == "/slack/install"
        first = await somebody.get("slack/install")
        for shown in (page, first):
            policy = shown.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "script-src" not in policy
            assert shown.headers["Referrer-Policy"] == "no-referrer"
            assert shown.headers["Cache-Control"] == "no-store"
            assert "width=device-width" in shown.text and "<script" not in shown.text
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/slack" in cookie


async def test_what_slack_refuses_is_for_the_operator(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    oauth = oauth_of(slack, secret="wrong-secret-that-must-stay-secret")
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        page = await somebody.install(TEAM)
        assert page.status == 500 and "set up" in page.text
        assert "bad_client_secret" not in page.text and "bad_client_secret" in caplog.text
        slack.web.faults.append(Fault("oauth.v2.access", "refused", code="internal_error"))
        assert (await somebody.install(TEAM)).status == 503
        slack.web.faults.append(Fault("oauth.v2.access", "lost"))
        assert (await somebody.install(TEAM)).status == 503
    assert "must-stay-secret" not in caplog.text


async def test_only_workspaces_that_are_allowed_may_install_it(slack: FakeSlack, database: Path) -> None:
    other = slack.add_workspace(OTHER, TOKEN)
    oauth = replace(oauth_of(slack), allowed=frozenset({TEAM}))
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        page = await somebody.install(OTHER)
        assert page.status == 403 and "Only some workspaces" in page.text
        assert other.error == "token_revoked"
        assert (await somebody.install(TEAM)).status == 200
    assert rows(database, "SELECT team_id FROM slack_bots") == [(TEAM,)]
    later = replace(oauth_of(slack), allowed=frozenset({OTHER}))
    async with running(slack, database, echo, oauth=later), browser(slack, later) as somebody:
        slack.say("hello", place=slack.direct)
        await until(lambda: has_posts(slack, 1))
        assert (await somebody.install(TEAM)).status == 403
        assert slack.workspaces[TEAM].error != "token_revoked", "who has it keeps it"


async def test_token_rotation_is_refused(slack: FakeSlack, database: Path) -> None:
    oauth = oauth_of(slack)
    slack.web.team.rotates_tokens = True
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        page = await somebody.install(TEAM)
    assert page.status == 500 and "rotation" in page.text
    assert rows(database, "SELECT * FROM slack_bots") == []


async def test_a_database_down_is_no_blank_page(slack: FakeSlack, database: Path) -> None:
    oauth = oauth_of(slack)
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        # In a thread: the bot may be in the middle of a transaction.
        await asyncio.to_thread(rows, database, "ALTER TABLE slack_oauth_states RENAME TO slack_elsewhere")
        page = await somebody.get("slack/install")
    assert page.status == 503 and "does not work right now" in page.text


async def test_old_keys_open_and_the_first_one_seals(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM):
        pass
    before = rows(database, "SELECT bot_token FROM slack_bots")[0][0]
    newest = new_key()
    for count, keys in enumerate([(newest, KEY), (newest,)], start=1):
        async with running(slack, database, echo, oauth=oauth_of(slack, *keys)):
            slack.say("hello", place=slack.direct)
            await until(partial(has_posts, slack, count))
    assert not in_file(database, before)


async def test_a_wrong_key_is_named_before_anything_starts(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM):
        pass
    connections = len(slack.web.calls("apps.connections.open"))
    bot = Bot(slack, database, echo, oauth=oauth_of(slack, new_key()))
    with pytest.raises(ConfigError, match="SLACK_TOKEN_KEY") as raised:
        await bot.running
    assert BOT_TOKEN not in str(raised.value)
    assert len(slack.web.calls("apps.connections.open")) == connections
    await bot.stop()


async def test_where_the_key_is_lost_workspaces_install_anew(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM):
        pass
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{database}",
        bot_data_dir=database.parent / "data",
        slack_client_id=CLIENT_ID,
        bot_platforms=("slack",),
    )
    assert "of 1 workspace" in await forget_tokens(settings)
    oauth = oauth_of(slack, new_key())
    async with running(slack, database, echo, oauth=oauth), browser(slack, oauth) as somebody:
        await somebody.install(TEAM)
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])


async def test_a_token_that_slack_refuses_holds_no_other_up(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    slack.add_workspace(OTHER, TOKEN)
    async with installed(slack, database, OTHER, TEAM):
        pass
    slack.workspaces[OTHER].error = "account_inactive"
    async with running(slack, database, echo, oauth=oauth_of(slack)):
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
        assert f"workspace {OTHER} is left out" in caplog.text
        assert "must-stay-secret" not in caplog.text and CLIENT_SECRET not in caplog.text
    assert len(rows(database, "SELECT * FROM slack_bots")) == 2, "a refusal deletes nothing"


def test_the_tables_are_those_of_slacks_sdk(database: Path) -> None:
    tables = MetaData()
    SQLAlchemyInstallationStore.build_installations_table(tables, "slack_installations")
    SQLAlchemyInstallationStore.build_bots_table(tables, "slack_bots")
    SQLAlchemyOAuthStateStore.build_oauth_states_table(tables, "slack_oauth_states")
    only_theirs = {"include_name": lambda name, kind, _: kind != "table" or name.startswith("slack_")}
    engine = create_engine(f"sqlite:///{database}", poolclass=NullPool)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=only_theirs), tables) == []


async def test_links_that_nobody_follows_do_not_fill_the_database(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_store, "MAX_STATES", 3)
    store = HistoryStore(f"sqlite+aiosqlite:///{database}")
    tokens = TokenStore(store.database, CLIENT_ID, Sealing([KEY]))
    states = [await tokens.issue_state() for _ in range(5)]
    assert len(rows(database, "SELECT * FROM slack_oauth_states")) == 3
    assert [await tokens.consume_state(state) for state in states] == [False, False, True, True, True]
    await store.close()


async def test_a_cookie_for_an_address_with_a_path_is_sent_over_https_only(
    slack: FakeSlack, database: Path
) -> None:
    oauth = oauth_of(slack)
    public = replace(oauth, public_url="https://bot.example.org/parley/")
    async with running(slack, database, echo, oauth=public), browser(slack, oauth) as somebody:
        page = await somebody.get("slack/install")
    assert page.link.query["redirect_uri"] == "https://bot.example.org/parley/slack/oauth_redirect"
    cookie = page.headers["Set-Cookie"]
    assert "Secure" in cookie and "Path=/parley/slack" in cookie


async def test_many_workspaces_hold_nobody_up(slack: FakeSlack, database: Path) -> None:
    store = HistoryStore(f"sqlite+aiosqlite:///{database}")
    tokens = TokenStore(store.database, CLIENT_ID, Sealing([KEY]))
    slack.web.tiers["auth.test"] = (100_000, 1000)
    for number in range(20):
        team = slack.add_workspace(f"T9{number:02d}", f"xoxb-{number:02d}-that-must-stay-secret")
        await tokens.save(
            Installation(app_id="A111", team_id=team.team_id, bot_token=team.token, user_id=ANN)
        )
    await store.close()
    channel = slack.open_channel("there", team="T919")
    slack.web.delay_s["auth.test"] = 0.1
    async with running(slack, database, echo, oauth=oauth_of(slack)):
        assert slack.web.count("auth.test") <= 16, "it listens before all have signed in"
        slack.say("hello", place=channel, calls=True)
        await until(lambda: slack.texts(channel) == ["You said: hello"])
        assert slack.web.count("auth.test") == 20
