"""Hearing: what the bot takes in of what Slack tells it, in whatever order and however often it comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.platforms.text_files import MAX_BYTES
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import BEN, FakeSlack
from tests.integration.slack.rig import Bot, key_of, running


async def all_taken(slack: FakeSlack) -> None:
    """Until every event is acknowledged."""
    await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))


def prompt_of(bot: Bot) -> str:
    return "\n".join(message.content for message in bot.generator.asked[-1].prompt.messages)


# --- what people see -------------------------------------------------------------------------


async def test_rich_text_is_remembered_as_markdown(slack: FakeSlack, database: Path) -> None:
    words = [
        {"type": "text", "text": "it is ", "style": {"bold": True}},
        {"type": "link", "url": "https://a.example/x", "text": "here"},
        {"type": "text", "text": " a*b*c", "style": {"code": True}},
    ]
    section = {"type": "rich_text_section", "elements": words}
    async with running(slack, database, echo) as bot:
        text = "*it is* <https://a.example/x|here> `a*b*c`"
        slack.say(text, blocks=[{"type": "rich_text", "elements": [section]}])
        await all_taken(slack)
        assert await bot.remembered() == [("user", "**it is** [here](https://a.example/x) `a*b*c`")]


async def test_the_text_files_of_a_question_are_read(slack: FakeSlack, database: Path) -> None:
    files = slack.web.files
    sent = [
        files.add("notes.txt", b"The harbour opens in May.", mimetype="text/plain"),
        files.add("photo.png", b"\x89PNG\r\n\x1a\n\x00", mimetype="image/png"),
        files.add("named.txt", b"\x00\x01\x02", mimetype="text/plain"),
        files.add("huge.log", b"x" * (MAX_BYTES + 1), mimetype="text/plain"),
    ]
    async with running(slack, database, echo) as bot:
        slack.say("what do they say?", calls=True, files=sent)
        await until(slack.texts)
        prompt = prompt_of(bot)
    assert "[file notes.txt, 25 B]\nThe harbour opens in May.\n[end of the file]" in prompt
    assert "[image photo.png, 9 B]" in prompt and "[file named.txt, 3 B: not text]" in prompt
    assert "[file huge.log, 262 KB: too long to read]" in prompt


async def test_files_of_other_servers_and_other_peoples_talk_are_not_fetched(
    slack: FakeSlack, database: Path
) -> None:
    known = slack.web.files.add("notes.txt", b"The harbour opens in May.", mimetype="text/plain")
    address = "http://localhost:1/notes.txt"
    strange = {**known, "url_private": address, "url_private_download": address}
    async with running(slack, database, echo) as bot:
        slack.say("for later", files=[known])
        slack.say("and this?", calls=True, files=[strange])
        await until(slack.texts)
        turns = [text for _, text in await bot.remembered()]
    assert turns[0] == "for later\n[file notes.txt, 25 B]"
    assert turns[1] == "and this?\n[file notes.txt, 25 B: not read]"


async def test_a_shared_message_is_quoted(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        told = slack.say("we *ship* on Monday", BEN, slack.random)
        slack.share(told, place=slack.general, text="look")
        await all_taken(slack)
        expected = "look\n[shared message from Ben]\n> we **ship** on Monday"
        assert await bot.remembered() == [("user", expected)]


async def test_public_channels_are_named_and_private_ones_are_not(slack: FakeSlack, database: Path) -> None:
    plans = slack.open_channel("plans", private=True)
    async with running(slack, database, echo) as bot:
        slack.say(f"<#{slack.random.id}> not <#{plans.id}|> nor <#C0GONE>")
        await all_taken(slack)
        assert await bot.remembered() == [("user", "#random not #some-channel nor #some-channel")]
        slack.say(f"<#{slack.random.id}> <#C0GONE>")
        await all_taken(slack)
    assert slack.web.count("conversations.info") == 3


async def test_people_that_are_bots_are_not_answered(slack: FakeSlack, database: Path) -> None:
    slack.users["UHELPER"] = "Helper"
    slack.profiles["UHELPER"] = {"is_bot": True}
    async with running(slack, database, echo) as bot:
        slack.say("beep", "UHELPER", calls=True)
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        assert [text for role, text in await bot.remembered() if role == "user"] == ["hello"]


# --- order and repetition --------------------------------------------------------------------


async def test_a_storm_of_repeated_events_is_answered_once_over_restarts(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.say("one", calls=True)
        slack.say("two", place=slack.direct)
        edited = slack.say("thre", place=slack.random, calls=True)
        await until(lambda: slack.texts(slack.random) == ["You said: thre"])
        slack.edit(edited, "three")
        await until(lambda: slack.texts(slack.random) == ["You said: three"])
        await all_taken(slack)
        bodies = [one.payload for one in slack.event_envelopes()]
        for body in [*bodies, *reversed(bodies)]:
            slack.door.deliver("events_api", body)
        await all_taken(slack)
    async with running(slack, database, echo) as bot:
        for body in [*bodies[::2], *bodies[1::2]]:
            slack.door.deliver("events_api", body)
        await all_taken(slack)
        slack.say("last", place=slack.direct)
        await until(lambda: slack.texts(slack.direct)[-1] == "You said: last")
        assert await bot.remembered(slack.random) == [("user", "three"), ("assistant", "You said: three")]
        assert len(bot.generator.asked) == 1
    assert slack.texts() == ["You said: one"] and slack.texts(slack.random) == ["You said: three"]
    assert slack.texts(slack.direct) == ["You said: two", "You said: last"]


def overtaking(slack: FakeSlack, text: str, later: Any) -> tuple[str, list[dict[str, Any]]]:
    """A message of which all events are still to be told, those that came first last."""
    slack.general.members.discard("UBOT1")  # nothing is told by itself
    ts = slack.say(text)
    message = slack.general.messages[ts]
    slack.general.members.add("UBOT1")
    before = len(slack.door.envelopes)
    later(ts)
    late = [one.payload for one in slack.door.envelopes[before:]]
    return ts, [*late, slack.event_body({**message, "channel": slack.general.id, "channel_type": "channel"})]


async def test_an_edit_that_overtakes_its_message_is_what_stays(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        _, bodies = overtaking(slack, "<@UBOT1> helo", lambda ts: slack.edit(ts, "hello"))
        await all_taken(slack)
        slack.door.deliver("events_api", bodies[-1])
        await until(lambda: slack.texts() == ["You said: hello"])
        slack.door.deliver("events_api", bodies[-1])
        await all_taken(slack)
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]


async def test_a_deletion_that_overtakes_its_message_is_what_stays(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        _, bodies = overtaking(slack, "<@UBOT1> a secret", slack.delete)
        await all_taken(slack)
        slack.door.deliver("events_api", bodies[-1])
        await all_taken(slack)
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]


async def test_what_was_said_in_a_deleted_channel_is_erased(slack: FakeSlack, database: Path) -> None:
    plans = slack.open_channel("plans", private=True)
    async with running(slack, database, echo) as bot:
        root = slack.say("we launch in May", place=plans)
        slack.say("in June", BEN, plans, thread=root)
        slack.say("something else")
        await all_taken(slack)
        slack.delete_channel(plans)
        await all_taken(slack)
        await until(lambda: not bot.manager.has_work(key_of(plans)))
        assert await bot.remembered(plans) == [] and await bot.remembered(plans, root) == []
        assert await bot.remembered() == [("user", "something else")]


async def test_a_channel_that_the_bot_left_stays_in_memory(slack: FakeSlack, database: Path) -> None:
    plans = slack.open_channel("plans")
    async with running(slack, database, echo) as bot:
        slack.say("we launch in May", place=plans)
        slack.leave(plans, "UBOT1")
        await all_taken(slack)
        assert await bot.remembered(plans) == [("user", "we launch in May")]


# --- commands in words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["translate this to French", "übersetze das ins Französische", "これをフランス語に翻訳して"]
)
async def test_behind_its_name_the_bot_takes_commands_in_words(
    slack: FakeSlack, database: Path, words: str
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("Where is the station?", BEN)
        slack.say(words, calls=True)
        await until(slack.texts)
        assert "French" in prompt_of(bot) and "Where is the station?" in prompt_of(bot)
        commands = [turn for turn in await bot.store.turns(key_of(slack.general)) if words in turn.text]
        assert commands == [], "a command is no talk"


async def test_a_channel_is_named_in_words(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("We moved the launch to Friday, and Ben writes the notes.", BEN, slack.random)
        await all_taken(slack)
        command = slack.command("/summarize", f"<#{slack.random.id}|random> seit gestern auf Deutsch")
        await until(lambda: bot.generator.asked)
        assert "We moved the launch to Friday" in prompt_of(bot)
        await until(lambda: command.texts or slack.ephemeral)
    assert slack.posts() == []


# --- who may change what ---------------------------------------------------------------------


async def test_alone_with_the_bot_people_manage_their_own_conversation_only(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        direct = slack.dm_of(BEN)
        slack.say("/glossary action:add deploy = Ausrollen", BEN, direct)
        await until(lambda: slack.texts(direct))
        assert "Only people who manage this workspace" in slack.texts(direct)[-1]
        slack.say("/settings language:French", BEN, direct)
        await until(lambda: len(slack.texts(direct)) == 2)
        assert (await bot.manager.rules.of(key_of(direct))).language == "fr"
        slack.say("/glossary action:add deploy = Ausrollen", place=slack.direct)
        await until(lambda: slack.texts(slack.direct))
        assert "Only people who manage" not in slack.texts(slack.direct)[-1]


async def test_guests_and_people_of_other_companies_manage_nothing(slack: FakeSlack, database: Path) -> None:
    slack.users |= {"UGUEST": "Gus", "UOTHER": "Olga"}
    slack.admins |= {"UGUEST", "UOTHER"}
    slack.guests["UGUEST"] = "multi"
    slack.foreigners["UOTHER"] = "T999"
    async with running(slack, database, echo) as bot:
        for author in ("UGUEST", "UOTHER"):
            slack.say("/settings speak:off", author, calls=True)
        await until(lambda: len(slack.texts()) + len(slack.ephemeral) == 2)
        assert (await bot.manager.rules.of(key_of(slack.general))).speak == "mention"
