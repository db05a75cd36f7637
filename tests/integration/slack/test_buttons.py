"""Buttons below answers in Slack: what each does for whom, once, and in time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.conversation.access import NO_SUCH_PLACE
from bot.conversation.controls import NOT_YOURS, NOTHING_TO_STOP, UNKNOWN_ANSWER
from bot.errors import StorageError
from bot.generation.types import GenerationRequest
from bot.platforms.presses import I_MAY_NOT_SHARE, SHARED_ALREADY, THANKS, THUMB_TAKEN_BACK, YOU_MAY_NOT_SHARE
from bot.platforms.slack.buttons import ASKED_ALREADY
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo, numbered, of_lengths
from tests.integration.slack.fake_slack import ANN, BEN, BOT_USER, FakeSlack, Interaction, Payload
from tests.integration.slack.rig import Bot, key_of, running
from tests.unit.platforms.slack.payloads import buttons_of

FINAL = ["regenerate", "translate", "judge"]
ENGLISH = "The meeting is at seven in the harbour, and everybody who wants to come is welcome to join us."
CEM = "UCEM1"


@pytest.fixture
def stranger(slack: FakeSlack) -> str:
    """Somebody in the channel who asked nothing and looks after nothing."""
    slack.users[CEM] = "Cem"
    slack.general.members.add(CEM)
    return CEM


def actions(post: Payload) -> list[str]:
    """What the buttons below a post are for."""
    return [action.removeprefix("parley:") for action in buttons_of(post)]


async def told(press: Interaction) -> str:
    """What the person who pressed is told alone, beside what they pressed."""
    await until(lambda: press.texts)
    (body,) = press.shown
    assert body["response_type"] == "ephemeral" and not body["replace_original"]
    return str(body["text"])


async def answered(slack: FakeSlack, bot: Bot, author: str = BEN) -> Payload:
    """A question is asked and answered; the answer's last post."""
    count = len(slack.posts())
    slack.say("hello", author, calls=True)
    await until(lambda: len(slack.posts()) > count and "regenerate" in actions(slack.posts()[-1]))
    await bot.remembered()
    return slack.posts()[-1]


async def whispered(slack: FakeSlack, bot: Bot, words: str = "when?") -> Payload:
    """A command is answered to one person alone; that answer."""
    command = slack.command("/ask", words)
    await until(lambda: command.texts and "share" in actions(command.shown[-1]))
    await bot.remembered()
    return command.shown[-1]


@pytest.mark.parametrize("who", ["asker", "admin", "stranger"])
async def test_stop_is_for_the_asker_and_for_admins(
    slack: FakeSlack, database: Path, stranger: str, who: str
) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    async with running(slack, database, endless) as bot:
        slack.say("talk", BEN, calls=True)
        await until(lambda: [actions(post) for post in slack.posts()] == [["stop"]])
        presser = {"asker": BEN, "admin": ANN, "stranger": stranger}[who]
        press = slack.press(slack.posts()[0], "parley:stop", presser)
        if who == "stranger":
            assert await told(press) == NOT_YOURS
            assert not bot.generator.generations[0].is_closed
            assert await bot.manager.stop(key_of(slack.general))
        else:
            await until(lambda: actions(slack.posts()[0]) == FINAL)
            assert bot.generator.generations[0].is_closed and not press.shown


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_regenerate_works_after_a_restart_and_for_whom_it_is(
    slack: FakeSlack, database: Path, stranger: str
) -> None:
    script = numbered()
    async with running(slack, database, script) as bot:
        await answered(slack, bot)
    async with running(slack, database, script) as bot:
        (post,) = slack.posts()
        assert await told(slack.press(post, "parley:regenerate", stranger)) == NOT_YOURS
        slack.press(post, "parley:regenerate", BEN)
        await until(lambda: slack.texts() == ["answer 2"] and actions(slack.posts()[0]) == FINAL)
        await bot.remembered()
        assert slack.posts()[0]["ts"] == post["ts"]


async def test_buttons_work_in_direct_messages(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        slack.say("hello", place=slack.direct)
        await until(lambda: slack.posts(slack.direct) and actions(slack.posts(slack.direct)[0]) == FINAL)
        await bot.remembered(slack.direct)
        slack.press(slack.posts(slack.direct)[0], "parley:regenerate")
        await until(lambda: slack.texts(slack.direct) == ["answer 2"])


async def test_who_left_the_channel_is_told_nothing(slack: FakeSlack, database: Path) -> None:
    private = slack.open_channel("plans", private=True)
    async with running(slack, database, numbered()) as bot:
        slack.say("hello", BEN, private, calls=True)
        await until(lambda: slack.posts(private) and "regenerate" in actions(slack.posts(private)[-1]))
        await bot.remembered(private)
        slack.leave(private, BEN)
        (post,) = slack.posts(private)
        for action in ("regenerate", "translate"):
            assert await told(slack.press(post, f"parley:{action}", BEN)) == NO_SUCH_PLACE
        assert slack.texts(private) == ["answer 1"] and not slack.ephemeral


async def test_the_same_press_and_the_same_button_do_nothing_twice(slack: FakeSlack, database: Path) -> None:
    held = asyncio.Event()

    async def slow(request: GenerationRequest) -> AsyncIterator[str]:
        if len(bot.generator.asked) > 1:
            await held.wait()
        yield f"answer {len(bot.generator.asked)}"

    async with running(slack, database, slow) as bot:
        post = await answered(slack, bot)
        press = slack.press(post, "parley:regenerate", BEN)
        await until(lambda: len(bot.generator.asked) == 2)
        again = slack.press(post, "parley:regenerate", BEN)
        assert "still being written" in await told(again)
        replayed = slack.door.deliver("interactive", press.envelope.payload)
        await until(lambda: replayed.acknowledgements)
        held.set()
        await until(lambda: slack.texts() == ["answer 2"])
        await bot.remembered()
        assert len(bot.generator.asked) == 2 and not press.shown


async def test_continue_goes_on_where_an_answer_was_cut(
    slack: FakeSlack, database: Path, stranger: str
) -> None:
    async with running(slack, database, of_lengths(20, 40)) as bot:
        bot.generator.ending = "length"
        post = await answered(slack, bot)
        assert "continue" in actions(post)
        bot.generator.ending = "stop"
        assert await told(slack.press(post, "parley:continue", stranger)) == NOT_YOURS
        slack.press(post, "parley:continue", BEN)
        await until(lambda: "line 39 of 40" in slack.texts()[0] and actions(slack.posts()[0]) == FINAL)


async def test_translate_answers_the_presser_alone_in_their_language(
    slack: FakeSlack, database: Path, stranger: str
) -> None:
    async def german(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Das Treffen ist um sieben Uhr am Hafen." if len(bot.generator.asked) > 1 else ENGLISH

    slack.profiles[stranger] = {"locale": "de-DE"}
    async with running(slack, database, german) as bot:
        post = await answered(slack, bot)
        presses = [slack.press(post, "parley:translate", stranger) for _ in range(2)]
        await until(lambda: slack.ephemeral and any(press.shown for press in presses))
        assert [body["text"] for press in presses for body in press.shown] == [ASKED_ALREADY]
        await until(lambda: bot.manager.is_idle)
        (whisper,) = slack.ephemeral
        assert whisper["user"] == stranger and "Hafen" in whisper["text"]
        assert "German" in bot.generator.asked[-1].prompt.messages[-1].content
        assert slack.texts() == [ENGLISH]


async def test_who_has_no_known_language_is_asked_for_one(slack: FakeSlack, database: Path) -> None:
    async def french(request: GenerationRequest) -> AsyncIterator[str]:
        yield "La réunion est à sept heures." if len(bot.generator.asked) > 1 else ENGLISH

    slack.profiles[BEN] = {"locale": ""}
    async with running(slack, database, french) as bot:
        post = await answered(slack, bot)
        press = slack.press(post, "parley:translate", BEN)
        await until(lambda: press.views)
        slack.submit(press.views[0], {"language": {"static_select": "fr"}}, BEN)
        await until(lambda: slack.ephemeral)
        assert "sept heures" in slack.ephemeral[0]["text"] and slack.texts() == [ENGLISH]


async def test_who_reads_the_answer_in_their_own_language_is_asked_for_another(
    slack: FakeSlack, database: Path
) -> None:
    async def english(request: GenerationRequest) -> AsyncIterator[str]:
        yield ENGLISH

    slack.profiles[BEN] = {"locale": "en-GB"}
    async with running(slack, database, english) as bot:
        post = await answered(slack, bot)
        presses = [slack.press(post, "parley:translate", BEN) for _ in range(2)]
        await until(lambda: all(press.views for press in presses))
        assert not slack.ephemeral and len(bot.generator.asked) == 1


async def test_thumbs_are_for_everybody_and_the_same_again_takes_one_back(
    slack: FakeSlack, database: Path, stranger: str
) -> None:
    async with running(slack, database, echo) as bot:
        post = await answered(slack, bot)
        assert await told(slack.press(post, "parley:judge", stranger, "good")) == THANKS
        assert await told(slack.press(post, "parley:judge", BEN, "bad")) == THANKS
        assert await bot.store.feedback(key_of(slack.general)) == (1, 1)
        assert await told(slack.press(post, "parley:judge", BEN, "bad")) == THUMB_TAKEN_BACK
        assert await bot.store.feedback(key_of(slack.general)) == (1, 0)


async def test_what_one_person_sees_is_made_anew_in_its_place(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, numbered()) as bot:
        post = await whispered(slack, bot)
        press = slack.press(post, "parley:regenerate")
        await until(lambda: press.shown)
        (body,) = press.shown
        assert body["replace_original"] and "answer 2" in body["text"] and "share" in actions(body)
        assert not slack.ephemeral and not slack.posts()


async def test_a_private_answer_in_a_thread_is_translated_there(slack: FakeSlack, database: Path) -> None:
    async def german(request: GenerationRequest) -> AsyncIterator[str]:
        yield "Das Treffen ist um sieben Uhr am Hafen." if len(bot.generator.asked) > 1 else ENGLISH

    slack.profiles[ANN] = {"locale": "de-DE"}
    async with running(slack, database, german) as bot:
        root = slack.say("when do we meet, and where?", BEN)
        slack.say("and who comes?", BEN, thread=root)
        slack.shortcut("parley:explain", root)
        await until(lambda: slack.ephemeral)
        await bot.remembered(thread=root)
        slack.press(slack.ephemeral[0], "parley:translate")
        await until(lambda: len(slack.ephemeral) == 2)
        assert "Hafen" in slack.ephemeral[1]["text"]
        assert [whisper["thread_ts"] for whisper in slack.ephemeral] == [root, root]


async def test_a_private_answer_is_shared_once_by_who_asked(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        post = await whispered(slack, bot)
        forged = slack.press(post, "parley:share", BEN)
        assert await told(forged) == UNKNOWN_ANSWER
        slack.press(post, "parley:share")
        await until(lambda: slack.posts())
        await bot.remembered()
        assert slack.texts() == ["_Shared by Ann, who asked `/ask question:when?`:_\n\nYou said: when?"]
        assert await told(slack.press(post, "parley:share")) == SHARED_ALREADY
        assert len(slack.posts()) == 1


async def test_nothing_is_shared_where_the_bot_may_not_write(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        post = await whispered(slack, bot)
        slack.general.is_archived = True
        assert await told(slack.press(post, "parley:share")) == I_MAY_NOT_SHARE
        assert not slack.posts()


async def test_who_left_the_channel_shares_nothing_there(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        post = await whispered(slack, bot)
        slack.general.members.discard(ANN)
        assert await told(slack.press(post, "parley:share")) == YOU_MAY_NOT_SHARE
        assert not slack.posts()


@pytest.mark.parametrize("action", ["parley:explode", "other:stop", "parley:stop"])
async def test_what_is_no_button_of_an_answer_is_refused(
    slack: FakeSlack, database: Path, action: str
) -> None:
    button = {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": "Press"}}
    async with running(slack, database, echo) as bot:
        await answered(slack, bot)
        forged = {"blocks": [{"type": "actions", "elements": [button]}], "user": BOT_USER, "text": "x"}
        ts = slack.add(slack.random, {"type": "message", "ts": slack.new_ts(), "bot_id": "B9", **forged})
        press = slack.press(slack.random.messages[ts], action)
        await until(lambda: press.acknowledged is not None)
        if action.startswith("parley:"):
            assert await told(press) == UNKNOWN_ANSWER
        assert slack.texts() == ["You said: hello"] and not (action == "other:stop" and press.shown)


async def test_a_stop_that_comes_too_late_says_so(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        post = await answered(slack, bot)
        button = {
            "type": "button",
            "action_id": "parley:stop",
            "text": {"type": "plain_text", "text": "Stop"},
        }
        post["blocks"].append({"type": "actions", "block_id": "late", "elements": [button]})
        assert await told(slack.press(post, "parley:stop", BEN)) == NOTHING_TO_STOP


async def test_a_press_is_acknowledged_in_time_though_the_database_refuses(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack.interactions.ACK_S", 0.05)
    monkeypatch.setattr("bot.platforms.patience.STORAGE_RETRY_S", (0.3,))
    refusals = [StorageError("locked")]

    async with running(slack, database, numbered()) as bot:
        post = await answered(slack, bot)
        find = bot.store.known.questions_of_post

        async def reluctant(*args: object) -> object:
            if refusals:
                raise refusals.pop()
            return await find(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(bot.store.known, "questions_of_post", reluctant)
        press = slack.press(post, "parley:regenerate", BEN)
        await until(lambda: press.acknowledged is not None)
        assert slack.texts() == ["answer 1"]
        await until(lambda: slack.texts() == ["answer 2"])


async def test_a_stop_left_by_a_crash_stops_the_answer_that_goes_on(slack: FakeSlack, database: Path) -> None:
    async def endless(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin"
        await asyncio.Event().wait()

    bot = Bot(slack, database, endless)
    await bot.connected()
    slack.say("talk", calls=True)
    await until(lambda: slack.texts() == ["I begin"] and bot.generator.generations)
    await bot.crash()
    async with running(slack, database, endless) as again:
        await until(lambda: again.generator.generations)
        slack.press(slack.posts()[0], "parley:stop")
        await until(lambda: actions(slack.posts()[0]) == FINAL)
        assert len(slack.posts()) == 1
