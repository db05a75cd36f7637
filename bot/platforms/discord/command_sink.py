"""CommandSink: shows one reply as the answer to a command, through the command's token while that lives.

The first post takes the place of "is thinking"; when the fifteen minutes are over, the channel takes over.
"""

from __future__ import annotations

from contextlib import suppress

import discord

from bot.errors import PlatformError
from bot.platforms.answer_sink import ENDINGS
from bot.platforms.base import PostGoneError
from bot.platforms.discord.command_token import ORIGINAL, CommandToken, TokenExpiredError
from bot.platforms.discord.paced_sink import PacedSink
from bot.platforms.discord.sink import PERSON, ChannelSink
from bot.platforms.layout import Post


class CommandSink(PacedSink):
    """Where the reply to a command goes: a ReplySink. `channel` is where it goes without the token."""

    def __init__(
        self, interaction: discord.Interaction, channel: ChannelSink, *, is_private: bool = False
    ) -> None:
        may_attach = interaction.app_permissions.attach_files
        super().__init__(channel.layout, channel.pace, takes_files=may_attach)
        self.max_file_bytes = interaction.filesize_limit
        self._token = CommandToken(interaction, is_private=is_private)
        self._is_private = is_private
        self._channel = channel
        # What took the place of posts that only the token reached.
        self._moved: dict[str, str] = {}

    async def send(self, post: Post, nonce: str) -> str:
        """Answer the command, or add to the answer."""
        try:
            return await self._answer(post)
        except TokenExpiredError:
            return await self._channel.send(post, nonce)

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`."""
        try:
            await self._change(message_id, post)
        except TokenExpiredError:
            await self._change_without_token(message_id, post)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error."""
        try:
            self._reach(message_id)
            await self._token.delete(message_id)
        except TokenExpiredError:
            await self._channel.delete(self._moved.get(message_id, message_id))
        self.layout.removed(message_id)

    async def find(self, nonce: str) -> str | None:
        """The first post can be made again at no risk; later ones are looked for in the channel."""
        return await self._channel.find(nonce) if self.layout.posts else None

    async def status(self, text: str) -> None:
        """Discord shows "is thinking" by itself until there is a first post."""

    async def finish(self, outcome: str) -> None:
        """Leave no command that thinks for ever, unless its answer is still to come."""
        if outcome == "restarted" or self.layout.posts:
            await super().finish(outcome)
            return
        with suppress(TokenExpiredError, PlatformError):
            if outcome in ENDINGS:
                await self._token.edit(ORIGINAL, Post(ENDINGS[outcome]), None)
            else:
                await self._token.delete(ORIGINAL)

    # --- inside ------------------------------------------------------------------------------

    @property
    def _bucket(self) -> str:
        return self._token.path

    async def _answer(self, post: Post) -> str:
        if not self.layout.posts:
            try:
                return await self._token.edit(ORIGINAL, post, None)
            except PostGoneError:  # somebody deleted "is thinking"
                pass
        return await self._token.add(post, self._channel.look_up)

    async def _change(self, message_id: str, post: Post) -> None:
        """Raises TokenExpiredError where the token does not reach the message."""
        self._reach(message_id)
        await self._token.edit(message_id, post, self.layout.look_of(message_id))

    async def _dress(self, message_id: str, post: Post) -> None:
        """Other buttons; what only one person sees keeps those that it has, once the token has run out."""
        with suppress(TokenExpiredError):
            await self._change(message_id, post)
            return
        if not self._is_private:
            await self._channel.change(message_id, post)

    def _reach(self, message_id: str) -> None:
        """Raises TokenExpiredError for a message that is not among those of the token."""
        if message_id in self._moved or message_id.startswith(PERSON):
            raise TokenExpiredError

    async def _change_without_token(self, message_id: str, post: Post) -> None:
        """A message that all may see is edited like any other; what one person saw is sent to that person."""
        if not self._is_private or message_id.startswith(PERSON):
            await self._channel.change(message_id, post)
        elif message_id in self._moved:
            await self._channel.change(self._moved[message_id], post)
        else:
            self._moved[message_id] = await self._channel.send(post, f"moved-{message_id}")
