"""The agent's pane: suggestions, titles, what a person looks at, and Slack's own button to stop."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.messages import ConversationKey
from bot.platforms.slack.access import WHICH
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, TEAM, FakeSlack, Payload
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import running
from tests.integration.slack.test_streams import TEXT, WORDS, Told, ask, slowly, words_in
from tests.unit.platforms.slack.payloads import buttons_of


def titles(prompts: Payload) -> list[str]:
    return [prompt["title"] for prompt in prompts["prompts"]]


async def test_an_assistants_thread_begins_with_suggestions_and_gets_its_title(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        thread = slack.open_pane(context_channel=slack.random)
        await until(lambda: slack.prompts)
        assert slack.prompts[0]["thread_ts"] == thread and len(slack.prompts[0]["prompts"]) == 4
        assert slack.prompts[0]["prompts"][0]["message"] == f"Summarize <#{slack.random.id}>"
        slack.say(
            "tell me all about the history of lighthouses on the coast of Normandy",
            place=slack.pane,
            thread=thread,
        )
        await until(lambda: slack.titles and slack.texts(slack.pane, thread=thread))
        slack.say("and of Brittany", place=slack.pane, thread=thread)
        await until(lambda: len(slack.texts(slack.pane, thread=thread)) == 2)
    assert [one["title"] for one in slack.titles] == [
        "tell me all about the history of lighthouses on the coast …"
    ]


async def test_an_agents_messages_open_with_suggestions_in_the_persons_language(
    slack: FakeSlack, database: Path
) -> None:
    slack.profiles[ANN] = {"locale": "es-ES"}
    async with running(slack, database, echo):
        slack.open_home(tab="messages", context_channel=slack.general)
        await until(lambda: slack.prompts)
        slack.open_home(tab="home")
    (prompts,) = slack.prompts
    assert "thread_ts" not in prompts and prompts["title"] == "¿En qué te ayudo?"
    assert titles(prompts)[0] == "Resumir el canal que estoy viendo"


async def test_nothing_is_suggested_about_a_channel_that_the_person_may_not_read(
    slack: FakeSlack, database: Path
) -> None:
    closed = slack.open_channel("plans", private=True, members=(BEN,))
    async with running(slack, database, echo):
        slack.open_pane(context_channel=closed)
        await until(lambda: slack.prompts)
    assert len(slack.prompts[0]["prompts"]) == 3 and closed.id not in str(slack.prompts)


async def test_this_channel_is_the_one_that_the_person_looks_at_also_after_a_restart(
    slack: FakeSlack, database: Path
) -> None:
    slack.say("the launch is on Friday", BEN, slack.random)
    async with running(slack, database, echo) as bot:
        slack.open_home(tab="messages", context_channel=slack.general)
        slack.change_context(slack.random)
        key = ConversationKey("slack", TEAM, "")
        await until(lambda: slack.event_envelopes("app_context_changed")[0].acknowledgements)
        assert await bot.store.person_setting(key, ANN, "looks-at") == slack.random.id
    place = slack.dm_of()
    async with running(slack, database, echo) as bot:
        slack.say("summarize this channel", place=place)
        await until(lambda: slack.texts(place))
        assert any("the launch is on Friday" in str(one.prompt) for one in bot.generator.asked)


async def test_who_looks_at_no_channel_is_asked_which_one_is_this(slack: FakeSlack, database: Path) -> None:
    place = slack.dm_of()
    async with running(slack, database, echo):
        slack.say("hello", place=place)
        slack.say("summarize this channel", place=place)
        await until(lambda: WHICH in slack.texts(place))
        slack.say("what is this channel?", place=place)
        await until(lambda: "You said: what is this channel?" in slack.texts(place))


async def test_where_there_is_no_pane_nothing_is_asked_for_again(slack: FakeSlack, database: Path) -> None:
    slack.web.faults.append(Fault("assistant.threads.setSuggestedPrompts", "refused", 9, "missing_scope"))
    async with running(slack, database, echo):
        slack.open_home(tab="messages")
        await until(lambda: slack.web.count("assistant.threads.setSuggestedPrompts") == 1)
        slack.open_home(tab="messages")
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
    assert slack.web.count("assistant.threads.setSuggestedPrompts") == 1


async def test_slacks_own_button_stops_an_answer_in_a_thread(slack: FakeSlack, database: Path) -> None:
    told = Told()
    async with running(slack, database, told.script) as bot:
        root = ask(slack)
        told.say(*WORDS[:4])
        await until(lambda: slack.web.sessions.by_thread.get(root) == "processing")
        await until(lambda: "word2" in "".join(slack.texts(thread=root)))
        slack.web.sessions.press_stop(root)
        await until(lambda: slack.web.sessions.by_thread[root] == "active")
        assert (await bot.remembered(thread=root))[-1] == ("assistant", "word0 word1 word2 word3")
    assert words_in(slack, root) == "word0 word1 word2 word3"
    assert "parley:regenerate" in buttons_of(slack.posts(thread=root)[0])


async def test_slacks_own_button_goes_also_where_that_has_to_be_told_twice(
    slack: FakeSlack, database: Path
) -> None:
    told = Told()
    async with running(slack, database, told.script):
        root = ask(slack)
        told.say(*WORDS[:4])
        await until(lambda: slack.web.sessions.by_thread.get(root) == "processing")
        slack.web.faults.append(Fault("agents.sessions.setStatus", "throttled"))
        told.end()
        await until(lambda: slack.web.sessions.by_thread[root] == "active")


async def test_nobody_stops_what_somebody_else_asked(slack: FakeSlack, database: Path) -> None:
    slack.admins.clear()
    told = Told()
    async with running(slack, database, told.script):
        root = ask(slack)
        told.say(*WORDS[:4])
        await until(lambda: slack.web.sessions.by_thread.get(root) == "processing")
        await until(lambda: "word2" in "".join(slack.texts(thread=root)))
        slack.web.sessions.press_stop(root, BEN)
        await until(lambda: slack.ephemeral)
        told.say(*WORDS[4:])
        told.end()
        await until(lambda: slack.web.sessions.by_thread[root] == "active")
    assert slack.ephemeral[0]["user"] == BEN and words_in(slack, root) == TEXT


@pytest.mark.parametrize("thread_in", ["channel", "pane"])
async def test_an_app_that_is_no_agent_answers_all_the_same(
    slack: FakeSlack, database: Path, thread_in: str
) -> None:
    slack.web.sessions.are_allowed = False
    place = slack.general if thread_in == "channel" else slack.pane
    async with running(slack, database, slowly):
        for _ in range(2):
            root = slack.say("hello", place=place)
            slack.say("tell me", place=place, thread=root, calls=place is slack.general)
            await until(lambda root=root: TEXT in slack.texts(place, thread=root))  # type: ignore[misc]
    assert slack.web.count("agents.sessions.setStatus") == 1


async def test_a_status_stands_in_threads_until_there_is_an_answer(slack: FakeSlack, database: Path) -> None:
    told = Told()
    async with running(slack, database, told.script):
        root = slack.say("lunch?")
        question = slack.say("tell me", thread=root, calls=True)
        await until(lambda: slack.statuses)
        assert (slack.statuses[0]["channel_id"], slack.statuses[0]["thread_ts"]) == (slack.general.id, root)
        slack.delete(question)
        await until(lambda: slack.statuses[-1]["status"] == "")


async def test_where_a_status_is_refused_it_is_asked_for_again_only_elsewhere(
    slack: FakeSlack, database: Path
) -> None:
    slack.web.faults.append(Fault("assistant.threads.setStatus", "refused", 1, "channel_type_not_supported"))
    async with running(slack, database, echo):
        for _ in range(2):
            root = ask(slack)
            await until(lambda root=root: slack.texts(thread=root))  # type: ignore[misc]
        assert slack.web.count("assistant.threads.setStatus") == 1
        thread = slack.say("hello", place=slack.pane)
        slack.say("tell me", place=slack.pane, thread=thread)
        await until(lambda: slack.statuses)
