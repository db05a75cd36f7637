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
from bot.platforms.slack.problems import CONNECTION_ERRORS, code_of, is_trouble
from bot.platforms.slack.refusals import Refusals

INTERVAL_S, BURST = 2.5, 8
"""How often a session may begin: Slack takes 50 calls a minute, and each one has two."""

RETRY_S = (1.0, 5.0, 20.0)
"""Waits before the end of a session is told again: until then people see a button that stops nothing."""

DONE, REFUSED, UNKNOWN = "done", "refused", "unknown"


class Sessions:
    """Of one workspace. `client` should not wait by itself where Slack limits its calls."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._refusals = Refusals()
        self._pace = Pace(INTERVAL_S, BURST)
        self._begun: dict[ConversationKey, asyncio.Task[bool]] = {}
        self._ended: dict[ConversationKey, asyncio.Task[bool]] = {}

    def begin(self, key: ConversationKey) -> None:
        """An answer is written in a thread."""
        is_new = key.thread_id is not None and key not in self._begun
        if is_new and self._refusals.is_open and self._pace.take():
            self._begun[key] = asyncio.create_task(self._process(key, self._ended.get(key)))

    def end(self, key: ConversationKey) -> None:
        """It is written. Elsewhere than at work: nothing."""
        if (begun := self._begun.pop(key, None)) is not None:
            task = self._ended[key] = asyncio.create_task(self._rest(key, begun))
            task.add_done_callback(lambda done: self._forget(key, done))

    async def close(self) -> None:
        """Give up what is on its way."""
        telling = [*self._begun.values(), *self._ended.values()]
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)

    def _forget(self, key: ConversationKey, ended: asyncio.Task[bool]) -> None:
        if self._ended.get(key) is ended:
            del self._ended[key]

    async def _process(self, key: ConversationKey, before: asyncio.Task[bool] | None) -> bool:
        if before is not None:
            await asyncio.wait({before})
        return await self._set(key, "processing") != REFUSED

    async def _rest(self, key: ConversationKey, begun: asyncio.Task[bool]) -> bool:
        if not await begun:
            return False
        for wait_s in RETRY_S:
            if (outcome := await self._set(key, "active")) != UNKNOWN:
                return outcome == DONE
            await asyncio.sleep(wait_s)
        return False

    async def _set(self, key: ConversationKey, status: str) -> str:
        """Have a session's status changed; whether that was `DONE`, `REFUSED`, or is `UNKNOWN` and may be
        asked for again."""
        try:
            await self._client.agents_sessions_setStatus(
                channel_id=key.channel_id, thread_ts=key.thread_id, status=status
            )
        except SlackApiError as error:
            self._refusals.note(code_of(error))
            return UNKNOWN if code_of(error) == "ratelimited" or is_trouble(error) else REFUSED
        except CONNECTION_ERRORS:
            return UNKNOWN
        return DONE
