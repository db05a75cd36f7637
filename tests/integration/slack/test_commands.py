"""Slash commands: acknowledged at once, answered to one person, never in front of everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.errors import StorageError
from bot.generation.types import GenerationRequest
from bot.messages import IncomingMessage
from bot.platforms.slack import command_sink, response_urls
from bot.platforms.slack.listener import WORKING
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import Bot, key_of, running
from tests.unit.platforms.slack.payloads import words_of


async def summary(request: GenerationRequest) -> AsyncIterator[str]:
    for word in ["They", "will", "meet", "**at", "noon**.", "[1][2]"]:
        await asyncio.sleep(0)
        yield word + " "


async def never(request: GenerationRequest) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield ""


async def test_summarize_is_answered_privately_and_once(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, summary) as bot:
        slack.say("shall we meet?")
        slack.say("yes, at noon", BEN)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        command = slack.command("/summarize", "last:10")
        await until(lambda: command.shown)
        assert command.acknowledged == WORKING
        assert "They will meet *at noon*." in command.texts[0]
        prompt = "\n".join(message.content for message in bot.generator.asked[-1].prompt.messages)
        assert "shall we meet?" in prompt and "yes, at noon" in prompt
    assert len(command.shown) == 1 and slack.posts() == [] and slack.ephemeral == []


async def test_translate_is_answered_privately(slack: FakeSlack, database: Path) -> None:
    async def french(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Bonjour"

    async with running(slack, database, french):
        command = slack.command("/translate", "to:fr Hello there", place=slack.direct)
        await until(lambda: command.texts == ["Bonjour"])
    assert slack.posts(slack.direct) == []


async def test_ask_and_help_are_answered(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        ask, help_ = slack.command("/ask", "who are you?"), slack.command("/bot-help", author=BEN)
        await until(lambda: ask.texts and help_.texts)
    assert ask.texts[0].startswith("You said:")
    assert "`/summarize`" in help_.texts[0] and "`/bot-help`" in help_.texts[0]
    assert "`/help`" not in help_.texts[0]


@pytest.mark.parametrize(
    ("command", "text", "hint"),
    [
        ("/summarize", "style:haiku", "/summarize last:50"),
        ("/summarize", "&lt;!channel&gt;", "/summarize last:50"),
        ("/summarise", "", "/summarize"),
        ("/summarize", "ça 🎉 où", "/summarize last:50"),
        ("/summarize", "word " * 700, "/summarize last:50"),
    ],
)
async def test_a_command_used_wrongly_is_answered_at_once_with_an_example(
    slack: FakeSlack, database: Path, command: str, text: str, hint: str
) -> None:
    async with running(slack, database, echo) as bot:
        given = slack.command(command, text)
        await until(lambda: given.envelope.acknowledgements)
        assert hint in given.acknowledged and "<" not in given.acknowledged
        assert given.envelope.acknowledgements[0]["response_type"] == "ephemeral"
    assert given.shown == [] and bot.generator.asked == []


@pytest.mark.parametrize("options", ["", " public"])
async def test_times_are_by_the_clock_of_who_asks_and_say_so(
    slack: FakeSlack, database: Path, options: str
) -> None:
    slack.profiles[ANN] = {"tz": "Asia/Kathmandu"}
    async with running(slack, database, summary) as bot:
        slack.say("shall we meet?", BEN)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        command = slack.command("/summarize", f"last:10{options}")
        await until(lambda: command.texts or slack.posts())
        (said,) = await bot.store.turns(key_of(slack.general))
    told = command.texts[0] if command.texts else words_of(slack.posts()[0])
    assert f"{said.sent_at.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M} UTC+0545" in told


async def test_who_asks_for_too_much_is_told_at_once(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo, person_rate=1) as bot:
        first = slack.command("/ask", "who are you?")
        await until(lambda: first.shown)
        refused = [slack.command("/ask", f"and {number}?") for number in range(2)]
        await until(lambda: all(one.envelope.acknowledgements for one in refused))
        assert all(
            one.acknowledged.startswith("That is a lot at once. Please ask again in") for one in refused
        )
        assert WORKING not in [one.acknowledged for one in refused] and len(bot.generator.asked) == 1


async def test_a_command_is_no_part_of_memory(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown)
        assert await bot.remembered() == []


@pytest.mark.usefixtures("short_posts")
async def test_a_long_answer_stays_within_five_posts_and_then_goes_another_way(
    slack: FakeSlack, database: Path
) -> None:
    async def long(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(700):
            yield f"line {number} of a long answer\n"

    async with running(slack, database, long):
        command = slack.command("/ask", "everything, please")
        await until(lambda: slack.ephemeral)
    shown = [*command.texts, *map(words_of, slack.ephemeral)]
    assert "\n".join(shown).split() == " ".join(f"line {n} of a long answer" for n in range(700)).split()
    assert len(command.shown) == 5 and {call["user"] for call in slack.ephemeral} == {ANN}
    assert slack.posts() == []


async def test_an_expired_response_url_gives_way_to_an_ephemeral_message(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("response_url", "refused"))
        command = slack.command("/ask", "who are you?")
        await until(lambda: slack.ephemeral)
    assert command.shown == [] and slack.posts() == []
    assert (slack.ephemeral[0]["user"], slack.ephemeral[0]["channel"]) == (ANN, slack.general.id)


async def test_after_half_an_hour_the_response_url_is_not_used(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_urls, "LIFE_S", response_urls.MARGIN_S)
    async with running(slack, database, echo):
        command = slack.command("/ask", "who are you?")
        await until(lambda: slack.ephemeral)
    assert command.shown == [] and slack.web.count("response_url") == 0


async def test_a_broken_connection_does_not_lose_the_answer(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("response_url", "cut"))
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown)
    assert len(command.shown) == 1


async def test_after_a_crash_the_answer_still_goes_to_one_person(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, never)
    await bot.connected()
    command = slack.command("/ask", "who are you?")
    await until(lambda: bot.generator.asked)
    await bot.crash()
    async with running(slack, database, echo):
        await until(lambda: slack.ephemeral)
    assert slack.posts() == [] and command.shown == [] and slack.ephemeral[0]["user"] == ANN


async def test_work_that_takes_long_shows_one_sign_of_life(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_sink, "SIGN_OF_LIFE_S", 0.5)
    is_done = asyncio.Event()

    async def slow(request: GenerationRequest) -> AsyncIterator[str]:
        await is_done.wait()
        yield "Done."

    async with running(slack, database, slow):
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.shown)
        await asyncio.sleep(1.5)
        is_done.set()
        await until(lambda: command.texts == ["Done."])
    assert len(command.shown) == 2 and all(body["replace_original"] for body in command.shown)


async def test_a_stopped_command_has_a_last_word(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, never) as bot:
        command = slack.command("/ask", "who are you?")
        await until(lambda: bot.generator.asked)
        key = (await bot.store.conversations("slack", "T111"))[0].conversation
        await bot.manager.stop(key)
        await until(lambda: command.texts == ["Stopped."])


async def test_who_gives_a_command_while_the_database_refuses_is_told(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:

        async def refuse(message: IncomingMessage, stopping: tuple[int, str] | None) -> bool:
            raise StorageError("disk full")

        accept = bot.store.accept
        bot.store.accept = refuse  # type: ignore[method-assign, assignment]
        command = slack.command("/ask", "who are you?")
        await until(lambda: command.envelope.acknowledgements)
        bot.store.accept = accept  # type: ignore[method-assign]
        assert "memory" in command.acknowledged and command.acknowledged != WORKING
    assert bot.generator.asked == []
