"""Signing in: who the bot is in a workspace, and what it may do there."""

from __future__ import annotations

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.slack.clients import Clients
from bot.platforms.slack.incoming import Me
from bot.platforms.slack.patience import Patience
from bot.platforms.slack.problems import WRONG_BOT_TOKEN
from bot.platforms.slack.workspaces import Workspace


async def sign_in(
    clients: Clients, token: str, bot_name: str, patience: Patience, if_refused: str = WRONG_BOT_TOKEN
) -> Workspace:
    """The workspace, or organisation, that a bot token is for. Raises PlatformError, with `if_refused`, when
    Slack will not have this token."""
    client = clients.make(token)
    answer = await patience.until_allowed("sign in", if_refused, client.auth_test)
    is_organisation = answer.get("is_enterprise_install") is True
    me = Me(
        user_id=str(answer.get("user_id", "")),
        bot_id=str(answer.get("bot_id", "")),
        name=bot_name,
        workspace_url=str(answer.get("url", "")),
        workspace_id=str(answer.get("enterprise_id" if is_organisation else "team_id", "")),
    )
    return Workspace.open(me, token, clients, scopes_of(answer))


def scopes_of(answer: AsyncSlackResponse) -> frozenset[str]:
    """What Slack says that a token may do; empty where it does not say."""
    said = {name.lower(): value for name, value in (answer.headers or {}).items()}.get("x-oauth-scopes", "")
    return frozenset(said.replace(",", " ").split())
