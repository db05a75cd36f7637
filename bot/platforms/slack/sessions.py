"""Sessions: while an answer is written in a thread, Slack shows a button there that stops it.

Slack's own button, which agents have: a stream can carry none. Never in the way: it is asked for beside the
work, and where it is refused there is none. https://docs.slack.dev/ai/agent-sessions
"""

from __future__ import annotations

import asyncio

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.messages import ConversationKey
from bot.platforms.slack.pace import Pace
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of
from bot.platforms.slack.refusals import Refusals

INTERVAL_S, BURST = 2.5, 8
"""How often a session may begin: Slack takes 50 calls a minute, and each one has two."""

RETRY_S = (1.0, 5.0, 20.0)
"""Waits before the end of a session is told again: until then people see a button that stops nothing."""


class Sessions:
    """Of one workspace. `client` should not wait by itself where Slack limits its calls."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._refusals = Refusals()
        self._pace = Pace(INTERVAL_S, BURST)
        self._at_work: set[ConversationKey] = set()
        self._telling: dict[ConversationKey, asyncio.Task[None]] = {}

    def begin(self, key: ConversationKey) -> None:
        """An answer is written in a thread."""
        is_new = key.thread_id is not None and key not in self._at_work
        if is_new and self._refusals.is_open and self._pace.take():
            self._at_work.add(key)
            self._tell(key, "processing")

    def end(self, key: ConversationKey) -> None:
        """It is written. Elsewhere than at work: nothing."""
        if key in self._at_work:
            self._at_work.discard(key)
            self._tell(key, "active", RETRY_S)

    async def close(self) -> None:
        """Give up what is on its way."""
        telling = list(self._telling.values())
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)

    def _tell(self, key: ConversationKey, status: str, waits_s: tuple[float, ...] = ()) -> None:
        before = self._telling.get(key)
        task = asyncio.create_task(self._set(key, status, waits_s, before))
        self._telling[key] = task
        task.add_done_callback(lambda done: self._told(key, done))

    def _told(self, key: ConversationKey, task: asyncio.Task[None]) -> None:
        if self._telling.get(key) is task:
            del self._telling[key]

    async def _set(
        self,
        key: ConversationKey,
        status: str,
        waits_s: tuple[float, ...],
        before: asyncio.Task[None] | None,
    ) -> None:
        if before is not None:
            await asyncio.wait({before})
        for wait_s in (*waits_s, None):
            try:
                await self._client.agents_sessions_setStatus(
                    channel_id=key.channel_id, thread_ts=key.thread_id, status=status
                )
                return
            except SlackApiError as error:
                self._refusals.note(code_of(error))
                if code_of(error) != "ratelimited":
                    return
            except CONNECTION_ERRORS:
                pass
            if wait_s is not None:
                await asyncio.sleep(wait_s)
