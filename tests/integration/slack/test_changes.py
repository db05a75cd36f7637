"""Edits and deletions: what people change, memory and answers follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from bot.generation.types import GenerationRequest
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import FakeSlack
from tests.integration.slack.rig import running


async def test_an_edited_question_is_answered_anew_in_the_same_message(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        question = slack.say("helo", calls=True)
        await until(lambda: slack.texts() == ["You said: helo"])
        await bot.remembered()
        slack.edit(question, "hello")
        await until(lambda: slack.texts() == ["You said: hello"])
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]
    assert slack.web.count("chat.postMessage") == 1


async def test_a_question_edited_in_a_thread_is_answered_anew_there(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        root = slack.say("lunch?")
        question = slack.say("whn", thread=root, calls=True)
        await until(lambda: slack.texts(thread=root) == ["You said: whn"])
        await bot.remembered(thread=root)
        slack.edit(question, "when")
        await until(lambda: slack.texts(thread=root) == ["You said: when"])


async def test_an_edit_that_adds_the_mention_makes_a_question(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        message = slack.say("hello")
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        slack.edit(message, "<@UBOT1> hello")
        await until(lambda: slack.texts() == ["You said: hello"])


async def test_a_preview_added_by_slack_changes_nothing(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        question = slack.say("see https://a.example", calls=True)
        await until(lambda: len(slack.texts()) == 1)
        await bot.remembered()
        slack.change(slack.general, {**slack.general.messages[question], "attachments": [{"title": "A"}]})
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert len(bot.generator.asked) == 1


async def test_a_question_deleted_meanwhile_takes_its_answer_with_it(
    slack: FakeSlack, database: Path
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin "
        await asyncio.Event().wait()

    async with running(slack, database, endless) as bot:
        question = slack.say("a secret", calls=True)
        await until(lambda: slack.texts() == ["I begin"])
        slack.delete(question)
        await until(lambda: slack.texts() == [])
        assert await bot.remembered() == []


async def test_a_deleted_message_is_forgotten(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        secret = slack.say("the code is 1234")
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        slack.delete(secret)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert await bot.remembered() == [("user", "hello"), ("assistant", "You said: hello")]


async def test_an_answer_deleted_by_a_person_is_forgotten(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["You said: hello"])
        await bot.remembered()
        slack.delete(slack.posts()[0]["ts"])
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert await bot.remembered() == [("user", "hello")]
