"""CommandSink: shows one reply to the person who gave a command, and to nobody else.

Slack takes five posts through a command's `response_url`, so the answer comes whole; when that is over, or
after a restart, it comes as ephemeral messages. What is shown in either way cannot be edited nor looked up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from slack_sdk.errors import SlackApiError

from bot.conversation.reply import Reply
from bot.errors import BotError, PlatformError
from bot.messages import File, Piece, Progress
from bot.platforms.base import DeliveryLimits
from bot.platforms.slack.commands import with_names_here
from bot.platforms.slack.mrkdwn import INERT, message_body
from bot.platforms.slack.problems import platform_error, until_answered
from bot.platforms.slack.response_urls import ResponseUrls
from bot.platforms.slack.sink import LIMITS
from bot.platforms.slack.workspaces import Workspaces

SIGN_OF_LIFE_S = 5.0
"""How long a command may think before its one sign of life is shown."""

ENDINGS = {
    "stopped": "Stopped.",
    "finished": "I have no answer to that.",
    "failed": BotError.default_user_message,
}
"""What a command shows that ended without a word of an answer."""


class CommandSink:
    """Where the reply to a command goes: a ReplySink."""

    def __init__(self, reply: Reply, workspaces: Workspaces, response_urls: ResponseUrls) -> None:
        self._reply = reply
        self._question = reply.question
        self._workspaces = workspaces
        self._response_urls = response_urls
        self._response_url = response_urls.get(self._question.message_id)
        self._has_posted = bool(reply.posts)
        self._has_shown_life = False
        self._began_at = asyncio.get_running_loop().time()

    @property
    def limits(self) -> DeliveryLimits:
        """As in a channel."""
        return LIMITS

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Show the answer, or its next part."""
        await self._show(text)
        self._has_posted = True
        return f"{self._question.message_id}/{nonce}"

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Show an answer anew that was made anew. Else nothing: a part that was shown was shown whole."""
        if self._reply.variation or self._reply.begun:
            await self._show(text)

    async def delete(self, message_id: str) -> None:
        """Nothing: a command cannot be withdrawn, nor its answer."""

    async def find(self, nonce: str) -> str | None:
        """Unknown: Slack keeps no ephemeral messages."""
        return None

    async def status(self, text: str) -> None:
        """Show one sign of life, once a command has been thinking for a while."""
        is_early = asyncio.get_running_loop().time() - self._began_at < SIGN_OF_LIFE_S
        if is_early or self._has_shown_life or self._has_posted or self._response_url is None:
            return
        self._has_shown_life = True
        with suppress(PlatformError):
            await self._response_url.post(message_body(f"{text} …"), replaces=True)

    async def finish(self, outcome: str) -> None:
        """Leave no command without a last word; while a reply is to be made again, there is no last word."""
        if outcome in ("restarted", "released"):
            return
        if not self._has_posted and outcome in ENDINGS:
            await self._show(ENDINGS[outcome])
        self._response_urls.close(self._question.message_id)

    async def _show(self, text: str) -> None:
        body = message_body(with_names_here(text))
        if self._response_url and await self._response_url.post(body, replaces=not self._has_posted):
            return
        key = self._question.conversation
        thread = {"thread_ts": key.thread_id} if key.thread_id else {}
        call = {"channel": key.channel_id, "user": self._question.author.id, **thread, **INERT, **body}
        client = (await self._workspaces.of(key.workspace_id)).client
        try:
            await until_answered(
                "answer a command",
                lambda: client.api_call("chat.postEphemeral", json=call),
            )
        except SlackApiError as error:
            raise platform_error(error, "answer a command", key.channel_id) from None


async def whole(pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """The same answer in one piece, after all signs of life."""
    written = ""
    async with aclosing(pieces) as stream:
        async for piece in stream:
            if isinstance(piece, Progress):
                yield piece
            else:
                written += piece
    if written:
        yield written
