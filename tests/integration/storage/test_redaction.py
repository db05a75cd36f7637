"""Answers that quote or cite a message which is deleted or edited: what is left of them, and what waits."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.messages import Command
from bot.storage.quotations import Redaction
from bot.storage.quoting import Quotable, Quotations
from bot.storage.records import Derived
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said

SECRET = "We decided that the launch moves to QUOKKA991 on Friday. Nobody outside is to know it yet."
THREAD = replace(CHANNEL, thread_id="t1")


async def answered(
    store: HistoryStore, text: str, name: str = "c1", *, is_memory: bool = False, key: object = CHANNEL
) -> int:
    """A finished answer with one post."""
    command = None if is_memory else Command("ask")
    await store.accept(said(name, "/ask what now", second=5, command=command, key=key))  # type: ignore[arg-type]
    job = await claimed(store, key)  # type: ignore[arg-type]
    await answer(store, job, text, f"post of {name}", is_memory=is_memory)
    return job.reply_id


async def shown(store: HistoryStore, key: object = CHANNEL) -> list[str]:
    turns = await store.turns(key, memory_only=False)  # type: ignore[arg-type]
    return [turn.text for turn in turns if turn.role == "assistant"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"Bob: “{SECRET}” And so on.", "Bob: “[deleted]” And so on."),
        ("> We decided that the launch moves to […] [3]", "> [deleted] [3]"),
        ("Also: Nobody outside is to know it yet. Right?", "Also: [deleted] Right?"),
        ("**We** decided that the **launch** moves to QUOKKA991 on", "[deleted]"),
        ("… launch moves to QUOKKA991 on Friday. Nobody outside is …", "[deleted]"),
        ("Nobody knows. We decided that.", "Nobody knows. We decided that."),
        ("- Bob says it is late. [1](https://x.example/c/900123)\n- Ana left. [2](https://x.example/c/900124)",
         "- [deleted]\n- Ana left. [2](https://x.example/c/900124)"),
        ("It is late [1]. It rains [2].\n\n_Sources: [1](#m-900123) **Bob**; [2](#m-900124) **Ana**_",
         "[deleted]. It rains [2].\n\n_Sources: [deleted] **Bob**; [2](#m-900124) **Ana**_"),
        ("See [1](https://x.example/c/9001234).", "See [1](https://x.example/c/9001234)."),
    ],
)  # fmt: skip
def test_what_is_left_of_an_answer(text: str, left: str) -> None:
    redaction = Redaction("900123", SECRET)
    assert redaction.of(text) == left
    assert redaction.of(left) == left


def test_ids_of_slack_and_edits_and_short_messages() -> None:
    link = "[1](https://w.slack.example/archives/C1/p1700000000000100?thread_ts=1.2&cid=C1)"
    assert Redaction("1700000000.000100", "something").of(f"- He left. {link}") == "- [deleted]"
    edited = Redaction("1700000000.000100", SECRET, SECRET.replace("Friday", "Monday"))
    assert edited.of(f"- He left. {link}") == f"- [edited since] {link}"
    assert edited.of(f"- [edited since] {link}") == f"- [edited since] {link}"
    assert edited.of(f"Bob: {SECRET}") == "Bob: [edited since]"
    assert edited.of("Bob: Nobody outside is to know it yet.") == "Bob: Nobody outside is to know it yet."
    short = Redaction("9", "zebra crossing")
    assert short.of("a zebra crossing, zebra crossings") == "a [deleted], zebra crossings"
    assert Redaction("9", "ok then").of("ok then") == "ok then"


LINK = "https://discord.com/channels/157400000000000200/157400000000000201/15740000000000"
LISTED = (
    f"- The budget is 300 dollars. [1]({LINK}3001)\n- See {LINK}3002, too. [open](#m-15740000000000300123)"
)


@pytest.mark.parametrize(
    "old",
    [f"see {LINK}3001", f"/translate message:{LINK}3001", f"{LINK}3001 {LINK}3002", "#m-15740000000000300123",
     f"well, {LINK}3001 is what I meant when I spoke of the other thing"],
)  # fmt: skip
def test_an_address_in_a_message_touches_no_address_in_an_answer(old: str) -> None:
    assert Redaction("157400000000009999", old).of(LISTED) == LISTED
    assert (
        Quotations([Quotable("157400000000009999", 1, old)], ["https", "discord"]).taken_out(1, LISTED)
        == LISTED
    )


def test_words_beside_an_address_are_a_quotation_and_the_link_to_the_message_goes() -> None:
    redaction = Redaction("3002", f"here is the plan: {LINK}3001")
    assert redaction.of(f"Ben: “here is the plan: {LINK}3001”, so it is.") == "Ben: “[deleted]”, so it is."
    assert redaction.of("- A plan. [1](https://x.example/c/3002)") == "- [deleted]"
    assert Redaction("9", LINK + " " + SECRET).of(f"See {LINK}1: {SECRET}") == f"See {LINK}1: [deleted]"
    named = Quotations([Quotable("9", 1, SECRET)], ["discord"]).taken_out(1, f"discord, {LINK}1: {SECRET}")
    assert named == f"[deleted], {LINK}1: [deleted]"


def test_one_letter_a_thousand_times_takes_no_time() -> None:
    began = time.perf_counter()
    assert Redaction("900123", "ha " * 1300).of("He said: " + "ha " * 1300) == "He said: [deleted] "
    assert time.perf_counter() - began < 2.0


@pytest.mark.parametrize("is_memory", [True, False])
@pytest.mark.parametrize("key", [CHANNEL, THREAD])
async def test_a_deleted_message_leaves_every_answer_and_the_file(
    store: HistoryStore, database: Path, is_memory: bool, key: object
) -> None:
    await store.accept(said("m1", SECRET, is_addressed=False))
    reply_id = await answered(store, f"Bob: {SECRET}", is_memory=is_memory, key=key)
    other = await answered(store, "It rains.", "c2", key=key)
    await store.put_derived(CHANNEL, Derived("summary", "x", "s", "model", ("post of c1",), at(9)))
    told: list[tuple[str | None, str | None]] = []
    store.watch(lambda key, message_id, text: told.append((message_id, text)))
    change = await store.forget(CHANNEL, "m1")
    assert [correction.conversation for correction in change.corrections] == [key]
    assert told == [("m1", None), ("post of c1", "Bob: [deleted]")]
    assert await shown(store, key) == ["Bob: [deleted]", "It rains."]
    assert await store.derived(CHANNEL, "summary", "x") is None
    for _ in range(2):  # the second time after a crash
        job = await claimed(store, key)  # type: ignore[arg-type]
        assert (job.reply_id, job.text, job.posts) == (reply_id, "Bob: [deleted]", ("post of c1",))
        assert await store.recover("discord") == [key]
    await claimed(store, key)  # type: ignore[arg-type]
    await store.record_text(reply_id, "Bob: [deleted]")
    await store.complete(reply_id, is_memory=False, author_id="bot", author_name="Parley")
    assert await store.claim(key) is None  # type: ignore[arg-type]
    turns = await store.turns(key, memory_only=False)  # type: ignore[arg-type]
    assert [turn.text for turn in turns if turn.role == "assistant"] == ["Bob: [deleted]", "It rains."]
    in_memory = await store.turns(key)  # type: ignore[arg-type]
    assert ("Bob: [deleted]" in [turn.text for turn in in_memory]) is is_memory
    assert other != reply_id
    for file in database.parent.glob(f"{database.name}*"):
        assert b"QUOKKA991" not in file.read_bytes()


async def test_an_edit_leaves_nothing_of_the_old_words(store: HistoryStore, database: Path) -> None:
    await store.accept(said("m1", SECRET, is_addressed=False))
    await answered(store, f"Bob: {SECRET}")
    await store.amend(CHANNEL, "m1", "Never mind.", at(9))
    assert await shown(store) == ["Bob: [edited since]"]
    for file in database.parent.glob(f"{database.name}*"):
        assert b"QUOKKA991" not in file.read_bytes()


async def test_an_edited_question_is_still_answered_anew(store: HistoryStore) -> None:
    await store.accept(said("m1", SECRET))
    await answer(store, job := await claimed(store), f"You said: {SECRET}", "p1")
    change = await store.amend(CHANNEL, "m1", "Never mind.", at(9))
    assert change.done_reply_id == job.reply_id and await shown(store) == ["You said: [edited since]"]
    assert await store.reopen(job.reply_id)
    assert (await claimed(store)).text is None


async def test_an_answer_on_its_way_waits_with_what_is_left(store: HistoryStore) -> None:
    await store.accept(said("m1", SECRET, is_addressed=False))
    await store.accept(said("c1", "/ask", second=1, command=Command("ask")))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p1")
    await store.record_text(job.reply_id, f"Bob: {SECRET}", "stop")
    await store.forget(CHANNEL, "m1")
    await store.complete(job.reply_id, is_memory=True, author_id="bot", author_name="Parley")
    again = await claimed(store)
    assert (again.reply_id, again.text, again.finish_reason) == (job.reply_id, "Bob: [deleted]", "stop")
    await store.complete(job.reply_id, is_memory=True, author_id="bot", author_name="Parley")
    assert await shown(store) == ["Bob: [deleted]"]


async def test_an_answer_that_is_continued_goes_on_from_what_is_left(store: HistoryStore) -> None:
    await store.accept(said("m1", SECRET, is_addressed=False))
    reply_id = await answered(store, f"Bob: {SECRET}", is_memory=True)
    await store.reopen(reply_id, keeps_text=True)
    await claimed(store)
    await store.forget(CHANNEL, "m1")
    again = await claimed(store)
    assert (again.begun, again.text) == ("Bob: [deleted]", None)


async def test_other_channels_answers_stay(store: HistoryStore) -> None:
    elsewhere = replace(CHANNEL, channel_id="elsewhere")
    await store.accept(said("m1", SECRET, is_addressed=False))
    await answered(store, SECRET, key=elsewhere)
    await store.forget(CHANNEL, "m1")
    assert await shown(store, elsewhere) == [SECRET] and await store.claim(elsewhere) is None
