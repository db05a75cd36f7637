"""What people refer to: the messages that one replies to, the one that its thread hangs on, and one that they
point at.

They are put into memory before that is answered, whoever wrote them, bots and webhooks too.
"""

from __future__ import annotations

import logging

import discord

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey, IncomingMessage
from bot.platforms.discord.attachments import read_files
from bot.platforms.discord.contents import files_of, words_of
from bot.platforms.discord.history import find_channel, may_read
from bot.platforms.discord.incoming import Me, from_bot_or_webhook, replied_to, to_incoming
from bot.platforms.discord.problems import CONNECTION_ERRORS
from bot.platforms.discord.reading import read_one

log = logging.getLogger(__name__)

MAX_CHAIN = 5
"""How many messages up a chain of replies are looked at."""


async def remember_chain(
    manager: ConversationManager,
    client: discord.Client,
    message: discord.Message,
    key: ConversationKey,
    me: Me,
) -> None:
    """Put the messages that a message replies to, up the chain as far as memory does not know them, into
    memory. Raises StorageError."""
    chain: list[IncomingMessage] = []
    above = await _above(client, message, key)
    if above is not None and await manager.past.is_known(key, str(above.id)):
        await _read_its_files(manager, above, key, me)
        return
    while above is not None and len(chain) < MAX_CHAIN:
        files = await read_files(above) if not chain and files_of(above) else ()
        chain.append(_for_memory(above, me, key, files))
        if await _is_end(manager, above, key):
            break
        above = await _above(client, above, key)
    await manager.import_messages([incoming for incoming in reversed(chain) if incoming.text])


async def remember_message(
    manager: ConversationManager, message: discord.Message, key: ConversationKey, me: Me
) -> bool:
    """Put a message that people point at into memory, its text files too. False where it has no words that
    the bot may read. The bot's own posts are known, or not to be known. Raises StorageError."""
    if message.author.id == me.id:
        return True
    if await manager.past.is_known(key, str(message.id)):
        await _read_its_files(manager, message, key, me)
        return True
    incoming = _for_memory(message, me, key, await read_files(message))
    await manager.import_messages([incoming] if incoming.text else [])
    return bool(incoming.text)


async def remember_starter(
    manager: ConversationManager, client: discord.Client, key: ConversationKey, me: Me
) -> None:
    """Put the channel's message that a thread hangs on into the channel's memory: both have the same id.
    Raises StorageError."""
    channel = key.channel
    if key.thread_id is None or await manager.past.is_known(channel, key.thread_id):
        return
    starter = await fetch_message(client, channel, int(key.thread_id))
    if starter is not None:
        incoming = _for_memory(starter, me, channel)
        await manager.import_messages([incoming] if incoming.text else [])


async def _is_end(manager: ConversationManager, message: discord.Message, key: ConversationKey) -> bool:
    answered = replied_to(message)
    return answered is None or await manager.past.is_known(key, str(answered))


async def _above(
    client: discord.Client, message: discord.Message, key: ConversationKey
) -> discord.Message | None:
    """The message that a message replies to, None where there is none any more."""
    answered = replied_to(message)
    if answered is None or message.reference is None:
        return None
    if isinstance(message.reference.resolved, discord.DeletedReferencedMessage):
        return None
    if isinstance(message.reference.resolved, discord.Message):
        return message.reference.resolved
    return await fetch_message(client, key, answered)


async def fetch_message(
    client: discord.Client, key: ConversationKey, message_id: int
) -> discord.Message | None:
    """A message of a conversation, None where it is gone or the bot may not read it."""
    channel = find_channel(client, key)
    if not may_read(channel):
        return None
    try:
        return await read_one(client, channel, message_id)
    except (discord.HTTPException, *CONNECTION_ERRORS) as error:
        log.info("a message that people refer to could not be read: %s", type(error).__name__)
        return None


async def _read_its_files(
    manager: ConversationManager, message: discord.Message, key: ConversationKey, me: Me
) -> None:
    """The files of a known message are read when somebody asks about it: mostly nobody does."""
    if files_of(message) and message.author.id != me.id:
        text = words_of(message, me, files=await read_files(message))
        await manager.amend(key, str(message.id), text, message.edited_at or message.created_at)


def _for_memory(
    message: discord.Message, me: Me, key: ConversationKey, files: tuple[str, ...] = ()
) -> IncomingMessage:
    return to_incoming(message, me, key, files=files) or from_bot_or_webhook(message, me, key, files)
