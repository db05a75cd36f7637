"""From discord.py's events to the bot's messages: pure functions, no I/O.

They decide what is meant for the bot. They know nothing of the connection, storage or answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord

from bot.conversation.commands import command_in
from bot.conversation.rules import USUAL, Rules
from bot.conversation.tasks.unreadable import NAME as UNREADABLE
from bot.messages import DIRECT_WORKSPACE, Author, Command, ConversationKey, IncomingMessage
from bot.platforms.channel_options import with_channels
from bot.platforms.discord.contents import line_of, own_roles, words_of

PLATFORM = "discord"
BY_COMMAND = "interaction:"
"""What the event ids of slash commands begin with."""

_SAID_BY_PEOPLE = (discord.MessageType.default, discord.MessageType.reply)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot's own account: its id, and what it calls itself; whether it is let to read messages that do not
    mention it."""

    id: int
    name: str
    hears_all: bool = True


def conversation_key(guild_id: int | None, channel_id: int, parent_id: int | None = None) -> ConversationKey:
    """The bot's name for a channel, or with `parent_id` for a thread of that channel."""
    workspace = str(guild_id) if guild_id else DIRECT_WORKSPACE
    if parent_id is None:
        return ConversationKey(PLATFORM, workspace, str(channel_id))
    return ConversationKey(PLATFORM, workspace, str(parent_id), str(channel_id))


def channel_id(key: ConversationKey) -> int:
    """The id under which Discord knows a conversation: the thread's, else the channel's."""
    return int(key.thread_id or key.channel_id)


def is_from_person(message: discord.Message) -> bool:
    """Whether a person wrote it, and no bot (this one too), webhook or notice of Discord's: no loops."""
    return not (message.author.bot or message.webhook_id or message.type not in _SAID_BY_PEOPLE)


def is_direct(message: discord.Message) -> bool:
    """Whether it was written to the bot alone."""
    return isinstance(message.channel, discord.DMChannel)


def guild_id_of(message: discord.Message) -> int | None:
    """The server of a message, also where discord.py knows the server's id and not yet the server."""
    return message.guild.id if message.guild else getattr(message.channel, "guild_id", None)


def is_call(message: discord.Message, me: Me) -> bool:
    """Whether a message calls the bot: by mention, by a mention of its own role, or as a reply to it."""
    is_mentioned = any(user.id == me.id for user in message.mentions)
    return is_mentioned or bool(own_roles(message, me)) or _answered_author(message) == me.id


def is_named(message: discord.Message, me: Me) -> bool:
    """Whether a message calls the bot in its words: a reply to it mentions it too."""
    return me.id in message.raw_mentions or bool(own_roles(message, me))


def is_addressed(message: discord.Message, me: Me, *, is_called_into: bool, rules: Rules = USUAL) -> bool:
    """Whether the bot is to answer: direct messages, and where `rules` let it speak calls, wake words, and
    in a thread that it was called into (or anywhere, by the rules) everything that is not plainly meant for
    somebody else. Where they do not, only commands behind its name."""
    if is_direct(message):
        return True
    if rules.speak == "off":
        return is_call(message, me) and _command(message, me, line_of(message, me)) is not None
    if is_call(message, me):
        return True
    if rules.speak == "mention" and rules.is_woken_by(line_of(message, me)):
        return True
    has_other_addressee = message.mentions or message.role_mentions or _answered_author(message) is not None
    return (is_called_into or rules.speak == "always") and not has_other_addressee


def to_incoming(
    message: discord.Message,
    me: Me,
    key: ConversationKey,
    *,
    is_called_into: bool = False,
    event: str = "message",
    rules: Rules = USUAL,
    files: Sequence[str] = (),
) -> IncomingMessage | None:
    """A message as the bot is told of it; None for what people did not write, and for what has no words and
    is not addressed by a call (without the message content intent, all that the bot may not read). `event`
    names the kind of event that brought it, `files` is what `attachments.read_files` made of its files."""
    if not is_from_person(message):
        return None
    text = words_of(message, me, files=files)
    if not text and not (is_direct(message) or is_call(message, me)):
        return None
    is_for_bot = is_addressed(message, me, is_called_into=is_called_into, rules=rules)
    command = _command(message, me, text, rules) if is_for_bot else None
    if is_for_bot and not text and _is_withheld(message, me):
        command = Command(UNREADABLE)
    return IncomingMessage(
        conversation=key,
        message_id=str(message.id),
        event_id=f"{event}:{message.id}",
        author=Author(str(message.author.id), message.author.display_name),
        text=text,
        sent_at=message.created_at,
        is_addressed=is_for_bot,
        command=command,
        reply_to=_id_or_none(replied_to(message)),
        sees_history=sees_history(message),
        is_call=is_named(message, me),
    )


def _is_withheld(message: discord.Message, me: Me) -> bool:
    """Whether Discord does not tell what a message says. A mention of the bot's role counts for nothing."""
    is_mentioned = any(user.id == me.id for user in message.mentions)
    return not (me.hears_all or is_mentioned or is_direct(message))


def from_bot_or_webhook(
    message: discord.Message, me: Me, key: ConversationKey, files: Sequence[str] = ()
) -> IncomingMessage:
    """A message that no person wrote, for memory: what people say about it is about this. Never answered."""
    return IncomingMessage(
        conversation=key,
        message_id=str(message.id),
        event_id=f"message:{message.id}",
        author=Author(str(message.author.id), message.author.display_name, is_bot=True),
        text=words_of(message, me, files=files),
        sent_at=message.created_at,
        is_addressed=False,
        reply_to=_id_or_none(replied_to(message)),
    )


def _command(message: discord.Message, me: Me, text: str, rules: Rules = USUAL) -> Command | None:
    """The command behind the bot's name, if there is one. What hangs on the message may be what it is to
    work on, or nothing that it takes."""
    by_manager = is_direct(message) or _may_manage(message)
    raw = rules.without_wake_word(line_of(message, me, keeps_channels=True))
    lines = map(rules.without_wake_word, (text, line_of(message, me)))
    return with_channels(command_in(*lines, by_manager=by_manager), command_in(raw))


def from_interaction(
    interaction: discord.Interaction, key: ConversationKey, command: Command
) -> IncomingMessage:
    """A command that a person gave. The interaction's id serves as message id; in a conversation with the bot
    alone everybody is a manager and sees all."""
    is_direct, may = key.workspace_id == DIRECT_WORKSPACE, interaction.permissions
    return IncomingMessage(
        conversation=key,
        message_id=str(interaction.id),
        event_id=f"{BY_COMMAND}{interaction.id}",
        author=Author(str(interaction.user.id), interaction.user.display_name),
        text=_as_line(command),
        sent_at=interaction.created_at,
        is_addressed=True,
        command=replace(
            command,
            by_manager=is_direct or may.manage_channels,
            language=language_of(str(interaction.locale)),
        ),
        sees_history=is_direct or may.read_message_history,
    )


def language_of(locale: str) -> str:
    """The language of a client's locale: `es-ES` is `es`."""
    return locale.partition("-")[0]


def _may_manage(message: discord.Message) -> bool:
    """Whether the author may manage the channel, as far as Discord said."""
    permissions = _permissions(message)
    return permissions is not None and permissions.manage_channels


def sees_history(message: discord.Message) -> bool:
    """Whether the author may read what was said in the channel; so it is taken where Discord did not say."""
    permissions = _permissions(message)
    return permissions is None or permissions.read_message_history


def _permissions(message: discord.Message) -> discord.Permissions | None:
    """What the author may do where the message was written, None where that is not known."""
    author, channel = message.author, message.channel
    if not isinstance(author, discord.Member) or isinstance(channel, discord.PartialMessageable):
        return None
    try:
        return channel.permissions_for(author)
    except (discord.ClientException, AttributeError):  # a thread whose channel is not known
        return None


def _as_line(command: Command) -> str:
    return " ".join([f"/{command.name}", *(f"{name}:{value}" for name, value in command.options.items())])


def replied_to(message: discord.Message) -> int | None:
    """The id of the message that this one replies to. A forward is no reply."""
    is_reply = message.type is discord.MessageType.reply
    return message.reference.message_id if is_reply and message.reference else None


def _answered_author(message: discord.Message) -> int | None:
    """Whose message this one replies to, where Discord said."""
    answered = message.reference.resolved if message.reference and replied_to(message) else None
    return answered.author.id if isinstance(answered, discord.Message) else None


def _id_or_none(snowflake: int | None) -> str | None:
    return None if snowflake is None else str(snowflake)
