"""CommandSink: shows one reply as the answer to a command, through the command's token while that lives.

The first post takes the place of "is thinking"; when the fifteen minutes are over, the channel takes over.
"""

from __future__ import annotations

from contextlib import suppress

import discord

from bot.errors import BotError, PlatformError
from bot.platforms.base import DeliveryLimits
from bot.platforms.discord.command_token import ORIGINAL, CommandToken, OpenCommands, TokenExpiredError
from bot.platforms.discord.sink import ChannelSink

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
        open_commands: OpenCommands,
        *,
        is_private: bool = False,
    ) -> None:
        self._interaction = interaction
        self._token = CommandToken(interaction, is_private=is_private)
        self._channel = channel
        self._open_commands = open_commands

    @property
    def limits(self) -> DeliveryLimits:
        """As in the channel."""
        return self._channel.limits

    async def post(self, text: str, nonce: str) -> str:
        """Answer the command, or add to the answer."""
        try:
            if self._channel.posts:
                message_id = await self._token.add(text, self._channel.look_up)
            else:
                message_id = await self._token.edit(ORIGINAL, text)
        except TokenExpiredError:
            return await self._channel.post(text, nonce)
        self._channel.posts.append(message_id)
        return message_id

    async def edit(self, message_id: str, text: str) -> None:
        """Replace a post's text."""
        try:
            await self._token.edit(message_id, text)
        except TokenExpiredError:
            await self._channel.edit(message_id, text)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error."""
        try:
            await self._token.delete(message_id)
        except TokenExpiredError:
            await self._channel.delete(message_id)

    async def find(self, nonce: str) -> str | None:
        """The first post can be made again at no risk; later ones are looked for in the channel."""
        return await self._channel.find(nonce) if self._channel.posts else None

    async def status(self, text: str) -> None:
        """Discord shows "is thinking" by itself until there is a first post."""

    async def finish(self, outcome: str) -> None:
        """Leave no command that thinks for ever; while a reply is made anew, the token is still needed."""
        if outcome == "restarted":
            return
        self._open_commands.close(self._interaction)
        if self._channel.posts:
            return
        with suppress(TokenExpiredError, PlatformError):
            if outcome in ENDINGS:
                await self._token.edit(ORIGINAL, ENDINGS[outcome])
            else:
                await self._token.delete(ORIGINAL)
