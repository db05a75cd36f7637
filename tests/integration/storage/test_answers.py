"""Finished replies looked at again: the last one, its posts, variations, turns around a message."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.messages import Command, ConversationKey
from bot.storage.records import CONTROL_COMMANDS, Answered, Derived
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said

THREAD = ConversationKey("discord", "guild", "general", "m2")


async def test_the_last_answer_with_all_that_made_it(store: HistoryStore) -> None:
    assert await store.last_answer(CHANNEL) is None
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "first")
    asked = said("c1", second=1, command=Command("write", {"kind": "story"}, by_manager=True))
    await store.accept(asked)
    job = await claimed(store)
    for index, post in enumerate(("p0", "p1")):
        await store.record_post(job.reply_id, index, post)
    await store.record_text(job.reply_id, "a story", "length")
    assert (await store.last_answer(CHANNEL)).text == "first", "not before it is on the platform"  # type: ignore[union-attr]
    await store.complete(job.reply_id, is_memory=False, author_id="b", author_name="B")
    assert await store.last_answer(CHANNEL) == Answered(
        job.reply_id, (asked,), "a story", False, "length", ("p0", "p1")
    )
    assert await store.last_answer(THREAD) is None


async def test_several_questions_of_the_last_answer(store: HistoryStore) -> None:
    await store.accept(said("m2", second=2))
    await store.accept(said("m1", second=1))
    await answer(store, await claimed(store), "to both")
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert last.questions == (said("m1", second=1), said("m2", second=2))
    await store.forget(CHANNEL, "m2")
    assert await store.last_answer(CHANNEL) is None, "it waits to be made again for what is left"
    await answer(store, await claimed(store), "to one")
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert [question.message_id for question in last.questions] == ["m1"]


@pytest.mark.parametrize("name", CONTROL_COMMANDS)
async def test_answers_to_controls_are_passed_over(store: HistoryStore, name: str) -> None:
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "an answer")
    await store.accept(said("c1", command=Command(name)))
    await answer(store, await claimed(store), "stopped", is_memory=False)
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert last.text == "an answer"


async def test_what_is_not_the_last_answer(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "kept")
    for number, text in enumerate(("", "deleted by hand", "question deleted", "made again")):
        await store.accept(said(f"q{number}", second=number + 1))
        await answer(store, await claimed(store), text, f"p{number}")
    await store.forget(CHANNEL, "p1")
    await store.forget(CHANNEL, "q2")
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert last.text == "made again"
    await store.reopen(last.reply_id)
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert last.text == "kept"


async def test_the_reply_of_a_post(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p0")
    assert await store.reply_of_post(CHANNEL, "p0") == job.reply_id
    await answer(store, job, "answer", "p0", "p1")
    assert await store.reply_of_post(THREAD, "p1") == job.reply_id
    for other in ("m1", "never seen"):
        assert await store.reply_of_post(CHANNEL, other) is None
    assert await store.reply_of_post(ConversationKey("slack", "guild", "general"), "p0") is None


async def test_each_regeneration_is_another_variation(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    assert job.variation == 0
    for expected in (1, 2):
        await answer(store, job, "answer", "p0")
        await store.reopen(job.reply_id, is_variation=True)
        job = await claimed(store)
        assert job.variation == expected
    await store.release(job.reply_id)
    job = await claimed(store)
    assert job.variation == 2, "it is still the variation that was asked for"
    await answer(store, job, "answer", "p0")
    await store.reopen(job.reply_id)
    assert (await claimed(store)).variation == 0, "an edited question has an answer of its own"


async def test_an_answer_made_again_forgets_how_it_ended(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_text(job.reply_id, "half an ans", "length")
    await store.release(job.reply_id)
    await answer(store, await claimed(store), "answer")
    last = await store.last_answer(CHANNEL)
    assert last is not None
    assert last.finish_reason is None


async def test_commands_remember_whether_a_manager_gave_them(database: Path, store: HistoryStore) -> None:
    commands = [Command("reset", {"a": "b"}, by_manager=True), Command("reset", {"a": "b"})]
    for number, command in enumerate(commands):
        await store.accept(said(f"c{number}", second=number, command=command))
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE inbox SET command = ? WHERE message_id = 'c1'", ('["reset", {"a": "b"}]',))
    assert [(await claimed(store)).messages[0].command for _ in commands] == commands


# --- around a message ----------------------------------------------------------------------------


async def around(store: HistoryStore, message_id: str, before: int = 1, after: int = 1) -> list[str]:
    return [turn.text for turn in await store.turns_around(CHANNEL, message_id, before, after)]


async def test_turns_around_a_message(store: HistoryStore) -> None:
    await store.import_messages([said(f"m{number}", f"{number}", second=number) for number in range(1, 6)])
    await store.import_messages([said("t1", "1 in a thread", second=9, key=THREAD)])
    await store.accept(said("c1", "a command", second=4, command=Command("help")))
    assert await around(store, "m3") == ["2", "3", "4"]
    assert await around(store, "m3", 0, 0) == ["3"]
    assert await around(store, "m1", 9, 9) == ["1", "2", "3", "4", "5"]
    assert await around(store, "c1", 1, 1) == ["4", "5"], "a command is no part of memory"
    assert await around(store, "t1") == ["2", "1 in a thread"], "the thread's own turns, its topic first"
    assert await around(store, "never seen") == []
    await store.forget(CHANNEL, "m3")
    assert await around(store, "m3") == ["2", "4"]


async def test_turns_around_an_answer(store: HistoryStore) -> None:
    await store.accept(said("q1", "question", second=1))
    job = await claimed(store)
    await store.accept(said("m2", "meanwhile", second=2, is_addressed=False))
    await answer(store, job, "answer", "p0", "p1")
    assert await around(store, "p1") == ["question", "answer", "meanwhile"]


# --- derived data, many at once ------------------------------------------------------------------


async def test_derived_data_by_many_names_and_by_kind(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("m2")])
    made = [
        Derived(kind, name, "text", "model", sources, at(100))
        for kind, name, sources in (
            ("segment", "b", ("m2", "m1")),
            ("segment", "a", ("m1",)),
            ("segment", "c", ()),
            ("translation", "a", ("m2",)),
        )
    ]
    for derived in made:
        assert await store.put_derived(CHANNEL, derived)
    names = ["a", "b", *(f"no such name {number}" for number in range(2500))]
    assert await store.derived_many(CHANNEL, "segment", names) == {"b": made[0], "a": made[1]}
    assert await store.derived_many(CHANNEL, "segment", []) == {}
    assert await store.derived_of_kind(CHANNEL, "segment") == made[:3]
    assert await store.derived_of_kind(THREAD, "segment") == []
    await store.amend(CHANNEL, "m2", "edited", at(5))
    assert await store.derived_of_kind(CHANNEL, "segment") == made[1:3]
    assert await store.derived_of_kind(CHANNEL, "translation") == []
