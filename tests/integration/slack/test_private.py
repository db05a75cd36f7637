"""What is for one person in Slack is seen by nobody else; links lead right; managers are known."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.conversation import answering
from bot.generation.types import GenerationRequest
from bot.platforms import delivery
from bot.platforms.slack import command_sink, response_urls
from bot.platforms.slack.layout import JUDGE
from bot.platforms.slack.listener import WORKING
from bot.platforms.slack.reading import READING_S
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, numbered
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack, Place
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import Bot, running
from tests.unit.platforms.slack.payloads import buttons_of

WORDS = ["garden", "harbour", "lantern", "meadow", "orchard", "pepper", "ribbon", "saddle", "timber", "oak"]
LINK = re.compile(
    r"[(<]https://home\.slack\.com/archives/(\w+)/p(\d{10})(\d{6})(?:\?thread_ts=([\d.]+)&(?:amp;)?cid=\1)?[)|]"
)


async def never(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def heard(slack: FakeSlack) -> None:
    """Wait until the bot has taken all that was said."""
    await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()), 15)


def links(texts: list[str]) -> set[tuple[str, str, str]]:
    """Channel, message and thread of every link."""
    found = [match for text in texts for match in LINK.finditer(text)]
    return {(match[1], f"{match[2]}.{match[3]}", match[4] or "") for match in found}


def shown_to(slack: FakeSlack, person: str) -> list[str]:
    """The texts of messages that one person alone sees."""
    return [call["text"] for call in slack.ephemeral if call["user"] == person]


@pytest.mark.parametrize(
    ("name", "text"), [("/bot-search", "harbour"), ("/catchup", ""), ("/context", ""), ("/facts", "")]
)
async def test_private_commands_show_nothing_to_others(
    slack: FakeSlack, database: Path, name: str, text: str
) -> None:
    async with running(slack, database, echo):
        slack.say("We meet in the harbour", BEN)
        await heard(slack)
        command = slack.command(name, text)
        await until(lambda: command.texts)
    assert slack.posts() == [] and slack.ephemeral == []


async def test_behind_the_name_it_is_shown_in_the_thread_where_it_was_asked(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        root = slack.say("We meet in the harbour", BEN)
        said = slack.say("the harbour, at seven", BEN, thread=root)
        slack.say("/bot-search harbour", thread=root, calls=True)
        await until(lambda: shown_to(slack, ANN))
    assert slack.posts() == [] and slack.posts(thread=root) == []
    assert slack.ephemeral[0]["thread_ts"] == root
    assert links(shown_to(slack, ANN)) == {
        (slack.general.id, root, root),
        (slack.general.id, said, root),
    } or links(shown_to(slack, ANN)) == {(slack.general.id, root, ""), (slack.general.id, said, root)}


async def test_what_one_person_was_shown_is_not_looked_for_in_the_channel(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("We meet in the harbour", BEN)
        question = slack.say("/search harbour", calls=True)
        await until(lambda: shown_to(slack, ANN))
        await bot.remembered()
        slack.delete(question)
        await heard(slack)
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
    assert slack.web.count("chat.delete") == 0


async def test_in_a_direct_conversation_it_is_an_answer_like_any_other(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.say("/facts", place=slack.direct)
        await until(lambda: slack.texts(slack.direct))
    assert slack.ephemeral == []


async def test_after_a_crash_it_is_shown_to_the_same_person(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, never)
    await bot.connected()
    slack.say("We meet in the harbour", BEN)
    await heard(slack)
    slack.command("/catchup")
    await until(lambda: bot.generator.asked)
    await bot.crash()
    async with running(slack, database, echo):
        await until(lambda: shown_to(slack, ANN))
    assert slack.posts() == []


async def test_what_cannot_be_shown_there_goes_to_the_person_directly(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("We meet in the harbour", BEN)
        await heard(slack)
        slack.web.faults.append(Fault("chat.postEphemeral", "refused", code="user_not_in_channel"))
        slack.say("/search harbour", calls=True)
        direct = slack.open_dm(ANN)
        await until(lambda: "harbour" in "".join(slack.texts(direct)))
        await bot.remembered()
    assert slack.posts() == [] and slack.ephemeral == [] and "harbour" not in caplog.text


async def test_who_may_manage_is_told_by_slack(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        refused = slack.command("/persona", "You are a pirate", BEN)
        await until(lambda: "manages this channel" in "".join(refused.texts))
        slack.say("/persona You are a parrot", BEN, calls=True)
        await until(lambda: any("manages this channel" in call["text"] for call in slack.ephemeral))
        await bot.remembered()
        taken = slack.command("/persona", "You are a pirate", ANN)
        await until(lambda: "a pirate" in "".join(taken.texts))
        slack.say("/persona You are a parrot", ANN, calls=True)
        await until(lambda: "a parrot" in slack.ephemeral[-1]["text"])
        assert slack.texts() == []
        alone = slack.command("/persona", "You are a poet", BEN, slack.direct)
        await until(lambda: "a poet" in "".join(alone.texts))


async def said_by_people(slack: FakeSlack, place: Place, thread: str | None, count: int) -> list[str]:
    people = (ANN, BEN)
    said = [
        slack.say(
            f"I will buy {number + 3} {WORDS[number % 10]} tools and a {WORDS[number // 10 % 10]} by Friday.",
            people[number % 2],
            place,
            thread=thread,
        )
        for number in range(count)
    ]
    await heard(slack)
    return said


async def test_a_summary_links_to_the_messages_in_every_part(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        said = await said_by_people(slack, slack.general, None, 120)
        command = slack.command("/summarize", "last:120 style:decisions")
        await until(lambda: "of 120 messages" in "".join(command.texts), 15)
    found = links(command.texts)
    assert len(found) >= 15 and {channel for channel, _, _ in found} == {slack.general.id}
    assert {ts for _, ts, _ in found} <= set(said)
    assert sum(len(LINK.findall(text)) for text in command.texts) == "".join(command.texts).count("(https:")


async def test_a_thread_is_summarised_behind_the_name(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        root = slack.say("The party is on Saturday at eight, at the old mill.", BEN)
        said = [root, *await said_by_people(slack, slack.general, root, 4)]
        slack.say("/summarize last:20", thread=root, calls=True)
        await until(lambda: "messages" in "".join(slack.texts(thread=root)))
    found = links(slack.texts(thread=root))
    assert found and {ts for _, ts, _ in found} <= set(said)
    assert {thread for _, ts, thread in found if ts != root} <= {root}
    assert slack.texts() == []


# --- how it is shown -----------------------------------------------------------------------------


async def test_an_answer_for_one_person_names_itself_on_its_buttons(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown)
    buttons = buttons_of(command.shown[0])
    assert list(buttons) == ["parley:regenerate", "parley:translate", "parley:share", JUDGE]
    known_as = buttons["parley:share"]["value"]
    assert known_as.startswith(f"command-{command.trigger_id}/")
    assert buttons[JUDGE]["negative_button"]["value"] == f"bad {known_as}"


async def test_in_a_direct_conversation_there_is_nobody_to_share_with(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        command = slack.command("/ask", "who are you?", place=slack.direct)
        await until(lambda: command.shown)
    assert "parley:share" not in buttons_of(command.shown[0])


async def test_what_all_are_to_see_stands_in_the_channel_with_what_was_asked(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, numbered()) as bot:
        command = slack.command("/ask", "show:all who are `you`?", BEN)
        await until(lambda: slack.posts() and JUDGE in buttons_of(slack.posts()[0]))
        assert slack.texts() == ["_Ben asked `/ask show:all who are 'you'?`:_\n\nanswer 1"]
        await bot.remembered()
        slack.press(slack.posts()[0], "parley:regenerate", BEN)
        await until(lambda: slack.texts() == ["_Ben asked `/ask show:all who are 'you'?`:_\n\nanswer 2"])
    assert command.shown == [] and slack.ephemeral == [] and command.acknowledged


async def test_where_the_bot_may_not_write_it_is_shown_to_who_asked_with_the_reason(
    slack: FakeSlack, database: Path
) -> None:
    place = slack.open_channel("plans", with_bot=False)
    async with running(slack, database, echo):
        command = slack.command("/ask", "show:all who are you?", place=place)
        await until(lambda: command.texts)
    assert command.texts[0].startswith("You said:") and "Invite me there" in command.texts[0]
    assert slack.posts(place) == [] and slack.posts(slack.open_dm(ANN)) == []


async def test_what_all_are_to_see_stands_once_though_slacks_answer_was_lost(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, numbered()) as bot:
        slack.web.faults.append(Fault("chat.postMessage", "lost"))
        slack.command("/ask", "show:all who are you?")
        await until(lambda: slack.posts() and JUDGE in buttons_of(slack.posts()[0]))
        await bot.remembered()
    assert len(slack.posts()) == 1 and slack.web.count("chat.postMessage") == 1


async def test_what_slack_cannot_lay_out_for_one_person_is_shown_simpler(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("response_url", "refused", code="invalid_blocks"))
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown)
    assert command.shown[0]["blocks"][0]["type"] == "section" and slack.ephemeral == []
    assert "parley:share" in buttons_of(command.shown[0])


async def test_a_mistake_in_a_command_for_all_is_told_to_one(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        command = slack.command("/summarize", "show:all since:nonsense")
        await until(lambda: command.texts or command.acknowledged not in ("", WORKING))
    assert slack.posts() == []


async def test_a_private_answer_in_the_making_is_stopped_by_its_sign_of_life(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_sink, "SIGN_OF_LIFE_S", 0.1)
    async with running(slack, database, never) as bot:
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown and "parley:stop" in buttons_of(command.shown[0]))
        slack.press(command.shown[0], "parley:stop")
        await until(lambda: command.texts == ["Stopped."])
        assert bot.generator.generations[0].is_closed


def test_long_reading_is_never_silent_for_long() -> None:
    signs_s = [command_sink.SIGN_OF_LIFE_S * beat for beat in command_sink.BEATS]
    assert max(after - before for before, after in pairwise([0.0, *signs_s, READING_S])) <= 20.0
    assert len(signs_s) < response_urls.MAX_POSTS


async def test_signs_of_life_leave_room_for_the_answer(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_sink, "SIGN_OF_LIFE_S", 0.0)
    may_answer = asyncio.Event()

    async def late(request: GenerationRequest) -> AsyncIterator[str]:
        await may_answer.wait()
        yield "At last."

    monkeypatch.setattr(answering, "SIGN_OF_LIFE_S", 0.01)
    async with running(slack, database, late):
        command = slack.command("/ask", "who are you?")
        await until(lambda: len(command.shown) == len(command_sink.BEATS))
        await asyncio.sleep(0.1)
        assert len(command.shown) == len(command_sink.BEATS)
        may_answer.set()
        await until(lambda: command.texts == ["At last."])


async def test_made_anew_it_takes_the_place_of_what_was_pressed(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.texts == ["answer 1"])
        await bot.remembered()
        press = slack.press(command.shown[0], "parley:regenerate")
        await until(lambda: press.texts == ["answer 2"])
    assert press.shown[0]["replace_original"] is True and slack.ephemeral == []
    assert command.texts == ["answer 1"] and slack.posts() == []


async def test_while_it_is_made_anew_it_can_be_stopped_where_it_was_pressed(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_sink, "SIGN_OF_LIFE_S", 0.0)
    monkeypatch.setattr(delivery, "SIGN_OF_LIFE_S", 0.05)
    async with running(slack, database, numbered()) as bot:
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.texts == ["answer 1"])
        await bot.remembered()
        bot.generator.script = never
        press = slack.press(command.shown[-1], "parley:regenerate")
        await until(lambda: press.shown and list(buttons_of(press.shown[0])) == ["parley:stop"])
        slack.press(press.shown[0], "parley:stop")
        await until(lambda: press.texts == ["Stopped."])
        assert bot.generator.generations[-1].is_closed


async def test_who_has_left_the_channel_is_answered_directly(slack: FakeSlack, database: Path) -> None:
    may_answer = asyncio.Event()

    async def late(request: GenerationRequest) -> AsyncIterator[str]:
        await may_answer.wait()
        yield "I am Parley."

    async with running(slack, database, late) as bot:
        slack.web.faults.append(Fault("response_url", "refused", times=9))
        slack.command("/ask", "who are you?", BEN)
        await until(lambda: bot.generator.asked)
        slack.general.members.remove(BEN)
        may_answer.set()
        direct = slack.open_dm(BEN)
        await until(lambda: slack.texts(direct) == ["I am Parley."])
        await bot.remembered()
    assert buttons_of(slack.posts(direct)[0]) == {} and slack.posts() == [] and slack.ephemeral == []
