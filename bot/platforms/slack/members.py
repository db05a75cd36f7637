"""Who may read which channel, as Slack says at the time of asking. Nothing of it is kept.

Whatever is not certain counts as not allowed. It knows nothing of what was said anywhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import PlatformError
from bot.platforms.recently import Recently
from bot.platforms.slack.payloads import Payload, cursor_of, data_of, part, text
from bot.platforms.slack.problems import code_of, until_answered
from bot.platforms.slack.workspaces import Workspace

log = logging.getLogger(__name__)

ASKING_S = 10.0
"""How long Slack may take to say who may read a channel."""

PAGE = 1000
"""Members that are asked for at once."""

NOTHING_THERE = ("channel_not_found", "user_not_found", "user_not_visible")
"""What Slack answers of channels and people that the bot may not know of: nothing for the operator."""

_told = Recently()


async def may_read(workspace: Workspace, channel_id: str, person_id: str) -> bool:
    """Whether a person and the bot may both read all of a channel or direct conversation.

    A public channel is for every full member of the workspace; for guests and for people of other companies,
    and everything else, only for its members. The same calls are made whether there is such a channel or not,
    so that the time it takes says little; only a private channel's members beyond the first PAGE take more.
    """
    client = workspace.client
    try:
        async with asyncio.timeout(ASKING_S):
            channel, person, members = await asyncio.gather(
                _answer(lambda: client.conversations_info(channel=channel_id)),
                _answer(lambda: client.users_info(user=person_id)),
                _answer(lambda: client.conversations_members(channel=channel_id, limit=PAGE)),
            )
            if not (channel and person and members):
                return False
            channel, person = part(channel, "channel"), part(person, "user")
            if channel.get("is_im") is True:
                return text(channel, "user") == person_id
            is_open = channel.get("is_private") is False and is_home(person, channel, workspace.id)
            is_in = has_bot(channel)
            return is_in and (is_open or await _is_member(workspace, channel_id, person_id, members))
    except (TimeoutError, PlatformError) as error:
        log.info("nobody can say who may read a channel: %s", type(error).__name__)
        return False


async def is_in(workspace: Workspace, channel_id: str, person_id: str) -> bool:
    """Whether a person is a member of a channel: only then could they write there themselves."""
    call = partial(workspace.client.conversations_members, channel=channel_id, limit=PAGE)
    try:
        async with asyncio.timeout(ASKING_S):
            return await _is_member(workspace, channel_id, person_id, await _answer(call))
    except (TimeoutError, PlatformError) as error:
        log.info("nobody can say who is in a channel: %s", type(error).__name__)
        return False


def is_home(person: Payload, channel: Payload, workspace_id: str) -> bool:
    """Whether somebody is a full member of the workspace that a public channel belongs to. In an organisation
    that is one of the workspaces that Slack names for the channel."""
    strange = ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted", "is_bot", "is_invited_user")
    if any(person.get(trait) is True for trait in strange):
        return False
    teams = {text(person, "team_id"), *_ids(part(person, "enterprise_user"), "teams"), *_ids(person, "teams")}
    homes = {workspace_id}
    if workspace_id.startswith("E"):
        homes = {text(channel, "context_team_id"), *_ids(channel, "internal_team_ids")}
    return not (teams - {""}).isdisjoint(homes)


async def hears(workspace: Workspace, channel_id: str) -> bool:
    """Whether Slack tells the bot of what is said in a channel, as far as it answers in time."""
    try:
        async with asyncio.timeout(ASKING_S):
            answer = await _answer(lambda: workspace.client.conversations_info(channel=channel_id))
    except (TimeoutError, PlatformError):
        return True
    return has_bot(part(answer, "channel"))


def has_bot(channel: Payload) -> bool:
    """Whether the bot is in a channel or direct conversation, as Slack describes it."""
    return any(channel.get(trait) is True for trait in ("is_member", "is_im", "is_mpim"))


async def _is_member(workspace: Workspace, channel_id: str, person_id: str, page: Payload) -> bool:
    """Whether a person is among a channel's members, of whom `page` is the first page."""
    while person_id not in _ids(page, "members"):
        cursor = cursor_of(page)
        if not cursor:
            return False
        call = partial(workspace.client.conversations_members, channel=channel_id, limit=PAGE, cursor=cursor)
        page = await _answer(call)
    return True


async def _answer(call: Callable[[], Awaitable[AsyncSlackResponse]]) -> Payload:
    """What Slack answers; empty where it refuses. Raises PlatformError where it cannot be reached."""
    try:
        return data_of(await until_answered("ask who may read a channel", call))
    except SlackApiError as error:
        code = code_of(error)
        if code not in NOTHING_THERE and _told.is_news(code):
            log.warning("Slack does not say who may read a channel: %s", code)
        return {}


def _ids(payload: Payload, name: str) -> list[str]:
    value = payload.get(name)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
