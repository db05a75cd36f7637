"""What people see beside the bot's name: a line of text, and whether the model is ready to answer.

Knows neither messages nor the model, only one line about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import discord

POLL_S = 5.0
"""Between two looks at the model's status: Discord takes five changes in 20 s."""

READY: Final = "ready"


class Presence:
    """`text` is shown when the model is ready, None for nothing; until then `model_status` is."""

    def __init__(self, text: str | None, model_status: Callable[[], str]) -> None:
        self._text = text
        self._model_status = model_status

    async def show(self, client: discord.AutoShardedClient) -> None:
        """Keep it up to date on all shards, until cancelled; sessions that begin later show the same."""
        self.begin(client)
        shown = self._model_status()
        while True:
            await asyncio.sleep(POLL_S)
            if (status := self._model_status()) != shown:
                shown = status
                self.begin(client)
                await client.change_presence(activity=self._activity(), status=client.status)

    def begin(self, client: discord.Client) -> None:
        """Let new sessions begin with it."""
        client.activity = self._activity()
        client.status = discord.Status.online if self._model_status() == READY else discord.Status.idle

    def _activity(self) -> discord.CustomActivity | None:
        status = self._model_status()
        text = self._text if status == READY else status
        return discord.CustomActivity(text) if text else None
