"""Finished replies reworked: continued, taken back, stopped; posts that are to be removed."""

from __future__ import annotations

import pytest

from bot.messages import Command
from bot.storage.records import Derived, Job
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said, texts


async def test_an_answer_is_continued_from_its_text(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await answer(store, job, "once upon", "p1")
    await store.put_derived(CHANNEL, Derived("summary", "x", "s", "model", ("p1",), at(9)))
    assert await store.reopen(job.reply_id, keeps_text=True) == CHANNEL
    assert await texts(store) == ["text of m1", "once upon"]
    again = await claimed(store)
    assert (again.begun, again.posts, again.text) == ("once upon", ("p1",), None)
    await store.release(again.reply_id)
    again = await claimed(store)
    assert again.begun == "once upon"
    await answer(store, again, "once upon a time", "p1")
    assert await texts(store) == ["text of m1", "once upon a time"]
    assert await store.derived(CHANNEL, "summary", "x") is None


async def test_a_question_edited_while_its_answer_is_continued_begins_anew(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await answer(store, job := await claimed(store), "once upon", "p1")
    await store.reopen(job.reply_id, keeps_text=True)
    await store.amend(CHANNEL, "m1", "another question", at(9))
    assert (await claimed(store)).begun == ""
    assert await texts(store) == ["another question"]


@pytest.mark.parametrize("is_by_deletion", [True, False])
async def test_what_is_taken_back_leaves_memory_and_waits_until_its_posts_are_gone(
    store: HistoryStore, is_by_deletion: bool
) -> None:
    await store.accept(said("m1"))
    await answer(store, job := await claimed(store), "secret answer", "p1")
    await store.put_derived(CHANNEL, Derived("summary", "x", "s", "model", ("p1",), at(9)))
    if is_by_deletion:
        assert (await store.forget(CHANNEL, "m1")).waiting_in == CHANNEL
    else:
        assert await store.take_back(job.reply_id) == CHANNEL
        assert await store.take_back(job.reply_id) is None
    assert await texts(store) == []
    assert await store.derived(CHANNEL, "summary", "x") is None
    for _ in range(2):  # the second time after a crash
        removal = await claimed(store)
        assert (removal.is_withdrawn, removal.posts, removal.text) == (True, ("p1",), None)
        assert [(message.message_id, message.text) for message in removal.messages] == [("m1", "")]
        assert await store.recover("discord") == [CHANNEL]
    removal = await claimed(store)
    await store.posts_removed(removal.reply_id, 0)
    assert await store.claim(CHANNEL) is None
    assert await store.recover("discord") == []


async def test_an_answer_whose_question_goes_while_it_is_written_waits_for_its_posts(
    store: HistoryStore,
) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p1")
    await store.forget(CHANNEL, "m1")
    assert await store.withdraw(job.reply_id, "m1")
    await store.recover("discord")
    assert (await claimed(store)).is_withdrawn
    await store.posts_removed(job.reply_id, 0)
    assert await store.claim(CHANNEL) is None


async def test_posts_that_were_removed_are_not_posts_any_more(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    for index in range(3):
        await store.record_post(job.reply_id, index, f"p{index}")
    await store.posts_removed(job.reply_id, 1)
    await store.release(job.reply_id)
    assert (await claimed(store)).posts == ("p0",)


async def test_posts_that_people_deleted_leave_no_gap(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    for index in range(3):
        await store.record_post(job.reply_id, index, f"p{index}")
    change = await store.forget(CHANNEL, "p0")
    assert (change.posting_reply_id, change.open_reply_id) == (job.reply_id, None)
    assert await store.is_post("discord", "p1") and not await store.is_post("discord", "p0")
    assert not await store.is_post("slack", "p1")
    await store.release(job.reply_id)
    assert (await claimed(store)).posts == ("p1", "p2")
    await store.record_post(job.reply_id, 2, "p3")
    await store.release(job.reply_id)
    assert (await claimed(store)).posts == ("p1", "p2", "p3")


async def test_a_message_that_stops_a_reply_is_written_down_with_its_text(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    stop = said("c1", second=1, command=Command("stop"))
    assert await store.accept(stop, (job.reply_id, "so far"))
    await store.recover("discord")
    again = await claimed(store)
    assert (again.reply_id, again.text, again.finish_reason) == (job.reply_id, "so far", "stopped")
    await store.record_text(job.reply_id, "all of it", "stop")
    assert not await store.accept(stop, (job.reply_id, "a repeated event"))
    assert await store.accept(said("c2", second=2, command=Command("stop")), (job.reply_id, "too late"))
    await store.release(job.reply_id)


async def test_what_is_told_is_recorded_with_what_is_done(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await answer(store, first := await claimed(store), "an answer", "p1")

    async def control(name: str, number: int) -> Job:
        await store.accept(said(name, second=number, command=Command(name)))
        return await claimed(store)

    regenerate = await control("regenerate", 1)
    await store.reopen(first.reply_id, is_variation=True, told=(regenerate.reply_id, "Again."))
    assert await store.reopen(first.reply_id, told=(regenerate.reply_id, "Twice.")) is None
    await store.recover("discord")
    again, told = await claimed(store), await claimed(store)
    assert (again.reply_id, again.variation, again.text) == (first.reply_id, 1, None)
    assert told.text == "Again."
    await answer(store, told, "Again.", is_memory=False)
    await answer(store, again, "another answer", "p1")
    undo = await control("undo", 2)
    await store.take_back(first.reply_id, (undo.reply_id, "Gone."))
    await store.recover("discord")
    assert [(await claimed(store)).text, (await claimed(store)).text] == [None, "Gone."]


async def test_a_question_deleted_while_its_answer_is_finished_takes_it_along(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p1")
    change = await store.forget(CHANNEL, "m1")
    await answer(store, job, "an answer", "p1")  # before the deletion was acted on
    assert change.open_reply_id == job.reply_id
    assert await store.withdraw(job.reply_id, "m1")
    assert await texts(store) == []
    assert (await claimed(store)).is_withdrawn
