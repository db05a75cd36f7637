"""CommandToken: what Discord lets the bot do with the token of one command, for fifteen minutes.

It knows HTTP and lost answers; what is to be shown, and what comes after the token, is the sink's business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
from discord.http import Route

from bot.platforms.discord.layout import EPHEMERAL, changed_body, new_body, sent
from bot.platforms.discord.problems import (
    INVALID_WEBHOOK_TOKEN,
    UNKNOWN_MESSAGE,
    UNKNOWN_WEBHOOK,
    platform_error,
    until_answered,
)
from bot.platforms.layout import Post

ORIGINAL = "@original"
"""Discord's name for the message that shows "is thinking", and later the first part of the answer."""

MARGIN = timedelta(seconds=20)
"""How long before its end a token is no longer trusted."""


class TokenExpiredError(Exception):
    """The token is no longer good. Never leaves the adapter."""


class OpenCommands:
    """The commands whose answers can be reached by their tokens, by id. Kept in this process only: after a
    restart answers are normal messages."""

    def __init__(self) -> None:
        self._open: dict[str, discord.Interaction] = {}

    def add(self, interaction: discord.Interaction) -> None:
        """A command was acknowledged. Those whose token ran out long ago are dropped on the way."""
        self._open = {key: kept for key, kept in self._open.items() if not kept.is_expired()}
        self._open[str(interaction.id)] = interaction

    def get(self, message_id: str) -> discord.Interaction | None:
        """The interaction of a command's message id, if there is one."""
        return self._open.get(message_id)


class CommandToken:
    """All methods raise TokenExpiredError, and PlatformError when Discord refuses for good."""

    def __init__(self, interaction: discord.Interaction, *, is_private: bool = False) -> None:
        self._interaction = interaction
        self._is_private = is_private
        self._is_expired = False

    @property
    def path(self) -> str:
        """The beginning of the paths of this token's messages."""
        return f"/webhooks/{self._interaction.application_id}/{self._interaction.token}"

    async def edit(self, message_id: str, post: Post, old: Post | None) -> str:
        """Let a message of this answer look like `post`; its id (`ORIGINAL` has one, too). `old` as in
        `Post.changed`."""
        body = changed_body(post, old)
        return await self._ask(lambda: self._call("PATCH", f"/messages/{message_id}", sent(post, body)))

    async def delete(self, message_id: str) -> None:
        """Take a message of this answer back; one that is gone already is no error."""
        await self._ask(lambda: self._call("DELETE", f"/messages/{message_id}"), gone_is_fine=True)

    async def add(self, post: Post, look_up: Callable[[], Awaitable[str | None]]) -> str:
        """Add a message to the answer; its id.

        Discord takes no nonce here: where its word was lost, `look_up` says whether the message is there.
        """
        has_asked = False
        body = new_body(post)
        body["flags"] |= EPHEMERAL if self._is_private else 0

        async def once() -> str:
            nonlocal has_asked
            if has_asked and (found := await look_up()):
                return found
            has_asked = True
            return await self._call("POST", "", sent(post, body))

        return await self._ask(once)

    async def _call(self, method: str, path: str, sent: dict[str, Any] | None = None) -> str:
        """One call; the id of the message that came of it. By hand, because discord.py cannot suppress link
        previews when it edits an answer."""
        route = Route(
            method,
            "/webhooks/{webhook_id}/{webhook_token}" + path,
            webhook_id=self._interaction.application_id,
            webhook_token=self._interaction.token,
        )
        http = self._interaction.client.http
        if sent is None:
            await http.request(route)
            return ""
        message = await http.request(route, params={"wait": "true"} if method == "POST" else {}, **sent)
        return str(message["id"])

    async def _ask(self, work: Callable[[], Awaitable[str]], *, gone_is_fine: bool = False) -> str:
        async def while_alive() -> str:
            if self._is_expired or datetime.now(UTC) > self._interaction.expires_at - MARGIN:
                raise TokenExpiredError
            return await work()

        try:
            return await until_answered("answer a command", while_alive)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_MESSAGE and gone_is_fine:
                return ""
            if error.code not in (INVALID_WEBHOOK_TOKEN, UNKNOWN_WEBHOOK):
                raise platform_error(error, "answer a command", self._interaction.channel) from error
        self._is_expired = True
        raise TokenExpiredError
