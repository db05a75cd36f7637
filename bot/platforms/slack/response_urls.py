"""ResponseUrls: where the answers to commands and presses may be sent to, privately, for half an hour.

https://docs.slack.dev/interactivity/handling-user-interaction: five posts in 30 minutes. What came of a press
can take the place of the message that was pressed; what came of a command stands below what it said before.
"""

from __future__ import annotations

import time

from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.platforms.slack.problems import SlackTroubleError, until_answered
from bot.platforms.slack.sdk_log import SDK_LOG

LIFE_S = 30 * 60.0
MARGIN_S = 20.0
MAX_POSTS = 5
NOT_LAID_OUT = 400
"""The status of a message that Slack cannot show; the address is as good as before."""


class ResponseUrl:
    """One address for answers: in the thread `thread_ts`, where there is one. `can_replace`: an answer may
    take the place of what stands there."""

    def __init__(self, url: str, thread_ts: str = "", *, can_replace: bool = True) -> None:
        self.url = url
        self.can_replace = can_replace
        self._thread = {"thread_ts": thread_ts} if thread_ts else {}
        self._client = AsyncWebhookClient(url, logger=SDK_LOG, retry_handlers=[])
        self._posts_left = MAX_POSTS
        self._ends_at = time.monotonic() + LIFE_S - MARGIN_S

    @property
    def posts_left(self) -> int:
        """How often it may still be used."""
        return self._posts_left if time.monotonic() < self._ends_at else 0

    async def post(self, body: dict[str, object], *, replaces: bool) -> bool:
        """Show a message to the person who gave the command, in place of the last one with `replaces`. False
        when Slack takes no more there, or not this. Raises PlatformError when Slack cannot be reached."""
        replaces = replaces and self.can_replace
        message = {"response_type": "ephemeral", "replace_original": replaces, **self._thread, **body}

        async def once() -> WebhookResponse:
            if self.posts_left == 0:
                return WebhookResponse(url="", status_code=410, body="", headers={})
            self._posts_left -= 1
            answer = await self._client.send_dict(message)
            if answer.status_code >= 500:
                raise SlackTroubleError("no answer of a response_url")
            return answer

        answer = await until_answered("answer a command", once)
        if answer.status_code not in (200, NOT_LAID_OUT):
            self._posts_left = 0
        return answer.status_code == 200


class ResponseUrls:
    """The addresses of what is still being answered: those of commands by the message id, those of presses on
    what only one person sees by the id of that post. Kept in this process only: after a restart answers go to
    the person by another way."""

    def __init__(self) -> None:
        self._open: dict[str, ResponseUrl] = {}

    def add(self, known_as: str, url: str, thread_ts: str = "", *, can_replace: bool = True) -> None:
        """A command was given, or a button pressed; the newest address counts. Those whose time is over are
        dropped on the way."""
        self._open = {key: kept for key, kept in self._open.items() if kept.posts_left}
        known = self._open.get(known_as)
        if url and (known is None or known.url != url):
            self._open[known_as] = ResponseUrl(url, thread_ts, can_replace=can_replace)

    def get(self, known_as: str) -> ResponseUrl | None:
        """The address for a command's message id or a post's id, if there is one."""
        return self._open.get(known_as)

    def close(self, known_as: str) -> None:
        """The answer is complete."""
        self._open.pop(known_as, None)
