"""The order of memory, its limits, threads, imports, and the list of conversations."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.messages import Command, ConversationKey
from bot.storage.records import ConversationSummary, Job
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said, texts


def thread(name: str) -> ConversationKey:
    return ConversationKey("discord", "guild", "general", name)


async def test_three_mentions_at_once_answered_in_turn(store: HistoryStore) -> None:
    jobs = []
    for second in (1, 2, 3):
        await store.accept(said(f"u{second}", second=second, text=f"u{second}"))
        jobs.append(await claimed(store))
    for number, job in enumerate(jobs, 1):
        await answer(store, job, f"a{number}")
    assert await texts(store) == ["u1", "a1", "u2", "a2", "u3", "a3"]


async def test_an_answer_stands_after_the_last_message_it_answers(store: HistoryStore) -> None:
    await store.accept(said("u1", second=1))
    await store.accept(said("u2", second=2))
    job = await claimed(store)
    await store.accept(said("u3", second=3))
    await answer(store, job, "to u1 and u2")
    assert await texts(store) == ["text of u1", "text of u2", "to u1 and u2", "text of u3"]


async def test_messages_of_the_same_moment_keep_their_answers_apart(store: HistoryStore) -> None:
    await store.accept(said("u1", text="u1"))
    first = await claimed(store)
    await store.accept(said("u2", text="u2"))
    second = await claimed(store)
    await answer(store, second, "a2")
    await answer(store, first, "a1")
    assert await texts(store) == ["u1", "a1", "u2", "a2"]


async def test_messages_that_arrive_late_stand_where_they_were_sent(store: HistoryStore) -> None:
    for second in (5, 1, 3):
        await store.accept(said(f"m{second}", second=second, is_addressed=False))
    assert (
        await store.import_messages([said("m4", second=4), said("m2", second=2), said("m3", second=3)]) == 2
    )
    assert await texts(store) == [f"text of m{number}" for number in range(1, 6)]
    assert await store.claim(CHANNEL) is None


_step = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 4)),
    st.just(("claim", 0)),
    st.tuples(st.just("answer"), st.integers(0, 2)),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_step, max_size=14))
async def test_order_of_memory_is_that_of_a_simple_model(
    template: Path, steps: list[tuple[str, int]]
) -> None:
    """Whatever is said (at moments that repeat and go back), claimed and answered in whatever order."""
    said_so_far: list[tuple[int, int, str]] = []
    answers: dict[str, list[tuple[int, str]]] = {}
    open_jobs: list[Job] = []
    with tempfile.TemporaryDirectory() as folder:
        store = HistoryStore(f"sqlite+aiosqlite:///{shutil.copy(template, folder)}")
        for number, (what, value) in enumerate(steps):
            if what == "say":
                await store.accept(said(f"u{number}", text=f"u{number}", second=value))
                said_so_far.append((value, number, f"u{number}"))
            elif what == "claim" and (job := await store.claim(CHANNEL)):
                open_jobs.append(job)
            elif what == "answer" and open_jobs:
                job = open_jobs.pop(value % len(open_jobs))
                await answer(store, job, f"a{number}")
                last = max(entry for entry in said_so_far if entry[2] in {m.message_id for m in job.messages})
                answers.setdefault(last[2], []).append((number, f"a{number}"))
        expected: list[str] = []
        for _, _, name in sorted(said_so_far):
            expected += [name, *(text for _, text in sorted(answers.get(name, [])))]
        assert await texts(store) == expected
        for limit in (1, 3):
            assert [turn.text for turn in await store.turns(CHANNEL, limit=limit)] == expected[-limit:]
        await store.close()


async def test_limits(store: HistoryStore) -> None:
    await store.import_messages(
        [said(f"m{number}", text=f"{number}", second=number) for number in range(1, 7)]
    )
    await store.forget(CHANNEL, "m5")

    async def some(**limits: object) -> str:
        return "".join(turn.text for turn in await store.turns(CHANNEL, **limits))  # type: ignore[arg-type]

    assert await some() == "12346"
    assert await some(limit=2) == "46"
    assert await some(before_message_id="m4") == "123"
    assert await some(through_message_id="m4") == "1234"
    assert await some(before_message_id="m5", limit=1) == "4", "a deleted message still has its place"
    assert await some(since=at(3)) == "346"
    assert await some(since=at(3), through_message_id="m4") == "34"
    assert await some(limit=0) == ""
    assert await some(before_message_id="never seen") == "12346"
    assert await store.turns(ConversationKey("discord", "guild", "never seen")) == []
    assert await store.digests.newest(ConversationKey("discord", "guild", "never seen"), 9) == []


async def test_the_question_is_bounded_without_its_own_answer(store: HistoryStore) -> None:
    await store.accept(said("u1", text="u1"))
    await answer(store, await claimed(store), "a1")
    assert [turn.text for turn in await store.turns(CHANNEL, through_message_id="u1")] == ["u1"]


async def test_the_newest_of_a_channel_are_those_of_its_threads_too(store: HistoryStore) -> None:
    await store.import_messages(
        [
            said("1", text="1", second=1),
            said("2", text="2", second=2),
            said("9", text="9", second=9),
            said("1a", text="1a", second=8, key=thread("1")),
            said("1b", text="1b", second=20, key=thread("1")),
            said("2a", text="2a", second=3, key=thread("2")),
            said("x1", text="x1", second=5, key=thread("opened elsewhere")),
            said("y1", text="y1", second=1, key=ConversationKey("discord", "guild", "another channel")),
        ]
    )
    await store.accept(said("1c", text="1c", second=21, key=thread("1")))
    await answer(store, await claimed(store, thread("1")), "1c!")

    async def newest(count: int, key: ConversationKey = CHANNEL) -> list[str]:
        return [turn.text for turn in await store.digests.newest(key, count)]

    assert await newest(99) == ["1", "2", "2a", "x1", "1a", "9", "1b", "1c", "1c!"]
    assert await newest(3) == ["1b", "1c", "1c!"]
    assert await newest(99, thread("1")) == ["1", "1a", "1b", "1c", "1c!"]
    assert await texts(store) == ["1", "2", "9"]
    assert await texts(store, thread("1")) == ["1", "1a", "1b", "1c", "1c!"]


async def test_imports_count_what_is_new(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    twice = [said("m2", second=2), said("m2", second=2, text="a copy")]
    assert (
        await store.import_messages([said("m1", text="an old copy"), *twice, said("m3", key=thread("m1"))])
        == 2
    )
    assert await texts(store) == ["text of m1", "text of m2"]
    assert await store.import_messages([]) == 0


async def test_an_imported_message_can_still_be_addressed(store: HistoryStore) -> None:
    await store.import_messages([said("m1")])
    assert await store.claim(CHANNEL) is None
    assert await store.accept(said("m1"))
    assert (await claimed(store)).messages == (said("m1"),)


async def test_conversations_newest_first(store: HistoryStore) -> None:
    other = ConversationKey("discord", "guild", "random")
    await store.import_messages(
        [said("m1", second=1), said("m2", second=2), said("t1", second=9, key=thread("m1"))]
    )
    await store.import_messages(
        [said("r1", second=5, key=other), said("x", key=ConversationKey("slack", "t", "c"))]
    )
    await store.forget(CHANNEL, "m2")
    assert await store.conversations("discord", "guild") == [
        ConversationSummary(thread("m1"), 1, at(9)),
        ConversationSummary(other, 1, at(5)),
        ConversationSummary(CHANNEL, 1, at(1)),
    ]
    await store.forget(other, "r1")
    assert [summary.conversation for summary in await store.conversations("discord", "guild")] == [
        thread("m1"),
        CHANNEL,
    ]
    assert await store.conversations("discord", "nowhere") == []


@pytest.mark.parametrize("is_memory", [True, False])
async def test_history_as_people_saw_it(store: HistoryStore, is_memory: bool) -> None:
    await store.accept(said("c1", second=1, command=Command("translate", {"text": "hi"})))
    await store.accept(said("m1", second=2, is_addressed=False))
    await answer(store, await claimed(store), "salut", is_memory=is_memory)
    everything = await store.turns(CHANNEL, memory_only=False)
    assert [turn.text for turn in everything] == ["text of c1", "salut", "text of m1"]
    assert ("salut" in await texts(store)) is is_memory


async def test_a_thread_begins_with_the_message_that_it_hangs_on(store: HistoryStore) -> None:
    await store.import_messages(
        [
            said("1", text="the topic", second=1),
            said("2", text="elsewhere", second=2),
            said("1a", text="first reply", second=3, key=thread("1")),
            said("1b", text="second reply", second=4, key=thread("1")),
        ]
    )
    turns = await store.turns(thread("1"))
    assert [turn.text for turn in turns] == ["the topic", "first reply", "second reply"]
    assert [turn.text for turn in await store.turns(thread("1"), limit=2)] == ["first reply", "second reply"]
    await store.forget(CHANNEL, "1")
    assert [turn.text for turn in await store.turns(thread("1"))] == ["first reply", "second reply"]
