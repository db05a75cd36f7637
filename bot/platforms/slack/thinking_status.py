"""The status line of a thread: Slack shows it under the question until there is an answer.

Never in the way: it is sent beside the work, and a failure to show it is no failure.
"""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import ConversationKey
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of
from bot.platforms.slack.refusals import Refusals

PACE_S = 3.0
REPEAT_S = 60.0
"""Slack takes a status away after two minutes."""

THINKING = "is thinking …"


class ThinkingStatus:
    """Shows what the bot is doing, in threads. Elsewhere Slack has no place for it."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._shown: dict[ConversationKey, tuple[str, float]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        # Older apps may show it beside their own conversations only.
        self._refusals = {True: Refusals(), False: Refusals()}

    def show(self, key: ConversationKey, doing: str = "") -> None:
        """Show that the bot thinks, and what it is `doing`, unless that is shown already or something else
        was a moment ago."""
        if key.thread_id is None or not self._refusals_in(key).is_open:
            return
        now = asyncio.get_running_loop().time()
        before, at = self._shown.get(key, (None, -REPEAT_S))
        if now - at < (REPEAT_S if doing == before else PACE_S):
            return
        self._shown = {place: shown for place, shown in self._shown.items() if now - shown[1] < REPEAT_S}
        self._shown[key] = (doing, now)
        self._start(key, f"is thinking: {doing}" if doing else THINKING, doing)

    def answered(self, key: ConversationKey) -> None:
        """A post was made there: Slack takes the status away by itself."""
        self._shown.pop(key, None)

    def clear(self, key: ConversationKey) -> None:
        """There will be no answer."""
        if self._shown.pop(key, None) is not None:
            self._start(key, "")

    async def close(self) -> None:
        """Give up what is on its way."""
        sending = list(self._sending)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)

    def _refusals_in(self, key: ConversationKey) -> Refusals:
        return self._refusals[key.channel_id.startswith(DIRECT)]

    def _start(self, key: ConversationKey, status: str, doing: str = "") -> None:
        task = asyncio.create_task(self._send(key, status, doing))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, key: ConversationKey, status: str, doing: str) -> None:
        """Where Slack shows lines of its own choice in turn, there is one, and it is true."""
        try:
            await self._client.assistant_threads_setStatus(
                channel_id=key.channel_id,
                thread_ts=key.thread_id or "",
                status=status,
                loading_messages=[f"{doing[:1].upper()}{doing[1:]} …"] if doing else None,
            )
        except SlackApiError as error:
            self._refusals_in(key).note(code_of(error))
        except CONNECTION_ERRORS:
            return
