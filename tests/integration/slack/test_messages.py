"""Talk: when the bot speaks, where, and how its words look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.messages import ConversationKey
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack import contract
from tests.integration.slack.fake_slack import BEN, BOT_USER, TEAM, FakeSlack
from tests.integration.slack.rig import key_of, running
from tests.unit.platforms.slack.payloads import text_of


async def test_a_mention_is_answered_where_it_was_made(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]
    assert slack.posts()[0].get("thread_ts") is None and slack.texts(slack.random) == []


async def test_both_events_of_a_mention_make_one_turn_and_one_answer(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", calls=True)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        await until(lambda: slack.texts() == ["You said: hello"])
        assert len(slack.event_envelopes("app_mention")) == 1
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]
        assert len(bot.generator.asked) == 1


async def test_a_direct_message_needs_no_mention(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["You said: hello"])


async def test_the_settings_of_a_channel_hold_from_the_next_message_on(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        changed = slack.command("/settings", "speak:always wake-words:computer")
        await until(lambda: changed.shown)
        slack.say("hello")
        await until(lambda: slack.texts() == ["You said: hello"])
        refused = slack.command("/settings", "speak:off", BEN)
        await until(lambda: refused.shown)
        slack.say("still there?")
        await until(lambda: len(slack.texts()) == 2)


async def test_in_a_thread_it_stays_once_it_was_called(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        root = slack.say("lunch?")
        slack.say("what do you say", thread=root, calls=True)
        await until(lambda: slack.texts(thread=root) == ["You said: what do you say"])
        slack.say("and to drink?", BEN, thread=root)
        await until(lambda: len(slack.texts(thread=root)) == 2)
        slack.say(f"<@{BEN}> are you coming?", thread=root)
        slack.say("goodbye", calls=True)
        await until(lambda: slack.texts() == ["You said: goodbye"])
    assert len(slack.texts(thread=root)) == 2


async def test_a_thread_under_its_own_message_is_a_talk_with_it(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        answer = slack.posts()[0]["ts"]
        slack.say("why?", thread=answer)
        await until(lambda: slack.texts(thread=answer) == ["You said: why?"])


async def test_other_talk_is_remembered_and_not_answered(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("the build is green")
        slack.say("see <https://ci.example.org|the log> &amp; rest", BEN)
        slack.say("what about the build?", calls=True)
        await until(lambda: slack.texts() == ["You said: what about the build?"])
        turns = await bot.manager.history(key_of(slack.general))
    assert [(turn.author and turn.author.name, turn.text) for turn in turns[:2]] == [
        ("Ann", "the build is green"),
        ("Ben", "see [the log](https://ci.example.org) & rest"),
    ]
    assert len(bot.generator.asked) == 1
    prompt = "\n".join(message.content for message in bot.generator.asked[0].prompt.messages)
    assert "the build is green" in prompt


async def test_people_are_asked_for_once_and_named(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        for number in range(3):
            slack.say(f"<@{BEN}> has question {number}")
        slack.say("well?", calls=True)
        await until(slack.texts)
        assert (await bot.remembered())[0] == ("user", "@Ben has question 0")
    assert slack.web.count("users.info") == 2


async def test_names_that_slack_does_not_tell_hold_up_nothing(slack: FakeSlack, database: Path) -> None:
    del slack.users[BEN]
    async with running(slack, database, echo):
        slack.say("hello", BEN, calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])


async def test_bots_and_itself_are_never_answered(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", place=slack.direct)
        slack.say("beep", "UROBOT", calls=True, bot_id="B999", bot_profile={"name": "robot"})
        slack.say("Ben joined", subtype="channel_join", place=slack.direct)
        slack.say("boop", place=slack.direct, user=BOT_USER, bot_id="BBOT1")
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        await until(lambda: slack.texts(slack.direct)[-1] == "You said: hello")
        assert len(bot.generator.asked) == 1


async def test_the_agent_pane_shows_a_status_and_is_answered_in_its_thread(
    slack: FakeSlack, database: Path
) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await until(lambda: slack.statuses)
        yield "Here I am."

    async with running(slack, database, slowly):
        root = slack.say("New chat", place=slack.pane, subtype="assistant_app_thread")
        slack.say("anybody there?", place=slack.pane, thread=root)
        await until(lambda: slack.texts(slack.pane, root) == ["Here I am."])
    assert slack.statuses[0]["thread_ts"] == root and slack.statuses[0]["status"].startswith("is thinking")


async def test_a_growing_answer_is_edited_at_slacks_pace(slack: FakeSlack, database: Path) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(30):
            await asyncio.sleep(0.1)
            yield f"word{number} "

    async with running(slack, database, slowly):
        slack.say("tell me", calls=True)
        await until(lambda: slack.texts() and slack.texts()[0].endswith("word29"), timeout_s=10.0)
    assert slack.web.count("chat.postMessage") == 1
    assert 2 <= slack.web.count("chat.update") <= 4


@pytest.mark.usefixtures("short_posts")
async def test_a_long_answer_is_split_and_nothing_of_it_is_lost(slack: FakeSlack, database: Path) -> None:
    lines = [f"line {number} of **many**, with 1 < 2 & 3 > 2" for number in range(150)]

    async def long(request: GenerationRequest) -> AsyncIterator[str]:
        yield "\n".join(lines)

    async with running(slack, database, long):
        slack.say("tell me", calls=True)
        await until(lambda: "line 149 of" in "".join(slack.texts()))
        await until(lambda: shown_lines(slack) == lines)
    assert len(slack.posts()) == 2
    assert len({post["metadata"]["event_payload"]["nonce"] for post in slack.posts()}) == 2


def shown_lines(slack: FakeSlack) -> list[str]:
    """The lines of all posts as people see them."""
    return [line for post in slack.posts() for line in text_of(post).splitlines() if line]


async def test_hostile_words_of_the_model_call_nobody(slack: FakeSlack, database: Path) -> None:
    async def hostile(request: GenerationRequest) -> AsyncIterator[str]:
        yield "<!channel> <!here|here> <@UBEN1> <!subteam^S1> @everyone `<!here>` "
        yield "[your bank](https://evil.example|<!channel>) [bank.example](https://evil.example) <#C1>"

    async with running(slack, database, hostile):
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() and "C1" in slack.texts()[0])
    assert all(inside.startswith("https://evil.example") for inside in contract.actives(slack.texts()[0]))


async def test_messages_have_addresses_in_the_workspace(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        channel = ConversationKey("slack", TEAM, "C9")
        address = bot.platform.permalink(channel, "1700000000.000100")
        assert address == "https://home.slack.com/archives/C9/p1700000000000100"
        thread = replace(channel, thread_id="1700000000.000100")
        address = bot.platform.permalink(thread, "1700000001.000200")
        assert address == (
            "https://home.slack.com/archives/C9/p1700000001000200?thread_ts=1700000000.000100&cid=C9"
        )
        assert bot.platform.permalink(channel, "command-1.222.xxx") is None
