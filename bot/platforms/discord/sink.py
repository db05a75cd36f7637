"""ChannelSink: shows one reply as messages of the bot in a channel, a thread or a direct conversation.

Everything it asks of Discord may be asked twice: where an answer was lost it asks again, with the same nonce.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import discord
from discord.http import Route

from bot.conversation.digesting import BY_SCHEDULE
from bot.conversation.reply import Reply
from bot.conversation.tasks.translate import BY_FLAG
from bot.errors import StorageError
from bot.messages import DIRECT_WORKSPACE
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.excuses import CANNOT_WRITE, Excuses, excuse
from bot.platforms.discord.incoming import BY_COMMAND, channel_id
from bot.platforms.discord.layout import changed_body, new_body, sent
from bot.platforms.discord.pace import Pace
from bot.platforms.discord.paced_sink import PacedSink
from bot.platforms.discord.problems import (
    CONNECTION_ERRORS,
    UNKNOWN_MESSAGE,
    own_permissions,
    platform_error,
    until_answered,
)
from bot.platforms.discord.reading import read_after, read_one
from bot.platforms.discord.typing_status import TypingStatus
from bot.platforms.layout import Layout, Post
from bot.platforms.recently import Recently

T = TypeVar("T")

Place = discord.PartialMessageable | discord.DMChannel

PERSON = "dm:"
"""What the ids of posts begin with that went to a person instead of the conversation."""

IsKnown = Callable[[str], Awaitable[bool]]
"""Whether a message is known to be a post of an answer already."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sinks of one bot share. `refused` are the refusals that the operator was told of."""

    connection: Connection
    typing: TypingStatus
    pace: Pace
    excuses: Excuses
    is_known: IsKnown
    refused: Recently = field(default_factory=Recently)


class ChannelSink(PacedSink):
    """Where one reply goes: a ReplySink."""

    def __init__(
        self, reply: Reply, surroundings: Surroundings, *, takes_files: bool, is_shareable: bool = False
    ) -> None:
        """`is_shareable`: one person sees the answer, and may show it to all."""
        layout = Layout(reply, is_shareable=is_shareable)
        super().__init__(layout, surroundings.pace, takes_files=takes_files)
        self._reply = reply
        self._question = reply.question
        self._surroundings = surroundings
        self._referred = self._referred_message()
        self._channel_id = channel_id(reply.conversation)
        workspace = reply.conversation.workspace_id
        self._guild_id = None if workspace == DIRECT_WORKSPACE else int(workspace)

    async def send(self, post: Post, nonce: str) -> str:
        """Post a message, the first one as a reply to the question. It mentions nobody, previews no links."""

        async def send(client: discord.Client, channel: Place) -> str:
            body = new_body(post) | {"nonce": nonce_for(self._reply, nonce), "enforce_nonce": True}
            reference = None if self.layout.posts else self._reference(client)
            if reference is not None:
                body["message_reference"] = reference
            route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel.id)
            message = await client.http.request(route, **sent(post, body))
            return str(message["id"])

        message_id = await self._ask("post", send)
        self._surroundings.typing.ended(self._channel_id)
        return message_id

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message look like `post`; what was bare text and is only corrected stays so."""

        async def edit(client: discord.Client, channel: Place) -> None:
            look = post
            old = self.layout.look_of(message_id)
            if old is None and self._reply.is_correction:
                look = replace(post, is_plain=await _is_plain(client, channel, int(message_id)))
            route = Route(
                "PATCH",
                "/channels/{channel_id}/messages/{message_id}",
                channel_id=channel.id,
                message_id=message_id,
            )
            await client.http.request(route, **sent(look, changed_body(look, old)))

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
        self.layout.removed(message_id)

    async def find(self, nonce: str) -> str | None:
        """The next post of this reply, if an earlier process made one and did not live to write it down.

        Discord keeps no nonces (a message read again has none), so a post is known by its place: the first
        one refers to the question, a later one follows the post before it and refers to nothing. Posts of
        other answers that look the same are known as theirs.
        """
        message_id = await self.look_up()
        if message_id is not None:
            self.layout.shown(message_id)
        return message_id

    async def status(self, text: str) -> None:
        """Keep the typing status alive."""
        client = await self._surroundings.connection.client()
        channel = client.get_partial_messageable(self._channel_id, guild_id=self._guild_id)
        self._surroundings.typing.show(channel)

    async def look_up(self) -> str | None:
        """The message in the channel that can only be the next post of this reply."""
        client = await self._surroundings.connection.client()
        last = self.layout.posts[-1] if self.layout.posts else self._referred or self._question.message_id
        if not last.isdecimal():  # a digest is made by no message
            return None
        try:
            for message in await read_after(client, await self._channel(client), int(last)):
                is_own = client.user is not None and message.author.id == client.user.id
                is_next = is_own and self._is_next(message)
                if is_next and not await self._surroundings.is_known(str(message.id)):
                    return str(message.id)
        except (discord.HTTPException, StorageError, *CONNECTION_ERRORS):
            # Then it is posted again under its old nonce, which Discord knows for some minutes.
            return None
        return None

    # --- inside ------------------------------------------------------------------------------

    @property
    def _bucket(self) -> str:
        return f"/channels/{self._channel_id}"

    async def _channel(self, client: discord.Client) -> Place:
        return client.get_partial_messageable(self._channel_id, guild_id=self._guild_id)

    def _referred_message(self) -> str | None:
        """The message that the first post is a reply to. A command is none, nor is one of another channel."""
        if self._question.conversation != self._reply.conversation:
            return None
        if self._question.event_id.startswith(BY_FLAG):
            return self._question.reply_to
        is_no_message = self._question.event_id.startswith((BY_COMMAND, BY_SCHEDULE))
        return None if is_no_message else self._question.message_id

    def _reference(self, client: discord.Client) -> dict[str, Any] | None:
        """What the first post replies to. To reply one must be able to read."""
        permissions = own_permissions(client.get_channel(self._channel_id))
        may_reply = permissions is None or permissions.read_message_history
        if self._referred is None or not may_reply:
            return None
        where = {} if self._guild_id is None else {"guild_id": str(self._guild_id)}
        return {
            "message_id": self._referred,
            "channel_id": str(self._channel_id),
            **where,
            "fail_if_not_exists": False,
        }

    def _is_next(self, message: discord.Message) -> bool:
        """Whether a message of the bot, written after the last known one, belongs to this reply."""
        made_by = message.interaction_metadata
        if made_by is not None:
            is_empty = message.flags.loading
            return str(made_by.id) == self._question.message_id and not is_empty
        refers_to = str(message.reference.message_id) if message.reference else None
        return refers_to == (None if self.layout.posts else self._referred)

    async def _ask(self, doing: str, work: Callable[[discord.Client, Place], Awaitable[T]]) -> T:
        """Do `work`, again while the connection breaks. Raises PlatformError, and tells the person who asked
        when it is a permission that is missing."""

        async def once() -> T:
            client = await self._surroundings.connection.client()
            return await work(client, await self._channel(client))

        try:
            return await until_answered(doing, once)
        except discord.HTTPException as error:
            client = await self._surroundings.connection.client()
            channel = client.get_channel(self._channel_id)
            problem = platform_error(error, doing, channel)
            if isinstance(error, discord.Forbidden):
                problem.is_news = self._surroundings.refused.is_news(str(problem))
                await self._excuse(client, channel, doing)
            raise problem from error

    async def _excuse(self, client: discord.Client, channel: object, doing: str) -> None:
        """Say in person what cannot be said here; nobody waits for what is quiet or only corrected."""
        if self._guild_id is not None and not (self._reply.is_quiet or self._reply.is_correction):
            person_id = int(self._question.author.id)
            sentence = excuse(self._channel_id, channel, doing)
            await self._surroundings.excuses.tell(client, person_id, self._channel_id, sentence)


class PersonSink(ChannelSink):
    """Where a private answer goes when its command can no longer be answered: to the person alone. Without
    buttons: an answer is known in the conversation that it was asked for in."""

    _direct_id = 0

    async def send(self, post: Post, nonce: str) -> str:
        """Post a message to the person."""
        return PERSON + await super().send(replace(post, buttons=()), nonce)

    async def change(self, message_id: str, post: Post) -> None:
        """Let a message to the person look like `post`."""
        await super().change(message_id.removeprefix(PERSON), replace(post, buttons=()))

    async def delete(self, message_id: str) -> None:
        """Take a message to the person back; one that is gone already is no error."""
        await super().delete(message_id.removeprefix(PERSON))
        self.layout.removed(message_id)

    async def look_up(self) -> str | None:
        """Unknown: other answers there look the same. Discord knows the nonce for some minutes."""
        return None

    async def status(self, text: str) -> None:
        """Nothing: the person is not looking there yet."""

    async def _channel(self, client: discord.Client) -> Place:
        direct = await client.create_dm(discord.Object(int(self._question.author.id)))
        self._direct_id = direct.id
        return direct

    def _reference(self, client: discord.Client) -> None:
        """A message cannot refer to one of another channel."""

    async def _excuse(self, client: discord.Client, channel: object, doing: str) -> None:
        """Say where the command was typed that there is no way to the person, and nothing of the answer."""
        if self._question.event_id.startswith(BY_COMMAND) or self._reply.is_correction:
            return
        place = client.get_partial_messageable(self._channel_id, guild_id=self._guild_id)
        await self._surroundings.excuses.say(place, int(self._question.author.id), CANNOT_WRITE)

    @property
    def _bucket(self) -> str:
        return f"/channels/{self._direct_id}"

    async def _dress(self, message_id: str, post: Post) -> None:
        """Nothing: it has no buttons."""


def nonce_for(reply: Reply, nonce: str) -> str:
    """At most 25 characters, unique to the questions as they read and to the part: another database's nonces
    must not meet ours, and an answer to an edited question, or made anew, is not the one before."""
    questions = "\0".join(f"{message.event_id} {message.text}" for message in reply.messages)
    told = f"{nonce}\0{reply.variation}\0{questions}".encode(errors="replace")
    return hashlib.blake2b(told, digest_size=12).hexdigest()


async def _is_plain(client: discord.Client, channel: Place, message_id: int) -> bool:
    """Whether a message is bare text, as earlier versions posted it; False where that cannot be read."""
    try:
        post = await read_one(client, channel, message_id)
    except discord.HTTPException:
        return False
    return post is not None and not post.flags.components_v2
