"""Flags under messages in Slack: a translation in the thread for everybody, once a message and language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import GenerationError
from bot.generation.types import GenerationRequest
from bot.platforms.slack.reactions import language_of
from bot.storage.records import OPTED_OUT
from tests.integration.conversation.rig import until
from tests.integration.slack.fake_slack import ANN, BEN, BOT_USER, FakeSlack
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import key_of, running

MORNING = "Good morning to all of you, my dear friends"
ROBOT = "UROBOT1"


async def translator(request: GenerationRequest) -> AsyncIterator[str]:
    yield request.prompt.messages[-1].content.partition("\n")[0] + "!"


async def is_quiet(slack: FakeSlack) -> None:
    """Have a question answered: what came before it was looked at."""
    await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
    slack.say("are you there?", calls=True)
    await until(lambda: slack.texts() == ["are you there?!"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *(("flag-es", "es"), ("es", "es"), ("jp", "ja"), ("flag-at", "de"), ("gb", "en"), ("uk", "en")),
        *(("flag-wales", "en"), ("flag-br", "pt"), ("kr", "ko")),
        *(("flag-aq", ""), ("checkered_flag", ""), ("tada", ""), ("flag-", ""), ("", ""), ("flag-xx", "")),
    ],
)
def test_flags_have_the_names_that_slack_gives_them(name: str, code: str) -> None:
    language = language_of(name)
    assert (language.code if language else "") == code


async def test_a_flag_has_a_message_translated_in_its_thread_once(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator) as bot:
        target = slack.say(MORNING)
        root = slack.say("lunch?", BEN)
        reply = slack.say("I would like to eat something warm today", BEN, thread=root)
        for flag in ("thumbsup", "de", "de", "flag-at"):
            slack.react(target, flag, BEN)
        slack.react(target, "flag-fr")
        slack.react(reply, "es")
        await until(lambda: len(slack.texts(thread=target)) == 2 and slack.texts(thread=root))
        await until(lambda: bot.manager.is_idle)
        assert slack.texts(thread=target) == ["Translate into German:!", "Translate into French:!"]
        assert slack.texts(thread=root) == ["Translate into Spanish:!"] and not slack.texts()


async def test_a_thread_of_translations_is_no_talk_with_the_bot(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, translator) as bot:
        target = slack.say(MORNING)
        slack.react(target, "de")
        await until(lambda: slack.texts(thread=target) == ["Translate into German:!"])
        slack.say("fine, thank you", BEN, thread=target)
        await is_quiet(slack)
        assert len(bot.generator.asked) == 2 and len(slack.texts(thread=target)) == 1


async def test_it_goes_with_the_message_and_comes_once_over_restarts(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, translator):
        target = slack.say(MORNING)
        slack.react(target, "es")
        await until(lambda: slack.texts(thread=target) == ["Translate into Spanish:!"])
    async with running(slack, database, translator) as bot:
        slack.react(target, "es", BEN)
        slack.react(target, "it")
        await until(lambda: len(slack.texts(thread=target)) == 2)
        assert len(bot.generator.asked) == 1
        slack.delete(target)
        await until(lambda: slack.texts(thread=target) == [])


async def test_a_message_from_before_the_bot_came_is_read_in_its_thread(
    slack: FakeSlack, database: Path
) -> None:
    (root,) = slack.fill(slack.random, 1, threads=1, replies=2, words=lambda number: MORNING)
    replies = [ts for ts, one in slack.random.messages.items() if one.get("thread_ts") == root and ts != root]
    async with running(slack, database, translator, backfill_messages=0):
        slack.react(replies[-1], "de")
        await until(lambda: slack.texts(slack.random, thread=root) == ["Translate into German:!"])


async def test_what_slack_does_not_say_at_once_is_asked_for_again(slack: FakeSlack, database: Path) -> None:
    slack.door.retry_s = 0.1
    (ts,) = slack.fill(slack.random, 1, words=lambda number: MORNING)
    slack.web.faults.append(Fault("conversations.replies", "throttled"))
    async with running(slack, database, translator, backfill_messages=0):
        slack.react(ts, "de")
        await until(lambda: slack.texts(slack.random, thread=ts) == ["Translate into German:!"])


@pytest.mark.parametrize("rule", [("flags", "off"), ("speak", "off")])
async def test_where_flags_are_off_nothing_happens(
    slack: FakeSlack, database: Path, rule: tuple[str, str]
) -> None:
    async with running(slack, database, translator) as bot:
        await bot.store.set_setting(key_of(slack.general), *rule)
        slack.react(slack.say(MORNING), "de")
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert bot.manager.is_idle and not bot.generator.asked


@pytest.mark.parametrize("why", ["a bot's flag", "the bot's own", "opted out", "in German already"])
async def test_what_is_not_to_be_translated_is_passed_over(
    slack: FakeSlack, database: Path, why: str
) -> None:
    slack.users[ROBOT], slack.profiles[ROBOT] = "robot", {"is_bot": True}
    async with running(slack, database, translator) as bot:
        if why == "opted out":
            key = key_of(slack.general)
            await bot.store.set_person_setting(key, BEN, *OPTED_OUT)
        text = "Guten Morgen, wie geht es dir heute?" if why == "in German already" else MORNING
        target = slack.say(text, BEN)
        slack.react(target, "de", {"a bot's flag": ROBOT, "the bot's own": BOT_USER}.get(why, ANN))
        await is_quiet(slack)
        assert len(bot.generator.asked) == 1 and not slack.posts(thread=target)


async def test_a_flag_that_cannot_be_followed_is_passed_over(slack: FakeSlack, database: Path) -> None:
    async def failing(request: GenerationRequest) -> AsyncIterator[str]:
        if "Translate" in request.prompt.messages[-1].content:
            raise GenerationError("out of memory")
        async for piece in translator(request):
            yield piece

    async with running(slack, database, failing) as bot:
        target = slack.say(MORNING, BEN)
        slack.react(target, "de")
        await until(lambda: bot.generator.asked)
        await is_quiet(slack)
        assert not slack.posts(thread=target) and not slack.ephemeral
