"""What people do about an answer in Slack: again, further, back, stop; by command and behind the name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.controls import FORGOTTEN, NOT_YOURS, STOPPED, TAKEN_BACK
from bot.conversation.reply import CUT
from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, numbered, of_lengths
from tests.integration.slack.fake_slack import BEN, FakeSlack
from tests.integration.slack.rig import running

pytestmark = pytest.mark.usefixtures("short_posts")

CUT_HERE = CUT.strip("_()").split("`")[0]


def is_whole(slack: FakeSlack, lines: int, thread: str | None = None) -> bool:
    """Whether the posts show an answer of so many lines, and no other."""
    shown = [line for text in slack.texts(thread=thread) for line in text.splitlines() if "line " in line]
    return shown == [f"line {number} of {lines}" for number in range(lines)]


async def test_regenerate_edits_the_same_post_and_links_to_it(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["answer 1"])
        ts = slack.posts()[0]["ts"]
        await bot.remembered()
        command = slack.command("/regenerate")
        await until(lambda: slack.texts() == ["answer 2"] and command.texts)
        link = f"https://home.slack.com/archives/{slack.general.id}/p{ts.replace('.', '')}"
        assert command.texts == [f"I write it anew <{link}|above>."]
        assert slack.posts()[0]["ts"] == ts


async def test_in_a_thread_it_is_said_behind_the_name(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        root = slack.say("lunch?")
        slack.say("well?", thread=root, calls=True)
        await until(lambda: slack.texts(thread=root) == ["answer 1"])
        await bot.remembered(thread=root)
        slack.say("/regenerate", thread=root, calls=True)
        await until(lambda: slack.texts(thread=root)[0] == "answer 2")
        await bot.remembered(thread=root)
        slack.say("/undo", thread=root, calls=True)
        await until(lambda: TAKEN_BACK in slack.texts(thread=root))
        await until(lambda: "answer 2" not in slack.texts(thread=root))
    assert slack.texts() == []


async def test_in_a_thread_under_an_answer_that_answer_is_meant(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        for number in (1, 2):
            slack.say("hello", calls=True)
            await until(lambda number=number: len(slack.texts()) == number)  # type: ignore[misc]
            await bot.remembered()
        first = slack.posts()[0]["ts"]
        slack.say("/regenerate", thread=first)
        await until(lambda: slack.texts() == ["answer 3", "answer 2"])
        await until(lambda: "anew" in "".join(slack.texts(thread=first)))


async def test_what_only_one_person_sees_is_shown_anew(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        ask = slack.command("/ask", "who are you?")
        await until(lambda: ask.texts == ["answer 1"])
        await bot.remembered()
        again = slack.command("/regenerate")
        await until(lambda: slack.ephemeral)
        assert [call["text"] for call in slack.ephemeral] == ["answer 2"]
        assert again.texts == ["I write it anew below, for you alone."] and ask.texts == ["answer 1"]
        undone = slack.command("/undo")
        await until(lambda: undone.texts == [FORGOTTEN])
    assert slack.posts() == []


async def test_a_cut_answer_for_one_person_says_so_and_goes_on(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, of_lengths(3, 4)) as bot:
        bot.generator.ending = "length"
        ask = slack.command("/ask", "much?")
        await until(lambda: ask.texts)
        assert CUT_HERE in ask.texts[0] and len(ask.shown) == 1
        await bot.remembered()
        bot.generator.ending = "stop"
        slack.command("/continue")
        await until(lambda: slack.ephemeral)
        await bot.remembered()
        (shown,) = [call["text"] for call in slack.ephemeral]
        assert "line 2 of 3" in shown and "line 3 of 4" in shown and CUT_HERE not in shown


async def test_answers_made_anew_shrink_and_grow_again(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, of_lengths(300, 2, 301)) as bot:
        slack.say("lines", calls=True)
        await until(lambda: is_whole(slack, 300) and len(slack.texts()) == 2)
        for lines, posts in ((2, 1), (301, 2)):
            await bot.remembered()
            slack.command("/regenerate")
            await until(lambda lines=lines: is_whole(slack, lines), 10)  # type: ignore[misc]
            await until(lambda posts=posts: len(slack.texts()) == posts)  # type: ignore[misc]


async def test_an_answer_whose_first_post_was_deleted_is_made_anew_in_what_is_left(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, of_lengths(300, 301, 302)) as bot:
        slack.say("lines", calls=True)
        await until(lambda: is_whole(slack, 300))
        await bot.remembered()
        slack.delete(slack.posts()[0]["ts"])
        left = slack.posts()[0]["ts"]
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        for lines in (301, 302):
            slack.command("/regenerate")
            await until(lambda lines=lines: is_whole(slack, lines), 10)  # type: ignore[misc]
            await bot.remembered()
        assert slack.posts()[0]["ts"] == left and len(slack.posts()) == 2


async def test_continue_goes_on_in_the_same_post_and_over_its_limit(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, of_lengths(150, 250)) as bot:
        bot.generator.ending = "length"
        slack.say("much", calls=True)
        await until(lambda: len(slack.texts()) == 1 and CUT_HERE in slack.texts()[0])
        await bot.remembered()
        bot.generator.ending = "stop"
        ts = slack.posts()[0]["ts"]
        slack.command("/continue")
        await until(lambda: len(slack.texts()) == 2 and "line 249 of 250" in slack.texts()[1])
        assert slack.posts()[0]["ts"] == ts and not any(CUT_HERE in text for text in slack.texts())


async def test_undo_removes_the_posts_and_is_for_who_asked(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, of_lengths(300)) as bot:
        slack.say("much", calls=True)
        await until(lambda: is_whole(slack, 300))
        await bot.remembered()
        refused = slack.command("/undo", author=BEN)
        await until(lambda: refused.texts == [NOT_YOURS])
        undone = slack.command("/undo")
        await until(lambda: undone.texts == [TAKEN_BACK] and slack.texts() == [])
        assert await bot.remembered() == []


async def test_an_admin_may_take_back_what_others_asked(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        slack.say("hello", BEN, calls=True)
        await until(lambda: slack.texts() == ["answer 1"])
        await bot.remembered()
        slack.command("/undo")
        await until(lambda: slack.texts() == [])


@pytest.mark.parametrize("is_by_command", [True, False], ids=["slash command", "behind the name"])
async def test_stop_acts_while_the_answer_streams(
    slack: FakeSlack, database: Path, is_by_command: bool
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    async with running(slack, database, endless) as bot:
        slack.say("talk", calls=True)
        await until(lambda: slack.texts() == ["I begin"])
        if is_by_command:
            command = slack.command("/stop")
            await until(lambda: command.texts == [STOPPED])
        else:
            slack.say("/stop", calls=True)
            await until(lambda: slack.texts() == ["I begin", STOPPED])
        assert bot.generator.generations[0].is_closed


async def test_a_finished_answer_goes_with_its_question(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, of_lengths(300)) as bot:
        question = slack.say("much", calls=True)
        await until(lambda: is_whole(slack, 300))
        await bot.remembered()
        slack.delete(question)
        await until(lambda: slack.texts() == [])
        assert await bot.remembered() == []


async def test_an_answer_whose_post_is_deleted_in_its_making_ends(slack: FakeSlack, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "\n".join(f"line {number} of 300" for number in range(300))
        await asyncio.Event().wait()

    async with running(slack, database, endless) as bot:
        slack.say("much", calls=True)
        await until(lambda: len(slack.texts()) == 2)
        slack.delete(slack.posts()[0]["ts"])
        await until(lambda: slack.texts() == [])
        assert bot.generator.generations[0].is_closed
        assert await bot.remembered() == [("user", "much")]
        bot.generator.script = echo
        slack.say("and now?", calls=True)
        await until(lambda: slack.texts() == ["You said: and now?"])


async def test_a_post_deleted_unheard_is_made_again(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        question = slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["answer 1"])
        await bot.remembered()
        del slack.general.messages[slack.posts()[0]["ts"]]
        for number, text in ((2, "hello again"), (3, "and again")):
            slack.edit(question, text)
            await until(lambda number=number: slack.texts() == [f"answer {number}"])  # type: ignore[misc]
            await bot.remembered()
