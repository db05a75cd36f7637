"""What people choose in a message's menu in Slack: about that message, in its thread, seen by whom it is
for."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.tasks.referring import NOT_REMEMBERED
from bot.errors import GenerationError
from bot.generation.types import GenerationRequest
from bot.platforms.slack.forms import FORM
from bot.platforms.slack.reading import NOT_HERE
from bot.platforms.slack.shortcuts import EXPLAIN, REPLY, SHORTCUTS, SUMMARIZE, TRANSLATE
from tests.integration.conversation.rig import until
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack
from tests.integration.slack.rig import running

SAMPLES = Path("tests/data/slack/interactions")
BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


async def repeat(request: GenerationRequest) -> AsyncIterator[str]:
    """The last message of the prompt, in capitals."""
    yield request.prompt.messages[-1].content.upper()


async def heard(slack: FakeSlack) -> None:
    await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))


def test_every_entry_fits_into_slacks_menus() -> None:
    for shortcut in SHORTCUTS:
        assert len(shortcut.name_for("Parley" * 9)) <= 24 and len(shortcut.description) <= 150
    assert len({shortcut.callback_id for shortcut in SHORTCUTS}) == len(SHORTCUTS)


@BOTH
async def test_a_message_is_translated_in_its_thread_for_the_person_alone(
    slack: FakeSlack, database: Path
) -> None:
    slack.profiles[ANN] = {"locale": "es-ES"}
    async with running(slack, database, repeat) as bot:
        root = slack.say("lunch?", BEN)
        ts = slack.say("good morning to all of you, my friends", BEN, thread=root)
        shortcut = slack.shortcut(TRANSLATE, ts)
        await until(lambda: slack.ephemeral)
        (whisper,) = slack.ephemeral
        assert whisper["user"] == ANN and whisper["thread_ts"] == root
        assert "GOOD MORNING TO ALL OF YOU" in whisper["text"] and not slack.posts(thread=root)
        assert "Spanish" in bot.generator.asked[0].prompt.messages[-1].content
        if slack.transport == "socket":  # over HTTP its signature would tell
            replayed = slack.door.deliver("interactive", shortcut.envelope.payload)
            await until(lambda: replayed.acknowledgements and bot.manager.is_idle)
        assert len(slack.ephemeral) == 1 and not shortcut.shown


async def test_the_whole_thread_is_summarised_with_its_first_message(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, repeat) as bot:
        slack.say("the old plan is dropped for good")
        root = slack.say("we meet on Monday at nine in the harbour", BEN)
        replies = [slack.say(f"reply {number} about the boats", thread=root) for number in range(3)]
        await heard(slack)
        slack.shortcut(SUMMARIZE, replies[1])
        await until(lambda: len(slack.ephemeral) == 1)
        slack.shortcut(SUMMARIZE, root)
        await until(lambda: len(slack.ephemeral) == 2)
        for whisper in slack.ephemeral:
            assert whisper["thread_ts"] == root and "4 of 4 messages" in whisper["text"]
            assert "old plan" not in whisper["text"]
        assert bot.manager.is_idle or not slack.posts()


async def test_a_thread_from_before_the_bot_came_is_read_whole(slack: FakeSlack, database: Path) -> None:
    def words(number: int) -> str:
        return f"message {number} about the boats in the harbour"

    roots = slack.fill(slack.random, 40, threads=1, replies=120, words=words)
    (root,) = [ts for ts in roots if slack.random.messages[ts].get("reply_count")]
    async with running(slack, database, repeat):
        slack.shortcut(SUMMARIZE, root)
        await until(lambda: slack.ephemeral)
        assert "121 of 121 messages" in slack.ephemeral[0]["text"]


async def test_without_a_thread_it_is_what_was_said_since(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, repeat):
        slack.say("the old plan is dropped for good")
        ts = slack.say("we meet on Monday at nine in the harbour", BEN)
        slack.say("fine, I bring the boats")
        await heard(slack)
        slack.shortcut(SUMMARIZE, ts)
        await until(lambda: slack.ephemeral)
        (whisper,) = slack.ephemeral
        assert "2 of 2 messages, from that message on, " in whisper["text"] and "thread_ts" not in whisper


async def test_a_reply_is_for_everybody_in_the_messages_thread(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, repeat):
        ts = slack.say("is anybody hungry?", BEN)
        slack.shortcut(REPLY, ts)
        await until(lambda: "IS ANYBODY HUNGRY?" in "".join(slack.texts(thread=ts)))
        assert slack.texts(thread=ts)[0].startswith("_Ann asked `/reply`:_")
        assert not slack.ephemeral and not slack.posts()


@pytest.mark.parametrize("has_thread", [False, True])
async def test_why_there_is_no_reply_is_told_to_who_asked_alone(
    slack: FakeSlack, database: Path, has_thread: bool
) -> None:
    async def failing(request: GenerationRequest) -> AsyncIterator[str]:
        raise GenerationError("out of memory")
        yield ""

    async with running(slack, database, failing) as bot:
        ts = slack.say("is anybody hungry?", BEN)
        if has_thread:
            slack.say("no", thread=ts)
        await heard(slack)
        shortcut = slack.shortcut(REPLY, ts)
        await until(lambda: shortcut.texts or slack.ephemeral)
        await until(lambda: bot.manager.is_idle)
        assert bool(shortcut.texts) is not has_thread
        assert all(whisper["thread_ts"] == ts for whisper in slack.ephemeral)
        assert not slack.posts() and len(slack.posts(thread=ts)) == 0


async def test_what_a_bot_said_before_the_bot_came_is_explained(slack: FakeSlack, database: Path) -> None:
    message = {"type": "message", "ts": "1700000000.000100", "bot_id": "BBUILD", "text": "Build 7 failed"}
    slack.general.messages[message["ts"]] = {**message, "user": "UBUILD", "username": "Builder"}
    async with running(slack, database, repeat) as bot:
        slack.shortcut(EXPLAIN, message["ts"], place=slack.general)
        await until(lambda: slack.ephemeral)
        assert "BUILD 7 FAILED" in slack.ephemeral[0]["text"]
        assert ("user", "Build 7 failed") in await bot.remembered()


async def test_what_was_deleted_is_not_brought_back(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, repeat) as bot:
        ts = slack.say("a secret", BEN)
        await until(lambda: bot.manager.is_idle)
        await heard(slack)
        message = slack.general.messages[ts]
        slack.delete(ts)
        await heard(slack)
        slack.general.messages[ts] = message  # as a client shows it that was not told yet
        slack.shortcut(EXPLAIN, ts)
        await until(lambda: slack.ephemeral)
        assert slack.ephemeral[0]["text"].startswith(NOT_REMEMBERED[:30])
        assert await bot.remembered() == []


@pytest.mark.parametrize("callback_id", [TRANSLATE, SUMMARIZE, REPLY])
async def test_where_the_bot_is_no_member_it_knows_only_that_message(
    slack: FakeSlack, database: Path, callback_id: str
) -> None:
    slack.profiles[ANN] = {"locale": "es-ES"}
    place = slack.open_channel("far", private=True, with_bot=False)
    async with running(slack, database, repeat) as bot:
        ts = slack.say("good morning to all of you, my friends", BEN, place)
        shortcut = slack.shortcut(callback_id, ts)
        await until(lambda: shortcut.texts)
        if callback_id == TRANSLATE:
            assert "GOOD MORNING TO ALL OF YOU" in shortcut.texts[-1]
        else:
            assert shortcut.texts == [NOT_HERE.format(name="Parley")]
        assert not any(body["replace_original"] for body in shortcut.shown)
        assert await bot.remembered(place) == [] and not slack.ephemeral and not slack.posts(place)


async def test_slacks_own_samples_go_through_unharmed(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, repeat) as bot:
        for path in sorted(SAMPLES.glob("*.json")):
            written = path.read_text()
            # As they are, and as if they were about what the bot made.
            for old, new in (
                ("", ""),
                ("test-shortcut", TRANSLATE),
                ('"a"', '"parley:stop"'),
                ("view-id", FORM),
            ):
                payload = json.loads(written.replace(old, new) if old else written)
                payload.pop("response_url", None)
                payload["trigger_id"] = f"{path.stem}.{new}"
                envelope = slack.door.deliver("interactive", payload)
                await until(lambda envelope=envelope: envelope.acknowledgements)  # type: ignore[misc]
        await until(lambda: bot.manager.is_idle)
        assert not bot.generator.asked and not slack.posts()
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
