"""Personas: how the bot is to be in a channel, and how one person likes to be answered.

They stand behind the operator's own system prompt. A person's own counts for answers to that person only.
"""

from __future__ import annotations

from bot.conversation.memory.marking import Names
from bot.conversation.rules import LANGUAGE
from bot.conversation.text.languages import english_name
from bot.conversation.text.safety import one_line
from bot.messages import Author, ConversationKey
from bot.storage.store import HistoryStore

SETTING = "persona"
MAX_CHARS = 500


def operators(system_prompt: str, bot_name: str) -> str:
    """What the operator tells the model, the bot's name included."""
    if not system_prompt:
        return f"You are {bot_name}, a helpful member of this chat. Answer briefly."
    is_named = bot_name.casefold() in system_prompt.casefold()
    return system_prompt if is_named else f"Your name is {bot_name}.\n{system_prompt}"


async def channel_persona(store: HistoryStore, key: ConversationKey) -> str:
    """How the bot is to be in a channel and its threads; "" where nobody said."""
    return await store.setting(key.channel, SETTING) or ""


async def set_channel_persona(store: HistoryStore, key: ConversationKey, text: str | None) -> None:
    """Set, or with None remove, how the bot is to be in a channel."""
    await store.set_setting(key.channel, SETTING, text)


async def own_persona(store: HistoryStore, key: ConversationKey, person_id: str) -> str:
    """How a person likes to be answered in this workspace; "" where they did not say."""
    return await store.person_setting(key, person_id, SETTING) or ""


async def set_own_persona(
    store: HistoryStore, key: ConversationKey, person_id: str, text: str | None
) -> None:
    """Set, or with None remove, how a person likes to be answered."""
    await store.set_person_setting(key, person_id, SETTING, text)


async def whole(
    store: HistoryStore, key: ConversationKey, asker: Author, system_prompt: str, bot_name: str
) -> str:
    """Everything that the model is told of how to be: the operator's words first."""
    told = [operators(system_prompt, bot_name)]
    if here := await channel_persona(store, key):
        told.append(f"In this channel you are asked to be like this: {one_line(here)}")
    if spoken := await store.setting(key, LANGUAGE):
        told.append(f"Answer in {english_name(spoken)}, unless you are asked for another language.")
    if own := await own_persona(store, key, asker.id):
        told.append(f"{Names(bot_name).of(asker)}, who asks, likes to be answered like this: {one_line(own)}")
    return "\n".join(told)
