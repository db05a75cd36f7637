"""What people do about an answer in Discord: again, further, back, stop; by command and by a reply to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.controls import NOT_YOURS, STOPPED, TAKEN_BACK
from bot.conversation.reply import CUT
from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, numbered, of_lengths
from tests.integration.discord.fake_discord import SUPPRESS_EMBEDS, FakeDiscord
from tests.integration.discord.rig import running
from tests.unit.platforms.discord.payloads import COMPONENTS_V2, Payload, buttons_of, text_of


async def test_regenerate_edits_the_same_post_and_links_to_it(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, numbered()) as bot:
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["answer 1"])
        post_id = discord.posts()[0]["id"]
        await bot.remembered()
        discord.command("regenerate")
        await until(lambda: discord.texts()[0] == "answer 2")
        link = f"https://discord.com/channels/{discord.guild_id}/{discord.general.id}/{post_id}"
        assert discord.posts()[0]["id"] == post_id
        assert discord.whispers() == [f"I write it anew [above]({link})."] and len(discord.texts()) == 1


async def test_a_reply_names_the_answer_that_is_meant(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, numbered()) as bot:
        for number in (1, 2):
            discord.say(f"question {number}", calls=True)
            await until(lambda number=number: len(discord.texts()) == number)  # type: ignore[misc]
            await bot.remembered()
        first = int(discord.posts()[0]["id"])
        discord.say("/regenerate", answering=first)
        await until(lambda: discord.texts()[:2] == ["answer 3", "answer 2"])
        await bot.remembered()
        discord.say("/undo", answering=first)
        await until(lambda: "answer 3" not in discord.texts() and TAKEN_BACK in discord.texts())
        assert discord.texts()[0] == "answer 2"


async def test_an_older_answer_made_anew_leaves_later_posts_alone(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, of_lengths(2, 200, 3)) as bot:
        discord.say("short", calls=True)
        await until(lambda: len(discord.texts()) == 1)
        await bot.remembered()
        discord.say("long", calls=True)
        await until(lambda: len(discord.texts()) == 3)
        await bot.remembered()
        later = discord.texts()[1:]
        discord.say("/regenerate", answering=int(discord.posts()[0]["id"]))
        await until(lambda: "line 2 of 3" in discord.texts()[0])
        assert discord.texts()[1:3] == later


async def test_answers_made_anew_shrink_and_grow_again(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, of_lengths(200, 2, 201)) as bot:
        discord.say("lines", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        discord.say("/regenerate", answering=int(discord.posts()[0]["id"]))
        await until(lambda: discord.texts()[0] == "line 0 of 2\nline 1 of 2" and len(discord.texts()) == 2)
        await bot.remembered()
        discord.say("/regenerate", answering=int(discord.posts()[0]["id"]))
        await until(lambda: any("line 200 of 201" in text for text in discord.texts()))
        await bot.remembered()
        assert "line 0 of 201" in discord.texts()[0]


async def test_an_answer_whose_first_post_was_deleted_is_made_anew_in_what_is_left(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, of_lengths(200, 201, 202)) as bot:
        discord.say("lines", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        discord.delete(int(discord.posts()[0]["id"]))
        left = discord.posts()[0]["id"]
        for lines in (201, 202):
            discord.say("/regenerate", answering=int(left))
            await until(lambda lines=lines: _is_whole(discord, lines), 10)  # type: ignore[misc]
            await bot.remembered()
            assert discord.posts()[0]["id"] == left and f"line 0 of {lines}" in discord.texts()[0]


def _is_whole(discord: FakeDiscord, lines: int) -> bool:
    shown = [line for text in discord.texts() for line in text.splitlines() if line.startswith("line ")]
    return shown == [f"line {number} of {lines}" for number in range(lines)]


async def test_continue_goes_on_in_the_same_post_and_over_its_limit(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, of_lengths(60, 120)) as bot:
        bot.generator.ending = "length"
        discord.say("much", calls=True)
        await until(lambda: len(discord.texts()) == 1 and discord.texts()[0].endswith(CUT))
        await bot.remembered()
        bot.generator.ending = "stop"
        post_id = discord.posts()[0]["id"]
        discord.command("continue")
        await until(lambda: any("line 119 of 120" in text for text in discord.texts()))
        assert discord.posts()[0]["id"] == post_id and discord.texts()[0].startswith("line 0 of 60")
        await until(lambda: not any(CUT in text for text in discord.texts()))


async def test_undo_removes_the_posts_and_is_for_who_asked(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, of_lengths(200)) as bot:
        discord.say("much", calls=True, author=discord.robot | {"bot": False})
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        discord.command("undo", author=discord.ben)
        await until(lambda: discord.whispers() == [NOT_YOURS])
        discord.command("undo", author=discord.ann)
        await until(lambda: discord.texts() == [] and discord.whispers() == [NOT_YOURS, TAKEN_BACK])
        assert await bot.remembered() == []


@pytest.mark.parametrize("is_by_command", [True, False], ids=["slash command", "behind the name"])
async def test_stop_acts_while_the_answer_streams(
    discord: FakeDiscord, database: Path, is_by_command: bool
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    async with running(discord, database, endless) as bot:
        discord.say("talk", calls=True)
        await until(lambda: discord.texts() == ["I begin"])
        if is_by_command:
            discord.command("stop")
            await until(lambda: discord.texts() == ["I begin"] and discord.whispers() == [STOPPED])
        else:
            discord.say("/stop", calls=True)
            await until(lambda: discord.texts() == ["I begin", STOPPED])
        assert bot.generator.generations[0].is_closed


async def test_somebody_elses_answer_is_not_stopped(discord: FakeDiscord, database: Path) -> None:
    go = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin "
        await go.wait()
        yield "and end"

    async with running(discord, database, slowly):
        discord.say("talk", calls=True)
        await until(lambda: discord.texts() == ["I begin"])
        discord.command("stop", author=discord.ben)
        go.set()
        await until(lambda: "I begin and end" in discord.texts())


async def test_a_finished_answer_goes_with_its_question(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, of_lengths(200)) as bot:
        question = discord.say("much", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        await bot.remembered()
        discord.delete(question)
        await until(lambda: discord.texts() == [])
        assert await bot.remembered() == []


async def test_an_answer_whose_post_is_deleted_in_its_making_ends(
    discord: FakeDiscord, database: Path
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "\n".join(f"line {number}" for number in range(300))
        await asyncio.Event().wait()

    async with running(discord, database, endless) as bot:
        discord.say("much", calls=True)
        await until(lambda: len(discord.texts()) == 2)
        discord.delete(int(discord.posts()[0]["id"]))
        await until(lambda: discord.texts() == [])
        assert bot.generator.generations[0].is_closed
        assert await bot.remembered() == [("user", "much")]
        bot.generator.script = echo
        discord.say("and now?", calls=True)
        await until(lambda: discord.texts() == ["You said: and now?"])


async def test_a_post_deleted_unheard_is_made_again(discord: FakeDiscord, database: Path) -> None:
    async with running(discord, database, numbered()) as bot:
        question = discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["answer 1"])
        await bot.remembered()
        del discord.general.messages[int(discord.posts()[0]["id"])]
        discord.edit(question, "hello again")
        await until(lambda: discord.texts() == ["answer 2"])
        await bot.remembered()
        discord.edit(question, "and again")
        await until(lambda: discord.texts() == ["answer 3"])


def make_plain(discord: FakeDiscord, post: Payload) -> None:
    """Let a post look as earlier versions of the bot posted it."""
    old = {"content": text_of(post), "components": [], "flags": SUPPRESS_EMBEDS}
    discord.general.messages[int(post["id"])] = post | old


async def test_an_old_post_of_bare_text_is_made_anew_with_buttons(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, numbered()) as bot:
        discord.say("hello", calls=True)
        await until(lambda: discord.texts() == ["answer 1"])
        await bot.remembered()
        make_plain(discord, discord.posts()[0])
        discord.say("/regenerate", answering=int(discord.posts()[0]["id"]))
        await until(lambda: "answer 2" in discord.texts() and buttons_of(discord.posts()[0]))
        assert discord.posts()[0]["flags"] & COMPONENTS_V2 and not discord.posts()[0]["content"]


async def test_an_old_post_of_bare_text_stays_bare_when_it_is_corrected(
    discord: FakeDiscord, database: Path
) -> None:
    async with running(discord, database, numbered()) as bot:
        said = discord.say("We meet in the harbour at seven", author=discord.ben)
        discord.say("/search show:all harbour", calls=True)
        await until(lambda: "at seven" in "".join(discord.texts()))
        await bot.remembered()
        make_plain(discord, discord.posts()[0])
        discord.delete(said)
        await until(lambda: "at seven" not in "".join(discord.texts()))
        assert discord.texts() and not discord.posts()[0]["flags"] & COMPONENTS_V2
