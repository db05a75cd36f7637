"""Finds, in a channel's own history, the messages that tell what a question asks for.

Asks the store's search for each word that carries meaning, and ranks what comes back by how much of the
question a message has, rare words counting more (inverse document frequency: Sparck Jones 1972, Journal of
Documentation 28). Knows no models; what it finds is of this channel and its threads alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.memory.material import Found
from bot.conversation.memory.terms import (
    BOT_FACTOR,
    QUESTION_FACTOR,
    Term,
    coverage,
    is_asking,
    matched,
    terms_of,
)
from bot.conversation.text.statements import parse_statements
from bot.messages import ConversationKey, IncomingMessage, Turn
from bot.storage.store import HistoryStore

MAX_FOUND = 5
HITS_PER_TERM = 60
HITS_TOGETHER = 150
ASSUMED_MESSAGES = 2000
"""For weighing words: a word found in all HITS_PER_TERM messages is common, one found in a few is rare."""
MIN_SCORE = 0.34
"""Messages with less of a question are not shown to a model."""
CLEAR_SCORE = 0.38
"""From here on a message is quoted as the answer where no model can use it, if its words in common with the
question are rare enough: together as telling as one word that no more than RARE messages have."""
RARE = 8
AROUND_BEFORE, AROUND_AFTER = 1, 1


async def find(
    store: HistoryStore,
    key: ConversationKey,
    question: str,
    messages: Sequence[IncomingMessage] = (),
) -> tuple[Found, ...]:
    """At most MAX_FOUND messages that help to answer `question`, the best first; nothing for small talk.

    `messages` are the question itself, which is never its own answer. Raises StorageError.
    """
    terms = terms_of(question)
    hits = {term.stem: await _search(store, key, [term.sought], HITS_PER_TERM) for term in terms}
    weights = {stem: _weight(len(turns)) for stem, turns in hits.items()}
    words = [*hits, *(word for term in terms for word in term.kindred)]
    together = await _search(store, key, words, HITS_TOGETHER) if words else []
    asked = {message.message_id for message in messages} | {question.casefold().strip()}
    telling = [turns for turns in hits.values() if len(turns) < HITS_PER_TERM]
    candidates = {turn.message_id: turn for turns in (*telling, together) for turn in turns}
    scored = [
        _scored(turn, terms, weights, question)
        for turn in candidates.values()
        if turn.message_id not in asked and turn.text.casefold().strip() not in asked
    ]
    best = sorted(scored, key=lambda found: (found.score, found.turn.sent_at), reverse=True)[:MAX_FOUND]
    return tuple([await _with_surroundings(store, key, one) for one in best if one.score >= MIN_SCORE])


async def _search(store: HistoryStore, key: ConversationKey, words: Sequence[str], limit: int) -> list[Turn]:
    return [hit.turn for hit in await store.search(key, " ".join(words), limit=limit)]


def _scored(turn: Turn, terms: Sequence[Term], weights: dict[str, float], question: str) -> Found:
    score = coverage(terms, weights, question, turn.text)
    score *= BOT_FACTOR if turn.role == "assistant" else 1.0
    score *= QUESTION_FACTOR if turn.text.rstrip().endswith(("?", "？")) else 1.0
    return Found(turn, score, _is_clear(turn, terms, weights, question, score))


def _is_clear(
    turn: Turn, terms: Sequence[Term], weights: dict[str, float], question: str, score: float
) -> bool:
    """Whether a message surely tells what was asked; never for what is no question about the channel."""
    evidence = sum(weights[term.stem] * term.weight for term in matched(terms, turn.text))
    return score >= CLEAR_SCORE and evidence >= _weight(RARE) and is_asking(question, terms)


def _weight(messages: int) -> float:
    """The weight of a word that so many messages have."""
    return math.log(ASSUMED_MESSAGES / (1 + messages))


async def _with_surroundings(store: HistoryStore, key: ConversationKey, found: Found) -> Found:
    turns = await store.turns_around(key, found.turn.message_id, AROUND_BEFORE, AROUND_AFTER)
    at = next((at for at, turn in enumerate(turns) if turn.message_id == found.turn.message_id), None)
    if at is None:
        return found
    return replace(found, before=tuple(turns[:at]), after=tuple(turns[at + 1 :]))


def cited(text: str, found: Sequence[Found]) -> list[int]:
    """The numbers of what was `found` that a text cites, such as [1] or [1, 2], ascending."""
    if not found:
        return []
    statements = parse_statements(text, len(found))
    return sorted({index + 1 for statement in statements for index in statement.sources})
