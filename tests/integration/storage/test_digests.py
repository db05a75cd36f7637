"""Stretches of a channel: in the order of time, with counts that betray whatever came or went."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Command
from bot.storage.digests import BEGINNING, END, Place, Placed
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said

THREAD = replace(CHANNEL, thread_id="m1")


def names(rows: list[Placed]) -> list[str]:
    return [row.turn.message_id if row.turn else "-" for row in rows]


async def filled(store: HistoryStore, count: int = 5) -> None:
    await store.import_messages([said(f"m{number}", second=number * 10) for number in range(count)])


async def test_threads_stand_in_the_order_of_time(store: HistoryStore) -> None:
    await filled(store)
    await store.import_messages([said("t1", key=THREAD, second=25)])
    rows = await store.digests.stretch(CHANNEL, BEGINNING, END)
    assert names(rows) == ["m0", "m1", "m2", "t1", "m3", "m4"]
    thread = await store.digests.stretch(THREAD, BEGINNING, END)
    assert names(thread) == ["m1", "t1"]
    assert thread[1].turn and thread[1].turn.thread_id == "m1"


async def test_bounds_and_the_newest(store: HistoryStore) -> None:
    await filled(store)
    rows = await store.digests.stretch(CHANNEL, BEGINNING, END)
    inner = await store.digests.stretch(CHANNEL, rows[0].place, rows[3].place)
    assert names(inner) == ["m1", "m2", "m3"]
    newest = await store.digests.stretch(CHANNEL, rows[0].place, rows[3].place, newest=2)
    assert names(newest) == ["m2", "m3"]
    since = await store.digests.stretch(CHANNEL, Place.before(at(30)), END)
    assert names(since) == ["m3", "m4"]
    assert await store.digests.has_messages(CHANNEL, BEGINNING, rows[0].place)
    assert not await store.digests.has_messages(CHANNEL, BEGINNING, rows[0].place.just_before)


async def test_a_command_and_a_deleted_message_are_rows_without_a_turn(store: HistoryStore) -> None:
    await filled(store, 3)
    await store.accept(said("ask", second=15, command=Command("help")))
    await store.forget(CHANNEL, "m2")
    rows = await store.digests.stretch(CHANNEL, BEGINNING, END)
    assert names(rows) == ["m0", "m1", "-", "-"]
    assert await store.digests.messages_through(CHANNEL, END) == 2


async def test_what_comes_late_or_goes_changes_the_count(store: HistoryStore) -> None:
    await filled(store)
    rows = await store.digests.stretch(CHANNEL, BEGINNING, END)
    spans = [(BEGINNING, rows[2].place), (rows[2].place, rows[4].place)]
    before = await store.digests.counts(CHANNEL, spans)
    assert [count.rows for count in before] == [3, 2]
    await store.import_messages([said("late", second=5)])
    after = await store.digests.counts(CHANNEL, spans)
    assert after[0] != before[0] and after[1] == before[1]


async def test_an_answer_that_is_completed_later_stands_at_its_question(store: HistoryStore) -> None:
    await store.accept(said("q"))
    await store.import_messages([said("next", second=10)])
    first = (await store.digests.stretch(CHANNEL, BEGINNING, END))[0].place
    before = await store.digests.counts(CHANNEL, [(BEGINNING, first), (first, END)])
    await answer(store, await claimed(store), "Yes.", "p1")
    rows = await store.digests.stretch(CHANNEL, BEGINNING, END)
    assert names(rows) == ["q", "p1", "next"]
    after = await store.digests.counts(CHANNEL, [(BEGINNING, first), (first, END)])
    assert after[0] == before[0] and after[1] != before[1]


async def test_places_by_id_number_and_person(store: HistoryStore) -> None:
    await filled(store)
    digests = store.digests
    rows = await digests.stretch(CHANNEL, BEGINNING, END)
    assert await digests.place_of(CHANNEL, "m3") == rows[3].place
    assert await digests.place_of_number(CHANNEL, 4) == rows[3].place
    assert (
        await digests.last_place_of(CHANNEL, "u1")
        == rows[4].place
        == await digests.place_of_newest(CHANNEL, 1)
    )
    assert await digests.last_place_of(CHANNEL, "u2") is None
    assert await digests.place_of(replace(CHANNEL, channel_id="other"), "m3") is None
