"""Who may read what on Slack: what was said in a place reaches nobody who may not see it there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.conversation.access import FOR_YOU_ALONE, NO_SUCH_PLACE
from bot.platforms.slack.members import is_home
from bot.platforms.slack.payloads import Payload
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack, Place
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import Bot, key_of, running
from tests.unit.platforms.slack.payloads import text_of

SECRET = "The harbour party starts at seven o'clock."
EVE = "UEVE1"
"""Somebody who is in no channel."""

READING = {
    "summarize": "style:bullets channel:{channel}",
    "summarize from": "from:{link}",
    "catchup": "channel:{channel}",
    "search": "channel:{channel} harbour",
}
"""Commands that read another channel."""

NAMED: dict[str, Callable[[Place], str]] = {
    "mention": lambda place: f"<#{place.id}|{place.name}>",
    "bare mention": lambda place: f"<#{place.id}>",
    "name": lambda place: f"#{place.name}",
    "id": lambda place: place.id,
    "link": lambda place: f"https://home.slack.com/archives/{place.id}",
}


@pytest.fixture
def harbour(slack: FakeSlack) -> Place:
    """A private channel, in which something was said; Eve sees the general one only."""
    slack.users[EVE] = "Eve"
    slack.general.members.add(EVE)
    place = slack.open_channel("harbour", private=True)
    slack.fill(place, 3, author=BEN, words=lambda number: f"{SECRET} ({number})")
    return place


async def told(slack: FakeSlack, bot: Bot, command: str, text: str, author: str = ANN) -> str:
    """What somebody is told in answer to a command given in the general channel; nobody else sees it."""
    given = slack.command(command, text, author)
    await until(lambda: _words(given.shown))
    await bot.manager.idle(key_of(slack.general))
    assert not slack.posts()
    return _words(given.shown)


def _words(shown: list[dict[str, object]]) -> str:
    """The last thing that was shown, if that is an answer and no sign of life."""
    words = text_of(shown[-1]) if shown else ""
    return "" if words.endswith("…") else words


def link_to(place: Place) -> str:
    first = min(place.messages)
    return f"https://home.slack.com/archives/{place.id}/p{first.replace('.', '')}"


def asking(name: str, place: Place, channel: str | None = None) -> tuple[str, str]:
    """A command that reads a place, and its words."""
    text = READING[name].format(channel=channel or f"<#{place.id}|{place.name}>", link=link_to(place))
    return name.partition(" ")[0], text


@pytest.mark.parametrize("name", READING)
async def test_a_member_is_told_what_a_private_channel_says(
    slack: FakeSlack, database: Path, harbour: Place, name: str
) -> None:
    async with running(slack, database, echo) as bot:
        assert "party starts at seven" in await told(slack, bot, *asking(name, harbour))


@pytest.mark.parametrize("name", READING)
async def test_who_is_not_in_a_private_channel_is_told_the_same_as_if_there_were_none(
    slack: FakeSlack, database: Path, harbour: Place, name: str
) -> None:
    nowhere = Place("C0NOWHERE", name="nowhere", messages=harbour.messages)
    async with running(slack, database, echo) as bot:
        await told(slack, bot, *asking(name, harbour))  # the bot knows by now what was said there
        refused = await told(slack, bot, *asking(name, harbour), EVE)
        assert refused == await told(slack, bot, *asking(name, nowhere), EVE)
    assert refused == NO_SUCH_PLACE


@pytest.mark.parametrize("how", NAMED)
async def test_places_are_named_in_many_ways_and_refused_in_one(
    slack: FakeSlack, database: Path, harbour: Place, how: str
) -> None:
    async with running(slack, database, echo) as bot:
        text = f"channel:{NAMED[how](harbour)} harbour"
        assert "party starts at seven" in await told(slack, bot, "search", text)
        assert await told(slack, bot, "search", text, EVE) == NO_SUCH_PLACE


async def test_what_another_place_says_is_never_shown_to_all(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    async with running(slack, database, echo) as bot:
        command, text = asking("summarize", harbour)
        assert await told(slack, bot, command, f"{text} show:all") == FOR_YOU_ALONE


async def test_a_mention_that_names_a_closed_channel_is_refused_alike(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    async with running(slack, database, echo):
        for name in (f"<#{harbour.id}|>", "<#C0NOWHERE|>"):
            slack.say(f"/search channel:{name} harbour", EVE, calls=True)
        await until(lambda: len(slack.ephemeral) == 2)
    assert [text_of(one) for one in slack.ephemeral] == [NO_SUCH_PLACE] * 2


async def may_read(slack: FakeSlack, database: Path, place: Place, *people: str) -> list[bool]:
    """Who of these people may read a place, as Slack says it at that moment."""
    async with running(slack, database, echo) as bot:
        here = key_of(slack.general)
        asked = (bot.platform.find_readable(place.id, person, here) for person in people)
        return [found is not None for found in await asyncio.gather(*asked)]


async def test_a_public_channel_is_for_all_members_but_not_for_all_guests(
    slack: FakeSlack, database: Path
) -> None:
    guests = {"USINGLE": "Sin", "UMULTI": "Mul", "UINSIDE": "Ins", "USTRANGE": "Str", "UPARTNER": "Par"}
    slack.users |= {EVE: "Eve", "UGONE": "Gone", **guests}
    slack.guests = {"USINGLE": "single", "UMULTI": "multi", "UINSIDE": "multi"}
    slack.foreigners = {"USTRANGE": "T999", "UPARTNER": "T999"}
    slack.profiles["UGONE"] = {"deleted": True}
    place = slack.open_channel("launch", members=(BEN, "UINSIDE", "UPARTNER"), ext_shared=True)
    people = (ANN, BEN, EVE, "UINSIDE", "UPARTNER", "USINGLE", "UMULTI", "USTRANGE", "UGONE", "UNOBODY")
    assert await may_read(slack, database, place, *people) == [True] * 5 + [False] * 5


async def test_private_places_are_for_those_who_are_in_them(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    group, old = slack.open_dm(ANN, EVE), slack.open_channel("old", private=True, members=(EVE,))
    old.is_archived = True
    elsewhere = slack.open_channel("elsewhere", with_bot=False)
    for place, expected in (
        (harbour, [True, True, False]),
        (group, [True, False, True]),
        (slack.direct, [True, False, False]),
        (old, [False, False, True]),
        (elsewhere, [False, False, False]),
    ):
        assert await may_read(slack, database, place, ANN, BEN, EVE) == expected, place.name


async def test_members_are_looked_for_on_every_page_and_asked_for_anew_each_time(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    harbour.members |= {"UZED", *(f"U{number:05}" for number in range(1500))}
    slack.users["UZED"] = "Zed"
    assert await may_read(slack, database, harbour, "UZED") == [True]
    async with running(slack, database, echo) as bot:
        assert await bot.platform.find_readable(harbour.id, "UZED", key_of(slack.general))
        harbour.members.discard("UZED")
        assert not await bot.platform.find_readable(harbour.id, "UZED", key_of(slack.general))


@pytest.mark.parametrize("method", ["conversations.info", "users.info", "conversations.members"])
async def test_what_nobody_can_say_counts_as_no(
    slack: FakeSlack, database: Path, harbour: Place, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("bot.platforms.slack.problems.RETRY_S", (0.01,))
    slack.web.faults.append(Fault(method, "cut", times=5))
    assert await may_read(slack, database, harbour, ANN) == [False]


async def test_a_name_that_two_channels_have_means_neither(slack: FakeSlack, database: Path) -> None:
    places = [slack.open_channel("twins") for _ in range(2)]
    for place in places:
        slack.fill(place, 3, words=lambda number: SECRET)
    async with running(slack, database, echo) as bot:
        assert await told(slack, bot, "search", "channel:#twins harbour") == NO_SUCH_PLACE


async def test_refusals_take_the_same_calls_and_hardly_differ_in_time(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    async with running(slack, database, echo) as bot:
        times: list[float] = []
        calls: list[list[str]] = []
        for channel in (harbour.id, "C0NOWHERE"):
            begun, at = asyncio.get_running_loop().time(), len(slack.web.asked)
            assert await bot.platform.find_readable(channel, EVE, key_of(slack.general)) is None
            times.append(asyncio.get_running_loop().time() - begun)
            calls.append(sorted(asked.method for asked in slack.web.asked[at:]))
    assert calls[0] == calls[1]
    assert abs(times[0] - times[1]) < 0.2


async def test_a_link_to_a_reply_names_its_thread(slack: FakeSlack, database: Path, harbour: Place) -> None:
    root = min(harbour.messages)
    link = f"{link_to(harbour)}?thread_ts={root}&cid={harbour.id}"
    async with running(slack, database, echo) as bot:
        found = await bot.platform.find_readable(link, ANN, key_of(slack.general))
    assert found == key_of(harbour, root)


async def test_a_command_where_the_bot_is_not_says_how_to_invite_it(slack: FakeSlack, database: Path) -> None:
    place = slack.open_channel("quiet", private=True, members=(ANN,), with_bot=False)
    slack.fill(place, 3, words=lambda number: SECRET)
    async with running(slack, database, echo):
        given = slack.command("summarize", place=place)
        await until(lambda: _words(given.shown))
    assert "/invite @Parley" in _words(given.shown)
    assert "harbour" not in _words(given.shown)


async def test_memory_of_a_channel_is_closed_when_the_bot_left_it(
    slack: FakeSlack, database: Path, harbour: Place
) -> None:
    async with running(slack, database, echo) as bot:
        assert "party starts" in await told(slack, bot, *asking("summarize", harbour))
        slack.leave(harbour, "UBOT1")
        await until(lambda: slack.door.envelopes[-1].acknowledgements)
        given = slack.command("summarize", "style:bullets", place=harbour)
        await until(lambda: _words(given.shown))
        asked = slack.command("ask", "when does the party start?", place=harbour)
        await until(lambda: _words(asked.shown))
    assert "/invite" in _words(given.shown)
    assert not any("seven" in str(request) for request in bot.generator.asked[-1:])


FULL = {"id": "U1", "team_id": "T1"}


@pytest.mark.parametrize(
    ("person", "channel", "workspace_id", "expected"),
    [
        (FULL, {}, "T1", True),
        (FULL, {}, "T2", False),
        ({"id": "U1"}, {}, "T1", False),
        ({**FULL, "is_restricted": True}, {}, "T1", False),
        ({**FULL, "is_ultra_restricted": True}, {}, "T1", False),
        ({**FULL, "is_stranger": True}, {}, "T1", False),
        ({**FULL, "deleted": True}, {}, "T1", False),
        ({**FULL, "enterprise_user": {"teams": ["T1", "T2"]}}, {}, "T2", True),
        (FULL, {"context_team_id": "T1"}, "E1", True),
        (FULL, {"context_team_id": "T2"}, "E1", False),
        (FULL, {"context_team_id": "T2", "internal_team_ids": ["T1"]}, "E1", True),
        (FULL, {}, "E1", False),
    ],
)
def test_a_public_channel_is_open_to_full_members_of_its_workspace(
    person: Payload, channel: Payload, workspace_id: str, expected: bool
) -> None:
    assert is_home(person, channel, workspace_id) is expected
