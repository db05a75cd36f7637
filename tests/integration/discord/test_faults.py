"""Discord in trouble: lost answers, limits, missing permissions, the bot's own death."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.conversation.controls import NOTHING_TO_STOP
from bot.generation.types import GenerationRequest
from bot.platforms.discord import reading, typing_status
from bot.platforms.recently import Recently
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.discord.fake_discord import FakeDiscord
from tests.integration.discord.fake_door import Fault
from tests.integration.discord.fake_places import SEND_MESSAGES, VIEW_CHANNEL
from tests.integration.discord.rig import Bot, running
from tests.unit.platforms.discord import payloads

MESSAGES = r"/channels/\d+/messages$"


async def long(request: GenerationRequest) -> AsyncIterator[str]:
    yield "\n".join(f"line {number} of a long answer" for number in range(200))


@pytest.mark.parametrize("kind", ["lost", "cut"])
async def test_a_post_whose_answer_was_lost_is_posted_once(
    discord: FakeDiscord, database: Path, kind: str
) -> None:
    async with running(discord, database, echo):
        discord.rest.faults.append(Fault("POST", MESSAGES, kind))  # type: ignore[arg-type]
        discord.say("hello", calls=True)
        await until(lambda: discord.rest.count("POST", MESSAGES) == 2)
        await until(lambda: discord.texts() == ["You said: hello"])
        nonces = {asked.body["nonce"] for asked in discord.rest.asked if "nonce" in asked.body}
        assert len(nonces) == 1


@pytest.mark.parametrize("lost_post", [1, 2], ids=["first post", "second post"])
async def test_after_a_crash_a_doubtful_post_is_found_again(
    discord: FakeDiscord, database: Path, lost_post: int
) -> None:
    bot = Bot(discord, database, long)
    await until(lambda: discord.gateway.is_connected)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    record = bot.store.record_post

    async def die_before_writing_down(reply_id: int, index: int, message_id: str) -> None:
        await (never() if index == lost_post - 1 else record(reply_id, index, message_id))

    bot.store.record_post = die_before_writing_down  # type: ignore[method-assign]
    question = discord.say("much, please", calls=True)
    await until(lambda: len(discord.texts()) == lost_post)
    await bot.crash()
    discord.nonces.clear()
    discord.say("what now?", author=discord.ben)
    async with running(discord, database, long) as again:
        await until(lambda: len(discord.texts()) == 3 and "line 199 " in discord.texts()[2])
        assert (await again.remembered())[0] == ("user", "much, please")
    assert discord.posts()[0]["message_reference"]["message_id"] == str(question)
    assert len(discord.texts()) == 3


async def test_a_command_given_before_a_crash_is_answered_after_it(
    discord: FakeDiscord, database: Path
) -> None:
    async def never(request: GenerationRequest) -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield ""

    bot = Bot(discord, database, never)
    await until(lambda: discord.commands and discord.gateway.is_connected)
    discord.command("ask", {"question": "still?"})
    await until(lambda: bot.generator.asked)
    await bot.crash()
    async with running(discord, database, echo):
        await until(lambda: "You said: still?" in discord.texts())


async def test_a_limited_edit_waits_and_nothing_is_lost(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def in_two(request: GenerationRequest) -> AsyncIterator[str]:
        yield "one "
        await go.wait()
        yield "two"

    async with running(discord, database, in_two):
        discord.rest.faults.append(
            Fault("PATCH", "/channels/.*/messages/", "throttled", times=2, retry_after_s=0.2)
        )
        discord.say("count", calls=True)
        await until(lambda: discord.texts() == ["one"])
        go.set()
        await until(lambda: discord.texts() == ["one two"])
        edits = [asked.at_s for asked in discord.rest.asked if asked.method == "PATCH"]
        assert len(edits) == 3
        assert all(later - earlier >= 0.19 for earlier, later in pairwise(edits))


async def test_a_channel_that_is_limited_does_not_hold_up_another(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        fault = Fault("POST", f"/channels/{discord.general.id}/messages", "throttled", retry_after_s=1.0)
        discord.rest.faults.append(fault)
        discord.say("slow", calls=True)
        await until(lambda: not fault.times)
        discord.say("quick", place=discord.other, calls=True)
        await until(lambda: discord.texts(discord.other) == ["You said: quick"])
        assert discord.texts() == []
        await until(lambda: discord.texts() == ["You said: slow"])


@pytest.mark.slow
async def test_a_stream_of_words_stays_inside_the_limits(discord: FakeDiscord, database: Path) -> None:
    async def talkative(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(250):
            yield f"{number} "
            await asyncio.sleep(0.01)

    async with running(discord, database, talkative):
        discord.say("talk", calls=True)
        await until(lambda: discord.texts() and discord.texts()[0].endswith("249"), timeout_s=10)
        edits = [asked.at_s for asked in discord.rest.asked if asked.method == "PATCH"]
        assert 2 <= len(edits) <= 4


async def test_a_missing_permission_is_named_and_others_are_served(
    discord: FakeDiscord, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(discord, database, echo):
        fault = Fault("POST", f"/channels/{discord.general.id}/messages", "refused", status=403, code=50013)
        discord.rest.faults.append(fault)
        discord.say("hello", calls=True)
        await until(lambda: not fault.times)
        discord.say("hello", place=discord.other, calls=True)
        await until(lambda: discord.texts(discord.other) == ["You said: hello"])
        await until(lambda: "could not be delivered" in caplog.text)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "may not post in #general" in line and "permission" in line


async def test_a_refused_typing_status_is_not_tried_again_and_again(
    discord: FakeDiscord, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_status, "REPEAT_S", 0.0)
    async with running(discord, database, echo) as bot:
        here = f"/channels/{discord.general.id}"
        discord.rest.faults += [
            Fault("POST", f"{here}/{what}", "refused", times=9, status=403, code=50001)
            for what in ("typing", "messages")
        ]
        for number in range(1, 4):
            discord.say("hello", calls=True)
            await until(lambda number=number: discord.rest.count("POST", f"{here}/messages") == number)  # type: ignore[misc]
            await bot.remembered()
        assert discord.rest.count("POST", f"{here}/typing") == 1


async def test_a_question_that_is_gone_is_answered_without_a_reference(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo):
        question = discord.say("hello", calls=True)
        del discord.general.messages[question]
        await until(lambda: discord.texts() == ["You said: hello"])
        assert "message_reference" not in discord.posts()[0]


POLL = {
    "question": {"text": "When?"},
    "answers": [{"answer_id": 1, "poll_media": {"text": "now"}}],
    "expiry": None,  # the documents allow it; discord.py cannot read it
    "allow_multiselect": False,
    "layout_type": 1,
}


async def test_a_message_that_cannot_be_read_hides_no_other(
    discord: FakeDiscord,
    database: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    no_pause_between_sessions: None,
) -> None:
    monkeypatch.setattr(reading, "_told", Recently())
    discord.say("an earlier word", author=discord.ben)
    discord.say("the odd one", author=discord.ben, is_told=False, poll=POLL)
    discord.rest.faults.append(Fault("POST", MESSAGES, "lost"))
    async with running(discord, database, echo) as bot:
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["You said: hello"])
        said = [text for _, text in await bot.remembered()]
        assert said == ["an earlier word", "the odd one", "hello", "You said: hello"]
    assert "could not be read whole" in caplog.text and "odd one" not in caplog.text


async def test_a_mention_in_a_message_that_cannot_be_read_whole_is_answered(
    discord: FakeDiscord, database: Path, no_pause_between_sessions: None
) -> None:
    async with running(discord, database, echo):
        discord.say("hello", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        discord.say("shall we?", calls=True, poll=POLL)
        await until(lambda: discord.texts()[1:] == ["You said: shall we?"])


async def test_an_answer_that_lost_its_permission_half_way_can_be_asked_for_again(
    discord: FakeDiscord, database: Path
) -> None:
    is_denied = asyncio.Event()

    async def halting(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await is_denied.wait()
        yield " and I end"

    def actions() -> list[str]:
        return [button["custom_id"] for button in payloads.buttons_of(discord.posts()[0])]

    async with running(discord, database, halting) as bot:
        discord.say("talk", calls=True)
        await until(lambda: discord.texts() == ["I begin"])
        discord.deny(discord.general, VIEW_CHANNEL | SEND_MESSAGES)
        is_denied.set()
        await bot.remembered()
        post_id = int(discord.posts()[0]["id"])
        assert actions() == ["parley:stop"] and discord.texts() == ["I begin"]
        discord.allow(discord.general)
        pressed = discord.press(post_id, "parley:stop")
        await until(lambda: [payloads.text_of(told) for told in pressed.told] == [NOTHING_TO_STOP])
        discord.command("regenerate")
        await until(lambda: discord.texts() == ["I begin and I end"])
        await until(lambda: actions() != ["parley:stop"])
        discord.say("talk", calls=True)
        await until(lambda: discord.texts() == ["I begin and I end"] * 2)
