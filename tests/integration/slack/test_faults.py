"""Slack in trouble: lost answers, limits, refusals, the bot's own death."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.platforms.slack.layout import JUDGE
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, last_user
from tests.integration.slack.fake_slack import FakeSlack, Place
from tests.integration.slack.fake_web import Fault, Kind
from tests.integration.slack.rig import Bot, running
from tests.unit.platforms.slack.payloads import buttons_of

ANSWER = " ".join(f"word{number}" for number in range(20))


async def long(request: GenerationRequest) -> AsyncIterator[str]:
    yield "\n".join(f"line {number} of a long answer" for number in range(200))


async def at_once(request: GenerationRequest) -> AsyncIterator[str]:
    yield f"You said: {last_user(request)}"


@pytest.mark.parametrize("kind", ["lost", "cut", "trouble"])
async def test_a_post_whose_answer_was_lost_stands_once(slack: FakeSlack, database: Path, kind: Kind) -> None:
    async with running(slack, database, echo) as bot:
        slack.web.faults.append(Fault("chat.postMessage", kind))
        slack.say("hello", calls=True)
        await until(lambda: slack.web.count("conversations.history"))
        await until(lambda: slack.texts() == ["You said: hello"])
        assert (await bot.remembered())[-1] == ("assistant", "You said: hello")
    assert len(slack.posts()) == 1
    assert slack.web.count("chat.postMessage") == (1 if kind == "lost" else 2)


async def test_a_lost_post_is_found_in_its_thread_among_many(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        root = slack.say("lunch?")
        slack.web.faults.append(Fault(r"chat\.(postMessage|startStream)", "lost"))
        slack.say("what do you say", thread=root, calls=True)
        await until(lambda: slack.texts(thread=root))
        for number in range(20):
            slack.say(f"<@UBEN1> {number}", thread=root)
        await until(lambda: slack.web.count("conversations.replies"))
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
    assert len(slack.posts(thread=root)) == 1


@pytest.mark.usefixtures("short_posts")
@pytest.mark.parametrize("lost_post", [1, 2], ids=["first post", "second post"])
async def test_after_a_crash_a_doubtful_post_is_found_again(
    slack: FakeSlack, database: Path, lost_post: int
) -> None:
    bot = Bot(slack, database, long)
    await bot.connected()
    record = bot.store.record_post

    async def die_before_writing_down(reply_id: int, index: int, message_id: str) -> None:
        if index == lost_post - 1:
            await asyncio.Event().wait()
        await record(reply_id, index, message_id)

    bot.store.record_post = die_before_writing_down  # type: ignore[method-assign]
    slack.say("much, please", calls=True)
    await until(lambda: len(slack.texts()) == lost_post)
    await bot.crash()
    async with running(slack, database, long) as again:
        await until(lambda: len(slack.texts()) == 2 and "line 199 " in slack.texts()[1])
        assert (await again.remembered())[0] == ("user", "much, please")
    assert len(slack.texts()) == 2


@pytest.mark.parametrize("kind", ["lost", "cut"])
async def test_an_answer_is_taken_back_whatever_gets_lost(
    slack: FakeSlack, database: Path, kind: Kind
) -> None:
    async with running(slack, database, echo) as bot:
        question = slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        await bot.remembered()
        slack.web.faults.append(Fault("chat.delete", kind))
        slack.delete(question)
        await until(lambda: slack.web.count("chat.delete") == 2)
        await until(lambda: slack.posts() == [])
        assert await bot.remembered() == []


async def test_without_the_right_to_look_a_lost_post_is_made_again(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("chat.postMessage", "cut"))
        slack.web.faults.append(Fault("conversations.history", "refused", times=9, code="missing_scope"))
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
    assert "may not look for a post: add the scope groups:history" in caplog.text


async def test_an_answer_begun_before_a_crash_is_finished_after_it(slack: FakeSlack, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin "
        await asyncio.Event().wait()

    bot = Bot(slack, database, endless)
    await bot.connected()
    slack.say("hello", calls=True)
    await until(lambda: slack.texts() == ["I begin"])
    await bot.crash()
    async with running(slack, database, echo):
        await until(lambda: slack.texts() == ["You said: hello"])
    assert slack.web.count("chat.postMessage") == 1


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "users.info"])
async def test_limits_are_waited_for(slack: FakeSlack, database: Path, method: str) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(10):
            await asyncio.sleep(0.02)
            yield f"word{number} "

    async with running(slack, database, slowly):
        slack.web.faults.append(Fault(method, "throttled"))
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() and slack.texts()[0].endswith("word9"), timeout_s=8.0)
    assert len(slack.posts()) == 1


async def test_slow_names_are_waited_for_once(slack: FakeSlack, database: Path) -> None:
    slack.web.delay_s["users.info"] = 4.0
    async with running(slack, database, echo):
        for number in range(4):
            slack.say(f"message {number}", place=slack.direct)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()[:4]), timeout_s=2.5)
        await until(lambda: "message 3" in "".join(slack.texts(slack.direct)))


async def test_an_edit_that_breaks_is_made_again(slack: FakeSlack, database: Path) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(10):
            await asyncio.sleep(0.02)
            yield f"word{number} "

    async with running(slack, database, slowly):
        slack.web.faults.append(Fault("chat.update", "cut", times=2))
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() and slack.texts()[0].endswith("word9"), timeout_s=8.0)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("not_in_channel", "could not post in channel C0GENERAL: invite the bot there"),
        ("missing_scope", "may not post: add the scope groups:history"),
    ],
)
async def test_a_refused_post_is_told_to_the_operator(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture, code: str, line: str
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("chat.postMessage", "refused", code=code))
        slack.say("hello", calls=True)
        await until(lambda: line in caplog.text)
        slack.say("hello again", calls=True)
        await until(lambda: slack.texts() == ["You said: hello again"])


async def test_a_post_deleted_meanwhile_ends_its_answer(slack: FakeSlack, database: Path) -> None:
    may_go_on = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin "
        await may_go_on.wait()
        yield "and end"

    async with running(slack, database, slowly):
        slack.say("hello", calls=True)
        await until(slack.texts)
        slack.delete(slack.posts()[0]["ts"])
        may_go_on.set()
        slack.say("still there?", place=slack.direct)
        await until(lambda: slack.texts(slack.direct) == ["I begin and end"])


async def test_with_a_fifth_of_all_answers_lost_everything_stands_once(
    slack: FakeSlack, database: Path
) -> None:
    def program(question: str) -> str:
        return f"{question}:\n```python file=a.py\nprint(1)\n```\nRun it."

    async def write(request: GenerationRequest) -> AsyncIterator[str]:
        for word in program(last_user(request)).split(" "):
            await asyncio.sleep(0.01)
            yield f"{word} "

    places = [slack.open_channel(f"room-{number}") for number in range(4)]
    async with running(slack, database, write):
        slack.web.lose(share=0.2, seed=3, methods=r"chat\..*|conversations\..*|files\.complete.*")
        for number, place in enumerate(places):
            slack.say(f"question {number}", place=place, calls=True)

        def is_whole(place: Place, number: int) -> bool:
            posts = slack.posts(place)
            files = [file["name"] for post in posts for file in post.get("files", [])]
            is_done = bool(posts) and JUDGE in buttons_of(posts[-1])
            return is_done and files == ["a.py"] and slack.texts(place)[0].startswith(f"question {number}:")

        await until(lambda: all(map(is_whole, places, range(len(places)))), timeout_s=30.0)
    # The name of the file ends a post, and the rest of the answer stands below it.
    assert [len(slack.posts(place)) for place in places] == [2] * len(places)
    assert len(slack.web.files.by_id) == len(places)


@pytest.mark.slow
async def test_conversations_at_once_share_slacks_limits(slack: FakeSlack, database: Path) -> None:
    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        for number in range(20):
            await asyncio.sleep(0.1)
            yield f"word{number} "

    async with running(slack, database, slowly):
        roots = [slack.say("lunch?") for _ in range(4)]
        for root in roots:
            slack.say("well?", thread=root, calls=True)

        def all_answered() -> bool:
            return all(slack.texts(thread=root)[-1:] == [ANSWER] for root in roots)

        await until(all_answered, timeout_s=20.0)
    assert len(slack.general.messages) == 3 * len(roots) and slack.web.throttled == []


@pytest.mark.slow
async def test_in_a_storm_every_question_has_one_answer(slack: FakeSlack, database: Path) -> None:
    """Answers get lost, limits hit, connections break, and every event comes three times."""
    dice = random.Random(4)
    kinds: tuple[Kind, ...] = ("lost", "cut", "trouble", "throttled")
    async with running(slack, database, at_once):
        roots = [slack.say("New chat", place=slack.pane, subtype="assistant_app_thread") for _ in range(15)]
        for number, root in enumerate(roots):
            if dice.random() < 0.4:
                slack.web.faults.append(Fault(dice.choice(("chat.*", "conversations.*")), dice.choice(kinds)))
            slack.say(f"question {number}", place=slack.pane, thread=root)
            if number % 3 == 2:
                await slack.socket.disconnect("refresh")
            await asyncio.sleep(0.05)
        bodies = [one.payload for one in slack.event_envelopes()] * 2
        dice.shuffle(bodies)
        for body in bodies:
            slack.socket.deliver("events_api", body)

        def all_answered() -> bool:
            return all(
                slack.texts(slack.pane, root) == [f"You said: question {number}"]
                for number, root in enumerate(roots)
            )

        await until(all_answered, timeout_s=60.0)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()), timeout_s=10.0)
    assert all_answered() and slack.socket.connected >= 5
