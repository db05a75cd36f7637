"""The home tab: what a person sees there, what its buttons do, and what is gone from it afterwards."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.conversation.schedules import DIGESTS, Rhythm, Schedule, write_schedules
from bot.messages import ConversationKey
from bot.platforms.slack.home import ANSWERED, NOT_ANSWERED
from bot.platforms.slack.home_blocks import HOME, LABELS
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, TEAM, FakeSlack, Interaction, Place
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.installing import installed
from tests.integration.slack.rig import Bot, key_of, running
from tests.unit.platforms.slack.payloads import buttons_of, label_of, text_of

CEM, OTHER, TOKEN = "UCEM1", "T222", "xoxb-another-that-must-stay-secret"


def seen(slack: FakeSlack, author: str = ANN) -> str:
    """What a person reads at home."""
    return text_of(slack.home(author) or {})


async def opened(slack: FakeSlack, author: str = ANN) -> str:
    """What a person reads at home who opens it for the first time, or when it looks other than before."""
    before = (slack.home(author) or {}).get("hash")
    slack.open_home(author)
    await until(lambda: (slack.home(author) or {}).get("hash") != before)
    return seen(slack, author)


async def press(slack: FakeSlack, name: str, author: str = ANN) -> Interaction:
    """Press a button at home; the bot has acknowledged it."""
    given = slack.press_in_view(slack.home(author) or {}, f"{HOME}{name}", author)
    await until(lambda: given.acknowledged is not None)
    return given


async def told(slack: FakeSlack, bot: Bot, text: str) -> str:
    """What the bot has written to Ann directly, when it says `text`."""
    await until(lambda: text in "\n".join(slack.texts(slack.direct)))
    await until(lambda: not bot.manager.has_work(key_of(slack.direct)))
    return slack.texts(slack.direct)[-1]


async def set_digest(bot: Bot, key: ConversationKey, at: str = "09:00") -> None:
    now = datetime.now(UTC).isoformat()
    schedule = Schedule(1, Rhythm((0, 1, 2, 3, 4), at, "Europe/Berlin"), since=now, seen=now)
    await bot.store.set_setting(key, DIGESTS, write_schedules([schedule]))


async def spoken(slack: FakeSlack, text: str, author: str, place: Place | None = None) -> None:
    """A person said something, and the bot has it."""
    ts = slack.say(text, author, place)
    events = [one for one in slack.event_envelopes("message") if one.payload["event"].get("ts") == ts]
    await until(lambda: all(one.acknowledgements for one in events))


@pytest.mark.parametrize("transport", ["socket", "http"])
async def test_people_see_what_is_theirs_at_once_and_slack_is_told_only_what_is_new(
    slack: FakeSlack, database: Path
) -> None:
    slack.profiles[BEN] = {"tz": "Europe/Berlin", "locale": "de-DE"}
    async with running(slack, database, echo):
        await spoken(slack, "one", BEN)
        await spoken(slack, "two", BEN)
        await spoken(slack, "mine", ANN)
        begun_s = time.monotonic()
        text = await opened(slack, BEN)
        assert time.monotonic() - begun_s < 2.0
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        assert f"2 messages, since {today}" in text and "In the whole workspace" not in text
        assert "Language: German" in text and "Time zone: Europe/Berlin" in text and "Memory: on" in text
        assert "`script` is ready" in text
        buttons = {name: label_of(button) for name, button in buttons_of(slack.home(BEN) or {}).items()}
        assert buttons == {
            f"{HOME}{name}": LABELS["de"][name] for name in ("help", "export", "leave-out", "forget")
        }
        assert "In the whole workspace: 3 messages of 2 people" in await opened(slack)
        count = slack.web.count("views.publish")
        slack.open_home(BEN)
        slack.open_home(ANN, "messages")
        await spoken(slack, "three", BEN)
        assert "3 messages" in await opened(slack, BEN)
        assert slack.web.count("views.publish") == count + 1


async def test_digests_are_those_of_the_channels_that_a_person_is_in(
    slack: FakeSlack, database: Path
) -> None:
    secret = slack.open_channel("secret", private=True, members=(BEN,))
    slack.users[CEM], slack.guests[CEM] = "Cem", "single"
    slack.random.members.add(CEM)
    async with running(slack, database, echo) as bot:
        for place in (slack.general, secret, slack.random):
            await set_digest(bot, key_of(place))
        rhythm = "every weekday at 09:00 (Europe/Berlin), next <!date^"
        text = await opened(slack)
        assert f"<#{slack.general.id}>: {rhythm}" in text and secret.id not in text
        assert secret.id in await opened(slack, BEN)
        text = await opened(slack, CEM)
        assert slack.random.id in text and slack.general.id not in text and secret.id not in text
        slack.leave(secret, BEN)
        text = await opened(slack, BEN)
        assert slack.general.id in text and secret.id not in text


async def test_what_takes_long_is_shown_when_it_is_there(slack: FakeSlack, database: Path) -> None:
    slack.web.delay_s["users.conversations"] = 0.7
    async with running(slack, database, echo) as bot:
        await set_digest(bot, key_of(slack.general))
        text = await opened(slack)
        assert "One moment" in text and slack.general.id not in text
        await until(lambda: slack.general.id in seen(slack))
        slack.web.faults.append(Fault("users.conversations", "refused", code="missing_scope"))
        text = await opened(slack)
        await until(lambda: "I cannot look that up" in seen(slack))
        assert slack.web.count("views.publish") == 3, "what stands there stays until there is more"


async def test_a_button_has_its_answer_among_the_direct_messages(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        await spoken(slack, "I like zebras", ANN)
        await opened(slack)
        await press(slack, "export")
        await told(slack, bot, "What I keep of you")
        assert ANSWERED.replace("**", "*") in seen(slack)
        files = [file for post in slack.posts(slack.direct) for file in post.get("files", [])]
        assert [file["name"] for file in files] == ["parley-export.jsonl"]
        await press(slack, "help")
        text = await told(slack, bot, "shows the options of a command")
        assert "`/summarize`" in text and "`/bot-search`" in text and "`/search`" not in text
        assert slack.ephemeral == [] and slack.posts() == []
        text = await opened(slack)
        assert ANSWERED not in text


async def test_memory_is_switched_off_and_on(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo) as bot:
        await opened(slack)
        await press(slack, "leave-out")
        await told(slack, bot, "From now on I remember")
        await until(lambda: "Memory: off" in seen(slack))
        assert f"{HOME}leave-out" not in buttons_of(slack.home() or {})
        await spoken(slack, "between us", ANN)
        assert await bot.remembered() == []
        await press(slack, "take-in")
        await until(lambda: "Memory: on" in seen(slack))
        await spoken(slack, "for all", ANN)
        assert await bot.remembered() == [("user", "for all")]


async def test_who_opens_it_again_and_again_is_shown_it_once_more(slack: FakeSlack, database: Path) -> None:
    slack.web.delay_s["views.publish"] = 0.2
    async with running(slack, database, echo):
        for _ in range(20):
            slack.open_home(BEN)
        await until(lambda: slack.web.count("views.publish") == 2)
        await opened(slack)
        assert slack.web.count("views.publish") == 3


@pytest.mark.parametrize("is_typed", [True, False])
async def test_after_forgetting_nothing_old_is_shown(
    slack: FakeSlack, database: Path, is_typed: bool
) -> None:
    async with running(slack, database, echo) as bot:
        await spoken(slack, "I like zebras", ANN)
        assert "1 message, since" in await opened(slack)
        assert "confirm" in buttons_of(slack.home() or {})[f"{HOME}forget"]
        if is_typed:
            slack.command("/forget-me", "confirm:yes")
        else:
            await press(slack, "forget")
            await told(slack, bot, "I have forgotten everything of yours")
        await until(lambda: "Nothing of yours is kept" in seen(slack))
        assert await bot.remembered() == []


async def test_it_says_where_nothing_can_be_answered(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo):
        await opened(slack)
        slack.web.faults.append(Fault("conversations.open", "refused", code="missing_scope"))
        await press(slack, "export")
        await until(lambda: NOT_ANSWERED.replace("**", "*") in seen(slack))
        assert slack.texts(slack.direct) == []
        assert "did nothing: may not open a direct conversation: add the scope" in caplog.text


async def test_a_lost_answer_of_slack_does_no_harm_and_a_refusal_is_logged_once(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("views.publish", "cut"))
        assert "Nothing of yours is kept" in await opened(slack)
        slack.web.faults.append(Fault("views.publish", "refused", code="not_enabled", times=2))
        for number in range(2):
            slack.open_home(BEN)
            await until(lambda: slack.web.count("views.publish") == 3 + number)  # noqa: B023
        assert "Nothing of yours is kept" in await opened(slack, BEN)
        assert caplog.text.count("not_enabled") == 1


async def test_every_workspace_has_its_own(slack: FakeSlack, database: Path) -> None:
    workspace = slack.add_workspace(OTHER, TOKEN)
    slack.users[CEM] = "Cem"
    there = slack.open_channel("there", team=OTHER, members=(CEM,))
    async with installed(slack, database, TEAM, OTHER) as bot:
        await set_digest(bot, key_of(slack.general))
        await set_digest(bot, ConversationKey("slack", OTHER, there.id))
        await spoken(slack, "elsewhere", CEM, there)
        event = {"type": "app_home_opened", "user": CEM, "channel": "D1", "tab": "home", "event_ts": "1.1"}
        slack.tell(event, team=OTHER)
        await until(lambda: "1 message, since" in seen(slack, CEM))
        assert there.id in seen(slack, CEM) and slack.general.id not in seen(slack, CEM)
        await press(slack, "help", CEM)
        direct = slack.open_dm(CEM, team=OTHER)
        await until(lambda: slack.texts(direct))
        assert direct.members == {CEM, workspace.bot_user}


async def test_in_an_organisation_a_person_has_the_channels_of_their_workspace(
    slack: FakeSlack, database: Path
) -> None:
    slack.add_workspace("T333", TOKEN, enterprise_id="E111").is_enterprise_install = True
    slack.users["W777"] = "Wes"
    slack.profiles["W777"] = {"team_id": "T333"}
    there = slack.open_channel("there", team="T333", members=("W777",))
    async with installed(slack, database, "T333") as bot:
        await set_digest(bot, ConversationKey("slack", "E111", there.id))
        event = {"type": "app_home_opened", "user": "W777", "channel": "D1", "tab": "home", "event_ts": "1.1"}
        slack.tell(event, team="T333")
        await until(lambda: there.id in seen(slack, "W777"))
    listed = [asked.args for asked in slack.web.asked if asked.method == "users.conversations"]
    assert [args.get("team_id") for args in listed] == ["T333"]


async def test_after_a_crash_a_button_still_has_its_answer(slack: FakeSlack, database: Path) -> None:
    bot = Bot(slack, database, echo)
    await bot.connected()
    await opened(slack)
    slack.web.faults.append(Fault("chat.postMessage", "trouble", times=-1))
    await press(slack, "help")
    await until(lambda: slack.web.count("chat.postMessage"))
    await bot.crash()
    slack.web.faults.clear()
    async with running(slack, database, echo) as bot:
        await told(slack, bot, "shows the options of a command")
        assert len(slack.texts(slack.direct)) == 1 and slack.ephemeral == []
