"""The bot's conversation with one person, which Slack makes when it is first asked for."""

from __future__ import annotations

from slack_sdk.errors import SlackApiError

from bot.platforms.slack.payloads import data_of, part, text
from bot.platforms.slack.problems import platform_error, until_answered
from bot.platforms.slack.workspaces import Workspace

_DOING = "open a direct conversation"


async def open_direct(workspace: Workspace, person_id: str) -> str:
    """The id of the bot's conversation with a person. Raises PlatformError."""
    try:
        answer = await until_answered(_DOING, lambda: workspace.client.conversations_open(users=person_id))
    except SlackApiError as error:
        raise platform_error(error, _DOING) from None
    return text(part(data_of(answer), "channel"), "id")
