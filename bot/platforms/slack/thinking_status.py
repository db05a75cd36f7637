"""The status line of an assistant's thread: Slack shows it under the question until there is an answer.

Never in the way: it is sent beside the work, and a failure to show it is no failure.
"""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import ConversationKey
from bot.platforms.slack.incoming import DIRECT
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of

PACE_S = 3.0
REPEAT_S = 60.0
"""Slack takes a status away after two minutes."""

_NOT_FOR_US = ("missing_scope", "not_allowed_token_type", "unknown_method", "feature_not_enabled")


class ThinkingStatus:
    """Shows what the bot is doing, in threads of direct messages. Elsewhere Slack has no place for it."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._shown: dict[ConversationKey, tuple[str, float]] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self._is_off = False

    def show(self, key: ConversationKey, text: str) -> None:
        """Show a line such as "is thinking", unless it is shown already or another one was a moment ago."""
        if self._is_off or key.thread_id is None or not key.channel_id.startswith(DIRECT):
            return
        now = asyncio.get_running_loop().time()
        before, at = self._shown.get(key, ("", -REPEAT_S))
        if now - at < (REPEAT_S if text == before else PACE_S):
            return
        self._shown = {place: shown for place, shown in self._shown.items() if now - shown[1] < REPEAT_S}
        self._shown[key] = (text, now)
        self._start(key, text)

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

    def _start(self, key: ConversationKey, text: str) -> None:
        task = asyncio.create_task(self._send(key, text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, key: ConversationKey, text: str) -> None:
        try:
            await self._client.assistant_threads_setStatus(
                channel_id=key.channel_id, thread_ts=key.thread_id or "", status=text
            )
        except SlackApiError as error:
            self._is_off = self._is_off or code_of(error) in _NOT_FOR_US
        except CONNECTION_ERRORS:
            return
