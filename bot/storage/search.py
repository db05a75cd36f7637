"""Search in a channel and its threads: which messages have a word, and which of them fit a query best.

Functions over an open transaction. Words are found through the trigram index `messages_fts`, which migration
0003 makes, with triggers that keep it in step. What the index finds is looked at again before it counts:
nothing but speed rests on it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.messages import ConversationKey, Turn
from bot.storage.history import PLACE_OF_ROW, TURN_COLUMNS, to_turn
from bot.storage.lookup import channel_ids, find_message, is_in_channel
from bot.storage.models import conversations, messages, to_microseconds
from bot.storage.records import Hit
from bot.storage.words import GRAM, grams_of, score_of, weights_of, words_of

_MOST_ROWS = 1000
"""Messages looked at for one word, the newest; a word that more of them have says little."""

_MOST_COUNTED = 5000
"""From here on one message more or less does not change what a word says."""

_SCORED = 250
"""Messages whose score is worked out in full."""

_MOST_GRAMS = 40
"""Entries of the index asked for one word; the look at the message itself decides about the rest."""

_SMALL_WEIGHT = 0.5
"""What a short word counts that finds nothing by itself."""

_MOST_ENTRIES = 2000
"""Entries of the index that begin with one short word and are asked for."""

_AFTER_ALL = "\U0010ffff"
_DIGIT_0, _BASE = 983040, 60_000
_LATEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What to search; the fields are the parameters of HistoryStore.search."""

    text: str
    limit: int = 20
    since: datetime | None = None
    before_message_id: str | None = None


# CROSS JOIN keeps SQLite from looking at all messages of the channel first.
_INDEXED = text("""
    SELECT messages.id FROM messages_fts
    CROSS JOIN messages ON messages.id = messages_fts.rowid
    CROSS JOIN conversations ON conversations.id = messages.conversation_id
    WHERE messages_fts MATCH :entries AND conversations.place = :place
    AND messages.sent_at >= :since
    AND (messages.anchor_sent_at, messages.anchor_id, messages.id) < (:before_0, :before_1, :before_2)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(:words) AS word
        WHERE NOT instr(coalesce(messages.folded, lower(messages.text)), word.value)
    )
    ORDER BY messages_fts.rowid DESC LIMIT :most
""")
_ENTRIES = text("SELECT term FROM messages_fts_entries WHERE term BETWEEN :first AND :last LIMIT :most")


async def search(connection: AsyncConnection, key: ConversationKey, query: SearchQuery) -> list[Hit]:
    """See HistoryStore.search."""
    words = words_of(query.text)
    place = await connection.scalar(select(conversations.c.place).where(is_in_channel(key)).limit(1))
    if place is None or not words:
        return []
    bounds = {"place": place, **await _bounds(connection, key, query)}
    rows = await _found(connection, words, bounds)
    weights = weights_of({word: len(ids) for word, ids in rows.items()}, await _count(connection, key))
    best = _likeliest(rows, weights, max(query.limit, _SCORED))
    weights |= {word: _SMALL_WEIGHT for word in words if word not in weights}
    return _ranked(await _turns(connection, best), weights)[: query.limit]


async def _found(
    connection: AsyncConnection, words: Sequence[str], bounds: Mapping[str, int]
) -> dict[str, set[int]]:
    """The newest messages of a channel that have each word, and those that have all long words."""
    long = [word for word in words if len(word) >= GRAM]
    rows = {word: await _having(connection, [word], bounds) for word in long}
    if any(len(ids) == _MOST_ROWS for ids in rows.values()) and len(long) > 1:
        together = await _having(connection, long, bounds)
        rows = {word: ids | together for word, ids in rows.items()}
    # Short words of an alphabet are mostly small words: beside longer ones they do not find, they only count.
    is_found = any(rows.values())
    for word in words:
        if len(word) < GRAM and not (is_found and word.isascii()):
            rows[word] = await _having(connection, [word], bounds)
    return rows


async def _bounds(connection: AsyncConnection, key: ConversationKey, query: SearchQuery) -> dict[str, int]:
    """When a message must have been sent, and the place in memory before which it must stand."""
    bounds = {"since": -_LATEST if query.since is None else to_microseconds(query.since)}
    before = (_LATEST, 0, 0)
    if query.before_message_id is not None:
        found = await find_message(connection, key, query.before_message_id)
        if found is not None and found.row_id is not None:
            before = (await connection.execute(PLACE_OF_ROW, {"of_row": found.row_id})).one()[:3]
    return bounds | {f"before_{index}": value for index, value in enumerate(before)}


async def _having(connection: AsyncConnection, words: Sequence[str], bounds: Mapping[str, int]) -> set[int]:
    """The newest messages of a channel that have all of these words."""
    entries = [_quoted(_token(bounds["place"]))]
    for word in words:
        if len(word) >= GRAM:
            entries += map(_quoted, grams_of(word)[:_MOST_GRAMS])
        else:
            entries.append(await _beginning_with(connection, word))
    if not all(entries):
        return set()
    parameters = {
        **bounds,
        "entries": " AND ".join(entries),
        "words": json.dumps(words),
        "most": _MOST_ROWS,
    }
    return set((await connection.scalars(_INDEXED, parameters)).all())


async def _beginning_with(connection: AsyncConnection, word: str) -> str:
    """Any of the entries that begin with a word that is shorter than one; "" when there is none."""
    span = {"first": word, "last": word + _AFTER_ALL, "most": _MOST_ENTRIES}
    entries = (await connection.scalars(_ENTRIES, span)).all()
    return f"({' OR '.join(map(_quoted, entries))})" if entries else ""


def _quoted(entry: str) -> str:
    return '"' + entry.replace('"', '""') + '"'


def _token(place: int) -> str:
    """What stands for a channel in the index; the migration writes the same."""
    digits = (place // _BASE**2, place // _BASE % _BASE, place % _BASE)
    return "".join(chr(_DIGIT_0 + digit) for digit in digits)


async def _count(connection: AsyncConnection, key: ConversationKey) -> int:
    some = select(messages.c.id).where(messages.c.conversation_id.in_(channel_ids(key))).limit(_MOST_COUNTED)
    return (await connection.execute(select(func.count()).select_from(some.subquery()))).scalar_one()


def _likeliest(rows: Mapping[str, set[int]], weights: Mapping[str, float], count: int) -> list[int]:
    """The messages that have most of the query, the newest of those that have the same."""
    scores: defaultdict[int, float] = defaultdict(float)
    for word, ids in rows.items():
        for row_id in ids:
            scores[row_id] += weights[word]
    return [row_id for _, row_id in nlargest(count, ((score, row_id) for row_id, score in scores.items()))]


async def _turns(connection: AsyncConnection, row_ids: Sequence[int]) -> list[Turn]:
    statement = select(*TURN_COLUMNS).join(conversations).where(messages.c.id.in_(row_ids))
    return [to_turn(row) for row in await connection.execute(statement)]


def _ranked(turns: Sequence[Turn], weights: Mapping[str, float]) -> list[Hit]:
    """Best first; of those that fit alike, the newest first."""
    usual_length = sum(len(turn.text) for turn in turns) / max(len(turns), 1)
    hits = [Hit(turn, score_of(turn.text, weights, usual_length)) for turn in turns]
    return sorted(hits, key=lambda hit: (hit.score, hit.turn.sent_at), reverse=True)
