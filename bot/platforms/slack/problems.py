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


class RefusedError(PlatformError):
    """Slack will not do what was asked; `code` is its word for why."""

    def __init__(self, detail: str, code: str) -> None:
        super().__init__(detail)
        self.code = code


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
APP_GONE = (
    "the app was removed from the workspace, or its token revoked: install it anew on your app's page "
    "Install App, and set SLACK_BOT_TOKEN to the new token"
)
_GONE = ("account_inactive", "token_revoked")

NOT_LAID_OUT = (
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_too_long",
    "msg_blocks_too_long",
    "markdown_text_conflict",
)
"""What Slack says of blocks that it cannot show."""

_TROUBLE = ("internal_error", "fatal_error", "service_unavailable", "request_timeout")
_INVITE = "invite the bot there (/invite), since it may not write in this channel"
_TOKEN_GONE = (
    "Slack does not take the bot's token there any more: the workspace must install the app anew, and "
    "SLACK_BOT_TOKEN be set anew where it is in use"
)
_RULE = "a rule of the workspace keeps the bot from writing there"
_MEANINGS = {
    "not_in_channel": _INVITE,
    "channel_not_found": _INVITE,
    "is_archived": "the channel is archived",
    "message_not_found": "the post was deleted",
    "cannot_reply_to_message": "the message takes no replies",
    "thread_locked": "the thread is locked",
    "cant_update_message": "the post is not the bot's own",
    "cant_delete_message": "the post is not the bot's own",
    "edit_window_closed": "the workspace allows no edits after some minutes",
    "restricted_action": _RULE,
    "restricted_action_read_only_channel": "the channel takes no posts",
    "restricted_action_thread_only_channel": "the channel takes replies in threads only",
    "restricted_action_non_threadable_channel": "the channel takes no threads",
    "restricted_action_thread_locked": "the thread is locked",
    "no_permission": _RULE,
    "access_denied": _RULE,
    "ekm_access_denied": "the organisation's key management keeps the bot out for now",
    "team_access_not_granted": "the organisation's admins have not let the app into this workspace",
    "ratelimited": "Slack limits the bot's calls; fewer conversations at once will help",
    "rate_limited": "Slack limits the bot's calls; fewer conversations at once will help",
    "message_limit_exceeded": "the workspace is over its limit of messages",
    "user_not_in_channel": "the person who asked is not in this channel",
    "user_not_found": "the person who asked is not in this workspace",
    "messages_tab_disabled": "switch on the Messages Tab on your app's page App Home",
    "cannot_dm_bot": "bots take no direct messages",
    "file_not_found": "Slack does not know the file",
    "file_type_not_allowed": "the workspace does not allow files of this kind",
    "storage_limit_reached": "the workspace has no room for files left",
    **dict.fromkeys(BAD_TOKEN, _TOKEN_GONE),
}


def code_of(error: SlackApiError) -> str:
    """Slack's word for an error, such as `channel_not_found`; empty where it was no answer of its API."""
    return text(_answer(error), "error")


def why_refused(code: str, if_refused: str) -> str:
    """Why Slack lets nobody in, with its word: `if_refused` where it will not have the token."""
    if code not in BAD_TOKEN:
        return f"Slack answered {code}"
    is_removed = code in _GONE and if_refused == WRONG_BOT_TOKEN
    return f"{APP_GONE if is_removed else if_refused} ({code})"


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


def platform_error(error: SlackApiError, doing: str, channel_id: str = "") -> PlatformError:
    """The error as the operator needs it: what was not possible where, and what to change."""
    code = code_of(error)
    if code == "missing_scope":
        needed = text(_answer(error), "needed") or "a scope of the manifest"
        return RefusedError(
            f"may not {doing}: add the scope {needed} on your app's page OAuth & Permissions and reinstall",
            code,
        )
    meaning = _MEANINGS.get(code, f"Slack answered {code or 'nothing that can be read'}")
    where = f" in channel {channel_id}" if channel_id else ""
    if code == "message_not_found":
        return PostGoneError(f"could not {doing}{where}: {meaning}")
    return RefusedError(f"could not {doing}{where}: {meaning}", code)


def _answer(error: SlackApiError) -> Payload:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, dict) else {}
