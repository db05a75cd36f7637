"""Facts that people ask the bot to remember: limits, and whose they are.

A fact belongs to who said it and to one channel, which it never leaves. Nothing becomes a fact by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.conversation.memory.marking import Names
from bot.conversation.memory.phrases import forgotten_number, forgotten_words
from bot.conversation.text.safety import is_blank, one_line
from bot.errors import CommandError
from bot.messages import Author, ConversationKey
from bot.storage.records import Fact
from bot.storage.store import HistoryStore

MAX_FACTS = 50
MAX_CHARS = 300
MIN_LIKENESS = 0.6
"""Share of the words that "forget that ..." and a fact must have in common."""
EXAMPLE = "/remember The deploy day is Tuesday"

_WORD = re.compile(r"[^\W_]+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff]")


def forgotten_in(text: str, facts: Sequence[Fact], bot_name: str = "") -> int | None:
    """The number of the fact that `text` asks to forget, by its number or in words; None where it asks
    nothing of the kind, or where no fact says that."""
    number, words = forgotten_number(text, bot_name), forgotten_words(text, bot_name)
    if number is not None or words is None or not facts:
        return number
    best = max(facts, key=lambda fact: _likeness(fact.text, words))
    return best.number if _likeness(best.text, words) >= MIN_LIKENESS else None


def _likeness(one: str, other: str) -> float:
    """The share of words in common (Jaccard 1912); characters for scripts without spaces."""
    first, second = _words(one), _words(other)
    return len(first & second) / max(len(first | second), 1)


def _words(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    return {part for word in words for part in (word if _CJK.search(word) else [word])}


async def add(store: HistoryStore, key: ConversationKey, author: Author, text: str, message_id: str) -> Fact:
    """Keep a fact that a message asks for, once. Raises CommandError where it is blank, too long, known
    already, or one too many."""
    text = checked(text)
    facts = await store.facts(key)
    same = next((fact for fact in facts if fact.text.casefold() == text.casefold()), None)
    if same is not None and same.message_id == message_id:
        return same  # the answer to that message is being made again
    if same is not None:
        raise CommandError("I remember that already. `/facts` lists what I remember here.")
    if len(facts) >= MAX_FACTS:
        raise CommandError(
            f"I remember {MAX_FACTS} facts in this channel, which is as many as I keep. Delete one first: "
            "`/facts delete:1`"
        )
    return await store.add_fact(key, author, text, message_id)


def checked(text: str) -> str:
    """A fact's text on one line. Raises CommandError where it is blank or too long."""
    text = one_line(text)
    if is_blank(text):
        raise CommandError(f"Tell me what to remember. For example: `{EXAMPLE}`")
    if len(text) > MAX_CHARS:
        raise CommandError(
            f"That is {len(text)} characters long, and a fact has at most {MAX_CHARS}. Please say it "
            f"shorter, for example: `{EXAMPLE}`"
        )
    return text


async def delete(
    store: HistoryStore, key: ConversationKey, number: int, person_id: str, *, by_manager: bool
) -> Fact:
    """Delete a fact of one's own; a manager of the channel deletes any. Raises CommandError."""
    fact = await owned(store, key, number, person_id, by_manager=by_manager)
    if not await store.delete_fact(key, number, fact.author.id):
        raise _unknown(number)
    return fact


async def owned(
    store: HistoryStore, key: ConversationKey, number: int, person_id: str, *, by_manager: bool
) -> Fact:
    """The fact of that number, if the person may change it. Raises CommandError."""
    fact = next((fact for fact in await store.facts(key) if fact.number == number), None)
    if fact is None:
        raise _unknown(number)
    if fact.author.id != person_id and not by_manager:
        name = Names("").of(fact.author)
        raise CommandError(
            f"Fact {number} was said by {name}: only {name}, or who manages this channel (by "
            f"`/facts delete:{number}`), can change it."
        )
    return fact


def _unknown(number: int) -> CommandError:
    return CommandError(f"I know no fact {number} here. `/facts` lists those that I remember.")
