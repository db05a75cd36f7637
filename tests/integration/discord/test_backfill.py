"""What the bot was not told: read back where it is new, and after it was away; once, and nothing twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from discord.utils import time_snowflake

from bot.platforms import backfill
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord, Place
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.fake_places import READ_MESSAGE_HISTORY
from tests.integration.discord.rig import Bot, key_of, running

HISTORY = r"^/channels/\d+/messages$"


@pytest.fixture(autouse=True)
def _without_pauses(no_pause_between_sessions: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "PACE_S", 0.0)
    monkeypatch.setattr(backfill, "NEWS_PACE_S", 0.0)


def ago(**time: float) -> int:
    """The id of a message that was sent so long ago."""
    return time_snowflake(datetime.now(UTC) - timedelta(**time))


async def texts_of(bot: Bot, place: Place | None = None) -> list[str]:
    return [text for _, text in await bot.remembered(place)]


def said(discord: FakeDiscord) -> list[str]:
    """What the bot said in the usual place, to all and to one person."""
    return discord.texts() + discord.whispers()


async def heard(bot: Bot, text: str, place: Place | None = None) -> None:
    """Wait until something that was said is the last thing in memory."""
    async with asyncio.timeout(5.0):
        while (await texts_of(bot, place))[-1:] != [text]:
            await asyncio.sleep(0.005)


async def caught_up(bot: Bot, requests: int) -> None:
    """Wait until so many pages of history were asked for at least, and nothing is missing any more."""
    await until(lambda: bot.discord.rest.count("GET", HISTORY) >= requests)
    async with asyncio.timeout(5.0):
        while await bot.manager.past.missing_since("discord") is not None:
            await asyncio.sleep(0.005)


# --- where it is new -------------------------------------------------------------------------


async def test_where_it_is_new_it_reads_what_was_said_once(discord: FakeDiscord, database: Path) -> None:
    for number in range(3):
        discord.say(f"old {number}", author=discord.ben, is_told=False)
    discord.say("I am a robot", author=discord.robot, is_told=False)
    async with running(discord, database, echo) as bot:
        discord.say("what was that?", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        assert await texts_of(bot) == ["old 0", "old 1", "old 2", "what was that?", discord.texts()[0]]
        assert "old 2" in str(bot.generator.asked[0].prompt)
        discord.say("and now?", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        assert discord.rest.count("GET", HISTORY) == 1
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 2)
        discord.say("still there?", calls=True)
        await until(lambda: len(discord.texts()) == 3)
        assert discord.rest.count("GET", HISTORY) == 2


async def test_a_command_about_the_channel_reads_further_than_a_chat(
    discord: FakeDiscord, database: Path
) -> None:
    for number in range(230):
        discord.say(f"old {number}", is_told=False)
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        assert len(await bot.remembered()) == 100 + 2
        assert discord.rest.count("GET", HISTORY) == 1
        discord.command("search", {"words": "old 7"})
        await until(lambda: all(said(discord)) and len(said(discord)) == 2)
        assert len(await bot.remembered()) == 230 + 2
        assert discord.rest.count("GET", HISTORY) == 1 + 3
        discord.command("search", {"words": "old 9"})
        await until(lambda: all(said(discord)) and len(said(discord)) == 3)
        assert discord.rest.count("GET", HISTORY) == 1 + 3


async def test_a_command_about_another_channel_reads_there(discord: FakeDiscord, database: Path) -> None:
    discord.say("the harbour opens at seven", author=discord.ben, place=discord.other, is_told=False)
    async with running(discord, database, echo) as bot:
        discord.command("search", {"channel": str(discord.other.id), "words": "harbour"})
        await until(lambda: any("harbour" in text for text in said(discord)))
        assert await texts_of(bot, discord.other) == ["the harbour opens at seven"]


async def test_it_reads_nothing_where_that_is_switched_off(discord: FakeDiscord, database: Path) -> None:
    discord.say("old", is_told=False)
    for _ in range(2):
        bot = Bot(discord, database, echo, backfill_messages=0)
        await until(lambda: discord.gateway.is_connected)
        before = len(discord.texts())
        discord.say("hello", calls=True)
        await until(lambda before=before: len(discord.texts()) > before)  # type: ignore[misc]
        assert "old" not in await texts_of(bot)
        await bot.stop()
    assert discord.rest.count("GET", HISTORY) == 0


async def test_what_was_reset_is_not_read_again(discord: FakeDiscord, database: Path) -> None:
    discord.say("forget this", is_told=False)
    async with running(discord, database, echo) as bot:
        discord.command("reset")
        await until(lambda: said(discord) and all(said(discord)))
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 1)
        discord.say("hello", calls=True)
        await until(lambda: "You said: hello" in discord.texts())
        assert "forget this" not in await texts_of(bot)


async def test_typing_is_shown_before_it_reads(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        paths = [asked.path for asked in discord.rest.asked if asked.path.startswith("/channels/")]
        assert paths[0].endswith("/typing") or paths[1].endswith("/typing")


async def test_where_it_may_not_read_it_answers_all_the_same(discord: FakeDiscord, database: Path) -> None:
    discord.say("unseen", is_told=False)
    discord.deny(discord.general, READ_MESSAGE_HISTORY)
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        assert await texts_of(bot) == ["hello", "You said: hello"]
        assert discord.rest.count("GET", HISTORY) == 0
        discord.allow(discord.general)
        discord.say("and now?", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        assert (await texts_of(bot))[0] == "unseen"


async def test_a_thread_knows_the_message_that_it_hangs_on(discord: FakeDiscord, database: Path) -> None:
    starter = discord.say("the news of today", webhook_id="7", is_told=False)
    async with running(discord, database, echo) as bot:
        thread = discord.open_thread(discord.general, "news", starter=starter)
        discord.say("before you came", place=thread, is_told=False)
        discord.say("what is this about?", place=thread, calls=True)
        await until(lambda: len(discord.texts(thread)) == 1)
        asked = str(bot.generator.asked[0].prompt)
        assert "the news of today" in asked and "before you came" in asked
        assert await texts_of(bot) == ["the news of today"]


async def test_a_chain_of_replies_is_known_whoever_wrote_it(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        above = discord.say("link 0", author=discord.robot, is_told=False)
        for number in range(1, 7):
            above = discord.say(f"link {number}", author=discord.ben, answering=above, is_told=False)
        discord.say("is that so?", calls=True, answering=above)
        await until(lambda: len(discord.texts()) == 2)
        links = [text for text in await texts_of(bot) if text.startswith("link")]
        assert links == [f"link {number}" for number in range(2, 7)]
        fetched = discord.rest.count("GET", r"/messages/\d+$")
        assert 0 < fetched <= 4
        discord.say("really?", calls=True, answering=above)
        await until(lambda: len(discord.texts()) == 3)
        assert discord.rest.count("GET", r"/messages/\d+$") == fetched


async def test_a_file_that_a_question_is_about_is_read(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        file = discord.upload("notes.txt", b"the harbour opens at seven", "text/plain")
        about = discord.say("my notes", author=discord.ben, attachments=[file])
        discord.say("when does it open?", calls=True, answering=about)
        await until(lambda: len(discord.texts()) == 1)
        assert "opens at seven" in str(bot.generator.asked[0].prompt)


# --- while it was away -----------------------------------------------------------------------


async def test_what_was_missed_is_answered_once_and_remembered_in_order(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        discord.say("before", calls=True)
        await until(lambda: len(discord.texts()) == 1)
    discord.say("some talk", author=discord.ben)
    discord.say("while away", calls=True)
    discord.say("direct", place=discord.direct)  # nothing is known of it: nobody could tell it was missed
    async with running(discord, database, echo) as bot:
        await until(lambda: discord.texts()[1:] == ["You said: while away"])
        discord.say("after", calls=True)
        await until(lambda: discord.texts()[2:] == ["You said: after"])
        await caught_up(bot, 2)
        said = [text for role, text in await bot.remembered() if role == "user"]
        assert said == ["before", "some talk", "while away", "after"]
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 3)
        assert len(discord.texts()) == 3
        assert discord.rest.count("GET", HISTORY) == 3  # each gap was read once


async def test_a_long_absence_is_read_page_by_page(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("before", message_id=ago(minutes=30))
        await heard(bot, "before")
    talk = [f"talk {number}" for number in range(230)]
    for text in talk:
        discord.say(text)
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 3)
        assert await texts_of(bot) == ["before", *talk]
        assert discord.rest.count("GET", HISTORY) == 3


async def test_a_session_that_goes_on_reads_nothing(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("before")
        await heard(bot, "before")
        discord.gateway.ask_to_reconnect()
        await until(lambda: discord.gateway.resumed == 1)
        discord.say("after")
        await heard(bot, "after")
        assert discord.rest.count("GET", HISTORY) == 0


async def test_direct_messages_that_were_missed_are_answered(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.say("before", place=discord.direct)
        await until(lambda: len(discord.texts(discord.direct)) == 1)
    discord.say("while away", place=discord.direct)
    async with running(discord, database, echo):
        await until(lambda: discord.texts(discord.direct)[1:] == ["You said: while away"])


async def test_it_does_not_hurry_where_nobody_waits(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [discord.general, discord.other, discord.thread]
    async with running(discord, database, echo) as bot:
        for place in places:
            discord.say("talk", place=place)
        for place in places:
            await heard(bot, "talk", place)
    monkeypatch.setattr(backfill, "PACE_S", 0.1)
    monkeypatch.setattr(backfill, "NEWS_PACE_S", 0.1)
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 3)
    reads = [asked.at_s for asked in discord.rest.asked if asked.path.endswith("/messages")]
    assert len(reads) == 3
    assert min(later - earlier for earlier, later in pairwise(reads)) >= 0.1


async def test_what_is_old_is_remembered_only(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("long ago", message_id=ago(hours=2))
        await heard(bot, "long ago")
    discord.say("an old call", calls=True, message_id=ago(minutes=20))
    discord.say("a new call", calls=True, message_id=ago(minutes=5))
    async with running(discord, database, echo) as bot:
        await until(lambda: discord.texts() == ["You said: a new call"])
        await caught_up(bot, 2)
        said = [text for role, text in await bot.remembered() if role == "user"]
        assert said == ["long ago", "an old call", "a new call"]


async def test_edits_and_deletions_that_were_missed_reach_memory(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        first = discord.say("first", message_id=ago(hours=3))
        second = discord.say("second", message_id=ago(hours=2))
        discord.say("third", message_id=ago(hours=1))
        question = discord.say("question", calls=True, message_id=ago(minutes=50))
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
    discord.edit(first, "first, corrected")
    discord.delete(second)
    discord.delete(question)
    async with running(discord, database, echo) as bot:
        await until(lambda: discord.texts() == [])
        await caught_up(bot, 2)
        assert await texts_of(bot) == ["first, corrected", "third"]


async def test_an_answer_that_was_deleted_meanwhile_is_forgotten(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        discord.say("question", calls=True, message_id=ago(minutes=50))
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        discord.command("glossary")
        await until(lambda: all(said(discord)) and len(said(discord)) == 2)
        await bot.remembered()
    discord.delete(int(discord.posts()[0]["id"]), is_told=False)
    # What was said in the last minute may not have reached Discord's history.
    discord.say("later")
    async with running(discord, database, echo) as bot:
        await caught_up(bot, 2)
        assert await texts_of(bot) == ["question", "later"]


@pytest.mark.parametrize("status", [403, 400])
async def test_nothing_is_forgotten_where_discord_does_not_answer(
    discord: FakeDiscord, database: Path, status: int
) -> None:
    async with running(discord, database, echo) as bot:
        kept = discord.say("kept", message_id=ago(hours=1))
        await heard(bot, "kept")
    del discord.general.messages[kept]
    discord.rest.faults.append(Fault("GET", HISTORY, "refused", status=status, code=50001, times=2))
    async with running(discord, database, echo) as bot:
        await until(lambda: discord.rest.count("GET", HISTORY) == (1 if status == 403 else 2))
        discord.say("hello", place=discord.other, calls=True)
        await until(lambda: len(discord.texts(discord.other)) == 1)
        assert await texts_of(bot) == ["kept"]


async def test_after_a_crash_in_the_middle_nothing_is_lost(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.say("before", calls=True, message_id=ago(minutes=9))
        await until(lambda: len(discord.texts()) == 1)
    discord.say("while away", calls=True, message_id=ago(minutes=8))
    discord.rest.faults.append(Fault("GET", HISTORY, "refused", status=400, times=9))
    bot = Bot(discord, database, echo)
    await until(lambda: discord.rest.count("GET", HISTORY) >= 3)
    discord.say("live", calls=True, place=discord.other)
    await until(lambda: discord.texts(discord.other) == ["You said: live"])
    await bot.crash()
    discord.rest.faults.clear()
    read = discord.rest.count("GET", HISTORY)
    async with running(discord, database, echo) as bot:
        await until(lambda: discord.texts()[1:] == ["You said: while away"])
        await caught_up(bot, read + 1)
        said = [text for role, text in await bot.remembered() if role == "user"]
        assert said == ["before", "while away"]
    assert len(discord.texts()) == 2 and len(discord.texts(discord.other)) == 1


async def test_a_question_that_comes_first_knows_what_was_missed(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(discord, database, echo):
        discord.say("before", calls=True)
        discord.say("elsewhere", calls=True, place=discord.other)
        await until(lambda: len(discord.texts() + discord.texts(discord.other)) == 2)
    discord.say("more", place=discord.other)
    discord.say("the meeting is at seven", author=discord.ben)
    monkeypatch.setattr(backfill, "PACE_S", 60.0)
    monkeypatch.setattr(backfill, "NEWS_PACE_S", 60.0)
    async with running(discord, database, echo) as bot:
        # One of the two is read; the next comes after a long pause, or when somebody asks there.
        await until(lambda: discord.rest.count("GET", HISTORY) == 3)
        discord.say("when?", calls=True)
        discord.say("what?", calls=True, place=discord.other)
        await until(lambda: len(bot.generator.asked) == 2)
        asked = next(request for request in bot.generator.asked if "when?" in str(request.prompt))
        assert "the meeting is at seven" in str(asked.prompt)
        await until(lambda: discord.rest.count("GET", HISTORY) == 4)


async def test_an_edit_that_comes_first_hides_nothing(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        early = discord.say("are you there?", message_id=ago(minutes=9))
        discord.say("before", message_id=ago(minutes=8))
        await heard(bot, "before")
    discord.say("while away", message_id=ago(minutes=7))
    discord.rest.faults.append(Fault("GET", HISTORY, "refused", status=400))
    async with running(discord, database, echo) as bot:
        old = discord.general.messages[early]
        call = {"content": f"<@{discord.bot['id']}> are you there?", "mentions": [discord.bot]}
        discord.change(discord.general, old | call | {"edited_timestamp": datetime.now(UTC).isoformat()})
        await until(lambda: discord.texts() == ["You said: are you there?"])
        await heard(bot, "while away")
        said = [text for role, text in await bot.remembered() if role == "user"]
        assert said == ["are you there?", "before", "while away"]


async def test_a_person_without_rights_gets_none_by_being_missed(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        discord.say("before", calls=True)
        await until(lambda: len(discord.texts()) == 1)
    discord.say("/settings speak:off", author=discord.ben, calls=True)
    async with running(discord, database, echo) as bot:
        await until(lambda: len(discord.texts()) == 2)
        assert (await bot.manager.rules.of(key_of(discord))).speak == "mention"
        assert discord.rest.count("GET", "/members/") == 1


# --- places that are gone --------------------------------------------------------------------


@pytest.mark.parametrize("place", ["channel", "thread", "private thread", "server"])
async def test_what_was_said_in_a_place_that_is_gone_is_forgotten(
    discord: FakeDiscord, database: Path, place: str
) -> None:
    async with running(discord, database, echo) as bot:
        thread = discord.open_thread(discord.general, "cats", private=place == "private thread")
        for where in (discord.general, thread):
            discord.say("secret", place=where, calls=True)
            await until(lambda where=where: len(discord.texts(where)) == 1)  # type: ignore[misc]
            await bot.remembered(where)
        if place == "server":
            discord.gateway.dispatch("GUILD_DELETE", {"id": str(discord.guild_id), "guild_id": "0"})
        else:
            discord.close(discord.general if place == "channel" else thread)
        gone = {"channel": [discord.general, thread], "server": [discord.general, thread]}.get(
            place, [thread]
        )
        for where in gone:
            async with asyncio.timeout(5.0):
                while await bot.store.turns(key_of(discord, where), memory_only=False):
                    await asyncio.sleep(0.005)
        if thread is gone[0]:
            assert await texts_of(bot) == ["secret", "You said: secret"]


# --- many breaks -----------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [1])
async def test_no_break_loses_or_doubles_anything(discord: FakeDiscord, database: Path, rounds: int) -> None:
    """Every way in which a line ends, while people talk and ask. More `rounds` make a soak."""
    gateway = discord.gateway
    breaks = [gateway.drop, gateway.ask_to_reconnect, gateway.invalidate, gateway.close]
    talk: list[str] = []
    questions: dict[Place, str] = {}

    def speak() -> None:
        talk.append(f"talk {len(talk)}")
        discord.say(talk[-1], author=discord.ben)
        place = discord.open_channel(f"channel-{len(questions)}")
        questions[place] = f"question {len(questions)}"
        discord.say(questions[place], place=place, calls=True)

    async with running(discord, database, echo) as bot:
        for number in range(rounds * len(breaks)):
            speak()
            gateway.is_open.clear()
            breaks[number % len(breaks)]()
            await until(lambda: not gateway.is_connected)
            speak()
            gateway.is_open.set()
            speak()
            await until(lambda: gateway.is_connected, timeout_s=20)
            speak()
        expected = {place: [f"You said: {question}"] for place, question in questions.items()}
        await until(lambda: {place: discord.texts(place) for place in questions} == expected, timeout_s=20)
        assert gateway.resumed and len(gateway.identified) > 1
        await heard(bot, talk[-1])
        assert await texts_of(bot) == talk
        assert discord.texts() == []
