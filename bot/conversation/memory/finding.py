"""Finds, in a channel's own history, the messages that tell what a question asks for.

Asks the store's search for each word that carries meaning, and ranks what comes back by how much of the
question a message has, rare words counting more (inverse document frequency: Sparck Jones 1972, Journal of
Documentation 28). Knows no models; what it finds is of this channel and its threads alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from bot.conversation.memory.following import (
    follow_ups,
    is_same_question,
    was_request_to_bot,
)
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
from bot.conversation.text.attached import without_notes
from bot.conversation.text.statements import parse_statements
from bot.messages import ConversationKey, IncomingMessage, Turn
from bot.storage.records import Fact
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
ANSWERS_WITHIN = 6
"""Messages after one that is found among which its answers are looked for."""
MAX_LOOKED_AT = 4 * MAX_FOUND


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
    asked = {message.message_id for message in messages}
    telling = [turns for turns in hits.values() if len(turns) < HITS_PER_TERM]
    candidates = {turn.message_id: turn for turns in (*telling, together) for turn in turns}
    scored = [
        _scored(turn, terms, weights, question)
        for turn in candidates.values()
        if turn.message_id not in asked
    ]
    best = sorted(scored, key=lambda found: (found.score, found.turn.sent_at), reverse=True)
    return await _telling(store, key, question, [one for one in best if one.score >= MIN_SCORE])


async def find_facts(store: HistoryStore, key: ConversationKey, question: str) -> tuple[Fact, ...]:
    """The facts that clearly tell what `question` asks for, the best first. Raises StorageError."""
    known = await store.facts(key)
    terms = terms_of(question) if known else []
    hits = {term.stem: await _search(store, key, [term.sought], HITS_PER_TERM) for term in terms}
    weights = {stem: _weight(len(turns)) for stem, turns in hits.items()}
    scores = {fact.number: coverage(terms, weights, question, fact.text) for fact in known}
    clear = [fact for fact in known if _is_clear(fact.text, terms, weights, question, scores[fact.number])]
    return tuple(sorted(clear, key=lambda fact: (scores[fact.number], fact.number), reverse=True)[:MAX_FOUND])


async def _search(store: HistoryStore, key: ConversationKey, words: Sequence[str], limit: int) -> list[Turn]:
    return [hit.turn for hit in await store.search(key, " ".join(words), limit=limit)]


async def _telling(
    store: HistoryStore, key: ConversationKey, question: str, best: Sequence[Found]
) -> tuple[Found, ...]:
    """The first that tell something: not the question once more, unless somebody answered it, and no request
    to the bot to remember, since facts are kept apart and can be forgotten."""
    found: list[Found] = []
    for one in best[:MAX_LOOKED_AT]:
        turns = await store.turns_around(key, one.turn.message_id, AROUND_BEFORE, ANSWERS_WITHIN)
        whole = _surrounded(one, turns)
        is_repeated = is_same_question(one.turn.text, question)
        if not was_request_to_bot(one.turn, whole.after) and (whole.answers or not is_repeated):
            found.append(whole)
        if len(found) == MAX_FOUND:
            break
    return tuple(found)


def _scored(turn: Turn, terms: Sequence[Term], weights: dict[str, float], question: str) -> Found:
    is_own = turn.role == "assistant"
    score = coverage(terms, weights, question, turn.text)
    score *= BOT_FACTOR if is_own else 1.0
    score *= QUESTION_FACTOR if turn.text.rstrip().endswith(("?", "？")) else 1.0
    is_clear = not is_own and _is_clear(without_notes(turn.text), terms, weights, question, score)
    return Found(turn, score, is_clear)


def _is_clear(
    text: str, terms: Sequence[Term], weights: dict[str, float], question: str, score: float
) -> bool:
    """Whether a text surely tells what was asked; never for what is no question about the channel."""
    evidence = sum(weights[term.stem] * term.weight for term in matched(terms, text))
    return score >= CLEAR_SCORE and evidence >= _weight(RARE) and is_asking(question, terms)


def _weight(messages: int) -> float:
    """The weight of a word that so many messages have."""
    return math.log(ASSUMED_MESSAGES / (1 + messages))


def _surrounded(found: Found, turns: Sequence[Turn]) -> Found:
    """With what was said right before and after, and what answers it."""
    at = next((at for at, turn in enumerate(turns) if turn.message_id == found.turn.message_id), None)
    if at is None:
        return found
    before, after = turns[max(at - AROUND_BEFORE, 0) : at], turns[at + 1 :]
    answers = follow_ups(found.turn, after)
    near = [turn for place, turn in enumerate(after) if place < AROUND_AFTER or turn in answers]
    return replace(found, before=tuple(before), after=tuple(near), answers=answers)


def cited(text: str, found: Sequence[Found]) -> list[int]:
    """The numbers of what was `found` that a text cites, such as [1] or [1, 2], ascending."""
    if not found:
        return []
    statements = parse_statements(text, len(found))
    return sorted({index + 1 for statement in statements for index in statement.sources})
