"""What an answer rests on is read back from Slack: as far as it is wanted, politely, and told honestly."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation.access import NOTHING_MISSING, Missing
from bot.errors import CommandError
from bot.messages import Author, Command, IncomingMessage
from bot.platforms.slack import quota, reading
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack import unheard
from tests.integration.slack.fake_slack import ANN, BEN, BOT_USER, FakeSlack, Place
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import Bot, key_of, running

HISTORY, REPLIES = "conversations.history", "conversations.replies"


class Asked:
    """What reading for one question told: signs of life, and at the end what is missing."""

    def __init__(self) -> None:
        self.signs: list[str] = []
        self.missing = NOTHING_MISSING


def question(
    name: str = "summarize",
    place: Place | None = None,
    thread: str | None = None,
    **options: str,
) -> IncomingMessage:
    """A command about its own place, or with no name a message."""
    now = datetime.now(UTC)
    command = Command(name, {option.strip("_"): value for option, value in options.items()})
    key = key_of(place or GENERAL, thread)
    return IncomingMessage(
        key, "q", "q", Author(ANN, "Ann"), name, now, is_addressed=True, command=command if name else None
    )


HOURS_AGO = time.time() - 7200
GENERAL = Place("C0GENERAL", name="general")


async def read(bot: Bot, asked: IncomingMessage) -> Asked:
    """Read what a question needs."""
    told = Asked()
    async for sign in bot.platform.prepare(asked, asked.conversation):
        if isinstance(sign, Missing):
            told.missing = sign
        else:
            told.signs.append(sign.text)
    return told


async def known(bot: Bot, place: Place | None = None) -> list[str]:
    """What memory has of a channel and its threads, in the order of time."""
    newest = await bot.store.digests.newest(key_of(place or GENERAL), 20_000)
    return [turn.text for turn in newest]


def calls(slack: FakeSlack) -> tuple[int, int]:
    """How many pages of history and of replies were asked for."""
    return slack.web.count(HISTORY), slack.web.count(REPLIES)


@pytest.fixture(autouse=True)
def _no_look_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what answers read is counted here; what is looked for after a break is seen elsewhere."""

    async def nothing(self: object, taker: object) -> None:
        return

    monkeypatch.setattr(reading.Reading, "came_back", nothing)


async def test_a_channel_is_read_whole_with_its_threads_and_then_only_what_is_new(
    slack: FakeSlack, database: Path
) -> None:
    slack.fill(slack.general, 1200, threads=12, replies=5)
    async with running(slack, database, echo):
        given = slack.command("summarize", "last:5000 style:bullets")
        await until(lambda: "1,260 of 1,260 messages" in str(given.shown), 15.0)
        assert calls(slack) == (3, 12)
        assert "12 threads" in str(given.shown)
        links = re.findall(r"/archives/C0GENERAL/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+))?", str(given.shown))
        assert links
        for seconds, micros, root in links:
            message = slack.general.messages[f"{seconds}.{micros}"]
            assert (root or message["ts"]) == message.get("thread_ts", message["ts"])
        slack.say("one more")
        slack.say("and a reply", thread=min(slack.general.messages))
        again = slack.command("summarize", "last:5000 style:bullets")
        await until(lambda: "1,262 of 1,262 messages" in str(again.shown), 15.0)
        assert calls(slack) == (4, 12)


async def test_what_events_told_of_is_not_read_again(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 10)
    slack.web.places.max_page = 15
    async with running(slack, database, echo) as bot:
        await read(bot, question())
        for number in range(40):
            slack.say(f"live {number}")
        await until(lambda: all(one.acknowledgements for one in slack.door.envelopes))
        await read(bot, question())
        assert calls(slack) == (2, 0)
        unheard.post(slack, "unheard")  # an event got lost: now all of it is looked at
        await read(bot, question())
        assert "unheard" in await known(bot)


async def test_the_names_of_many_are_asked_for_at_once(slack: FakeSlack, database: Path) -> None:
    people = [f"U{number:04}" for number in range(120)]
    slack.users |= {person: f"Person {number}" for number, person in enumerate(people)}
    slack.fill(slack.general, 240, author=people)
    async with running(slack, database, echo) as bot:
        await read(bot, question(last="500"))
        newest = await bot.store.digests.newest(key_of(slack.general), 500)
    assert {turn.author.name for turn in newest if turn.author} == set(slack.users.values()) - {"Ann", "Ben"}
    assert slack.web.count("users.list") == 1
    assert slack.web.count("users.info") == 0


async def test_short_pages_hide_nothing(slack: FakeSlack, database: Path) -> None:
    slack.web.short_pages = True
    slack.fill(slack.general, 300, threads=3, replies=9)
    async with running(slack, database, echo) as bot:
        assert (await read(bot, question(last="1000"))).missing == NOTHING_MISSING
        assert len(await known(bot)) == 327


async def test_what_slack_lets_nobody_read_in_time_is_told_and_read_the_next_time(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "READING_S", 1.0)
    monkeypatch.setattr(quota, "BURST", 5)
    slack.fill(slack.general, 100, threads=7, replies=6)
    async with running(slack, database, echo) as bot:
        told = await read(bot, question(last="1000"))
        assert told.missing == Missing(12, 2, why=reading.LIMITED)
        assert len(await known(bot)) == 130
        monkeypatch.setattr(quota, "INTERVAL_S", 0.01)
        monkeypatch.setattr(reading, "READING_S", 5.0)
        assert (await read(bot, question(last="1000"))).missing == NOTHING_MISSING
        assert len(await known(bot)) == 142
    assert calls(slack) == (2, 7)


async def test_an_app_that_may_read_little_goes_on_where_it_stopped(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "READING_S", 1.0)
    slack.web.places.max_page = 15
    slack.web.tiers[HISTORY] = (1.0, 1)
    stamps = slack.fill(slack.general, 40)
    async with running(slack, database, echo) as bot:
        given = slack.command("summarize", "last:100 style:bullets")
        await until(lambda: "15 of 15 messages" in str(given.shown))
        assert "I could not read what was said before" in str(given.shown)
        assert reading.LIMITED in str(given.shown)
        told = await read(bot, question(last="100"))
        assert told.missing.lacks_newest
        assert told.missing.before == datetime.fromtimestamp(float(stamps[25]), UTC)
        assert slack.web.throttled


async def test_a_limit_is_waited_for_where_that_is_short(slack: FakeSlack, database: Path) -> None:
    slack.web.faults.append(Fault(HISTORY, "throttled"))
    slack.fill(slack.general, 5)
    async with running(slack, database, echo) as bot:
        assert (await read(bot, question())).missing == NOTHING_MISSING
        assert len(await known(bot)) == 5


@pytest.mark.parametrize("kind", ["cut", "lost", "trouble"])
async def test_a_call_that_fails_is_tried_again(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("bot.platforms.slack.pages.AGAIN_S", (0.01, 0.01))
    slack.web.faults.append(Fault(HISTORY, kind, times=2))  # type: ignore[arg-type]
    slack.fill(slack.general, 5)
    async with running(slack, database, echo) as bot:
        assert (await read(bot, question())).missing == NOTHING_MISSING
        assert len(await known(bot)) == 5
        slack.web.faults.append(Fault(HISTORY, kind, times=9))  # type: ignore[arg-type]
        assert (await read(bot, question())).missing == Missing(lacks_newest=True, why=reading.NO_ANSWER)
        slack.web.faults.clear()


async def test_signs_of_life_come_while_it_reads(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SIGN_S", 0.05)
    slack.web.delay_s = {HISTORY: 0.1, REPLIES: 0.1}
    slack.fill(slack.general, 600, threads=5, replies=2)
    async with running(slack, database, echo) as bot:
        begun = asyncio.get_running_loop().time()
        reads = bot.platform.prepare(question(last="1000"), key_of(slack.general))
        await anext(reads)
        assert asyncio.get_running_loop().time() - begun < 0.3
        signs = [sign.text async for sign in reads if not isinstance(sign, Missing)]
    assert any("read 600 messages" in sign and "of 5 threads" in sign for sign in signs)


# --- how far ---------------------------------------------------------------------------------


async def test_it_reads_as_far_back_as_is_asked_and_no_page_further(slack: FakeSlack, database: Path) -> None:
    stamps = slack.fill(slack.general, 1500)
    since = datetime.fromtimestamp(float(stamps[1400]), UTC).isoformat()
    link = f"https://home.slack.com/archives/C0GENERAL/p{stamps[700].replace('.', '')}"
    async with running(slack, database, echo) as bot:
        await read(bot, question(since=since))
        assert len(await known(bot)) == 500
        await read(bot, question(from_=link))
        assert len(await known(bot)) == 1000
        await read(bot, question(last="900"))
        assert len(await known(bot)) == 1000
        await read(bot, question("search", words="anything"))
    assert slack.web.count(HISTORY) == 5  # two pages of old messages, and a look for new ones each time


async def test_catching_up_reads_back_to_the_last_message_of_whoever_asks(
    slack: FakeSlack, database: Path
) -> None:
    slack.fill(slack.general, 1400, author=BEN)
    last = unheard.post(slack, "bye", author=ANN, ago_s=700.0)
    async with running(slack, database, echo) as bot:
        await read(bot, question("catchup"))
        texts = await known(bot)
    assert "bye" in texts
    assert 700 < len(texts) < 1400
    assert last in slack.general.messages


async def test_old_threads_with_new_replies_are_read(slack: FakeSlack, database: Path) -> None:
    stamps = slack.fill(slack.general, 300)
    unheard.post(slack, "a late reply", thread=stamps[0])
    async with running(slack, database, echo) as bot:
        await read(bot, question(last="20"))
        assert (await known(bot))[-1] == "a late reply"
    assert calls(slack) == (1, 1)


async def test_a_link_into_an_old_thread_finds_its_reply(slack: FakeSlack, database: Path) -> None:
    stamps = slack.fill(slack.general, 700, threads=700, replies=1)
    reply = next(ts for ts, one in slack.general.messages.items() if one.get("thread_ts") == stamps[0] != ts)
    link = f"https://home.slack.com/archives/C0GENERAL/p{reply.replace('.', '')}?thread_ts={stamps[0]}"
    async with running(slack, database, echo) as bot:
        key = key_of(slack.general)
        async with asyncio.timeout(5.0):
            reads = bot.platform.prepare(question(from_=link), key)
            async for _ in reads:
                if await bot.store.digests.place_of(key, reply):
                    break
            await reads.aclose()
        assert await bot.store.digests.place_of(key, reply)


async def test_talk_is_read_once_a_channel_and_a_thread(slack: FakeSlack, database: Path) -> None:
    root = slack.fill(slack.general, 150, threads=1, replies=3, until_s=time.time() - 60)[0]
    async with running(slack, database, echo) as bot:
        slack.say("hello?", calls=True)
        await until(lambda: len(slack.posts()) == 1)
        slack.say("and what is this?", calls=True, thread=root)
        await until(lambda: len(slack.posts(thread=root)) == 1)
        prompt = str(bot.generator.asked[-1].prompt)
        assert all(text in prompt for text in ("message 0", "message 150", "message 152"))
        slack.say("and once more", calls=True)
        slack.say("and once more", calls=True, thread=root)
        await until(lambda: len(slack.posts()) == 2 and len(slack.posts(thread=root)) == 2)
    assert calls(slack) == (1, 1)


async def test_one_message_that_a_command_is_about_is_fetched(slack: FakeSlack, database: Path) -> None:
    stamps = slack.fill(slack.general, 400)
    link = f"https://home.slack.com/archives/C0GENERAL/p{stamps[3].replace('.', '')}"
    async with running(slack, database, echo) as bot:
        await read(bot, question("explain", message=link))
        assert "message 3" in await known(bot)
        assert len(await known(bot)) == 101


# --- what --------------------------------------------------------------------------------------


async def test_only_what_people_said_is_remembered_and_once(slack: FakeSlack, database: Path) -> None:
    root = unheard.post(slack, "a plan", ago_s=50)
    unheard.post(slack, "a reply", thread=root, ago_s=40)
    shown = unheard.post(slack, "a reply to all", thread=root, ago_s=30)
    slack.general.messages[shown]["subtype"] = "thread_broadcast"
    for subtype in ("channel_join", "bot_message", "tombstone"):
        ts = unheard.post(slack, f"no talk: {subtype}", ago_s=20)
        slack.general.messages[ts]["subtype"] = subtype
    unheard.post(slack, "by the bot", author=BOT_USER, ago_s=10)
    async with running(slack, database, echo) as bot:
        await read(bot, question())
        assert await known(bot) == ["a plan", "a reply", "a reply to all"]


async def test_what_is_edited_or_deleted_meanwhile_does_not_come_back(
    slack: FakeSlack, database: Path
) -> None:
    wrong, secret, _ = slack.fill(slack.general, 3, author=BEN, words="text {}".format, until_s=HOURS_AGO)
    slack.web.delay_s["users.info"] = 0.6  # the page is there, and the names are not
    async with running(slack, database, echo) as bot:
        reads = asyncio.create_task(read(bot, question()))
        await until(lambda: slack.web.count("users.info"))
        slack.edit(wrong, "corrected")
        slack.delete(secret)
        await reads
        assert await known(bot) == ["corrected", "text 2"]


async def test_events_are_acknowledged_while_a_channel_is_read(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 3)
    slack.web.delay_s[HISTORY] = 1.0
    async with running(slack, database, echo) as bot:
        reads = asyncio.create_task(read(bot, question()))
        await until(lambda: slack.web.count(HISTORY))
        slack.say("hello")
        await until(lambda: slack.door.envelopes[-1].acknowledgements, 0.9)
        assert not reads.done()
        await reads


async def test_two_who_ask_at_once_have_it_read_once(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 900, threads=4, replies=2)
    async with running(slack, database, echo) as bot:
        await asyncio.gather(*(read(bot, question(last="1000")) for _ in range(3)))
        assert len(await known(bot)) == 908
    assert calls(slack) == (2 + 2, 4)


async def test_what_was_taken_out_of_memory_stays_out(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 1, until_s=HOURS_AGO)
    async with running(slack, database, echo) as bot:
        slack.say("forget this")
        await until(lambda: slack.door.envelopes[-1].acknowledgements)
        await bot.manager.erase(key_of(slack.general))
        await read(bot, question())
        assert await known(bot) == ["message 0"]


async def test_what_was_erased_while_it_was_read_does_not_come_back(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 1200, threads=1, replies=1)
    slack.web.delay_s[REPLIES] = 0.5
    async with running(slack, database, echo) as bot:
        reads = asyncio.create_task(read(bot, question(last="2000")))
        await until(lambda: slack.web.count(REPLIES))
        await bot.manager.erase(key_of(slack.general))
        await bot.manager.past.set_read_back(key_of(slack.general), 0)
        await reads
        assert await known(bot) == []
        assert await bot.manager.past.stretches(key_of(slack.general)) is None


# --- what keeps it from reading ----------------------------------------------------------------


async def test_a_missing_scope_is_named(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 3)
    slack.scopes.remove("channels:history")
    async with running(slack, database, echo):
        given = slack.command("summarize")
        await until(lambda: "channels:history" in str(given.shown))


async def test_what_the_plan_hides_is_said(slack: FakeSlack, database: Path) -> None:
    slack.web.places.hidden_before = slack.fill(slack.general, 30)[20]
    async with running(slack, database, echo):
        given = slack.command("summarize", "last:5")
        await until(lambda: "5 of 5 messages" in str(given.shown))
        assert "hides" not in str(given.shown)
        given = slack.command("summarize", "last:50")
        await until(lambda: "10 of 10 messages" in str(given.shown))
        assert "Slack hides what is older" in str(given.shown)


async def test_who_left_since_they_asked_is_told_nothing(slack: FakeSlack, database: Path) -> None:
    place = slack.open_channel("launch", private=True, members=(BEN,))
    slack.fill(place, 3)
    asked = question(place=place)
    async with running(slack, database, echo) as bot:
        await read(bot, asked)
        old = IncomingMessage(
            **{name: getattr(asked, name) for name in asked.__slots__ if name != "sent_at"},
            sent_at=datetime.fromtimestamp(time.time() - 90, UTC),
        )
        with pytest.raises(CommandError, match="no such channel"):
            await read(bot, old)
        place.members.add(ANN)
        await read(bot, old)


async def test_it_reads_nothing_where_the_operator_wants_that(slack: FakeSlack, database: Path) -> None:
    slack.fill(slack.general, 3)
    bot = Bot(slack, database, echo, backfill_messages=0)
    try:
        await bot.connected()
        await read(bot, question())
        await read(bot, question(""))
    finally:
        await bot.stop()
    assert calls(slack) == (0, 0)
