"""ChannelSink: shows one reply as messages of the bot in a channel, a thread or a direct conversation.

Everything it asks of Discord may be asked twice: where an answer was lost it asks again, with the same nonce.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

import discord

from bot.conversation.reply import Reply
from bot.errors import StorageError
from bot.messages import File
from bot.platforms.base import DeliveryLimits
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.incoming import BY_COMMAND, DIRECT, channel_id
from bot.platforms.discord.problems import (
    CONNECTION_ERRORS,
    UNKNOWN_MESSAGE,
    own_permissions,
    platform_error,
    until_answered,
)
from bot.platforms.discord.typing_status import TypingStatus

T = TypeVar("T")

Place = discord.PartialMessageable | discord.DMChannel

LIMITS = DeliveryLimits(max_chars=2000, min_edit_interval_s=1.1)
"""2,000 characters are what a bot may post; a channel's bucket was seen to take five edits in 5 s."""

PERSON = "dm:"
"""What the ids of posts begin with that went to a person instead of the conversation."""

IsKnown = Callable[[str], Awaitable[bool]]
"""Whether a message is known to be a post of an answer already."""

LOOK_BACK = 100
"""How many messages after the question are searched for a post whose fate is unknown: one call."""


class ChannelSink:
    """Where one reply goes: a ReplySink. `posts` are the ids of its messages so far."""

    def __init__(self, reply: Reply, connection: Connection, typing: TypingStatus, is_known: IsKnown) -> None:
        self._reply = reply
        self._question = reply.question
        self._connection = connection
        self._typing = typing
        self._is_known = is_known
        # A slash command is no message that one could refer to, nor is one of another channel.
        is_here = self._question.conversation == reply.conversation
        self._is_message = is_here and not self._question.event_id.startswith(BY_COMMAND)
        self._channel_id = channel_id(reply.conversation)
        workspace = reply.conversation.workspace_id
        self._guild_id = None if workspace == DIRECT else int(workspace)
        self.posts = list(reply.posts)

    @property
    def limits(self) -> DeliveryLimits:
        """2,000 characters a post, a little less than one edit a second."""
        return LIMITS

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Post a message, the first one as a reply to the question. It mentions nobody, previews no links."""

        async def send(client: discord.Client, channel: Place) -> discord.Message:
            return await channel.send(
                text,
                nonce=nonce_for(self._reply, nonce),
                reference=None if self.posts else self._reference(client),  # type: ignore[arg-type]
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
            )

        message = await self._ask("post", send)
        self._typing.ended(self._channel_id)
        self.posts.append(str(message.id))
        return str(message.id)

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace a post's text. Raises PostGoneError."""

        async def edit(_: discord.Client, channel: Place) -> None:
            post = channel.get_partial_message(int(message_id))
            await post.edit(content=text, allowed_mentions=discord.AllowedMentions.none())

        await self._ask("edit a post", edit)

    async def delete(self, message_id: str) -> None:
        """Take a post back; one that is gone already is no error."""

        async def delete(_: discord.Client, channel: Place) -> None:
            try:
                await channel.get_partial_message(int(message_id)).delete()
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise

        await self._ask("delete a post", delete)

    async def find(self, nonce: str) -> str | None:
        """The next post of this reply, if an earlier process made one and did not live to write it down.

        Discord keeps no nonces (a message read again has none), so a post is known by its place: the first
        one refers to the question, a later one follows the post before it and refers to nothing. Posts of
        other answers that look the same are known as theirs.
        """
        message_id = await self.look_up()
        if message_id is not None:
            self.posts.append(message_id)
        return message_id

    async def status(self, text: str) -> None:
        """Keep the typing status alive."""
        client = await self._connection.client()
        self._typing.show(client.get_partial_messageable(self._channel_id, guild_id=self._guild_id))

    async def finish(self, outcome: str) -> None:
        """Nothing is open in a channel."""

    async def look_up(self) -> str | None:
        """The message in the channel that can only be the next post of this reply."""
        client = await self._connection.client()
        after = discord.Object(int(self.posts[-1] if self.posts else self._question.message_id))
        try:
            async for message in (await self._channel(client)).history(
                limit=LOOK_BACK, after=after, oldest_first=True
            ):
                is_own = client.user is not None and message.author.id == client.user.id
                if is_own and self._is_next(message) and not await self._is_known(str(message.id)):
                    return str(message.id)
        except (discord.HTTPException, StorageError, *CONNECTION_ERRORS):
            # Then it is posted again under its old nonce, which Discord knows for some minutes.
            return None
        return None

    # --- inside ------------------------------------------------------------------------------

    async def _channel(self, client: discord.Client) -> Place:
        return client.get_partial_messageable(self._channel_id, guild_id=self._guild_id)

    def _reference(self, client: discord.Client) -> discord.MessageReference | None:
        """What the first post replies to. To reply one must be able to read."""
        permissions = own_permissions(client.get_channel(self._channel_id))
        may_reply = permissions is None or permissions.read_message_history
        if not self._is_message or not may_reply:
            return None
        return discord.MessageReference(
            message_id=int(self._question.message_id),
            channel_id=self._channel_id,
            guild_id=self._guild_id,
            fail_if_not_exists=False,
        )

    def _is_next(self, message: discord.Message) -> bool:
        """Whether a message of the bot, written after the last known one, belongs to this reply."""
        made_by = message.interaction_metadata
        if made_by is not None:
            is_empty = message.flags.loading
            return str(made_by.id) == self._question.message_id and not is_empty
        refers_to = str(message.reference.message_id) if message.reference else None
        is_first_of_message = not self.posts and self._is_message
        return refers_to == (self._question.message_id if is_first_of_message else None)

    async def _ask(self, doing: str, work: Callable[[discord.Client, Place], Awaitable[T]]) -> T:
        """Do `work`, again while the connection breaks. Raises PlatformError."""

        async def once() -> T:
            client = await self._connection.client()
            return await work(client, await self._channel(client))

        try:
            return await until_answered(doing, once)
        except discord.HTTPException as error:
            client = await self._connection.client()
            raise platform_error(error, doing, client.get_channel(self._channel_id)) from error


class PersonSink(ChannelSink):
    """Where a private answer goes when its command can no longer be answered: to the person alone."""

    async def post(self, text: str, nonce: str, file: File | None = None) -> str:
        """Post a message to the person."""
        return PERSON + await super().post(text, nonce, file)

    async def edit(self, message_id: str, text: str, file: File | None = None) -> None:
        """Replace the text of a message to the person. Raises PostGoneError."""
        await super().edit(message_id.removeprefix(PERSON), text, file)

    async def delete(self, message_id: str) -> None:
        """Take a message to the person back; one that is gone already is no error."""
        await super().delete(message_id.removeprefix(PERSON))

    async def look_up(self) -> str | None:
        """Unknown: other answers there look the same. Discord knows the nonce for some minutes."""
        return None

    async def status(self, text: str) -> None:
        """Nothing: the person is not looking there yet."""

    async def _channel(self, client: discord.Client) -> Place:
        return await client.create_dm(discord.Object(int(self._question.author.id)))

    def _reference(self, client: discord.Client) -> None:
        """A message cannot refer to one of another channel."""


def nonce_for(reply: Reply, nonce: str) -> str:
    """At most 25 characters, unique to the questions as they read and to the part: another database's nonces
    must not meet ours, and an answer to an edited question, or made anew, is not the one before."""
    questions = "\0".join(f"{message.event_id} {message.text}" for message in reply.messages)
    told = f"{nonce}\0{reply.variation}\0{questions}".encode(errors="replace")
    return hashlib.blake2b(told, digest_size=12).hexdigest()
