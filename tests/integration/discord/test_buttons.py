"""Buttons below answers: shown where they belong, and what each does for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.controls import NOT_YOURS, NOTHING_TO_STOP, UNKNOWN_ANSWER
from bot.generation.types import GenerationRequest
from bot.platforms.presses import I_MAY_NOT_SHARE, SHARED_ALREADY, THANKS, THUMB_TAKEN_BACK
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, numbered, of_lengths
from tests.integration.discord.fake_discord import FakeDiscord, Interaction
from tests.integration.discord.fake_places import SEND_MESSAGES
from tests.integration.discord.rig import Bot, key_of, running
from tests.unit.platforms.discord import payloads
from tests.unit.platforms.discord.payloads import COMPONENTS_V2, Payload, text_of

FINAL = ["regenerate", "translate", "good", "bad"]


def actions(post: Payload) -> list[str]:
    """What the buttons below a post are for."""
    return [button["custom_id"].removeprefix("parley:") for button in payloads.buttons_of(post)]


def last_id(discord: FakeDiscord) -> int:
    return int(discord.posts()[-1]["id"])


async def told(interaction: Interaction) -> str:
    """What the person who pressed is told alone."""
    await until(lambda: interaction.told)
    (payload,) = interaction.told
    assert payload["flags"] & 1 << 6
    return text_of(payload)


async def answered(discord: FakeDiscord, bot: Bot, author: Payload | None = None) -> int:
    """A question is asked and answered; the id of the answer's last post."""
    count = len(discord.posts())
    discord.say("hello", calls=True, author=author)
    await until(lambda: len(discord.posts()) > count)
    await bot.remembered()
    return last_id(discord)


@pytest.fixture
def stranger(discord: FakeDiscord) -> Payload:
    """Somebody who asked nothing and looks after nothing."""
    return payloads.user(77, "Cat")


async def test_a_short_answer_has_all_its_buttons_after_one_edit_at_most(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, echo) as bot:
        await answered(discord, bot)
        (post,) = discord.posts()
        assert post["flags"] & COMPONENTS_V2 and not post["content"]
        assert actions(post) == FINAL
        assert discord.rest.count("PATCH", "/messages/") <= 1


async def test_stop_stands_below_what_is_being_written_and_moves_along(
    discord: FakeDiscord, database: Path
) -> None:
    go = asyncio.Event()

    async def in_two(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin\n"
        await go.wait()
        yield "\n".join(f"line {number} of a long answer" for number in range(90))
        await asyncio.Event().wait()

    async with running(discord, database, in_two):
        discord.say("talk", calls=True)
        await until(lambda: [actions(post) for post in discord.posts()] == [["stop"]])
        go.set()
        await until(lambda: [actions(post) for post in discord.posts()] == [[], ["stop"]])
        discord.press(last_id(discord), "parley:stop")
        await until(lambda: [actions(post) for post in discord.posts()] == [[], FINAL])


async def test_a_long_answer_has_buttons_below_its_end_only(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, of_lengths(200)) as bot:
        await answered(discord, bot)
        await until(lambda: [actions(post) for post in discord.posts()] == [[], FINAL])
        assert discord.rest.count("PATCH", "/messages/") <= 1


async def test_notices_and_help_have_no_buttons(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("help")
        await until(lambda: "/translate" in "".join(discord.whispers()))
        await bot.remembered()
        discord.command("translate", {"to": "nowhere", "text": "hello"})
        await until(lambda: "language" in "".join(discord.texts()))
        discord.say("", calls=True)
        await until(lambda: "without a question" in discord.texts()[-1])
        discord.command("search", {"words": "zebra"})
        await until(lambda: "I found nothing" in discord.whispers()[-1])
        await bot.remembered()
        assert not any(actions(post) for post in discord.posts() + discord.whispered())


@pytest.mark.parametrize("who", ["asker", "moderator", "stranger"])
async def test_stop_is_for_the_asker_and_for_moderators(
    discord: FakeDiscord, database: Path, stranger: Payload, who: str
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    discord.moderators.add(discord.ben["id"])
    asker = payloads.user(78, "Dan")
    async with running(discord, database, endless) as bot:
        discord.say("talk", calls=True, author=asker)
        await until(lambda: discord.texts() == ["I begin"])
        presser = {"asker": asker, "moderator": discord.ben, "stranger": stranger}[who]
        press = discord.press(last_id(discord), "parley:stop", presser)
        if who == "stranger":
            assert await told(press) == NOT_YOURS
            assert not bot.generator.generations[0].is_closed
            assert await bot.manager.stop(key_of(discord))
        else:
            await until(lambda: actions(discord.posts()[0]) == FINAL)
            assert bot.generator.generations[0].is_closed and not press.told


@pytest.mark.parametrize("who", ["asker", "moderator"])
async def test_regenerate_is_for_the_asker_and_for_moderators_also_after_a_restart(
    discord: FakeDiscord, database: Path, stranger: Payload, who: str
) -> None:
    asker, script = payloads.user(78, "Dan"), numbered()
    discord.moderators.add(discord.ben["id"])
    async with running(discord, database, script) as bot:
        post_id = await answered(discord, bot, asker)
        assert discord.texts() == ["answer 1"]
    async with running(discord, database, script) as bot:
        assert await told(discord.press(post_id, "parley:regenerate", stranger)) == NOT_YOURS
        discord.press(post_id, "parley:regenerate", asker if who == "asker" else discord.ben)
        await until(lambda: discord.texts() == ["answer 2"])
        await bot.remembered()
        assert last_id(discord) == post_id and actions(discord.posts()[0]) == FINAL


async def test_continue_is_offered_where_an_answer_was_cut(
    discord: FakeDiscord, database: Path, stranger: Payload
) -> None:
    async with running(discord, database, of_lengths(20, 40)) as bot:
        bot.generator.ending = "length"
        post_id = await answered(discord, bot)
        assert "continue" in actions(discord.posts()[0])
        bot.generator.ending = "stop"
        assert await told(discord.press(post_id, "parley:continue", stranger)) == NOT_YOURS
        discord.press(post_id, "parley:continue")
        await until(lambda: "line 39 of 40" in discord.texts()[0] and actions(discord.posts()[0]) == FINAL)


async def test_translate_answers_the_presser_alone_in_their_language(
    discord: FakeDiscord, database: Path, stranger: Payload
) -> None:
    async def german(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Das Treffen ist um sieben Uhr am Hafen." if len(bot.generator.asked) > 1 else ENGLISH

    async with running(discord, database, german) as bot:
        post_id = await answered(discord, bot)
        press = discord.press(post_id, "parley:translate", stranger, locale="de")
        await until(lambda: any("Hafen" in text_of(payload) for payload in press.told))
        assert discord.texts() == [ENGLISH]
        await bot.remembered()
        again = discord.press(post_id, "parley:translate", stranger, locale="en-US")
        await until(lambda: any("already" in text_of(payload) for payload in again.told))


ENGLISH = "The meeting is at seven in the harbour, and everybody who wants to come is welcome to join us."


async def test_thumbs_are_for_everybody_and_the_same_again_takes_one_back(
    discord: FakeDiscord, database: Path, stranger: Payload
) -> None:
    async with running(discord, database, echo) as bot:
        post_id = await answered(discord, bot)
        assert await told(discord.press(post_id, "parley:good", stranger)) == THANKS
        assert await told(discord.press(post_id, "parley:bad")) == THANKS
        assert await bot.store.feedback(key_of(discord)) == (1, 1)
        assert await told(discord.press(post_id, "parley:bad")) == THUMB_TAKEN_BACK
        assert await bot.store.feedback(key_of(discord)) == (1, 0)


async def test_what_is_no_button_of_an_answer_is_refused(
    discord: FakeDiscord, database: Path, stranger: Payload
) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 2, "custom_id": "parley:stop", "label": "Stop"}]}
    async with running(discord, database, echo) as bot:
        post_id = await answered(discord, bot)
        assert await told(discord.press(post_id, "parley:explode")) == UNKNOWN_ANSWER
        assert await told(discord.press(post_id, "parley:stop")) == UNKNOWN_ANSWER
        forged = discord.say("press me", author=discord.robot, components=[row])
        assert await told(discord.press(forged, "parley:stop")) == UNKNOWN_ANSWER
        discord.general.messages[forged]["components"][0]["components"][0]["custom_id"] = "other:stop"
        assert await told(discord.press(forged, "other:stop")) == UNKNOWN_ANSWER
        moved = dict(discord.posts()[0], channel_id=str(discord.other.id), id=str(post_id + 1))
        discord.other.messages[post_id + 1] = moved
        assert await told(discord.press(post_id + 1, "parley:regenerate")) == UNKNOWN_ANSWER
        assert discord.texts() == ["You said: hello"] and len(bot.generator.asked) == 1


async def test_a_stop_that_comes_too_late_says_so(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        post_id = await answered(discord, bot)
        stop = {"type": 2, "style": 4, "custom_id": "parley:stop", "label": "Stop"}
        discord.posts()[0]["components"][1]["components"].append(stop)
        assert await told(discord.press(post_id, "parley:stop")) == NOTHING_TO_STOP


async def test_a_private_answer_is_shared_once_by_who_asked(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        discord.command("ask", {"question": "when?", "show": "me"})
        await until(lambda: discord.whispers() == ["You said: when?"])
        await bot.remembered()
        (whisper,) = discord.whispered()
        assert "share" in actions(whisper) and discord.texts() == []
        discord.deny(discord.general, SEND_MESSAGES)
        assert await told(discord.press(int(whisper["id"]), "parley:share")) == I_MAY_NOT_SHARE
        discord.allow(discord.general)
        discord.press(int(whisper["id"]), "parley:share")
        told_by = "_Shared by Ann, who asked `/ask question:when?`:_"
        await until(lambda: discord.texts() == [f"{told_by}\n\nYou said: when?"])
        await bot.remembered()
        assert await told(discord.press(int(whisper["id"]), "parley:share")) == SHARED_ALREADY
        assert len(discord.texts()) == 1


async def test_what_was_shared_forgets_what_is_deleted(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo) as bot:
        said = discord.say("We meet in the harbour at seven", author=discord.ben)
        while not await bot.remembered():
            await asyncio.sleep(0.01)
        discord.command("summarize", {"show": "me"})
        await until(lambda: discord.whispered() and "share" in actions(discord.whispered()[-1]))
        assert "at seven" in "".join(discord.whispers())
        await bot.remembered()
        discord.press(int(discord.whispered()[-1]["id"]), "parley:share")
        await until(lambda: "at seven" in "".join(discord.texts()))
        await bot.remembered()
        discord.delete(said)
        await until(lambda: "at seven" not in "".join(discord.texts() + discord.whispers()))


async def test_a_translation_goes_with_the_answer_that_it_translates(
    discord: FakeDiscord, database: Path
) -> None:
    async def speak(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Das Treffen ist um sieben Uhr am Hafen." if len(bot.generator.asked) > 1 else ENGLISH

    async with running(discord, database, speak) as bot:
        post_id = await answered(discord, bot)
        press = discord.press(post_id, "parley:translate", locale="de")
        await until(lambda: any("Hafen" in text_of(payload) for payload in press.told))
        await bot.remembered()
        discord.delete(post_id)
        await until(lambda: not press.told)


async def test_buttons_stay_when_the_token_of_a_command_has_run_out(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, numbered()) as bot:
        interaction = discord.command("ask", {"question": "hello?"})
        await until(lambda: discord.texts() == ["answer 1"])
        await bot.remembered()
        interaction.is_expired = True
        discord.press(last_id(discord), "parley:regenerate")
        await until(lambda: discord.texts() == ["answer 2"] and actions(discord.posts()[0]) == FINAL)


async def test_buttons_work_where_the_bot_was_only_taken_along(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, numbered()) as bot:
        discord.command("ask", {"question": "hello?"}, place=discord.elsewhere)
        await until(lambda: discord.whispers(discord.elsewhere) == ["answer 1"])
        await bot.remembered(discord.direct)
        (whisper,) = discord.whispered(discord.elsewhere)
        assert actions(whisper) == FINAL, "there is nobody to share it with"
        assert await told(discord.press(int(whisper["id"]), "parley:good")) == THANKS
        discord.press(int(whisper["id"]), "parley:regenerate")
        await until(lambda: "answer 2" in discord.whispers(discord.elsewhere))


async def test_a_stop_left_by_a_crash_stops_the_answer_that_goes_on(
    discord: FakeDiscord, database: Path
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    bot = Bot(discord, database, endless)
    await until(lambda: discord.gateway.is_connected)
    discord.say("talk", calls=True)
    await until(lambda: discord.texts() == ["I begin"])
    await until(lambda: bot.generator.generations)
    await bot.crash()
    async with running(discord, database, endless) as again:
        await until(lambda: again.generator.generations)
        discord.press(last_id(discord), "parley:stop")
        await until(lambda: actions(discord.posts()[0]) == FINAL)
        assert len(discord.posts()) == 1


async def test_labels_are_in_the_language_of_who_asked(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, echo):
        discord.command("ask", {"question": "hallo?"}, locale="de")
        await until(lambda: labels(discord) == ["Neu schreiben", "Übersetzen", None, None])


def labels(discord: FakeDiscord) -> list[str | None]:
    """The words below the first post."""
    return [button.get("label") for post in discord.posts()[:1] for button in payloads.buttons_of(post)]
