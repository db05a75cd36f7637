"""Answers longer than a post of Slack's: nothing is lost at the seams, and no post is over a limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.generation.types import GenerationRequest
from bot.platforms.slack.sink import MAX_CHARS
from tests.integration.conversation.rig import until
from tests.integration.slack.fake_slack import FakeSlack
from tests.integration.slack.rig import running
from tests.unit.platforms.slack.payloads import buttons_of, text_of

LINES = [
    f"{number}. item **{number}** with [a link](https://a.org/{number}) and `1 < {number} & 2`"
    for number in range(500)
]


async def paragraphs(request: GenerationRequest) -> AsyncIterator[str]:
    for at in range(0, len(LINES), 100):
        await asyncio.sleep(0.05)
        yield "\n".join(LINES[at : at + 100]) + "\n"


async def test_long_answers_come_whole_in_posts_within_the_limits(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, paragraphs):
        slack.say("everything", calls=True)
        await until(lambda: slack.posts() and "parley:regenerate" in buttons_of(slack.posts()[-1]), 15)
    shown = [text_of(post) for post in slack.posts()]
    assert [line for text in shown for line in text.splitlines() if line] == LINES
    assert len(shown) == -(-len("\n".join(LINES)) // MAX_CHARS) and max(map(len, shown)) <= MAX_CHARS
    assert all(len(post["text"]) <= 3000 for post in slack.posts())


async def test_a_long_answer_for_one_person_takes_few_posts(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, paragraphs):
        command = slack.command("/ask", "everything")
        await until(lambda: command.shown and "parley:share" in buttons_of(command.shown[-1]), 15)
    lines = [line for post in command.shown for line in text_of(post).splitlines() if line]
    assert lines == LINES and len(command.shown) <= 5 and slack.ephemeral == []
