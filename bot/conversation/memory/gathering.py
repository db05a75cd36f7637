"""Gathers, from the store, everything that may help to answer one question: see `Material`.

All of it is of the question's own channel and its threads. Knows no models and no budgets.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation.memory import personas
from bot.conversation.memory.finding import find
from bot.conversation.memory.focus import around_thread, focus_of
from bot.conversation.memory.material import Material
from bot.conversation.memory.notes import running_notes
from bot.conversation.memory.terms import matched, terms_of
from bot.messages import IncomingMessage, Turn
from bot.storage.records import Fact
from bot.storage.store import HistoryStore


async def gather(
    store: HistoryStore,
    messages: Sequence[IncomingMessage],
    turns: Sequence[Turn],
    *,
    text: str,
    system_prompt: str,
    bot_name: str,
) -> Material:
    """What memory holds for an answer to `messages`, the last of which is the question and says `text`.

    `turns` are the conversation through the question, oldest first. Raises StorageError.
    """
    question = messages[-1]
    key = question.conversation
    return Material(
        turns=tuple(turns),
        persona=await personas.whole(store, key, question.author, system_prompt, bot_name),
        bot_name=bot_name,
        askers=frozenset(message.author.id for message in messages),
        facts=_by_use(await store.facts(key), text),
        notes=await running_notes(store, key),
        focus=await focus_of(store, question),
        around=await around_thread(store, key),
        found=await find(store, key, text, messages),
    )


def _by_use(facts: Sequence[Fact], text: str) -> tuple[Fact, ...]:
    """Facts that share words with the question first, the newest first among equals."""
    terms = terms_of(text)
    return tuple(sorted(facts, key=lambda fact: (len(matched(terms, fact.text)), fact.number), reverse=True))
