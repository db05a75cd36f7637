"""Memberships: which channels and direct conversations the bot, or a person, is in, as Slack lists them."""

from __future__ import annotations

from functools import partial

from slack_sdk.errors import SlackApiError

from bot.platforms.slack.payloads import Payload, cursor_of, data_of, parts
from bot.platforms.slack.problems import platform_error, until_answered
from bot.platforms.slack.workspaces import Workspace

PAGE = 999
"""Channels that are asked for at once."""

_DOING = "list channels"


async def memberships(
    workspace: Workspace, types: str, *, user_id: str = "", team_id: str = "", has_archived: bool = False
) -> list[Payload]:
    """The channels of some types that the bot is in, or a person; of those that are not public the bot is
    always in too. `team_id` names the workspace of an organisation. Raises PlatformError."""
    found: list[Payload] = []
    cursor = ""
    while True:
        listing = partial(
            workspace.client.users_conversations,
            types=types,
            user=user_id or None,
            team_id=team_id or None,
            exclude_archived=not has_archived,
            limit=PAGE,
            cursor=cursor or None,
        )
        try:
            page = data_of(await until_answered(_DOING, listing))
        except SlackApiError as error:
            raise platform_error(error, _DOING) from None
        found += parts(page, "channels")
        cursor = cursor_of(page)
        if not cursor:
            return found
