"""What went wrong at Slack, in one line for the operator that names what to change.

Slack's own error texts are left out: they may quote what people wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.errors import PlatformError
from bot.platforms.base import PostGoneError
from bot.platforms.slack.payloads import Payload, text

T = TypeVar("T")

RETRY_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits between attempts where the connection broke."""


class SlackTroubleError(Exception):
    """Slack itself is in trouble. Never leaves the adapter."""


CONNECTION_ERRORS = (aiohttp.ClientError, OSError, SlackTroubleError)
"""The answer is lost, or Slack itself is in trouble: what was asked may or may not have been done.
(TimeoutError is an OSError.)"""

BAD_TOKEN = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "not_allowed_token_type",
)
WRONG_BOT_TOKEN = (
    "Slack refused SLACK_BOT_TOKEN: copy the Bot User OAuth Token (xoxb-...) from your app's page "
    "OAuth & Permissions, reinstalling the app where it says so, and set it anew"
)
WRONG_APP_TOKEN = (
    "Slack refused SLACK_APP_TOKEN: make an app-level token (xapp-...) with the scope connections:write on "
    "your app's page Basic Information, switch on Socket Mode, and set the token anew"
)

_TROUBLE = ("internal_error", "fatal_error", "service_unavailable", "request_timeout")
_INVITE = "invite the bot there (/invite), since it may not write in this channel"
_MEANINGS = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": "the channel is archived",
    "message_not_found": "the post was deleted",
    "cant_update_message": "the post is not the bot's own",
    "edit_window_closed": "the workspace allows no edits after some minutes",
    "restricted_action": "a rule of the workspace keeps the bot from writing there",
    "restricted_action_read_only_channel": "the channel takes no posts",
    "ratelimited": "Slack limits the bot's calls; fewer conversations at once will help",
    "user_not_in_channel": "the person who asked is not in this channel",
    **dict.fromkeys(BAD_TOKEN, WRONG_BOT_TOKEN),
}


def code_of(error: SlackApiError) -> str:
    """Slack's word for an error, such as `channel_not_found`; empty where it was no answer of its API."""
    return text(_answer(error), "error")


def is_trouble(error: SlackApiError) -> bool:
    """Whether Slack could not, rather than would not."""
    status = getattr(error.response, "status_code", 500)
    return status >= 500 or code_of(error) in _TROUBLE


async def until_answered(doing: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`, again while the connection breaks. PlatformError when it stays broken; what Slack itself
    refuses is let through as SlackApiError."""
    waits = iter(RETRY_S)
    while True:
        try:
            return await trouble_apart(work)
        except CONNECTION_ERRORS as error:
            wait_s = next(waits, None)
            if wait_s is None:
                raise PlatformError(
                    f"could not {doing}: Slack cannot be reached ({type(error).__name__})"
                ) from None
        await asyncio.sleep(wait_s)


async def trouble_apart(work: Callable[[], Awaitable[T]]) -> T:
    """Do `work`; SlackTroubleError instead of a SlackApiError that is no refusal."""
    try:
        return await work()
    except SlackApiError as error:
        if is_trouble(error):
            raise SlackTroubleError(code_of(error) or "no answer of the API") from None
        raise


def platform_error(error: SlackApiError, doing: str, channel_id: str) -> PlatformError:
    """The error as the operator needs it: what was not possible where, and what to change."""
    code = code_of(error)
    if code == "missing_scope":
        needed = text(_answer(error), "needed") or "a scope of the manifest"
        return PlatformError(
            f"may not {doing}: add the scope {needed} on your app's page OAuth & Permissions and reinstall"
        )
    meaning = _MEANINGS.get(code, f"Slack answered {code or 'nothing that can be read'}")
    if code == "message_not_found":
        return PostGoneError(f"could not {doing} in channel {channel_id}: {meaning}")
    return PlatformError(f"could not {doing} in channel {channel_id}: {meaning}")


def _answer(error: SlackApiError) -> Payload:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, dict) else {}
