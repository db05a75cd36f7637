"""CommandSink: shows one reply as the answer to a command, through the command's token while that lives.

The first post takes the place of "is thinking"; when the fifteen minutes are over, the channel takes over.
"""

from __future__ import annotations

from contextlib import suppress

import discord

from bot.errors import BotError, PlatformError
from bot.messages import File
from bot.platforms.base import DeliveryLimits, PostGoneError
from bot.platforms.discord.command_token import ORIGINAL, CommandToken, TokenExpiredError
from bot.platforms.discord.sink import PERSON, ChannelSink

ENDINGS = {
    "stopped": "Stopped.",
    "finished": "I have no answer to that.",
    "failed": BotError.default_user_message,
}
"""What a command shows that ended without a word of an answer: "is thinking" would stay for minutes."""


class CommandSink:
    """Where the reply to a command goes: a ReplySink. `channel` is where it goes without the token."""

    def __init__(
        self,
        interaction: discord.Interaction,
        channel: ChannelSink,
        *,
        is_private: bool = False,
    ) -> None:
        self._token = CommandToken(interaction, is_private=is_private)
        self._is_private = is_private
        self._channel = channel
        # What took the place of posts that only the token reached.
        self._moved: dict[str, str] = {}

    @property
    def limits(self) -> DeliveryLimits:
        """As in the channel."""
        return self._channel.limits

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Answer the command, or add to the answer."""
        try:
            message_id = await self._answer(text)
        except TokenExpiredError:
            return await self._channel.post(text, nonce)
        self._channel.posts.append(message_id)
        return message_id

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace a post's text. Raises PostGoneError."""
        try:
            self._reach(message_id)
            await self._token.edit(message_id, text)
        except TokenExpiredError:
            await self._edit_without_token(message_id, text)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error."""
        try:
            self._reach(message_id)
            await self._token.delete(message_id)
        except TokenExpiredError:
            await self._channel.delete(self._moved.get(message_id, message_id))

    async def find(self, nonce: str) -> str | None:
        """The first post can be made again at no risk; later ones are looked for in the channel."""
        return await self._channel.find(nonce) if self._channel.posts else None

    async def status(self, text: str) -> None:
        """Discord shows "is thinking" by itself until there is a first post."""

    async def finish(self, outcome: str) -> None:
        """Leave no command that thinks for ever, unless its answer is still to come."""
        if outcome == "restarted" or self._channel.posts:
            return
        with suppress(TokenExpiredError, PlatformError):
            if outcome in ENDINGS:
                await self._token.edit(ORIGINAL, ENDINGS[outcome])
            else:
                await self._token.delete(ORIGINAL)

    # --- inside ------------------------------------------------------------------------------

    async def _answer(self, text: str) -> str:
        if not self._channel.posts:
            try:
                return await self._token.edit(ORIGINAL, text)
            except PostGoneError:  # somebody deleted "is thinking"
                pass
        return await self._token.add(text, self._channel.look_up)

    def _reach(self, message_id: str) -> None:
        """Raises TokenExpiredError for a message that is not among those of the token."""
        if message_id in self._moved or message_id.startswith(PERSON):
            raise TokenExpiredError

    async def _edit_without_token(self, message_id: str, text: str) -> None:
        """A message that all may see is edited like any other; what one person saw is sent to that person."""
        if not self._is_private or message_id.startswith(PERSON):
            await self._channel.edit(message_id, text)
        elif message_id in self._moved:
            await self._channel.edit(self._moved[message_id], text)
        else:
            self._moved[message_id] = await self._channel.post(text, f"moved-{message_id}")
