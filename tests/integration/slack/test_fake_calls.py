"""The fake Slack's Web API itself: what the real one would refuse is noticed, what it allows works."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from tests.integration.slack import contract
from tests.integration.slack.fake_blocks import block_problems, view_problems
from tests.integration.slack.fake_methods_team import CLIENT_ID, CLIENT_SECRET
from tests.integration.slack.fake_slack import ANN, BEN, BOT_TOKEN, TEAM, FakeSlack, Payload

SECTION: Payload = {
    "type": "section",
    "text": {"type": "mrkdwn", "text": "see <https://a.example|this> in <#C1>"},
}
BUTTON: Payload = {"type": "button", "text": {"type": "plain_text", "text": "Stop"}, "action_id": "stop"}
QUIET: Payload = {"unfurl_links": False, "unfurl_media": False}
TITLE: Payload = {"type": "plain_text", "text": "Options"}
TOPIC: Payload = {
    "type": "input",
    "label": {"type": "plain_text", "text": "Topic"},
    "element": {"type": "plain_text_input", "action_id": "topic"},
}


def client(slack: FakeSlack, token: str = BOT_TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token, slack.api_url, retry_handlers=[])


async def refusal(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


def noticed(slack: FakeSlack) -> list[str]:
    """The problems so far, which are then forgotten."""
    found = list(slack.web.problems)
    slack.web.problems.clear()
    return found


# --- blocks and views ----------------------------------------------------------------------------


def test_right_blocks_are_no_problem() -> None:
    feedback = {"text": {"type": "plain_text", "text": "Good"}, "value": "1"}
    blocks = [
        SECTION,
        {"type": "markdown", "text": "**bold** and <div>"},
        {"type": "actions", "elements": [BUTTON, {**BUTTON, "action_id": "again"}]},
        {
            "type": "context_actions",
            "elements": [
                {"type": "feedback_buttons", "positive_button": feedback, "negative_button": feedback},
            ],
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]},
    ]
    assert block_problems(blocks, "message") == []
    view = {"type": "modal", "title": TITLE, "submit": TITLE, "blocks": [TOPIC]}
    assert view_problems(view) == []


@pytest.mark.parametrize(
    ("blocks", "surface", "sign"),
    [
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "<!channel> go"}}], "message", "active"),
        ([{"type": "markdown", "text": "`x` <@U123>"}], "message", "active"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "message", "no plain_text"),
        ([{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}], "message", "3001"),
        ([{"type": "actions", "elements": [BUTTON, BUTTON]}], "message", "stands twice"),
        ([{"type": "actions", "elements": [{**BUTTON, "colour": "red"}]}], "message", "unknown colour"),
        ([{"type": "markdown", "text": "x" * 7000}] * 2, "message", "14000"),
        ([{"type": "divider"}] * 51, "message", "51 blocks"),
        ([TOPIC], "message", "does not go"),
        ([{"type": "markdown", "text": "x"}], "home", "does not go"),
        ([{"type": "section", "accessory": BUTTON}], "home", "neither text"),
        ([{"type": "button"}], "home", "no such block"),
    ],
)
def test_wrong_blocks_are_noticed(blocks: list[Payload], surface: str, sign: str) -> None:
    assert any(sign in problem for problem in block_problems(blocks, surface))


@pytest.mark.parametrize(
    ("view", "sign"),
    [
        ({"type": "modal", "title": {**TITLE, "text": "x" * 25}, "blocks": []}, "25"),
        ({"type": "modal", "title": TITLE, "blocks": [TOPIC]}, "without submit"),
        ({"type": "home", "title": TITLE, "blocks": []}, "unknown title"),
        ({"type": "modal", "title": {**TITLE, "text": "<!here>"}, "blocks": []}, "active"),
        ({"blocks": []}, "type None"),
    ],
)
def test_wrong_views_are_noticed(view: Payload, sign: str) -> None:
    assert any(sign in problem for problem in view_problems(view))


def test_a_response_url_shows_to_one_person_only() -> None:
    assert contract.response_problems({"text": "hi", "response_type": "in_channel"})
    assert contract.response_problems({"delete_original": True}) == []


# --- messages and places -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "error", "sign"),
    [
        ({"text": "<!everyone> look"}, "", "active"),
        ({"text": " "}, "no_text", "no text"),
        ({"text": "x" * 4001}, "msg_too_long", "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "header"}]}, "invalid_blocks", "text is missing"),
        ({"text": "x", "colour": "red"}, "", "unknown argument"),
        ({"text": "x", "unfurl_links": True}, "", "previewed"),
    ],
)
async def test_wrong_messages_are_noticed(slack: FakeSlack, more: Payload, error: str, sign: str) -> None:
    call = client(slack).api_call("chat.postMessage", json={"channel": slack.general.id, **QUIET, **more})
    assert (await refusal(call) if error else str((await call)["ok"])) == (error or "True")
    assert any(sign in problem for problem in noticed(slack))


async def test_what_the_bot_may_not_see_is_not_found(slack: FakeSlack) -> None:
    secret = slack.open_channel("secret", private=True, with_bot=False)
    public = slack.open_channel("public", with_bot=False)
    old = slack.open_channel("old")
    slack.archive(old)
    calls = client(slack)
    assert await refusal(calls.conversations_history(channel=secret.id)) == "channel_not_found"
    assert await refusal(calls.conversations_info(channel=secret.id)) == "channel_not_found"
    assert await refusal(calls.conversations_history(channel=public.id)) == "not_in_channel"
    assert (await calls.conversations_info(channel=public.id))["channel"]["is_member"] is False
    assert (await calls.conversations_members(channel=public.id))["members"] == [ANN, BEN]
    assert (await calls.conversations_history(channel=old.id))["ok"]
    assert await refusal(calls.chat_postMessage(channel=old.id, text="x", **QUIET)) == "is_archived"
    assert [one["name"] for one in (await calls.users_conversations(user=BEN))["channels"]] == [
        "general",
        "random",
        "public",
        "old",
    ]


@pytest.mark.parametrize("is_short", [False, True])
async def test_pages_hold_every_message_once(slack: FakeSlack, is_short: bool) -> None:
    slack.web.short_pages = is_short
    slack.fill(slack.general, 50, threads=2, replies=30)
    calls, shown, cursor, pages = client(slack), [], "", 0
    while pages == 0 or cursor:
        page = await calls.conversations_history(channel=slack.general.id, limit=20, cursor=cursor)
        shown += page["messages"]
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
        pages += 1
    stamps = [one["ts"] for one in shown]
    assert stamps == sorted(stamps, reverse=True) and len(set(stamps)) == len(stamps) == 50
    assert (pages == 3) is not is_short
    root = next(one for one in shown if one.get("reply_count"))
    page = await calls.conversations_replies(channel=slack.general.id, ts=root["ts"], limit=10)
    assert page["messages"][0]["ts"] == root["ts"] and page["has_more"]


async def test_a_token_is_for_one_workspace(slack: FakeSlack) -> None:
    other = slack.add_workspace("T222", "xoxb-other")
    place = slack.open_channel("theirs", team="T222")
    assert (await client(slack, other.token).auth_test())["team_id"] == "T222"
    assert await refusal(client(slack).conversations_info(channel=place.id)) == "channel_not_found"
    slack.uninstall("T222")
    assert await refusal(client(slack, other.token).auth_test()) == "account_inactive"
    assert await refusal(client(slack, "xoxb-none").auth_test()) == "invalid_auth"


async def test_a_scope_that_is_not_granted_is_named(slack: FakeSlack) -> None:
    slack.scopes.remove("users:read")
    with pytest.raises(SlackApiError) as caught:
        await client(slack).users_info(user=ANN)
    assert (caught.value.response["error"], caught.value.response["needed"]) == (
        "missing_scope",
        "users:read",
    )
    assert "users:read" not in (await client(slack).auth_test()).headers["X-OAuth-Scopes"]


async def test_too_many_calls_are_told_to_wait(slack: FakeSlack) -> None:
    slack.web.tiers["users.info"] = (60.0, 2)
    calls = client(slack)
    for _ in range(2):
        await calls.users_info(user=ANN)
    with pytest.raises(SlackApiError) as caught:
        await calls.users_info(user=ANN)
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
    assert slack.web.throttled == ["users.info"]


async def test_a_share_of_the_answers_is_lost(slack: FakeSlack) -> None:
    slack.web.lose(share=0.5, seed=1, methods=r"chat\..*")
    lost = 0
    for number in range(10):
        try:
            await client(slack).chat_postMessage(channel=slack.general.id, text=f"{number}", **QUIET)
        except aiohttp.ClientError:
            lost += 1
    assert 0 < lost < 10 and len(slack.posts()) == 10


# --- streams, views, files, installs -------------------------------------------------------------


async def test_a_stream_grows_and_ends(slack: FakeSlack) -> None:
    root, calls = slack.say("hello"), client(slack)
    where: Payload = {"channel": slack.general.id, "thread_ts": root}
    assert await refusal(calls.chat_startStream(**where)) == "missing_recipient_user_id"
    assert noticed(slack)
    begun = await calls.chat_startStream(**where, recipient_user_id=ANN, recipient_team_id=TEAM)
    stream = {"channel": slack.general.id, "ts": begun["ts"]}
    await calls.chat_appendStream(**stream, markdown_text="**one** ")
    assert await refusal(calls.chat_update(**stream, text="x")) == "streaming_state_conflict"
    await calls.chat_stopStream(**stream, markdown_text="two", blocks=[{"type": "divider"}])
    assert slack.texts(thread=root) == ["**one** two"]
    ended = await refusal(calls.chat_appendStream(**stream, markdown_text="x"))
    assert ended == "message_not_in_streaming_state"
    await calls.chat_update(**stream, text="whole")
    await calls.chat_startStream(channel=slack.direct.id, thread_ts="1.0", markdown_text="<!here>")
    assert any("active" in problem for problem in noticed(slack))


@pytest.mark.parametrize("limit", ["stream_life_s", "stream_idle_s"])
async def test_a_stream_that_is_old_or_quiet_is_dead(slack: FakeSlack, limit: str) -> None:
    setattr(slack.web, limit, 0.0)
    calls = client(slack)
    begun = await calls.chat_startStream(
        channel=slack.direct.id, thread_ts=slack.say("hi", place=slack.direct)
    )
    stream = {"channel": slack.direct.id, "ts": begun["ts"]}
    assert (
        await refusal(calls.chat_appendStream(**stream, markdown_text="x"))
        == "message_not_in_streaming_state"
    )
    assert (await calls.chat_update(**stream, text="x"))["ok"]


async def test_a_view_needs_what_a_person_just_did(slack: FakeSlack) -> None:
    calls = client(slack)
    view = {"type": "modal", "title": TITLE, "blocks": [SECTION], "callback_id": "options"}
    assert await refusal(calls.views_open(trigger_id="1.2.3", view=view)) == "invalid_trigger_id"
    command = slack.command("/ask", "x")
    opened = (await calls.views_open(trigger_id=command.trigger_id, view=view))["view"]
    assert command.views == [opened] and opened["blocks"][0]["block_id"]
    assert await refusal(calls.views_open(trigger_id=command.trigger_id, view=view)) == "exchanged_trigger_id"
    assert noticed(slack)
    await calls.views_update(view_id=opened["id"], hash=opened["hash"], view={**view, "blocks": []})
    assert command.views[0]["blocks"] == []
    late = calls.views_update(view_id=opened["id"], hash=opened["hash"], view=view)
    assert await refusal(late) == "hash_conflict"
    await calls.views_publish(user_id=ANN, view={"type": "home", "blocks": [SECTION]})
    home = slack.home(ANN)
    assert home is not None and home["blocks"][0]["type"] == "section"


async def test_files_go_both_ways(slack: FakeSlack) -> None:
    slack.scopes.append("files:write")
    await client(slack).files_upload_v2(
        channel=slack.general.id, filename="notes.txt", content="some words", initial_comment="here"
    )
    (post,) = slack.posts()
    assert post["text"] == "here" and post["files"][0]["name"] == "notes.txt"
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with session.get(post["files"][0]["url_private"], headers=headers) as answer:
            assert await answer.text() == "some words"
        async with session.get(post["files"][0]["url_private"]) as answer:
            assert answer.content_type == "text/html"


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_a_code_is_good_once(slack: FakeSlack) -> None:
    slack.add_workspace("T222", "xoxb-other")
    code = slack.web.code_for("T222")

    async def access(secret: str) -> AsyncSlackResponse:
        calls = AsyncWebClient(base_url=slack.api_url)
        return await calls.oauth_v2_access(client_id=CLIENT_ID, client_secret=secret, code=code)

    assert await refusal(access("wrong")) == "bad_client_secret"
    assert (await access(CLIENT_SECRET))["access_token"] == "xoxb-other"
    assert await refusal(access(CLIENT_SECRET)) == "code_already_used"


async def test_reactions_are_kept(slack: FakeSlack) -> None:
    slack.scopes.append("reactions:write")
    ts, calls = slack.say("hi"), client(slack)
    about: Payload = {"channel": slack.general.id, "timestamp": ts}
    await calls.reactions_add(name="eyes", **about)
    assert await refusal(calls.reactions_add(name="eyes", **about)) == "already_reacted"
    assert (await calls.reactions_get(**about))["message"]["reactions"][0]["name"] == "eyes"
    await calls.reactions_remove(name="eyes", **about)
    assert await refusal(calls.reactions_remove(name="eyes", **about)) == "no_reaction"
