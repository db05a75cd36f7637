"""What people think of answers: counted once a person, gone with the answer."""

from __future__ import annotations

from bot.messages import ConversationKey
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, claimed, said

THREAD = ConversationKey("discord", "guild", "general", "m1")
ELSEWHERE = ConversationKey("discord", "guild", "random")


async def _answered(store: HistoryStore, name: str = "m1", key: ConversationKey = CHANNEL) -> int:
    await store.accept(said(name, key=key))
    job = await claimed(store, key)
    await answer(store, job, "42", f"post of {name}")
    return job.reply_id


async def test_one_opinion_a_person_the_last_one_counts(store: HistoryStore) -> None:
    await _answered(store)
    assert await store.put_feedback(CHANNEL, "post of m1", "u1", True)
    assert await store.put_feedback(CHANNEL, "post of m1", "u2", True)
    assert await store.put_feedback(CHANNEL, "post of m1", "u1", False)
    assert await store.feedback(CHANNEL) == (1, 1)
    assert await store.feedback_of(CHANNEL, "post of m1", "u1") is False
    assert await store.put_feedback(CHANNEL, "post of m1", "u1", None)
    assert await store.feedback_of(CHANNEL, "post of m1", "u1") is None
    assert await store.feedback(CHANNEL) == (1, 0)
    assert await store.feedback(ELSEWHERE) == (0, 0)


async def test_only_posts_of_the_conversation_have_opinions(store: HistoryStore) -> None:
    await _answered(store)
    assert not await store.put_feedback(CHANNEL, "m1", "u1", True)
    assert not await store.put_feedback(ELSEWHERE, "post of m1", "u1", True)
    assert await store.feedback(CHANNEL) == (0, 0)


async def test_a_thread_counts_in_its_channel(store: HistoryStore) -> None:
    await _answered(store, "t1", THREAD)
    await store.put_feedback(THREAD, "post of t1", "u1", False)
    assert await store.feedback(CHANNEL) == (0, 1)


async def test_opinions_go_with_the_answer(store: HistoryStore) -> None:
    for name in ("taken back", "deleted", "removed", "anew", "erased"):
        reply_id = await _answered(store, name)
        await store.put_feedback(CHANNEL, f"post of {name}", "u1", True)
        assert await store.feedback(CHANNEL) == (1, 0)
        if name == "taken back":
            await store.take_back(reply_id)
        elif name == "deleted":
            await store.forget(CHANNEL, name)
        elif name == "removed":
            await store.forget(CHANNEL, f"post of {name}")
        elif name == "anew":
            await store.reopen(reply_id, is_variation=True)
            await answer(store, await claimed(store), "43", f"post of {name}")
        else:
            await store.erase_conversation(CHANNEL)
        assert await store.feedback(CHANNEL) == (0, 0), name
        while job := await store.claim(CHANNEL):
            await store.posts_removed(job.reply_id, 0)
