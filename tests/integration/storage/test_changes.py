"""Edits, deletions, erasure: memory follows, answers are stopped or made again, and no byte is left."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from bot.messages import Author, Command, ConversationKey, IncomingMessage
from bot.storage.records import Change, Derived
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said, texts

THREAD = ConversationKey("discord", "guild", "general", "m1")
UNKNOWN = Change(is_known=False)


def summary(*source_ids: str, key: str = "latest") -> Derived:
    return Derived("summary", key, "what was said", "pocket", source_ids, at(100))


async def test_an_edit_reaches_memory(store: HistoryStore) -> None:
    await store.accept(said("m1", is_addressed=False))
    assert await store.amend(CHANNEL, "m1", "new text", at(5)) == Change(is_known=True)
    turn = (await store.turns(CHANNEL))[0]
    assert (turn.text, turn.is_edited) == ("new text", True)


async def test_edits_that_change_nothing(store: HistoryStore) -> None:
    await store.accept(said("m1", is_addressed=False))
    assert await store.amend(CHANNEL, "m1", "text of m1", at(5)) == UNKNOWN
    assert await store.amend(CHANNEL, "never seen", "text", at(5)) == UNKNOWN
    assert await store.amend(ConversationKey("discord", "guild", "x"), "m1", "text", at(5)) == UNKNOWN
    await store.amend(CHANNEL, "m1", "second edit", at(7))
    assert await store.amend(CHANNEL, "m1", "first edit, delivered late", at(6)) == UNKNOWN
    await store.forget(CHANNEL, "m1")
    assert await store.amend(CHANNEL, "m1", "edit of what is deleted", at(8)) == UNKNOWN
    assert await texts(store) == []


async def test_an_edit_of_a_waiting_question_is_what_gets_answered(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    assert await store.amend(CHANNEL, "m1", "better question", at(5)) == Change(is_known=True)
    assert (await claimed(store)).messages[0].text == "better question"


async def test_an_edit_of_a_question_being_answered(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    assert await store.amend(CHANNEL, "m1", "better question", at(5)) == Change(
        True, open_reply_id=job.reply_id
    )
    await store.release(job.reply_id)
    assert (await claimed(store)).messages[0].text == "better question"


async def test_an_edit_just_before_the_answer_is_put_down_as_finished(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_text(job.reply_id, "You said: text of m1")
    await store.amend(CHANNEL, "m1", "better question", at(5))
    await store.complete(job.reply_id, is_memory=True, author_id="b", author_name="Bot")
    again = await claimed(store)
    assert (again.reply_id, again.text, again.messages[0].text) == (job.reply_id, None, "better question")


async def test_an_edit_of_an_answered_question(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    first = await claimed(store)
    await answer(store, first, "answer 1")
    assert await store.amend(CHANNEL, "m1", "better", at(5)) == Change(True, done_reply_id=first.reply_id)
    await store.accept(said("m2", second=9))
    second = await claimed(store)
    assert await store.amend(CHANNEL, "m1", "best", at(6)) == Change(True), "a later reply follows"
    await store.withdraw(second.reply_id)
    assert await store.amend(CHANNEL, "m1", "good", at(7)) == Change(True, done_reply_id=first.reply_id)


async def test_a_deletion_leaves_a_tombstone(store: HistoryStore) -> None:
    await store.accept(said("m1", is_addressed=False))
    assert await store.forget(CHANNEL, "m1") == Change(is_known=True)
    assert await store.forget(CHANNEL, "m1") == UNKNOWN
    assert not await store.accept(said("m1"))
    await store.accept(said("m1", event="another event about it"))
    assert await store.import_messages([said("m1")]) == 0
    assert await texts(store) == []
    assert await store.claim(CHANNEL) is None


async def test_a_deletion_that_overtakes_its_message(store: HistoryStore) -> None:
    assert await store.forget(CHANNEL, "m1") == UNKNOWN
    await store.accept(said("m1"))
    assert await texts(store) == []
    assert await store.claim(CHANNEL) is None
    assert await store.conversations("discord", "guild") == []


async def test_a_deleted_question_that_waits_is_not_answered(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await store.accept(said("c1", command=Command("help")))
    assert await store.forget(CHANNEL, "m1") == Change(is_known=True)
    assert await store.forget(CHANNEL, "c1") == Change(is_known=True)
    assert await store.claim(CHANNEL) is None
    assert await store.recover("discord") == []


async def test_a_deleted_question_that_is_being_answered_or_was(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    assert await store.forget(CHANNEL, "m1") == Change(True, open_reply_id=job.reply_id)
    await answer(store, job, "answer to nothing")
    assert await texts(store) == []

    await store.accept(said("m2"))
    job = await claimed(store)
    await answer(store, job, "answer")
    assert await store.forget(CHANNEL, "m2") == Change(True, waiting_in=CHANNEL)
    assert await store.reopen(job.reply_id) is None, "no question is left"
    assert await store.recover("discord") == [CHANNEL]
    assert (await claimed(store)).is_withdrawn


async def test_a_deletion_finds_a_message_of_a_thread_by_its_channel(store: HistoryStore) -> None:
    await store.accept(said("t1", key=THREAD, is_addressed=False))
    assert (await store.forget(CHANNEL, "t1")).is_known
    assert await store.turns(THREAD) == []


async def test_own_posts_take_the_text_with_the_last_of_them(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "long answer", "p0", "p1")
    assert await store.put_derived(CHANNEL, summary("m1", "p0"))
    assert await store.forget(CHANNEL, "p0") == Change(is_known=True)
    assert await store.derived(CHANNEL, "summary", "latest") is None
    assert [turn.message_id for turn in await store.turns(CHANNEL)] == ["m1", "p1"]
    assert await store.forget(CHANNEL, "p1") == Change(is_known=True)
    assert await texts(store) == ["text of m1"]


async def test_a_removed_post_of_an_unfinished_reply(store: HistoryStore) -> None:
    await store.accept(said("m1"))
    job = await claimed(store)
    await store.record_post(job.reply_id, 0, "p0")
    await store.forget(CHANNEL, "p0")
    await store.release(job.reply_id)
    assert (await claimed(store)).posts == ()


# --- derived data --------------------------------------------------------------------------------


async def test_derived_data_is_kept_with_its_sources(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("m2"), said("t1", key=THREAD)])
    derived = summary("m2", "t1", "m1")
    assert await store.put_derived(CHANNEL, derived)
    assert await store.derived(CHANNEL, "summary", "latest") == derived
    assert await store.derived(CHANNEL, "translation", "latest") is None
    assert await store.derived(THREAD, "summary", "latest") is None
    newer = summary("m1")
    assert await store.put_derived(CHANNEL, newer)
    assert await store.derived(CHANNEL, "summary", "latest") == newer


async def test_edits_and_deletions_drop_what_was_derived(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("m2"), said("t1", key=THREAD)])
    for name, sources in (("a", ("m1", "m2")), ("b", ("m2",)), ("c", ("t1", "m1"))):
        assert await store.put_derived(CHANNEL, summary(*sources, key=name))

    async def kept() -> str:
        return "".join([name for name in "abc" if await store.derived(CHANNEL, "summary", name)])

    await store.amend(CHANNEL, "m2", "text of m2", at(9))
    assert await kept() == "abc", "nothing was changed"
    await store.amend(THREAD, "t1", "edited in a thread", at(9))
    assert await kept() == "ab"
    await store.amend(CHANNEL, "m1", "edited", at(9))
    assert await kept() == "b"
    await store.forget(CHANNEL, "m2")
    assert await kept() == ""


async def test_nothing_is_derived_from_what_changed_meanwhile(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("m2"), said("m3")])
    await store.amend(CHANNEL, "m1", "edited before", at(99))
    await store.amend(CHANNEL, "m2", "edited while the summary was made", at(101))
    await store.forget(CHANNEL, "m3")
    assert await store.put_derived(CHANNEL, summary("m1"))
    for changed in ("m2", "m3", "never seen"):
        assert not await store.put_derived(CHANNEL, summary("m1", changed))
    assert await store.derived(CHANNEL, "summary", "latest") == summary("m1"), "the older one still holds"


async def test_many_sources(store: HistoryStore) -> None:
    names = [f"m{number}" for number in range(2500)]
    await store.import_messages([said(name) for name in names])
    assert await store.put_derived(CHANNEL, summary(*names))
    await store.amend(CHANNEL, "m2400", "edited", at(9))
    assert await store.derived(CHANNEL, "summary", "latest") is None


async def test_settings_of_a_thread_fall_back_to_its_channel(store: HistoryStore) -> None:
    assert await store.setting(THREAD, "language") is None
    await store.set_setting(CHANNEL, "language", "fr")
    assert await store.setting(THREAD, "language") == "fr"
    await store.set_setting(THREAD, "language", "de")
    assert (await store.setting(THREAD, "language"), await store.setting(CHANNEL, "language")) == ("de", "fr")
    await store.set_setting(THREAD, "language", None)
    await store.set_setting(CHANNEL, "language", "es")
    assert await store.setting(THREAD, "language") == "es"
    assert await store.setting(ConversationKey("discord", "guild", "other"), "language") is None


# --- erasure -------------------------------------------------------------------------------------


async def test_erasing_a_channel_with_its_threads(store: HistoryStore) -> None:
    other = ConversationKey("discord", "guild", "random")
    await store.accept(said("m1"))
    await answer(store, await claimed(store), "answer")
    await store.import_messages([said("t1", key=THREAD), said("r1", key=other)])
    await store.put_derived(CHANNEL, summary("m1", "t1"))
    await store.set_setting(CHANNEL, "language", "fr")
    assert await store.erase_conversation(CHANNEL) == 3
    assert await store.digests.newest(CHANNEL, 9) == []
    assert await store.turns(CHANNEL, memory_only=False) == await store.turns(THREAD, memory_only=False) == []
    assert await store.derived(CHANNEL, "summary", "latest") is None
    assert await texts(store, other) == ["text of r1"]
    assert await store.setting(CHANNEL, "language") == "fr"
    assert not await store.accept(said("m1")), "a late copy of the event"
    await store.accept(said("m1", event="another event about it"))
    assert await texts(store) == []
    assert await store.claim(CHANNEL) is None
    assert await store.import_messages([said("m1")]) == 1, "an import by hand may bring it back"
    assert await store.erase_conversation(ConversationKey("discord", "guild", "never seen")) == 0


async def test_erasing_a_thread_leaves_the_channel(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("t1", key=THREAD)])
    await store.put_derived(CHANNEL, summary("m1", "t1", key="both"))
    await store.put_derived(CHANNEL, summary("m1", key="channel"))
    assert await store.erase_conversation(THREAD) == 1
    assert await texts(store) == ["text of m1"]
    assert await store.derived(CHANNEL, "summary", "both") is None
    assert await store.derived(CHANNEL, "summary", "channel") is not None


async def test_the_command_that_erases_is_still_answered(store: HistoryStore) -> None:
    await store.accept(said("m1", second=1))
    await answer(store, await claimed(store), "answer")
    await store.accept(said("c1", second=2, command=Command("forget")))
    await store.accept(said("c2", second=3, command=Command("help")))
    job = await claimed(store)
    assert await store.erase_conversation(CHANNEL) == 2
    assert await store.recover("discord") == [CHANNEL]
    again = await claimed(store)
    assert (again.reply_id, again.messages) == (job.reply_id, job.messages)
    await answer(store, again, "forgotten", is_memory=False)
    assert await texts(store) == []
    assert (await claimed(store)).messages[0].command == Command("help")


async def test_an_answer_to_erased_questions_is_not_remembered(store: HistoryStore) -> None:
    await store.accept(said("t1", key=THREAD))
    running = await claimed(store, THREAD)
    await store.accept(said("t2", key=THREAD))
    await store.erase_conversation(CHANNEL)
    await answer(store, running, "answer to what is gone")
    assert await store.turns(THREAD, memory_only=False) == []
    assert await store.claim(THREAD) is None, "what waited was erased too"
    assert await store.recover("discord") == []


def _secret(key: ConversationKey, number: int, length: int) -> IncomingMessage:
    mark = f"secret-of-{key.channel_id}-"
    text = (mark + f"{number} ") * length
    return IncomingMessage(
        key, f"m{number}", f"e{number}", Author("u1", mark + "name"), text, at(number % 97), False
    )


async def test_no_byte_is_left(database: Path, store: HistoryStore) -> None:
    """Rows of all sizes, edited so that pages split and join, in the raw files."""
    rng = random.Random(6)
    keys = [ConversationKey("t", "w", name) for name in ("kept", "erased", "forgotten")]
    number = 0
    for _ in range(12):
        batch = []
        for _ in range(25):
            number += 1
            batch.append(
                _secret(rng.choice(keys), number, int(rng.choice([2, 9, 60, 400]) * rng.random()) + 1)
            )
        await store.import_messages(batch)
        for message in rng.sample(batch, 8):
            longer = message.text[: len(message.text) // 2] + message.author.name * rng.randint(0, 30)
            await store.amend(message.conversation, message.message_id, longer, at(1000))
    kept, erased, forgotten = keys
    for key in keys:
        await _ask(store, key)
    going = await store.turns(forgotten, memory_only=False)
    await asyncio.gather(*(store.forget(forgotten, turn.message_id) for turn in going))
    await store.erase_conversation(erased)
    raw = b"".join(path.read_bytes() for path in database.parent.iterdir())
    assert raw.count(b"secret-of-kept") > 100
    assert raw.count(b"secret-of-erased") == 0
    assert raw.count(b"secret-of-forgotten") == 0
    assert len(await store.turns(kept)) > 50


async def _ask(store: HistoryStore, key: ConversationKey) -> None:
    """A command with its answer, an answer withdrawn once written, and a summary, all with the secret."""
    mark = f"secret-of-{key.channel_id}-"
    await store.accept(
        said(f"{key.channel_id} c", mark, key=key, command=Command("translate", {"text": mark}))
    )
    await answer(store, await claimed(store, key), mark + "answer", f"{key.channel_id} p", is_memory=False)
    await store.accept(said(f"{key.channel_id} q", mark, key=key))
    job = await claimed(store, key)
    await store.record_text(job.reply_id, mark + "unsent")
    await store.withdraw(job.reply_id)
    assert await store.put_derived(
        key, Derived("summary", "all", mark, "m", (f"{key.channel_id} c",), at(2000))
    )
