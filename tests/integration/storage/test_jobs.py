"""Accepting, claiming, answering, and what is left after a crash between any two calls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Author, Command, ConversationKey
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said, texts

OTHER = ConversationKey("discord", "guild", "random")


async def test_an_event_is_accepted_once(store: HistoryStore) -> None:
    assert await store.accept(said("m1"))
    assert not await store.accept(said("m1"))
    assert not await store.accept(said("m1", text="the same event with another text"))
    assert await texts(store) == ["text of m1"]
    assert (await claimed(store)).messages == (said("m1"),)
    assert await store.claim(CHANNEL) is None


async def test_the_same_event_at_once_is_accepted_once(store: HistoryStore) -> None:
    assert sorted(await asyncio.gather(*(store.accept(said("m1")) for _ in range(10)))) == [False] * 9 + [
        True
    ]


async def test_events_of_other_workspaces_and_platforms_are_others(store: HistoryStore) -> None:
    assert await store.accept(said("m1", event="e1"))
    for key in (
        ConversationKey("slack", "guild", "general"),
        ConversationKey("discord", "another", "general"),
    ):
        assert await store.accept(said("m1", event="e1", key=key))


async def test_two_events_about_one_message_are_one_message_and_one_job(store: HistoryStore) -> None:
    assert await store.accept(said("m1", event="message", is_addressed=False))
    assert await store.claim(CHANNEL) is None
    assert await store.accept(said("m1", event="app_mention"))
    assert await store.accept(said("m1", event="another copy"))
    assert await texts(store) == ["text of m1"]
    job = await claimed(store)
    assert [message.event_id for message in job.messages] == ["app_mention"]
    assert await store.claim(CHANNEL) is None


async def test_a_message_keeps_everything(store: HistoryStore) -> None:
    sent = said(
        "m1", reply_to="m0", second=1.000001, command=Command("translate", {"to": "fr", "text": "\ud800 ok"})
    )
    await store.accept(sent)
    assert (await claimed(store)).messages == (sent,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "x" * 1_000_000,
        "lone \udc80 surrogate",
        "nul \0 inside",
        "שלום \u202e עולם",
        "🏳️‍🌈👩‍👩‍👧",
        "e" + "\u0301" * 9999,
    ],
    ids=["empty", "blank", "1 MB", "surrogate", "nul", "right to left", "emoji", "combining"],
)
async def test_any_text_is_kept_intact(store: HistoryStore, text: str) -> None:
    sent = said("m1", text=text or " ")
    sent = type(sent)(CHANNEL, "m1", "e1", Author("u1", text), text, at(0), True)
    await store.accept(sent)
    job = await claimed(store)
    assert job.messages == (sent,)
    await answer(store, job, f"answer {text}")
    assert await texts(store) == [text, f"answer {text}"]


async def test_chat_messages_that_waited_together_are_answered_together(store: HistoryStore) -> None:
    for name in ("m1", "m2", "m3"):
        await store.accept(said(name, second=float(name[1])))
    assert [message.message_id for message in (await claimed(store)).messages] == ["m1", "m2", "m3"]


async def test_commands_are_answered_one_by_one_in_their_place(store: HistoryStore) -> None:
    help_ = Command("help")
    for name, command in (
        ("m1", None),
        ("c1", help_),
        ("c2", help_),
        ("m2", None),
        ("m3", None),
        ("c3", help_),
    ):
        await store.accept(said(name, command=command))
    jobs = [[message.message_id for message in (await claimed(store)).messages] for _ in range(5)]
    assert jobs == [["m1"], ["c1"], ["c2"], ["m2", "m3"], ["c3"]]
    assert await store.claim(CHANNEL) is None


async def test_messages_in_a_job_are_oldest_first_however_they_arrived(store: HistoryStore) -> None:
    for second in (3, 1, 2):
        await store.accept(said(f"m{second}", second=second))
    assert [message.message_id for message in (await claimed(store)).messages] == ["m1", "m2", "m3"]


async def test_conversations_do_not_wait_for_each_other(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await store.accept(said("m2", key=OTHER))
    assert (await claimed(store, OTHER)).messages[0].message_id == "m2"
    assert (await claimed(store)).messages[0].message_id == "m1"
    assert await store.claim(ConversationKey("discord", "guild", "never seen")) is None


async def test_commands_and_their_answers_are_seen_but_not_remembered(store: HistoryStore) -> None:
    await store.accept(said("c1", command=Command("summarize")))
    await answer(store, await claimed(store), "summary", is_memory=False)
    assert await store.turns(CHANNEL) == []
    seen = await store.turns(CHANNEL, memory_only=False)
    assert [(turn.role, turn.text) for turn in seen] == [("user", "text of c1"), ("assistant", "summary")]


async def test_a_remembered_answer_to_a_command_stands_at_the_command(store: HistoryStore) -> None:
    await store.accept(said("m1", second=1, is_addressed=False))
    await store.accept(said("c1", second=2, command=Command("write")))
    await store.accept(said("m2", second=3, is_addressed=False))
    await answer(store, await claimed(store), "story")
    assert await texts(store) == ["text of m1", "story", "text of m2"]
    assert [turn.text for turn in await store.turns(CHANNEL, before_message_id="c1")] == ["text of m1"]


async def test_an_answer_becomes_a_turn_with_its_first_post(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "answer", "p0", "p1")
    turn = (await store.turns(CHANNEL))[-1]
    assert (turn.role, turn.message_id, turn.reply_to) == ("assistant", "p0", "m1")
    assert turn.author == Author("bot", "Parley", is_bot=True)


@pytest.mark.parametrize("text", ["", " \n"])
async def test_a_blank_answer_is_no_turn(store: HistoryStore, text: str) -> None:
    await store.accept(said("m1"))
    await answer(store, await claimed(store), text)
    assert await texts(store) == ["text of m1"]
    assert await store.recover("discord") == []


async def test_completing_twice_is_once(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await answer(store, job, "answer")
    await answer(store, job, "answer again")
    assert await texts(store) == ["text of m1", "answer"]


async def test_an_own_post_that_came_back_as_a_message_is_the_answer(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.accept(said("p0", text="half of the ans", is_addressed=False))
    await answer(store, job, "half of the answer, and the rest", "p0", "p1")
    assert await store.import_messages([said("p0"), said("p1"), said("m1")]) == 0
    assert await texts(store) == ["text of m1", "half of the answer, and the rest"]


# --- crashes -------------------------------------------------------------------------------------


class Process:
    """A store that can be dropped at any point, as a crash does, and opened again."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.store = HistoryStore(url)

    async def restart(self) -> HistoryStore:
        await self.store.close()
        self.store = HistoryStore(self._url)
        return self.store


async def test_a_crash_after_each_call(url: str) -> None:
    process = Process(url)
    await process.store.accept(said("m1"))
    store = await process.restart()
    assert await store.recover("discord") == [CHANNEL]
    job = await claimed(store)
    assert (job.posts, job.text, job.attempt) == ((), None, 1)

    store = await process.restart()
    assert await store.claim(CHANNEL) is None, "only recover puts back what was claimed"
    assert await store.recover("discord") == [CHANNEL]
    job = await claimed(store)
    assert (job.messages, job.posts, job.text, job.attempt) == ((said("m1"),), (), None, 2)
    await store.record_post(job.reply_id, 0, "p0")
    await store.record_post(job.reply_id, 1, "p1")

    store = await process.restart()
    await store.recover("discord")
    job = await claimed(store)
    assert (job.posts, job.text, job.attempt) == (("p0", "p1"), None, 3)
    await store.record_text(job.reply_id, "whole answer")

    store = await process.restart()
    assert await store.recover("discord") == [CHANNEL]
    job = await claimed(store)
    assert (job.posts, job.text, job.attempt) == (("p0", "p1"), "whole answer", 4)
    await store.complete(job.reply_id, is_memory=True, author_id="b", author_name="B")

    store = await process.restart()
    assert await store.recover("discord") == []
    assert await texts(store) == ["text of m1", "whole answer"]
    assert not await store.accept(said("m1"))
    await store.close()


async def test_recovery_is_by_platform_and_oldest_first(url: str) -> None:
    process = Process(url)
    slack = ConversationKey("slack", "team", "general", "thread")
    await process.store.accept(said("m0", key=slack))
    for key in (OTHER, CHANNEL):
        await process.store.accept(said(f"of {key}", key=key))
    await claimed(process.store, CHANNEL)
    await claimed(process.store, slack)
    store = await process.restart()
    assert await store.recover("discord") == [OTHER, CHANNEL]
    assert await store.claim(slack) is None
    assert await store.recover("slack") == [slack]
    assert (await claimed(store, slack)).attempt == 2
    await store.close()


async def test_an_interrupted_reply_comes_before_what_arrived_later(url: str) -> None:
    process = Process(url)
    await process.store.accept(said("m1"))
    await claimed(process.store)
    await process.store.accept(said("m2", second=1))
    store = await process.restart()
    await store.recover("discord")
    assert [message.message_id for message in (await claimed(store)).messages] == ["m1"]
    assert [message.message_id for message in (await claimed(store)).messages] == ["m2"]
    await store.close()


async def test_a_post_recorded_again_replaces_the_first(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 1, "p1")
    await store.record_post(job.reply_id, 0, "p0")
    await store.record_post(job.reply_id, 1, "p1 again")
    await store.record_post(job.reply_id + 7, 0, "of no reply")
    await store.release(job.reply_id)
    assert (await claimed(store)).posts == ("p0", "p1 again")


# --- release, withdraw, reopen -------------------------------------------------------------------


async def test_release_keeps_posts_and_drops_text(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p0")
    await store.record_text(job.reply_id, "text")
    await store.release(job.reply_id)
    await store.complete(job.reply_id, is_memory=True, author_id="b", author_name="B")
    again = await claimed(store)
    assert (again.reply_id, again.posts, again.text) == (job.reply_id, ("p0",), None)


async def test_meant_restarts_are_no_failed_attempts(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    for _ in range(5):
        await store.release(job.reply_id)
        job = await claimed(store)
        assert job.attempt == 2


async def test_release_of_a_finished_reply_changes_nothing(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await answer(store, job, "answer")
    await store.release(job.reply_id)
    assert await store.claim(CHANNEL) is None


async def test_withdraw_one_of_two_questions(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await store.accept(said("m2", second=1))
    job = await claimed(store)
    await store.record_text(job.reply_id, "answer to both")
    assert not await store.withdraw(job.reply_id, "m1")
    job = await claimed(store)
    assert ([message.message_id for message in job.messages], job.text) == (["m2"], None)
    assert await store.withdraw(job.reply_id, "m2")
    assert await store.recover("discord") == []
    assert await store.withdraw(job.reply_id)


async def test_withdraw_all(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await store.accept(said("m2", second=1))
    job = await claimed(store)
    assert await store.withdraw(job.reply_id)
    await answer(store, job, "too late")
    assert await texts(store) == ["text of m1", "text of m2"]
    assert await store.recover("discord") == []


async def test_reopen_makes_the_answer_again_into_the_same_posts(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await answer(store, job, "first answer", "p0", "p1")
    assert await store.reopen(job.reply_id) == CHANNEL
    assert await texts(store) == ["text of m1"]
    assert await store.reopen(job.reply_id) is None, "it is open already"
    again = await claimed(store)
    assert (again.reply_id, again.posts, again.text, again.messages) == (
        job.reply_id,
        ("p0", "p1"),
        None,
        job.messages,
    )
    await answer(store, again, "second answer", "p0", "p1")
    assert await texts(store) == ["text of m1", "second answer"]
    assert await store.reopen(12345) is None


async def test_a_deletion_between_crash_and_restart_stops_the_answer(url: str) -> None:
    process = Process(url)
    await process.store.accept(said("m1"))
    job = await claimed(process.store)
    await process.store.record_text(job.reply_id, "answer to m1")
    change = await process.store.forget(CHANNEL, "m1")
    assert change.open_reply_id == job.reply_id
    store = await process.restart()
    await store.recover("discord")
    assert await store.claim(CHANNEL) is None
    assert await store.recover("discord") == []
    await store.close()


async def test_a_finished_text_that_answers_a_deleted_question_is_not_sent(url: str) -> None:
    process = Process(url)
    await process.store.accept(said("m1"))
    await process.store.accept(said("m2", second=1))
    job = await claimed(process.store)
    await process.store.record_text(job.reply_id, "answer to both")
    await process.store.forget(CHANNEL, "m1")
    store = await process.restart()
    await store.recover("discord")
    again = await claimed(store)
    assert ([message.message_id for message in again.messages], again.text) == (["m2"], None)
    await store.close()


async def test_the_database_is_whole_after_everything(database: Path, store: HistoryStore) -> None:
    import sqlite3

    await store.accept(said("m1"))
    await answer(store, await claimed(store), "answer")
    with sqlite3.connect(database) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    connection.close()


async def test_nobody_with_many_commands_keeps_the_others_waiting(store: HistoryStore) -> None:
    waiting = ["c1", "c2", "c3", "b", "c4", "d"]
    for second, name in enumerate(waiting):
        command = None if name == "b" else Command("ask", {"question": "?"})
        author = Author(name[0], name[0])
        await store.accept(replace(said(name, second=second, command=command), author=author))
    claimed_in_turn = []
    for _ in waiting:
        job = await store.claim(CHANNEL, by_turns=True)
        assert job is not None
        claimed_in_turn += [message.message_id for message in job.messages]
        await answer(store, job, "done")
    assert claimed_in_turn == ["c1", "b", "c2", "d", "c3", "c4"]


async def test_without_turns_everything_is_answered_in_order(store: HistoryStore) -> None:
    for second, name in enumerate(("c1", "c2", "d")):
        author = Author(name[0], name[0])
        await store.accept(replace(said(name, second=second, command=Command("help")), author=author))
    jobs = [await claimed(store) for _ in range(3)]
    assert [job.messages[0].message_id for job in jobs] == ["c1", "c2", "d"]
