"""Answers to commands about a message go with the message."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import Command, ConversationKey
from bot.storage.records import Dependent
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, answer, claimed, said, texts

THREAD = ConversationKey("discord", "guild", "general", "t1")
ELSEWHERE = ConversationKey("discord", "guild", "random")


def about(message_id: str, name: str = "translate") -> Command:
    return Command(name, {"message": message_id, "to": "fr"})


async def test_a_finished_answer_about_a_deleted_message_is_taken_back(store: HistoryStore) -> None:
    await store.accept(said("m1", "good morning", is_addressed=False))
    for key in (CHANNEL, THREAD):
        await store.accept(said("c1", "/translate", key=key, command=about("m1"), event=f"c1 in {key}"))
        await answer(store, await claimed(store, key), "bonjour", f"post in {key}", is_memory=True)
    assert "bonjour" in await texts(store)
    change = await store.forget(CHANNEL, "m1")
    assert sorted(map(str, (one.conversation for one in change.dependents))) == [str(CHANNEL), str(THREAD)]
    assert not any(one.is_open for one in change.dependents)
    for key in (CHANNEL, THREAD):
        assert "bonjour" not in await texts(store, key)
        job = await claimed(store, key)
        assert job.is_withdrawn and job.posts == (f"post in {key}",)


async def test_an_answer_in_the_making_is_named_and_a_waiting_command_left_alone(store: HistoryStore) -> None:
    await store.accept(said("m1", is_addressed=False))
    await store.accept(said("c1", command=about("m1")))
    job = await claimed(store)
    await store.accept(said("c2", command=about("m1", "explain")))
    change = await store.forget(CHANNEL, "m1")
    assert change.dependents == (Dependent(CHANNEL, job.reply_id, True),)
    assert await store.withdraw(job.reply_id)
    assert (await claimed(store)).messages[0].message_id == "c2"


async def test_the_translation_of_a_post_goes_with_the_post(store: HistoryStore) -> None:
    await store.accept(said("q1"))
    await answer(store, await claimed(store), "good morning", "p1")
    await store.accept(said("c1", command=about("p1")))
    await answer(store, await claimed(store), "bonjour", "p2")
    assert [one.conversation for one in (await store.forget(CHANNEL, "p1")).dependents] == [CHANNEL]
    assert (await claimed(store)).posts == ("p2",)


async def test_other_messages_channels_and_commands_stay(store: HistoryStore) -> None:
    await store.accept(said("c1", command=about("m1"), key=ELSEWHERE))
    await answer(store, await claimed(store, ELSEWHERE), "elsewhere", "p1")
    await store.accept(replace(said("c2", command=Command("write", {"text": "m1"})), event_id="e2"))
    await answer(store, await claimed(store), "a text", "p2")
    assert (await store.forget(CHANNEL, "m1")).dependents == ()
    assert "a text" in await texts(store) and "elsewhere" in await texts(store, ELSEWHERE)
