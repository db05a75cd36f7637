"""The messages that people point at: memory has them before a command about them is run.

It reads what Discord gave, and the text files that hang on it; it decides nothing about answers.
"""

from __future__ import annotations

import discord

from bot.conversation.manager import ConversationManager
from bot.messages import ConversationKey
from bot.platforms.discord.attachments import read_files
from bot.platforms.discord.incoming import Me, from_bot_or_webhook, is_from_person, to_incoming
from bot.platforms.discord.patience import patiently


async def remember(
    client: discord.Client, manager: ConversationManager, message: discord.Message, key: ConversationKey
) -> bool:
    """Make sure that memory has a message, as one of the conversation `key`. False where it has no words that
    the bot may read. The bot's own posts are known already, or not to be known. Raises StorageError."""
    assert client.user is not None
    if message.author.id == client.user.id:
        return True
    me, files = Me(client.user.id, client.user.display_name), await read_files(message)
    incoming = to_incoming(message, me, key, files=files) if is_from_person(message) else None
    incoming = incoming or from_bot_or_webhook(message, me, key, files)
    if incoming.text:
        await patiently(lambda: manager.import_messages([incoming]))
    return bool(incoming.text)
