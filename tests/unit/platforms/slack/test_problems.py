"""Errors of Slack as lines for the operator."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PlatformError
from bot.platforms.slack import problems
from bot.platforms.slack.problems import code_of, is_trouble, platform_error, trouble_apart, until_answered


def refusal(code: str, status: int = 200, **more: str) -> SlackApiError:
    response = AsyncSlackResponse(
        client=AsyncWebClient(),
        http_verb="POST",
        api_url="https://slack.com/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": code, **more} if code else {},
        headers={},
        status_code=status,
    )
    return SlackApiError("The request to the Slack API failed.", response)


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("not_in_channel", "/invite"),
        ("channel_not_found", "/invite"),
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("token_revoked", "SLACK_BOT_TOKEN"),
        ("is_archived", "archived"),
        ("message_not_found", "deleted"),
        ("something_new", "something_new"),
    ],
)
def test_the_line_says_where_and_what_to_do(code: str, word: str) -> None:
    error = platform_error(refusal(code), "post", "C111")
    assert word in str(error) and "C111" in str(error) and "\n" not in str(error)


def test_a_missing_scope_is_named() -> None:
    error = platform_error(refusal("missing_scope", needed="groups:history"), "look for a post", "C111")
    assert "groups:history" in str(error)


def test_trouble_is_no_refusal() -> None:
    assert is_trouble(refusal("", 502)) and is_trouble(refusal("internal_error"))
    assert not is_trouble(refusal("channel_not_found")) and code_of(refusal("", 502)) == ""


async def test_trouble_is_asked_again_and_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(problems, "RETRY_S", (0.0, 0.0))
    asked = 0

    async def work() -> str:
        nonlocal asked
        asked += 1
        raise refusal("", 503)

    with pytest.raises(PlatformError, match="could not post: Slack cannot be reached"):
        await until_answered("post", work)
    assert asked == 3


async def test_a_refusal_is_let_through_at_once() -> None:
    async def work() -> str:
        raise refusal("is_archived")

    with pytest.raises(SlackApiError):
        await trouble_apart(work)
    with pytest.raises(SlackApiError):
        await until_answered("post", work)
