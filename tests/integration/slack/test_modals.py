"""The form with everything that the bot does: opened, changed, sent; nothing that was typed is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.conversation.access import NO_SUCH_PLACE
from bot.platforms.slack.forms import TASK_MENU
from bot.platforms.slack.shortcuts import ASK
from tests.integration.conversation.rig import until
from tests.integration.conversation.script import echo
from tests.integration.slack.fake_slack import ANN, BEN, FakeSlack, Payload
from tests.integration.slack.fake_web import Fault
from tests.integration.slack.rig import running
from tests.unit.platforms.slack.payloads import text_of

BOTH = pytest.mark.parametrize("transport", ["socket", "http"])


async def opened(slack: FakeSlack, author: str = ANN) -> Payload:
    """The form, opened from beside the message field."""
    shortcut = slack.global_shortcut(ASK, author)
    await until(lambda: shortcut.views)
    return shortcut.views[0]


def fields(view: Payload) -> list[str]:
    return [block["block_id"] for block in view["blocks"]]


def filled_in(view: Payload, **values: Any) -> dict[str, dict[str, Any]]:
    """The values of a form by block and action."""
    actions = {block["block_id"]: block["element"]["action_id"] for block in view["blocks"]}
    return {name: {actions[name]: value} for name, value in values.items()}


async def changed_to(slack: FakeSlack, view: Payload, task: str) -> Payload:
    """The form after another task was chosen in it."""
    slack.press_in_view(view, TASK_MENU, value=task)
    known = fields(view)
    await until(lambda: fields(slack.views[view["id"]]) != known)
    return slack.views[view["id"]]


@BOTH
async def test_what_is_filled_in_is_answered_in_the_channel_to_the_person_alone(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        view = await changed_to(slack, await opened(slack), "ask")
        sent = slack.submit(view, filled_in(view, words="when is it?", channel=slack.general.id))
        await until(lambda: slack.ephemeral)
        (whisper,) = slack.ephemeral
        assert whisper["user"] == ANN and whisper["channel"] == slack.general.id
        assert "You said: when is it?" in whisper["text"] and not slack.posts()
        assert sent.acknowledged and sent.acknowledged["response_action"] == "update"
        assert "that channel" in text_of(slack.views[view["id"]])


async def test_it_is_for_everybody_where_the_person_wants_that(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        view = await changed_to(slack, await opened(slack, BEN), "ask")
        values = filled_in(view, words="when is it?", channel=slack.general.id, show="all")
        slack.submit(view, values, BEN)
        await until(lambda: "You said: when is it?" in "".join(slack.texts()))
        assert slack.texts()[0].startswith("_Ben asked") and not slack.ephemeral


async def test_without_a_channel_it_comes_in_direct_messages(slack: FakeSlack, database: Path) -> None:
    async with running(slack, database, echo):
        view = await changed_to(slack, await opened(slack, BEN), "ask")
        sent = slack.submit(view, filled_in(view, words="when is it?"), BEN)
        await until(lambda: "You said: when is it?" in "".join(slack.texts(slack.dm_of(BEN))))
        assert sent.acknowledged and "direct messages" in text_of(slack.views[view["id"]])


async def test_mistakes_stand_beside_their_fields_and_nothing_is_lost(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        slack.say("we meet in the harbour at seven", BEN)
        view = await opened(slack)
        wrong = slack.submit(view, filled_in(view, since="whenever", channel=slack.general.id, about="boats"))
        await until(lambda: wrong.acknowledged)
        assert wrong.acknowledged and list(wrong.acknowledged["errors"]) == ["since"]
        right = slack.submit(view, filled_in(view, since="2h", about="harbour"))
        await until(lambda: slack.ephemeral)
        assert right.acknowledged and right.acknowledged["response_action"] == "update"
        await bot.remembered()
        assert "harbour" in slack.ephemeral[0]["text"] and len(slack.ephemeral) == 1


@pytest.mark.parametrize("is_there", [True, False])
async def test_a_channel_that_is_closed_to_the_person_is_none(
    slack: FakeSlack, database: Path, is_there: bool
) -> None:
    closed = slack.open_channel("board", private=True, members=(BEN,))
    async with running(slack, database, echo) as bot:
        view = await opened(slack)
        channel_id = closed.id if is_there else "C9NOWHERE"
        sent = slack.submit(view, filled_in(view, channel=channel_id))
        await until(lambda: sent.acknowledged)
        assert sent.acknowledged == {"response_action": "errors", "errors": {"channel": NO_SUCH_PLACE}}
        assert not bot.generator.asked


async def test_another_task_shows_its_options_and_keeps_what_both_have(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        view = await changed_to(slack, await opened(slack), "search")
        refused = slack.submit(view, filled_in(view, words="the harbour", channel="C9NOWHERE", last="5"))
        await until(lambda: refused.acknowledged)
        view = await changed_to(slack, view, "write")
        assert "kind" in fields(view) and "last" not in fields(view)
        slack.submit(view, filled_in(view, channel=slack.general.id))
        await until(lambda: slack.ephemeral)
        assert "the harbour" in slack.ephemeral[0]["text"]


async def test_what_slack_says_late_is_told_in_the_form(
    slack: FakeSlack, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.platforms.slack.modals.SENT_S", 0.05)
    async with running(slack, database, echo):
        view = await opened(slack)
        slack.submit(view, filled_in(view, channel="C9NOWHERE"))
        await until(lambda: NO_SUCH_PLACE in text_of(slack.views[view["id"]]))


async def test_of_two_choices_the_newest_counts_whatever_comes_first(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        view = await opened(slack)
        slack.web.faults.append(Fault("views.update", "refused", code="hash_conflict"))
        older = slack.press_in_view(view, TASK_MENU, value="translate").envelope.payload
        newer = slack.press_in_view(view, TASK_MENU, value="write").envelope.payload
        assert older["actions"][0]["action_ts"] < newer["actions"][0]["action_ts"]
        await until(lambda: "kind" in fields(slack.views[view["id"]]))
        late = slack.door.deliver("interactive", {**older, "trigger_id": "late"})
        await until(lambda: late.acknowledgements)
        assert "kind" in fields(slack.views[view["id"]])


async def test_a_form_that_is_sent_before_its_options_are_there_is_shown_again(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo) as bot:
        view = await opened(slack)
        sent = slack.submit(view, {"task": {TASK_MENU: "write"}, **filled_in(view, channel=slack.general.id)})
        await until(lambda: sent.acknowledged)
        assert sent.acknowledged and sent.acknowledged["response_action"] == "update"
        assert "kind" in fields(slack.views[view["id"]]) and not bot.generator.asked


@pytest.mark.parametrize("name", ["/ask", "/write", "/bot-search"])
async def test_a_command_without_its_words_opens_the_form(
    slack: FakeSlack, database: Path, name: str
) -> None:
    async with running(slack, database, echo) as bot:
        command = slack.command(name)
        await until(lambda: command.views)
        (view,) = command.views
        place = next(block for block in view["blocks"] if block["block_id"] == "channel")
        assert place["element"]["initial_conversation"] == slack.general.id
        await until(lambda: command.envelope.acknowledgements)
        assert command.acknowledged == "" and not bot.generator.asked
        slack.submit(view, filled_in(view, words="the harbour"))
        await until(lambda: slack.ephemeral)


async def test_where_no_form_can_be_opened_the_command_says_what_it_needs(
    slack: FakeSlack, database: Path
) -> None:
    async with running(slack, database, echo):
        slack.web.faults.append(Fault("views.open", "refused", code="expired_trigger_id"))
        command = slack.command("/ask")
        await until(lambda: "example" in command.acknowledged)


async def test_the_form_is_in_the_persons_language(slack: FakeSlack, database: Path) -> None:
    slack.profiles[BEN] = {"locale": "de-DE"}
    async with running(slack, database, echo):
        slack.say("hallo", BEN)
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        view = await opened(slack, BEN)
        assert view["title"]["text"] == "Frag Parley" and "Zusammenfassen" in str(view["blocks"])
