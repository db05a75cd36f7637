"""HTTP: Slack's events as signed requests to a port of the bot's own. Knows nothing of messages."""

from __future__ import annotations

from slack_bolt.async_app import AsyncApp

from bot.errors import ConfigError
from bot.platforms.slack.options import Http
from bot.platforms.slack.patience import Patience


class HttpDoor:
    """A Transport."""

    def __init__(self, http: Http, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    async def listen(self, app: AsyncApp) -> None:
        """See Transport."""
        raise ConfigError("SLACK_TRANSPORT=http is not built yet")
