"""Answers in threads are streamed, and stand there to the letter whatever happens to the stream."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.platforms.slack.mrkdwn import to_markdown_block
from bot.platforms.slack.streaming_text import without_links
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, TEAM, FakeSlack
from tests.integration.slack.fake_web import Fault, Kind
from tests.integration.slack.rig import Bot, running
from tests.unit.platforms.slack.payloads import buttons_of, text_of
from tests.unit.platforms.slack.test_streaming_text import ANSWER

WORDS = [f"word{number} " for number in range(12)]
TEXT = "".join(WORDS).strip()
STREAMING = r"chat\.\w+Stream"


class Told:
    """A model that says the next piece when it is told to."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()

    def say(self, *pieces: str) -> None:
        for piece in pieces:
            self._pieces.put_nowait(piece)

    def end(self) -> None:
        self._pieces.put_nowait(None)

    async def script(self, request: GenerationRequest) -> AsyncIterator[str]:
        while (piece := await self._pieces.get()) is not None:
            yield piece


def ask(slack: FakeSlack, text: str = "tell me") -> str:
    """A question in a thread; the thread."""
    root = slack.say("lunch?")
    slack.say(text, thread=root, calls=True)
    return root


def words_in(slack: FakeSlack, root: str) -> str:
    """What people read in the only answer there."""
    (post,) = slack.posts(thread=root)
    return text_of({**post, "blocks": [one for one in post.get("blocks", []) if one["type"] == "markdown"]})


async def test_an_answer_in_a_thread_is_streamed_and_ends_with_its_buttons(
    slack: FakeSlack, database: Path
) -> None:
    told = Told()
    async with running(slack, database, told.script) as bot:
        root = ask(slack)
        told.say(*WORDS[:3])
        await until(lambda: slack.web.count("chat.startStream") == 1 and bool(slack.posts(thread=root)))
        told.say(*WORDS[3:8])
        await until(lambda: slack.texts(thread=root) == ["word0 word1 word2 word3 word4 word5 word6"])
        (growing,) = slack.posts(thread=root)
        assert growing["streaming_state"] == "in_progress" and not buttons_of(growing)
        told.say(*WORDS[8:])
        told.end()
        await until(lambda: slack.web.count("chat.stopStream") == 1)
        assert (await bot.remembered(thread=root))[-1] == ("assistant", TEXT)
    assert slack.texts(thread=root) == [TEXT]
    (post,) = slack.posts(thread=root)
    assert post["metadata"]["event_type"] == "parley_reply"
    assert list(buttons_of(post)) == ["parley:regenerate", "parley:translate", "parley:judge"]
    assert not slack.web.count("chat.postMessage") and not slack.web.count("chat.update")
    (start,) = slack.web.calls("chat.startStream")
    assert (start["recipient_user_id"], start["recipient_team_id"]) == (ANN, TEAM)


async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
    for word in WORDS:
        await asyncio.sleep(0.07)
        yield word


async def test_whatever_is_lost_of_a_stream_the_answer_stands_once_and_to_the_letter(
    slack: FakeSlack, database: Path
) -> None:
    dice = random.Random(5)
    cuts = [0, *sorted(dice.sample(range(1, len(ANSWER)), 40)), len(ANSWER)]

    async def in_pieces(request: GenerationRequest) -> AsyncIterator[str]:
        for start, end in pairwise(cuts):
            await asyncio.sleep(0.05)
            yield ANSWER[start:end]

    kinds: tuple[Kind, ...] = ("lost", "cut", "trouble")
    async with running(slack, database, in_pieces):
        for seed, kind in enumerate(kinds):
            slack.web.faults.append(Fault(STREAMING, kind, 1000, share=0.15, dice=random.Random(seed)))
        roots = [ask(slack) for _ in range(4)]
        await until(lambda: all(_is_whole(slack, root) for root in roots), 20)
    streamed = to_markdown_block(without_links(ANSWER.strip(), lambda url: False))
    assert {words_in(slack, root) for root in roots} <= {streamed, to_markdown_block(ANSWER.strip())}
    assert slack.web.count("chat.update") and slack.web.count("chat.stopStream")


def _is_whole(slack: FakeSlack, root: str) -> bool:
    return any("parley:regenerate" in buttons_of(post) for post in slack.posts(thread=root))


@pytest.mark.parametrize("life_s", [0.0, 0.4])
async def test_a_stream_that_slack_ends_is_gone_on_with_by_edits(
    slack: FakeSlack, database: Path, life_s: float
) -> None:
    slack.web.stream_life_s = life_s
    async with running(slack, database, slowly):
        root = ask(slack)
        await until(lambda: _is_whole(slack, root))
    assert words_in(slack, root) == TEXT
    assert slack.web.count("chat.startStream") == 1 and slack.web.count("chat.update") >= 1


@pytest.mark.parametrize("code", ["missing_scope", "ratelimited"])
async def test_where_streams_are_refused_answers_are_posted_and_edited(
    slack: FakeSlack, database: Path, code: str
) -> None:
    slack.web.faults.append(Fault("chat.startStream", "refused", 1000, code=code))
    async with running(slack, database, slowly):
        first = ask(slack)
        await until(lambda: _is_whole(slack, first))
        second = ask(slack)
        await until(lambda: _is_whole(slack, second))
    assert words_in(slack, first) == words_in(slack, second) == TEXT
    assert slack.web.count("chat.startStream") == 1


async def test_no_more_streams_begin_than_slack_takes_and_the_rest_is_not_kept_waiting(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, slowly):
        roots = [ask(slack) for _ in range(10)]
        await until(lambda: all(_is_whole(slack, root) for root in roots), 20)
    assert all(words_in(slack, root) == TEXT for root in roots)
    assert slack.web.count("chat.startStream") == 8 and slack.web.count("chat.postMessage") == 2
    assert "chat.startStream" not in slack.web.throttled and "chat.appendStream" not in slack.web.throttled


async def test_a_streamed_post_that_somebody_deletes_is_made_anew(slack: FakeSlack, database: Path) -> None:
    told = Told()
    async with running(slack, database, told.script):
        root = ask(slack)
        told.say(*WORDS[:4])
        await until(lambda: "word2" in "".join(slack.texts(thread=root)))
        slack.delete(slack.posts(thread=root)[0]["ts"])
        told.say(*WORDS[4:])
        told.end()
        await until(lambda: _is_whole(slack, root))
    assert words_in(slack, root) == TEXT


async def test_a_question_that_is_deleted_takes_its_stream_with_it(slack: FakeSlack, database: Path) -> None:
    told = Told()
    async with running(slack, database, told.script):
        root = slack.say("lunch?")
        question = slack.say("tell me", thread=root, calls=True)
        told.say(*WORDS[:4])
        await until(lambda: bool(slack.posts(thread=root)))
        slack.delete(question)
        await until(lambda: not slack.posts(thread=root))


async def test_what_is_long_streams_on_in_another_post(slack: FakeSlack, database: Path) -> None:
    lines = [f"Line {number} of a **long** answer with `code` in it.\n" for number in range(300)]
    told = Told()
    async with running(slack, database, told.script):
        root = ask(slack)
        told.say(*lines[:20])
        await until(lambda: len(slack.posts(thread=root)) == 1)
        told.say(*lines[20:])
        await until(lambda: len(slack.posts(thread=root)) == 2)
        told.end()
        await until(lambda: _is_whole(slack, root))
    posts = slack.posts(thread=root)
    assert len(posts) == 2 and slack.web.count("chat.startStream") == 2
    assert [list(buttons_of(post))[:1] for post in posts] == [[], ["parley:regenerate"]]
    assert slack.web.count("chat.stopStream") == 2 and not slack.web.count("chat.update")
    shown = "\n".join(slack.texts(thread=root))
    assert shown.split() == "".join(lines).split()


async def test_links_of_the_models_own_are_not_active_in_a_stream(slack: FakeSlack, database: Path) -> None:
    told = Told()
    async with running(slack, database, told.script):
        root = ask(slack, "what is on <https://a.example/x>?")
        told.say("Read https://a.example/x and [this](https://e.example/?q=secret) or ")
        told.say("https://e.example/b now.")
        told.end()
        await until(lambda: _is_whole(slack, root))
    assert slack.texts(thread=root) == [
        "Read https://a.example/x and this (`https://e.example/?q=secret`) or `https://e.example/b` now."
    ]


async def test_after_a_crash_a_stream_that_nobody_knows_of_is_gone_on_with(
    slack: FakeSlack, database: Path
) -> None:
    told = Told()
    bot = Bot(slack, database, told.script)
    await bot.connected()

    async def die_before_writing_down(reply_id: int, index: int, message_id: str) -> None:
        await asyncio.Event().wait()

    bot.store.record_post = die_before_writing_down  # type: ignore[method-assign]
    root = ask(slack)
    told.say(*WORDS[:3])
    await until(lambda: len(slack.posts(thread=root)) == 1)
    await bot.crash()
    async with running(slack, database, slowly):
        await until(lambda: _is_whole(slack, root))
    assert words_in(slack, root) == TEXT
    assert slack.posts(thread=root)[0]["metadata"]["event_type"] == "parley_reply"


async def test_after_a_crash_a_known_stream_is_gone_on_with(slack: FakeSlack, database: Path) -> None:
    told = Told()
    bot = Bot(slack, database, told.script)
    await bot.connected()
    root = ask(slack)
    told.say(*WORDS[:3])
    await until(lambda: "word0" in "".join(slack.texts(thread=root)))
    await bot.crash()
    async with running(slack, database, slowly):
        await until(lambda: _is_whole(slack, root))
    assert words_in(slack, root) == TEXT


async def test_what_is_not_in_a_thread_and_what_comes_at_once_is_no_stream(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.say("hello", BEN, calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
    assert not slack.web.count("chat.startStream")
