"""What people see in a Discord message, in words: its text, forwards, embeds, polls, stickers and files.

Pure functions over discord.py's messages. Nothing here decides whom a message is for, and nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import discord
from discord.components import Component, Container, SectionComponent, TextDisplay

from bot.conversation.text.sentences import shortened
from bot.platforms.discord.markup import Names, ids_in, readable, without_call
from bot.platforms.text_files import note_of

if TYPE_CHECKING:
    from bot.platforms.discord.incoming import Me

MAX_EMBED_CHARS = 2_000
MAX_PREVIEW_CHARS = 200
_PREVIEWS = ("article", "gifv", "image", "link", "video")
"""The types of embeds that Discord makes by itself for a link."""


def words_of(message: discord.Message, me: Me, *, files: Sequence[str] = ()) -> str:
    """Everything people see in a message: the call of the bot taken off, mentions and emoji by name.

    `files` are the words of its files where they were read, in the order of `files_of`.
    """
    called = written(message, me)
    embeds = [_embed(embed, called) for embed in message.embeds]
    parts = [called, *(_forwarded(part) for part in message.message_snapshots), *embeds]
    parts += [*_displayed(message.components), _poll(message.poll), *_stickers(message.stickers)]
    text = _joined(parts)
    return _joined([readable(text, _names(message, me, text)), *(files or map(describe, files_of(message)))])


def line_of(message: discord.Message, me: Me, *, keeps_channels: bool = False) -> str:
    """What a person typed, in words: the call of the bot taken off, and nothing of what hangs on it."""
    called = written(message, me)
    return readable(called, _names(message, me, called), keeps_channels=keeps_channels)


def written(message: discord.Message, me: Me) -> str:
    """What a person typed, in Discord's markup, without the call of the bot."""
    return without_call(message.content, me.id, frozenset(own_roles(message, me)))


def own_roles(message: discord.Message, me: Me) -> list[int]:
    """The mentioned roles that Discord made for this bot alone: people pick them like a user's name."""
    return [role.id for role in message.role_mentions if role.tags and role.tags.bot_id == me.id]


def files_of(message: discord.Message) -> list[discord.Attachment]:
    """The files of a message and of what it forwards."""
    forwarded = [file for snapshot in message.message_snapshots for file in snapshot.attachments]
    return [*message.attachments, *forwarded]


def describe(file: discord.Attachment, remark: str = "") -> str:
    """A file by its kind, name and size, and by what its sender says that it shows."""
    if file.is_voice_message():
        return f"[voice message, {round(file.duration or 0)} s]"
    remark = remark or " ".join((file.description or "").split())
    return note_of(file.content_type or "", file.filename, file.size, remark)


# --- the parts -------------------------------------------------------------------------------


def _forwarded(snapshot: discord.MessageSnapshot) -> str:
    embeds = [_embed(embed, snapshot.content) for embed in snapshot.embeds]
    displayed = _displayed(snapshot.components)
    return _joined(["[forwarded]", snapshot.content, *embeds, *displayed, *_stickers(snapshot.stickers)])


def _embed(embed: discord.Embed, beside: str) -> str:
    """An embed, cut at MAX_EMBED_CHARS. What Discord itself made for a link that stands `beside` is told in
    one line."""
    if embed.type in _PREVIEWS or (embed.url and embed.url in beside):
        told = [embed.provider.name, embed.author.name, embed.title, embed.description]
        line = " - ".join(" ".join(text.split()) for text in told if text)
        return f"[preview: {shortened(line, MAX_PREVIEW_CHARS)}]" if line else ""
    fields = [_joined([f"{field.name}:", field.value], " ") for field in embed.fields]
    told = [embed.author.name, embed.title, embed.url, embed.description, *fields, embed.footer.text]
    text = _joined(told)
    return f"[embed] {shortened(text, MAX_EMBED_CHARS)}" if text else ""


def _poll(poll: discord.Poll | None) -> str:
    """A poll with the votes that are known."""
    if poll is None:
        return ""
    traits = ["ended"] if poll.is_finalised() else []
    traits += ["several answers allowed"] if poll.multiple else []
    question = f"[poll{''.join(f', {trait}' for trait in traits)}] {poll.question}"
    return "\n".join([question, *map(_answer, poll.answers)])


def _answer(answer: discord.PollAnswer) -> str:
    emoji = f"{answer.emoji} " if answer.emoji else ""
    votes = f" ({answer.vote_count} vote{'' if answer.vote_count == 1 else 's'})" if answer.vote_count else ""
    return f"- {emoji}{answer.text or ''}{votes}"


def _stickers(stickers: Sequence[discord.StickerItem]) -> list[str]:
    return [f"[sticker: {sticker.name}]" for sticker in stickers]


def _displayed(components: Sequence[Component]) -> Iterator[str]:
    """The texts of Components V2, which other bots write instead of a message's own text."""
    for component in components:
        if isinstance(component, TextDisplay):
            yield component.content
        elif isinstance(component, Container | SectionComponent):
            yield from _displayed(component.children)


# --- inside ----------------------------------------------------------------------------------


def _names(message: discord.Message, me: Me, text: str) -> Names:
    """What the ids in a text are called, as far as Discord told or discord.py knows."""
    found = ids_in(text)
    users = {user.id: user.display_name for user in message.mentions} | {me.id: me.name}
    roles = {role_id: message.guild and message.guild.get_role(role_id) for role_id in found.roles}
    channels = {
        channel_id: message.guild and message.guild.get_channel_or_thread(channel_id)
        for channel_id in found.channels
    }
    return Names(
        users,
        {role_id: role.name for role_id, role in roles.items() if role},
        {channel_id: channel.name for channel_id, channel in channels.items() if channel},
    )


def _joined(parts: Sequence[str | None], separator: str = "\n") -> str:
    return separator.join(part for part in parts if part and part.strip())
