"""One person erased from a workspace, to the last byte; what is theirs given out; numbers."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.messages import Author, Command, ConversationKey
from bot.storage.erasure import Erasure
from bot.storage.records import Derived, Fact, Tally, Traces
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, at, claimed, said, texts

ADA, BEN = Author("u1", "Ada Quillfeather"), Author("u2", "Ben")
THREAD = ConversationKey("discord", "guild", "general", "t1")
RANDOM = ConversationKey("discord", "guild", "random")
DIRECT = ConversationKey("discord", "dm", "ada and the bot")
BENS = ConversationKey("discord", "dm", "ben and the bot")
OTHER = ConversationKey("discord", "another guild", "general")
SECRET = "the zebrafish protocol starts at dawn on Friday"


async def erase(store: HistoryStore, key: ConversationKey = CHANNEL, person: Author = ADA) -> Erasure:
    """Have a person erased, as their command does."""
    await store.accept(
        replace(said("ask", "/forget-me", key=key, command=Command("forget-me")), author=person)
    )
    job = await claimed(store, key)
    erasure = store.people.erasure(key, person.id, "ask")
    async for _ in erasure.run():
        pass
    await answer(store, job, "Done.", "p-ask", is_memory=False)
    return erasure


async def talk(store: HistoryStore, name: str, text: str, key: ConversationKey, author: Author) -> None:
    """A question and its answer, which quotes it."""
    await store.accept(replace(said(name, text, key=key), author=author))
    await answer(store, await claimed(store, key), f"You said: {text}", f"p-{name}")


async def furnished(store: HistoryStore) -> None:
    for number, (key, author) in enumerate(
        ((CHANNEL, ADA), (THREAD, ADA), (DIRECT, ADA), (OTHER, ADA), (CHANNEL, BEN), (BENS, BEN))
    ):
        text = f"{SECRET} {number}" if author is ADA else f"a harmless question, number {number}"
        await talk(store, f"q{number}", text, key, author)
    await store.add_fact(RANDOM, ADA, "Ada's own fact")
    await store.add_fact(RANDOM, BEN, "Ben's own fact")
    await store.set_person_setting(CHANNEL, ADA.id, "persona", "answer Ada in rhymes")
    await store.set_person_setting(CHANNEL, ADA.id, "memory", "off")
    await store.set_person_setting(CHANNEL, BEN.id, "persona", "answer Ben in prose")
    await store.set_setting(DIRECT, "persona", "a rhyming persona")
    await store.set_setting(CHANNEL, "persona", "the channel's persona")
    for post, person in (("p-q4", ADA), ("p-q4", BEN)):
        await store.put_feedback(CHANNEL, post, person.id, True)
    await store.put_derived(
        CHANNEL, Derived("summary", "s", "a summary of zebrafish", "m", ("q0", "q4"), datetime.now(UTC))
    )


async def test_nothing_of_a_person_is_left_in_their_workspace_and_direct_messages(
    database: Path, store: HistoryStore
) -> None:
    await furnished(store)
    await store.accept(replace(said("q8", "what did Ada say", command=Command("ask")), author=BEN))
    listed = f"1. **{ADA.name}**, 9:00: {SECRET} 0 [open](https://x/y/q0)\n2. something else"
    await answer(store, await claimed(store), listed, "p-q8", is_memory=True)
    assert await store.people.traces(CHANNEL, ADA.id) == Traces(3, 3, 1, 1, 1, since=at(0))
    erasure = await erase(store)
    assert erasure.waiting == {CHANNEL, THREAD, DIRECT} and not erasure.running
    assert await store.people.traces(CHANNEL, ADA.id) == Traces(0, 0, 0, 0, 0)
    assert await texts(store, THREAD) == await texts(store, DIRECT) == []
    shown = "\n".join(await texts(store))
    assert "harmless question" in shown and "2. something else" in shown and SECRET not in shown
    assert [fact.text for fact in await store.facts(RANDOM)] == ["Ben's own fact"]
    assert await store.feedback(CHANNEL) == (1, 0)
    assert await store.derived(CHANNEL, "summary", "s") is None
    assert await store.person_setting(CHANNEL, BEN.id, "persona") == "answer Ben in prose"
    assert await store.setting(CHANNEL, "persona") == "the channel's persona"
    assert await store.people.opted_out(CHANNEL) == {ADA.id}
    assert len(await texts(store, OTHER)) == 2
    await store.erase_conversation(OTHER)
    raw = b"".join(path.read_bytes() for path in database.parent.iterdir()).lower()
    for trace in (b"zebrafish", b"quillfeather", b"rhym", b"ada's own"):
        assert trace not in raw, trace
    assert b"harmless" in raw and b"in prose" in raw


async def test_posts_wait_to_be_removed_and_late_copies_stay_silent(store: HistoryStore) -> None:
    await furnished(store)
    await erase(store)
    job = await claimed(store, DIRECT)
    assert job.is_withdrawn and job.posts == ("p-q2",)
    await store.posts_removed(job.reply_id, 0)
    assert await store.claim(BENS) is None
    await store.accept(replace(said("q0", SECRET), author=ADA, event_id="another event"))
    await store.import_messages([replace(said("q1", SECRET, key=THREAD), author=ADA)])
    assert SECRET not in "".join(await texts(store) + await texts(store, THREAD))


async def test_in_direct_messages_only_those_are_erased(store: HistoryStore) -> None:
    await furnished(store)
    erasure = await erase(store, DIRECT)
    assert erasure.waiting == {DIRECT} and await texts(store, DIRECT) == []
    assert len(await texts(store)) == 4 and len(await texts(store, BENS)) == 2
    assert await store.person_setting(CHANNEL, ADA.id, "persona") and not await store.setting(
        DIRECT, "persona"
    )


async def test_an_answer_to_several_is_made_again_for_the_others(store: HistoryStore) -> None:
    for name, author in (("a", ADA), ("b", BEN)):
        await store.accept(replace(said(name, f"{name} asks"), author=author))
    await answer(store, await claimed(store), "to both", "p1")
    await erase(store)
    job = await claimed(store)
    assert [message.message_id for message in job.messages] == ["b"] and job.posts == ("p1",)


async def test_what_is_being_answered_and_what_waits_is_named_and_cancelled(store: HistoryStore) -> None:
    await store.accept(replace(said("a", SECRET, key=RANDOM), author=ADA))
    job = await claimed(store, RANDOM)
    await store.accept(replace(said("b", SECRET, key=RANDOM), author=ADA))
    await store.accept(replace(said("c", SECRET, key=THREAD, is_addressed=False), author=ADA))
    about = Command("translate", {"message": "c"})
    await store.accept(replace(said("d", "translate", key=THREAD, command=about), author=BEN))
    translating = await claimed(store, THREAD)
    erasure = await erase(store)
    assert set(erasure.running) == {(RANDOM, job.reply_id, "a"), (THREAD, translating.reply_id, "d")}
    assert await store.withdraw(job.reply_id, "a") and await store.claim(RANDOM) is None


async def test_answers_about_their_messages_are_removed_too(store: HistoryStore) -> None:
    await store.accept(replace(said("c", SECRET, is_addressed=False), author=ADA))
    about = Command("translate", {"message": "c"})
    await store.accept(replace(said("d", "translate", command=about), author=BEN))
    await answer(store, await claimed(store), "le zèbre", "p1")
    erasure = await erase(store)
    job = await claimed(store)
    assert job.is_withdrawn and job.posts == ("p1",) and erasure.waiting == {CHANNEL}


async def test_an_erasure_that_was_cut_off_is_completed_by_another(store: HistoryStore) -> None:
    await furnished(store)
    past = [replace(said(f"m{n}", f"{SECRET} once more {n}"), author=ADA) for n in range(600)]
    await store.import_messages(past)
    for steps in (1, 2, 3):
        erasure = store.people.erasure(CHANNEL, ADA.id, "ask")
        async with aclosing(erasure.run()) as run:
            for _ in range(steps):
                await anext(run)
    assert 0 < (await store.people.traces(CHANNEL, ADA.id)).messages < 600
    await erase(store)
    assert await store.people.traces(CHANNEL, ADA.id) == Traces(0, 0, 0, 0, 0)
    assert SECRET not in "".join(await texts(store) + await texts(store, THREAD) + await texts(store, DIRECT))


async def test_old_answers_leave_memory_without_being_removed_from_the_platform(store: HistoryStore) -> None:
    for number in range(104):
        await talk(store, f"q{number}", f"question number {number}, say", RANDOM, ADA)
    erasure = await erase(store)
    removed: list[str] = []
    while job := await store.claim(RANDOM):
        removed += job.posts
        await store.posts_removed(job.reply_id, 0)
    assert removed[0] == "p-q4" and len(removed) == 100 and erasure.waiting == {RANDOM}
    assert await store.is_post("discord", "p-q3") and await texts(store, RANDOM) == []


async def test_short_messages_are_quoted_only_where_their_author_is_named(store: HistoryStore) -> None:
    await store.accept(replace(said("t", "thank you so much", is_addressed=False), author=ADA))
    for number, text in enumerate(("thank you so much for asking", f"{ADA.name}: thank you so much")):
        await store.accept(replace(said(f"b{number}", "well"), author=BEN))
        await answer(store, await claimed(store), text, f"p{number}")
    await erase(store)
    assert "thank you so much for asking" in await texts(store)
    assert "[deleted]: [deleted]" in await texts(store)


async def test_what_is_ones_own_is_given_out_and_nothing_of_others(store: HistoryStore) -> None:
    await furnished(store)
    kept = await store.people.belongings(CHANNEL, ADA.id, 100)
    said_and_told = [(one.conversation, getattr(one.what, "role", "")) for one in kept.turns]
    assert sorted(map(str, said_and_told)) == sorted(
        str((key, role)) for key in (CHANNEL, THREAD, DIRECT) for role in ("user", "assistant")
    )
    assert all(SECRET in one.what.text for one in kept.turns)
    facts = [one.what for one in kept.facts]
    assert [fact.text for fact in facts if isinstance(fact, Fact)] == ["Ada's own fact"]
    assert kept.settings == {"persona": "answer Ada in rhymes", "memory": "off"}
    assert [(one.post_id, one.is_good) for one in kept.opinions] == [("p-q4", True)]
    newest = await store.people.belongings(CHANNEL, ADA.id, 1)
    assert len(newest.turns) == 1


async def test_numbers_of_a_channel_and_its_workspace(store: HistoryStore) -> None:
    await furnished(store)
    await store.accept(said("w1"))
    tally = await store.tally(CHANNEL)
    assert tally == Tally(4, at(0), 2, 3, 2, 0, 0)
    assert await store.tally(RANDOM, whole_workspace=True) == replace(tally, facts=2)
    assert await store.waiting() == 1
