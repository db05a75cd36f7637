"""Several workspaces on one bot: nothing of one is found from another, and what leaves takes all with it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.app import only_instance
from bot.cli.slack import forget_tokens, forget_workspace
from bot.conversation.access import NO_SUCH_PLACE
from bot.errors import ConfigError
from bot.generation.types import GenerationRequest
from bot.messages import ConversationKey
from bot.settings import Settings
from bot.storage.records import OPTED_OUT
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_methods_team import CLIENT_ID
from tests.integration.slack.fake_slack import ANN, BEN, TEAM, FakeSlack, Place
from tests.integration.slack.installing import browser, installed, oauth_of
from tests.integration.slack.rig import Bot, key_of, running
from tests.unit.platforms.slack.payloads import text_of

OTHER, TOKEN = "T222", "xoxb-another-that-must-stay-secret"
SECRET = "wolverine-handshake"


def twin(slack: FakeSlack) -> Place:
    """A channel of another workspace, with the id of one in the first."""
    workspace = slack.add_workspace(OTHER, TOKEN)
    members = {ANN, BEN, workspace.bot_user}
    place = Place(slack.general.id, name="general", members=members, team=OTHER)
    slack.places[f"{OTHER}/{place.id}"] = place
    return place


def key_in(team: str, place: Place) -> ConversationKey:
    return ConversationKey("slack", team, place.id)


async def said_in(bot: Bot, key: ConversationKey) -> list[str]:
    """What a conversation remembers, when the answer that is out is settled."""
    await until(lambda: not bot.manager.has_work(key))
    return [turn.text.strip() for turn in await bot.store.turns(key)]


def in_file(database: Path, text: str) -> bool:
    """Whether a text is anywhere in the database's files."""
    return any(text.encode() in path.read_bytes() for path in database.parent.glob(f"{database.name}*"))


def installs(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT team_id FROM slack_installations")]


async def erased(bot: Bot) -> None:
    """Wait until nothing is left to erase."""
    while await bot.store.departures.noted("slack"):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_what_is_said_in_one_workspace_is_not_found_from_another(
    slack: FakeSlack, database: Path
) -> None:
    there = twin(slack)
    async with installed(slack, database, TEAM, OTHER) as bot:
        slack.say(f"The word is {SECRET}.", place=slack.general)
        slack.say("what is the word?", place=there, calls=True)
        await until(lambda: slack.texts(there) == ["You said: what is the word?"])
        assert slack.texts(slack.general) == []
        words = "what is the word?"
        assert await said_in(bot, key_in(OTHER, there)) == [words, f"You said: {words}"]
        assert all(SECRET not in str(request.prompt) for request in bot.generator.asked)
        search = slack.command("/search", SECRET, place=there)
        await until(lambda: search.texts and "…" not in search.texts[-1])
        assert slack.general.name not in search.texts[-1] and SECRET not in search.texts[-1]
        slack.say(f"Here the word is {SECRET} too.", place=slack.random)
        summary = slack.command("/summarize", f"<#{slack.random.id}|random>", place=there)
        await until(lambda: [text_of(one) for one in summary.shown[-1:]] == [NO_SUCH_PLACE])
        found = slack.command("/search", SECRET, place=slack.general)
        await until(lambda: found.texts and SECRET in found.texts[-1])


async def test_settings_are_of_one_workspace(slack: FakeSlack, database: Path) -> None:
    there = twin(slack)
    async with installed(slack, database, TEAM, OTHER) as bot:
        await bot.store.set_setting(key_of(slack.general), "speak", "off")
        slack.say("hello", place=there, calls=True)
        await until(lambda: slack.texts(there) == ["You said: hello"])
        assert await bot.store.setting(key_in(OTHER, there), "speak") is None


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_a_workspace_that_throws_the_app_out_takes_all_with_it(
    slack: FakeSlack, database: Path
) -> None:
    there = twin(slack)
    oauth = oauth_of(slack)
    async with running(slack, database, echo, oauth=oauth) as bot, browser(slack, oauth) as somebody:
        await somebody.install(TEAM)
        await somebody.install(OTHER)
        slack.say(f"The word is {SECRET}.", place=there)
        slack.say("hello", place=slack.general, calls=True)
        await until(lambda: slack.texts(slack.general) == ["You said: hello"])
        await until(lambda: in_file(database, SECRET))
        for team in (TEAM, OTHER):
            await bot.store.set_setting(key_in(team, there), "persona", f"of {team}")
            await bot.store.set_workspace_setting(key_in(team, there), "glossary", f"of {team}")
            await bot.store.set_person_setting(key_in(team, there), BEN, *OPTED_OUT)
        slack.uninstall(OTHER)
        await until(lambda: installs(database) == [TEAM])
        await erased(bot)
        assert not in_file(database, SECRET) and not in_file(database, f"of {OTHER}")
        assert await said_in(bot, key_in(TEAM, slack.general)) == ["hello", "You said: hello"]
        assert await bot.store.workspace_setting(key_in(TEAM, there), "glossary") == f"of {TEAM}"
        assert await bot.store.people.opted_out(key_in(OTHER, there)) == {BEN}
        slack.say("anybody there?", place=there, calls=True)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert await said_in(bot, key_in(OTHER, there)) == []
        slack.workspaces[OTHER].token = "xoxb-renewed-that-must-stay-secret"
        await somebody.install(OTHER)
        slack.say("hello again", place=there, calls=True)
        await until(lambda: slack.texts(there) == ["You said: hello again"])


async def test_an_answer_in_the_making_ends_with_its_workspace(slack: FakeSlack, database: Path) -> None:
    begun = asyncio.Event()

    async def slow(request: GenerationRequest) -> AsyncIterator[str]:
        yield "This is "
        begun.set()
        await asyncio.Event().wait()

    async with installed(slack, database, TEAM, script=slow) as bot:
        slack.say("tell me everything", place=slack.direct)
        await begun.wait()
        slack.tell({"type": "app_uninstalled"})
        await until(lambda: installs(database) == [])
        await erased(bot)
        assert bot.generator.generations[0].is_closed
        assert await bot.store.turns(key_of(slack.direct)) == []


async def test_tokens_of_people_are_not_ours(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM):
        event = slack.tell({"type": "tokens_revoked", "tokens": {"oauth": [ANN], "bot": []}})
        await until(lambda: event.acknowledgements)
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])
    assert installs(database) == [TEAM]


async def test_a_refused_call_erases_nothing(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM) as bot:
        slack.say(f"The word is {SECRET}.", place=slack.general)
        slack.workspaces[TEAM].error = "account_inactive"
        slack.say("hello", place=slack.direct)
        await until(
            lambda: slack.web.count("chat.postMessage") and not bot.manager.has_work(key_of(slack.direct))
        )
    assert installs(database) == [TEAM] and in_file(database, SECRET)


async def test_what_a_crash_left_is_erased_at_the_next_start(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM) as bot:
        slack.say(f"The word is {SECRET}.", place=slack.general, calls=True)
        await until(lambda: slack.texts(slack.general))
        await bot.store.departures.note("slack", TEAM)
    async with running(slack, database, echo, oauth=oauth_of(slack)) as bot:
        await erased(bot)
        assert not in_file(database, SECRET)
    assert installs(database) == [TEAM]


async def test_an_operator_forgets_a_workspace(slack: FakeSlack, database: Path) -> None:
    there = twin(slack)
    async with installed(slack, database, TEAM, OTHER) as bot:
        slack.say(f"The word is {SECRET}.", place=there, calls=True)
        await until(lambda: slack.texts(there))
        await said_in(bot, key_in(OTHER, there))
    settings = Settings(
        database_url=f"sqlite+aiosqlite:///{database}",
        bot_data_dir=database.parent / "data",
        slack_client_id=CLIENT_ID,
        bot_platforms=("slack",),
    )
    for wrong, told in {
        "acme": "begins with T",
        "T999": f"known are: {TEAM}, {OTHER}",
        OTHER: r"2 message\(s\) in 1 conversation.*--yes",
    }.items():
        with pytest.raises(ConfigError, match=told):
            await forget_workspace(settings, wrong, is_sure=wrong != OTHER)
    with only_instance(settings, "slack"):
        with pytest.raises(ConfigError, match="another Parley is running"):
            await forget_workspace(settings, OTHER, is_sure=True)
        with pytest.raises(ConfigError, match="another Parley is running"):
            await forget_tokens(settings)
    assert sorted(installs(database)) == sorted([TEAM, OTHER])
    assert "2 message(s) in 1 conversation" in await forget_workspace(settings, OTHER, is_sure=True)
    assert installs(database) == [TEAM]
    async with running(slack, database, echo, oauth=oauth_of(slack)) as bot:
        await erased(bot)
        assert not in_file(database, SECRET)


async def test_word_from_before_a_new_installation_is_left_aside(slack: FakeSlack, database: Path) -> None:
    async with installed(slack, database, TEAM) as bot:
        body = slack.event_body({"type": "app_uninstalled"})
        late = slack.door.deliver("events_api", {**body, "event_time": int(time.time()) - 300})
        await until(lambda: late.acknowledgements)
        assert installs(database) == [TEAM] and await bot.store.departures.noted("slack") == []


async def test_the_only_workspace_leaves_and_the_bot_stays_up(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say(f"The word is {SECRET}.", place=slack.general, calls=True)
        await until(lambda: slack.texts(slack.general))
        slack.uninstall()
        await until(lambda: "threw the app out" in caplog.text)
        await erased(bot)
        assert not in_file(database, SECRET)
        assert not bot.running.done() and "SLACK_BOT_TOKEN" in caplog.text


class TestOrganisation:
    """Enterprise Grid: an organisation installs the app for all of its workspaces."""

    @staticmethod
    def organisation(slack: FakeSlack) -> Place:
        slack.add_workspace("T333", "xoxb-org-that-must-stay-secret", enterprise_id="E111")
        slack.workspaces["T333"].is_enterprise_install = True
        slack.users["W777"] = "Wes"
        return slack.open_channel("there", team="T333", members=("W777",))

    async def test_it_is_one_installation(self, slack: FakeSlack, database: Path) -> None:
        there = self.organisation(slack)
        async with installed(slack, database, "T333") as bot:
            slack.say("hello", "W777", there, calls=True)
            await until(lambda: slack.texts(there) == ["You said: hello"])
            assert await said_in(bot, key_in("E111", there)) == ["hello", "You said: hello"]
            command = slack.command("/ask", "and by command?", "W777", there)
            await until(lambda: command.texts[-1:] == ["You said: and by command?"])
        async with running(slack, database, echo, oauth=oauth_of(slack)):
            slack.say("again", "W777", there, calls=True)
            await until(lambda: slack.texts(there)[-1] == "You said: again")

    async def test_it_leaves_as_a_whole(self, slack: FakeSlack, database: Path) -> None:
        there = self.organisation(slack)
        async with installed(slack, database, "T333") as bot:
            slack.say(SECRET, "W777", there)
            remaining = slack.tell({"type": "app_uninstalled"}, team="T333")
            await until(lambda: remaining.acknowledgements)
            assert installs(database) == [None], "its token still works: one of its workspaces had enough"
            slack.uninstall("T333")
            await until(lambda: installs(database) == [])
            await erased(bot)
            assert not in_file(database, SECRET)

    async def test_one_of_its_workspaces_leaves(self, slack: FakeSlack, database: Path) -> None:
        there = self.organisation(slack)
        gone = slack.open_channel("gone", team="T333", members=("W777",))
        async with installed(slack, database, "T333") as bot:
            slack.say("This stays.", "W777", there)
            slack.say(SECRET, "W777", gone)
            await until(lambda: in_file(database, SECRET))
            del slack.places[gone.id]
            slack.tell({"type": "team_access_revoked", "team_ids": ["T444"]}, team="T333")
            await until(lambda: not in_file(database, SECRET))
            await erased(bot)
            assert await said_in(bot, key_in("E111", there)) == ["This stays."]
