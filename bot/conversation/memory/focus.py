"""Focus: what a question replies to, and what its thread hangs on, even far above the newest turns.

Reads the store; knows nothing of prompts or models.
"""

from __future__ import annotations

from bot.messages import ConversationKey, IncomingMessage, Turn
from bot.storage.store import HistoryStore

MAX_DEPTH = 8
"""Replies that are followed back from the question."""
AROUND_BEFORE, AROUND_AFTER = 4, 2


async def focus_of(store: HistoryStore, question: IncomingMessage) -> tuple[Turn, ...]:
    """The chain of messages that the question replies to, oldest first; the first message of its thread
    leads it."""
    key = question.conversation
    chain: list[Turn] = []
    seen = {question.message_id}
    wanted = question.reply_to
    while wanted and wanted not in seen and len(chain) < MAX_DEPTH:
        seen.add(wanted)
        turn = await _turn(store, key, wanted)
        if turn is None:
            break
        chain.insert(0, turn)
        wanted = turn.reply_to
    if key.thread_id and key.thread_id not in seen:
        starter = await _turn(store, key, key.thread_id)
        chain[:0] = [starter] if starter else []
    return tuple(chain)


async def around_thread(store: HistoryStore, key: ConversationKey) -> tuple[Turn, ...]:
    """A little of the channel before and after the first message of a thread; () outside of threads."""
    if not key.thread_id:
        return ()
    channel = key.channel
    turns = await store.turns_around(channel, key.thread_id, AROUND_BEFORE, AROUND_AFTER)
    return tuple(turn for turn in turns if turn.thread_id is None and turn.message_id != key.thread_id)


async def _turn(store: HistoryStore, key: ConversationKey, message_id: str) -> Turn | None:
    """One message of a channel or its threads, None where memory does not hold it.

    Any post of an answer stands for the whole answer, which has the id of its first post.
    """
    turns = await store.turns_around(key, message_id, 0, 0)
    return next((turn for turn in turns if turn.message_id == message_id or turn.role == "assistant"), None)
