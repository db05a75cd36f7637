"""How answers stand in Slack: their Markdown and buttons, what Slack refuses, and why no answer came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.generation.types import GenerationRequest
from bot.platforms.slack.layout import JUDGE
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import Script, echo, numbered
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import running
from tests.unit.platforms.slack.payloads import Payload, buttons_of, text_of

ANSWERED = ["parley:regenerate", "parley:translate", JUDGE]
TABLE = "**Plan**\n\n| who | when |\n|---|---|\n| Ann | noon |\n\n- [x] done\n\n```py\nif a < b: pass\n```"
CALLS = (
    "<!channel> <!here> <@UBEN1> <!subteam^S1> &lt;!everyone&gt; [x](https://a.org|<!here>)"
    " `<!channel>` @here"
)


def saying(*answers: str) -> Script:
    """A model that gives these answers, one after the other, and the last one ever after."""
    left = list(answers)

    async def script(request: GenerationRequest) -> AsyncIterator[str]:
        yield left.pop(0) if len(left) > 1 else left[0]

    return script


def first(slack: FakeSlack) -> Payload:
    return slack.posts()[0]


async def test_an_answer_is_one_markdown_block_with_buttons_that_mention_nobody(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, saying(TABLE)):
        slack.say("what is the plan?", calls=True)
        await until(lambda: slack.posts() and list(buttons_of(first(slack))) == ANSWERED)
    assert first(slack)["blocks"][0] == {"type": "markdown", "text": TABLE}
    assert first(slack)["text"].startswith("*Plan*")
    call = slack.web.calls("chat.postMessage")[0]
    assert (call["unfurl_links"], call["unfurl_media"], call["link_names"]) == (False, False, False)


async def test_what_would_call_people_calls_nobody(slack: FakeSlack, database: Path) -> None:
    """The fake Slack finds every active sequence, in whatever block or text."""
    async with running(slack, database, saying(CALLS)):
        slack.say("call them", calls=True)
        await until(lambda: slack.posts() and list(buttons_of(first(slack))) == ANSWERED)
        shown = slack.command("/ask", "call them")
        await until(lambda: shown.texts)
    assert "channel" in text_of(first(slack)) and slack.problems == []


async def test_while_it_is_written_an_answer_can_only_be_stopped(slack: FakeSlack, database: Path) -> None:
    may_end = asyncio.Event()

    async def slowly(request: GenerationRequest) -> AsyncIterator[str]:
        yield "I begin "
        await may_end.wait()
        yield "and end."

    async with running(slack, database, slowly):
        slack.say("talk", calls=True)
        await until(lambda: slack.texts() == ["I begin"])
        assert list(buttons_of(first(slack))) == ["parley:stop"]
        may_end.set()
        await until(lambda: slack.texts() == ["I begin and end."])
        await until(lambda: list(buttons_of(first(slack))) == ANSWERED)


@pytest.mark.usefixtures("short_posts")
async def test_only_the_last_post_of_a_long_answer_has_buttons(slack: FakeSlack, database: Path) -> None:
    long = "\n".join(f"line {number} of a long answer" for number in range(300))
    async with running(slack, database, saying(long)):
        slack.say("much", calls=True)
        await until(lambda: len(slack.posts()) == 3 and list(buttons_of(slack.posts()[2])) == ANSWERED)
    assert [list(buttons_of(post)) for post in slack.posts()[:2]] == [[], []]
    assert "\n".join(map(text_of, slack.posts())).split() == long.split()


async def test_notices_have_no_buttons(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        slack.say("/undo", calls=True)
        await until(slack.texts)
    assert buttons_of(first(slack)) == {}


async def test_where_slack_takes_no_blocks_at_all_the_answer_is_text(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, saying("An **answer**")):
        slack.web.faults.append(Fault("chat.postMessage", "refused", times=2, code="invalid_blocks"))
        slack.say("say it", calls=True)
        await until(lambda: slack.texts() == ["An *answer*"])
    assert buttons_of(first(slack)) == {} and slack.web.count("chat.postMessage") == 3


@pytest.mark.parametrize("code", ["invalid_blocks", "msg_too_long"])
async def test_what_slack_cannot_lay_out_is_shown_simpler(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture, code: str
) -> None:
    async with running(slack, database, saying("A **table** that Slack refuses")):
        slack.web.faults.append(Fault("chat.postMessage", "refused", code=code))
        slack.say("show it", calls=True)
        await until(lambda: slack.posts() and "*table*" in text_of(first(slack)))
        slack.web.faults.append(Fault("chat.postMessage", "refused", code=code))
        slack.say("show it again", calls=True)
        await until(lambda: len(slack.posts()) == 2)
    assert first(slack)["blocks"][0]["type"] == "section"
    assert caplog.text.count("could not lay an answer out") == 1 and "refuses" not in caplog.text


@pytest.mark.parametrize(
    ("code", "told", "logged"),
    [
        ("not_in_channel", "Invite me there", "invite the bot there"),
        ("is_archived", "The channel is archived.", "the channel is archived"),
        ("restricted_action_thread_only_channel", "only replies in threads", "replies in threads only"),
        ("team_access_not_granted", "not let into this workspace", "have not let the app into"),
    ],
)
async def test_who_asked_is_told_once_why_no_answer_comes(
    slack: FakeSlack, database: Path, caplog: pytest.LogCaptureFixture, code: str, told: str, logged: str
) -> None:
    async with running(slack, database, echo) as bot:
        for text in ("hello", "hello again"):
            slack.web.faults.append(Fault("chat.postMessage", "refused", code=code))
            slack.say(text, calls=True)
            await until(lambda: not slack.web.faults)
            await bot.remembered()
        direct = slack.open_dm(ANN)
        await until(lambda: slack.texts(direct))
        slack.say("and now?", calls=True)
        await until(lambda: slack.texts() == ["You said: and now?"])
    assert len(slack.texts(direct)) == 1 and told in slack.texts(direct)[0]
    assert slack.texts(direct)[0].startswith("I cannot answer you in <#C0GENERAL>.")
    assert caplog.text.count(logged) == 1


async def test_a_thread_whose_root_is_gone_is_answered_all_the_same(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        root = slack.say("lunch?", BEN)
        slack.say("what do you say", thread=root, calls=True)
        slack.delete(root)
        await until(lambda: slack.texts(thread=root))


async def test_an_answer_made_anew_after_its_post_was_deleted_stands_once(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, numbered()) as bot:
        question = slack.say("hello", calls=True)
        await until(lambda: slack.texts() == ["answer 1"])
        await bot.remembered()
        del slack.general.messages[first(slack)["ts"]]
        slack.edit(question, "hello you")
        await until(lambda: slack.texts() == ["answer 2"])
        await until(lambda: list(buttons_of(first(slack))) == ANSWERED)
