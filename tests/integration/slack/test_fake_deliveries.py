"""The fake Slack itself: a plain Bolt app hears all that people do, by Socket Mode and by HTTP alike."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.conversation.rig import until
from tests.integration.slack.fake_slack import (
    ANN,
    APP_TOKEN,
    BEN,
    BOT_TOKEN,
    BOT_USER,
    SIGNING_SECRET,
    FakeSlack,
    Payload,
    Transport,
)
from tests.unit.platforms.slack.payloads import buttons_of, text_of

EVERYTHING = re.compile(".*")
SOON = {"text": "soon", "response_type": "ephemeral"}
BUTTON = {"type": "button", "action_id": "stop", "text": {"type": "plain_text", "text": "Stop"}, "value": "7"}
FEEDBACK = {
    "type": "feedback_buttons",
    "action_id": "rate",
    "positive_button": {"text": {"type": "plain_text", "text": "Good"}, "value": "up"},
    "negative_button": {"text": {"type": "plain_text", "text": "Bad"}, "value": "down"},
}
STYLES = [{"text": {"type": "plain_text", "text": one}, "value": one} for one in ("short", "long")]
FORM: Payload = {
    "id": "V1",
    "type": "modal",
    "callback_id": "options",
    "notify_on_close": True,
    "title": {"type": "plain_text", "text": "Options"},
    "submit": {"type": "plain_text", "text": "Go"},
    "blocks": [
        {
            "type": "input",
            "block_id": "style",
            "label": {"type": "plain_text", "text": "Style"},
            "element": {"type": "static_select", "action_id": "style", "options": STYLES},
        },
        {
            "type": "input",
            "block_id": "topic",
            "optional": True,
            "label": {"type": "plain_text", "text": "Topic"},
            "element": {"type": "plain_text_input", "action_id": "topic", "initial_value": "all"},
        },
    ],
}


class Ear:
    """A Bolt app that hears everything and says `answer` when a form is sent; `heard` are the bodies."""

    def __init__(self, slack: FakeSlack) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {}
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)
        self.app = AsyncApp(
            client=client,
            signing_secret=SIGNING_SECRET,
            process_before_response=True,
            ignoring_self_events_enabled=False,
        )
        app = self.app
        kinds: list[Any] = [
            app.event,
            app.command,
            app.action,
            app.shortcut,
            app.view_submission,
            app.view_closed,
        ]
        for listens in kinds:
            listens(EVERYTHING)(self._hear)

    def kinds(self) -> list[str]:
        """What was heard, in order."""
        return [
            body["event"]["type"] if "event" in body else body.get("type", "command") for body in self.heard
        ]

    async def _hear(self, ack: Any, body: dict[str, Any]) -> None:
        self.heard.append(body)
        is_form = body.get("type") == "view_submission"
        await ack(**(self.answer if is_form else {}), **(SOON if "command" in body else {}))


@asynccontextmanager
async def listening(transport: Transport) -> AsyncIterator[tuple[FakeSlack, Ear]]:
    """A fake Slack and a Bolt app that it reaches."""
    async with FakeSlack(transport) as slack:
        ear = Ear(slack)
        if transport == "socket":
            handler = AsyncSocketModeHandler(ear.app, APP_TOKEN)
            await handler.connect_async()
            await until(lambda: slack.socket.is_connected)
            try:
                yield slack, ear
            finally:
                await handler.close_async()
        else:
            runner = web.AppRunner(ear.app.web_app("/slack/events"), access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            slack.deliver_to = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
            try:
                yield slack, ear
            finally:
                await runner.cleanup()


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Transport:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    which: Transport = request.param
    return which


def post_of(slack: FakeSlack, *elements: Payload) -> Payload:
    """A message of the bot's with buttons."""
    blocks = [{"type": "actions", "block_id": "b", "elements": list(elements)}]
    about = {"user": BOT_USER, "bot_id": "BBOT1", "text": "hello", "blocks": blocks}
    slack.add(slack.general, {"type": "message", "ts": slack.new_ts(), **about})
    return slack.posts()[-1]


async def test_all_that_people_do_arrives_and_is_acknowledged(transport: Transport) -> None:
    async with listening(transport) as (slack, ear):
        slack.say("hello", calls=True)
        command = slack.command("/ask", "who & why?", BEN, slack.open_channel("secret", private=True))
        pressed = slack.press(post_of(slack, BUTTON, FEEDBACK), "rate", BEN, value="down")
        chosen = slack.shortcut("explain", pressed.original_ts)
        everywhere = slack.global_shortcut("options")
        await until(lambda: all(one.acknowledgements for one in slack.door.envelopes))
        assert sorted(ear.kinds()) == sorted(
            ["message", "app_mention", "command", "message", "block_actions", "message_action", "shortcut"]
        )
        heard = dict(zip(ear.kinds(), ear.heard, strict=True))
    assert command.acknowledged == "soon" and heard["command"]["text"] == "who & why?"
    assert (heard["command"]["channel_name"], heard["command"]["user_name"]) == ("privategroup", "ben")
    action = heard["block_actions"]["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("rate", "b", "down")
    assert heard["message_action"]["message"]["text"] == "hello"
    assert pressed.acknowledged == chosen.acknowledged == everywhere.acknowledged == {}
    assert slack.door.problems == []


async def test_a_form_can_be_refused_changed_and_sent(transport: Transport) -> None:
    async with listening(transport) as (slack, ear):
        chosen = slack.global_shortcut("options")
        view = {name: value for name, value in FORM.items() if name != "id"}
        await ear.app.client.views_open(trigger_id=chosen.trigger_id, view=view)
        form = chosen.views[0]
        ear.answer = {"response_action": "errors", "errors": {"style": "not that one"}}
        refused = slack.submit(form, {"style": {"style": "short"}})
        await until(lambda: refused.acknowledged is not None)
        assert refused.acknowledged == ear.answer
        ear.answer = {}
        sent = slack.submit(form, {"style": {"style": "long"}}, BEN)
        await until(lambda: sent.acknowledged == {})
        with pytest.raises(AssertionError, match="closed"):
            slack.submit(form, {"style": {"style": "long"}})
        values = ear.heard[-1]["view"]["state"]["values"]
        assert values["style"]["style"]["selected_option"]["value"] == "long"
        assert values["topic"]["topic"]["value"] == "all"
        slack.dismiss({**FORM, "id": "V2"})
        await until(lambda: ear.kinds()[-1] == "view_closed")
        with pytest.raises(AssertionError, match="required"):
            slack.submit({**FORM, "id": "V3"}, {"style": {"style": None}})
    assert slack.door.problems == []


async def test_errors_for_fields_that_are_not_there_are_a_problem(transport: Transport) -> None:
    async with listening(transport) as (slack, ear):
        ear.answer = {"response_action": "errors", "errors": {"color": "no"}}
        sent = slack.submit(FORM, {"style": {"style": "short"}})
        await until(lambda: sent.acknowledged is not None)
    assert slack.door.problems == ["view_submission: errors for fields that are not there"]


async def test_an_event_whose_acknowledgement_is_lost_comes_again(transport: Transport) -> None:
    async with listening(transport) as (slack, ear):
        slack.door.retry_s = 0.05
        slack.door.lose_next(2)
        slack.say("hello")
        await until(lambda: all(one.acknowledgements for one in slack.event_envelopes()))
        assert slack.door.envelopes[0].attempts == 3
    assert [body["event_id"] for body in ear.heard] == [ear.heard[0]["event_id"]] * 3


async def test_an_event_may_come_again_though_it_was_acknowledged(transport: Transport) -> None:
    async with listening(transport) as (slack, ear):
        slack.say("hello")
        first = slack.event_envelopes()[0]
        again = slack.door.deliver("events_api", first.payload, attempts=1)
        await until(lambda: first.acknowledgements and again.acknowledgements)
    assert len(ear.heard) == 2 and again.attempts == 2


async def test_only_signed_requests_are_taken() -> None:
    async with listening("http") as (slack, ear):
        assert (await slack.http.verify_url("3eZb"))[1] == b'{"challenge": "3eZb"}'
        body = b'{"type": "event_callback", "team_id": "T111", "event": {"type": "message"}}'
        assert (await slack.http.post(body, slack.http.sign(body)))[0] == 200
        forged = slack.http.sign(body, secret="another")
        assert (await slack.http.post(body, forged))[0] == 401
        assert (await slack.http.post(body, slack.http.sign(body, timestamp=1_700_000_000)))[0] == 401
    assert len(ear.heard) == 1


async def test_an_answer_of_more_than_three_seconds_or_an_error_is_a_problem() -> None:
    async with listening("http") as (slack, _):
        slack.http.deliver_to += "/not-there"
        command = slack.command("/ask")
        await until(lambda: slack.door.problems)
        assert command.acknowledged == ""
    assert slack.door.problems == ["slash_commands was answered with 404"]


async def test_a_press_says_where_it_was_and_its_answer_goes_there() -> None:
    async with FakeSlack() as slack:
        post = post_of(slack, BUTTON)
        assert (text_of(post), list(buttons_of(post))) == ("hello", ["stop"])
        pressed = slack.press(post, "stop")
        slack.answer_at(pressed, {"text": "stopped", "replace_original": True})
        assert slack.texts() == ["stopped"] and pressed.texts == ["stopped"]
        command = slack.command("/ask", author=BEN)
        slack.answer_at(command, {"text": "yes", "blocks": post["blocks"]})
        private = slack.press(command.shown[0], "stop", BEN)
        slack.answer_at(private, {"delete_original": True})
        assert private.texts == [] and slack.texts() == ["stopped"]
        containers = [one.envelope.payload["container"] for one in (pressed, private)]
        assert [one["is_ephemeral"] for one in containers] == [False, True]
        assert "message" not in private.envelope.payload
        slack.answer_at(pressed, {"delete_original": True})
        assert slack.posts() == []


async def test_a_home_keeps_what_people_chose_until_it_is_sent() -> None:
    async with FakeSlack() as slack:
        assert slack.home(BEN) is None
        slack.homes[BEN] = {**FORM, "id": "VHOME", "type": "home"}
        slack.open_home(BEN)
        slack.press_in_view(FORM | {"id": "VHOME"}, "topic", BEN, value="lunch")
        again = slack.press_in_view(slack.homes[BEN], "style", BEN, value="long")
        values = again.envelope.payload["view"]["state"]["values"]
    assert values["topic"]["topic"]["value"] == "lunch"
    assert values["style"]["style"]["selected_option"]["value"] == "long"
    opened = slack.event_envelopes("app_home_opened")[0].payload["event"]
    assert opened["view"]["id"] == "VHOME" and opened["channel"].startswith("D")


async def test_the_bot_hears_only_of_places_where_it_is() -> None:
    async with FakeSlack() as slack:
        secret = slack.open_channel("secret", private=True, with_bot=False)
        root = slack.say("a word", BEN, secret, calls=True)
        slack.react(root, "fr")
        assert slack.event_envelopes() == []
        slack.join(secret, BOT_USER, inviter=ANN)
        slack.say("a word", BEN, secret, calls=True)
        slack.rename(secret, "open")
        slack.leave(secret, BOT_USER)
        slack.say("a word", BEN, secret)
        kinds = [one.payload["event"]["type"] for one in slack.event_envelopes()]
    joined, left = ["member_joined_channel", "message"], ["message", "member_left_channel", "group_left"]
    assert kinds == [*joined, "message", "app_mention", "message", "group_rename", *left]


async def test_threads_are_counted_as_people_write_and_delete() -> None:
    async with FakeSlack() as slack:
        roots = slack.fill(slack.random, 5, threads=2, replies=3)
        filled = slack.random.messages[roots[0]]
        assert (filled["reply_count"], filled["thread_ts"]) == (3, roots[0])
        assert len(slack.random.messages) == 5 + 2 * 3 and slack.event_envelopes() == []
        root = slack.say("lunch?")
        replies = [slack.say("yes", BEN, thread=root), slack.say("no", thread=root)]
        assert slack.general.messages[root]["latest_reply"] == replies[1]
        slack.delete(replies[1])
        assert slack.general.messages[root]["reply_count"] == 1
        slack.delete(root)
        assert slack.general.messages[root]["subtype"] == "tombstone"


async def test_a_workspace_that_throws_the_app_out_says_so() -> None:
    async with FakeSlack() as slack:
        other = slack.add_workspace("T222", "xoxb-other", enterprise_id="E1")
        slack.say("hello", place=slack.open_channel("far", team="T222"), calls=True)
        slack.uninstall("T222")
        bodies = [one.payload for one in slack.event_envelopes()]
    assert {body["team_id"] for body in bodies} == {"T222"}
    assert bodies[0]["authorizations"][0]["user_id"] == other.bot_user
    assert [body["event"]["type"] for body in bodies][-2:] == ["tokens_revoked", "app_uninstalled"]
    assert slack.workspace_of_token("xoxb-other") is other and other.error == "account_inactive"
