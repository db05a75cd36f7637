"""Who may read what on Discord: what the bot remembers of a place reaches nobody who may not see it there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.access import FOR_YOU_ALONE, NO_SUCH_PLACE
from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import EPHEMERAL, FakeDiscord, Place
from tests.integration.discord.fake_places import READ_MESSAGE_HISTORY, SEND_MESSAGES, VIEW_CHANNEL
from tests.integration.discord.rig import Bot, key_of, running
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import Payload, snowflake

SECRET = "The harbour party starts at seven o'clock."
TELLING = "party starts at seven"
"""What an answer has of that, whatever is in bold."""
READING = {
    "summarize": {"style": "bullets"},
    "summarize from": {},
    "catchup": {},
    "search": {"words": "harbour"},
}
"""Commands that read another channel, and what they need beside its name."""


async def said_in(discord: FakeDiscord, bot: Bot, place: Place, author: Payload | None = None) -> int:
    """Something is said in a place that can be told of."""
    message_id = discord.say(SECRET, author=author or discord.ann, place=place)
    while ("user", SECRET) not in await bot.remembered(place):
        await asyncio.sleep(0.01)
    return message_id


async def told(
    bot: Bot, name: str, options: dict[str, str], author: Payload, place: Place | None = None
) -> str:
    """What one person is told in answer to a command; nobody else sees it."""
    interaction = bot.discord.command(name.partition(" ")[0], options, author=author, place=place)
    await until(lambda: any(payloads.text_of(post) for post in interaction.told))
    await bot.manager.idle(key_of(bot.discord, place))
    (post,) = interaction.told
    assert post["flags"] & EPHEMERAL
    return payloads.text_of(post)


def named(name: str, channel: object, message_id: int, guild_id: int) -> dict[str, str]:
    """The option that names another place, for one of READING."""
    if name == "summarize from":
        return {"from": f"https://discord.com/channels/{guild_id}/{channel}/{message_id}"}
    return {"channel": str(channel)}


@pytest.mark.parametrize("name", READING)
async def test_a_channel_that_one_may_not_see_reads_like_one_that_is_not_there(
    discord: FakeDiscord, database: Path, name: str
) -> None:
    async with running(discord, database, echo) as bot:
        secret = discord.open_channel("secret")
        for denied in (VIEW_CHANNEL, READ_MESSAGE_HISTORY):
            discord.deny(secret, denied, discord.ben)
            message_id = await said_in(discord, bot, secret)
            options = READING[name] | named(name, secret.id, message_id, discord.guild_id)
            assert await told(bot, name, options, discord.ben) == NO_SUCH_PLACE
        nowhere = named("summarize from", snowflake(), message_id, discord.guild_id)
        assert await told(bot, "summarize", nowhere, discord.ben) == NO_SUCH_PLACE
    assert discord.texts() == []


async def test_no_typed_name_of_a_channel_tells_whether_it_is_there(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        secret = discord.open_channel("secret")
        discord.deny(secret, VIEW_CHANNEL, discord.ann)
        await said_in(discord, bot, secret, discord.ben)
        nowhere = snowflake()
        for channel in (f"<#{secret.id}>", f"<#{nowhere}>", "#secret", "9" * 40):
            discord.say(f"/summarize channel:{channel}", calls=True)
        for channel in (f"<#{secret.id}>", f"<#{nowhere}>"):
            discord.say(f"/bridge with:{channel} to:fr", calls=True)
        await until(lambda: len(discord.texts()) == 2 and len(discord.texts(discord.direct)) == 4, 15)
    assert set(discord.texts()) == {NO_SUCH_PLACE} and set(discord.texts(discord.direct)) == {NO_SUCH_PLACE}


@pytest.mark.parametrize("name", READING)
async def test_who_may_read_another_channel_is_told_of_it_alone(
    discord: FakeDiscord, database: Path, name: str
) -> None:
    async with running(discord, database, echo) as bot:
        message_id = await said_in(discord, bot, discord.other)
        options = READING[name] | named(name, discord.other.id, message_id, discord.guild_id)
        answer = await told(bot, name, options, discord.ben)
        assert TELLING in answer
        assert f"channels/{discord.guild_id}/{discord.other.id}/{message_id}" in answer
        kept = await bot.store.turns(key_of(discord), memory_only=False)
        assert not any(TELLING in turn.text for turn in kept), "what another place said is kept here"
    assert discord.texts() == [] and discord.texts(discord.other) == []


async def test_another_channel_is_read_back_once_before_it_is_told_of(
    discord: FakeDiscord, database: Path
) -> None:
    old = discord.say(SECRET, place=discord.other, is_told=False)
    async with running(discord, database, echo) as bot:
        discord.deny(discord.other, VIEW_CHANNEL, discord.ben)
        options = {"style": "bullets", "channel": str(discord.other.id)}
        assert await told(bot, "summarize", options, discord.ben) == NO_SUCH_PLACE
        pages = f"/channels/{discord.other.id}/messages"
        assert discord.rest.count("GET", pages) == 0, "nothing is read for who may not read it"
        discord.allow(discord.other)
        for _ in range(2):
            answer = await told(bot, "summarize", options, discord.ben)
            assert TELLING in answer and str(old) in answer
        assert discord.rest.count("GET", pages) == 1


async def test_what_another_channel_says_is_not_shown_to_all(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.other)
        for channel in (discord.other.id, snowflake()):
            discord.say(f"/summarize channel:<#{channel}> show:all", calls=True)
        await until(lambda: discord.texts(discord.direct) == [FOR_YOU_ALONE] * 2)
    assert discord.texts() == []


async def test_a_private_thread_is_read_by_its_members_alone(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        thread = discord.open_thread(discord.other, "plans", private=True, members=[discord.ann])
        await said_in(discord, bot, thread)
        options = {"words": "harbour", "channel": str(thread.id)}
        assert TELLING in await told(bot, "search", options, discord.ann)
        assert await told(bot, "search", options, discord.ben) == NO_SUCH_PLACE
        thread.members.add(discord.ben["id"])
        discord.deny(discord.other, VIEW_CHANNEL, discord.ben)
        assert await told(bot, "search", options, discord.ben) == NO_SUCH_PLACE


async def test_an_age_gate_lets_nothing_out(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        grown, also = (discord.open_channel(name, nsfw=True) for name in ("grown-ups", "more"))
        await said_in(discord, bot, grown)
        options = {"words": "harbour", "channel": str(grown.id)}
        assert await told(bot, "search", options, discord.ben) == NO_SUCH_PLACE
        assert TELLING in await told(bot, "search", options, discord.ben, also)


async def test_the_bot_itself_must_be_allowed_to_read(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.other)
        discord.deny(discord.other, READ_MESSAGE_HISTORY)
        options = {"words": "harbour", "channel": str(discord.other.id)}
        assert await told(bot, "search", options, discord.ben) == NO_SUCH_PLACE


async def test_people_ask_from_direct_messages_for_what_they_may_read(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.other)
        discord.say(f"/search channel:<#{discord.other.id}> harbour", place=discord.direct)
        await until(lambda: TELLING in "".join(discord.texts(discord.direct)))
        discord.deny(discord.other, VIEW_CHANNEL, discord.ann)
        discord.say(f"/search channel:<#{discord.other.id}> harbour", place=discord.direct)
        await until(lambda: discord.texts(discord.direct)[1:] == [NO_SUCH_PLACE])


async def test_a_person_who_is_no_member_is_told_nothing(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.other)
        del discord.people[discord.ann["id"]]
        discord.say(f"/search channel:<#{discord.other.id}> harbour", place=discord.direct)
        await until(lambda: discord.texts(discord.direct) == [NO_SUCH_PLACE])


async def test_permissions_are_asked_for_when_the_turn_comes(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        await go.wait()
        yield "at last"

    async with running(discord, database, slowly) as bot:
        await said_in(discord, bot, discord.other)
        discord.say("take your time", calls=True)
        await until(lambda: bot.generator.asked)
        interaction = discord.command(
            "search", {"words": "harbour", "channel": str(discord.other.id)}, author=discord.ben
        )
        await until(lambda: interaction.original_id)
        discord.deny(discord.other, VIEW_CHANNEL, discord.ben)
        go.set()
        await until(lambda: discord.whispers() == [NO_SUCH_PLACE])


# --- people who may not read what was said before --------------------------------------------


def newcomer(discord: FakeDiscord) -> None:
    """Ben sees what is said from now on, and nothing older."""
    discord.deny(discord.general, READ_MESSAGE_HISTORY, discord.ben)


@pytest.mark.parametrize(
    ("name", "options", "answer"),
    [
        ("summarize", {"show": "me"}, "There is nothing to summarise"),
        ("catchup", {}, "There is nothing new here"),
        ("search", {"words": "harbour"}, "I found nothing"),
    ],
)
async def test_without_history_a_channel_is_told_of_like_an_empty_one(
    discord: FakeDiscord, database: Path, name: str, options: dict[str, str], answer: str
) -> None:
    async with running(discord, database, echo) as bot:
        empty = discord.open_channel("empty")
        await said_in(discord, bot, discord.general)
        newcomer(discord)
        answers = [await told(bot, name, options, discord.ben, place) for place in (None, empty)]
    assert answers[0].startswith(answer) and answers[0] == answers[1]


@pytest.mark.parametrize("name", ["explain", "translate"])
async def test_without_history_no_earlier_message_is_told_of(
    discord: FakeDiscord, database: Path, name: str
) -> None:
    async with running(discord, database, echo) as bot:
        said = await said_in(discord, bot, discord.general)
        newcomer(discord)
        answers = {
            await told(bot, name, {"message": str(message_id), "show": "me"}, discord.ben)
            for message_id in (said, snowflake())
        }
        assert len(answers) == 1 and "I remember no such message" in answers.pop()
        assert not bot.generator.asked


async def test_without_history_talk_rests_on_the_persons_own_exchange(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.general)
        newcomer(discord)
        for number, text in enumerate(("my cat is called Tom", "what is it called?"), 1):
            discord.say(text, author=discord.ben, calls=True)
            await until(lambda number=number: len(discord.texts()) == number)  # type: ignore[misc]
            await bot.remembered()
        prompt = str(bot.generator.asked[-1].prompt)
        assert "my cat is called Tom" in prompt and "harbour" not in prompt
        discord.say("and who is there?", calls=True)
        await until(lambda: len(discord.texts()) == 3)
        assert "harbour" in str(bot.generator.asked[-1].prompt), "Ann may read everything"


# --- permissions that the bot loses ----------------------------------------------------------


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the operator reads of answers that could not be delivered."""
    return [line.getMessage() for line in caplog.records if "could not be delivered" in line.getMessage()]


@pytest.mark.parametrize(("lost", "name"), [(VIEW_CHANNEL, "View Channel"), (SEND_MESSAGES, "Send Messages")])
async def test_what_is_lost_in_mid_answer_is_said_once_and_stops_nobody_else(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture, lost: int, name: str
) -> None:
    caplog.set_level("WARNING")
    go = asyncio.Event()

    async def long(request: GenerationRequest) -> AsyncIterator[str]:
        yield "it begins"
        if "long" in str(request.prompt.messages[-1]):
            await go.wait()
            for number in range(200):
                yield f"\nline {number} of an answer that needs several posts"

    async with running(discord, database, long) as bot:
        discord.say("a long one", calls=True)
        await until(lambda: discord.texts() == ["it begins"])
        discord.deny(discord.general, lost)
        discord.say("a short one", author=discord.ben, place=discord.other, calls=True)
        go.set()
        await until(lambda: discord.texts(discord.other) == ["it begins"])
        await bot.manager.idle(key_of(discord))
        for _ in range(2):
            discord.say("and again", calls=True)
            await until(lambda: bot.manager.has_work(key_of(discord)))
            await bot.manager.idle(key_of(discord))
        assert bot.generator.generations[0].is_closed
    (sentence,) = discord.texts(discord.direct)
    assert f"<#{discord.general.id}>" in sentence and f"the permission {name} " in sentence
    assert 1 <= len(warnings(caplog)) <= 2, "an edit and a post may both be refused"
    assert all(name in line for line in warnings(caplog))


async def test_a_permission_to_read_that_is_missing_is_named_where_it_matters(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await said_in(discord, bot, discord.general)
        for name in ("search", "catchup", "summarize"):
            options = READING[name] | {"show": "me"}
            assert "Read Message History" not in await told(bot, name, options, discord.ben)
        discord.deny(discord.general, READ_MESSAGE_HISTORY)
        for name in ("search", "catchup", "summarize"):
            options = READING[name] | {"show": "me"}
            answer = await told(bot, name, options, discord.ben)
            assert answer.count("I lack the permission Read Message History.") == 1
