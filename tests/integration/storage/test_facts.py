"""Facts and settings: whose they are, where they hold, and when they go."""

from __future__ import annotations

from pathlib import Path

from bot.messages import Author, ConversationKey
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, at, said

THREAD = ConversationKey("discord", "guild", "general", "m1")
ELSEWHERE = ConversationKey("discord", "guild", "random")
OTHER_WORKSPACE = ConversationKey("slack", "guild", "general")
ANA, BEN = Author("u1", "Ana"), Author("u2", "Ben")


async def test_facts_are_numbered_and_hold_in_the_channel_and_its_threads(store: HistoryStore) -> None:
    first = await store.add_fact(THREAD, ANA, "we meet on Tuesdays")
    second = await store.add_fact(CHANNEL, BEN, "the office is closed in August")
    assert (first.number, second.number) == (1, 2)
    assert await store.facts(CHANNEL) == await store.facts(THREAD) == [first, second]
    assert first.author == ANA
    assert (await store.add_fact(ELSEWHERE, ANA, "another channel")).number == 1
    assert await store.facts(OTHER_WORKSPACE) == []


async def test_only_their_owner_changes_and_deletes_facts(store: HistoryStore) -> None:
    await store.add_fact(CHANNEL, ANA, "we meet on Tuesdays")
    assert not await store.change_fact(CHANNEL, 1, BEN.id, "we never meet")
    assert not await store.delete_fact(CHANNEL, 1, BEN.id)
    assert not await store.delete_fact(ELSEWHERE, 1, ANA.id)
    assert await store.change_fact(THREAD, 1, ANA.id, "we meet on Fridays")
    assert [fact.text for fact in await store.facts(CHANNEL)] == ["we meet on Fridays"]
    assert await store.delete_fact(CHANNEL, 1, ANA.id)
    assert not await store.delete_fact(CHANNEL, 1, ANA.id)
    assert await store.facts(CHANNEL) == []


async def test_a_number_is_never_used_again(store: HistoryStore) -> None:
    for expected in (1, 2, 3):
        assert (await store.add_fact(CHANNEL, ANA, "a fact")).number == expected
        await store.delete_fact(CHANNEL, expected, ANA.id)
    await store.add_fact(CHANNEL, ANA, "a fact")
    await store.erase_conversation(CHANNEL)
    assert (await store.add_fact(CHANNEL, ANA, "a fact")).number == 5


async def test_facts_go_with_their_channel_and_not_with_a_thread_or_message(store: HistoryStore) -> None:
    await store.import_messages([said("m1"), said("t1", key=THREAD)])
    await store.add_fact(THREAD, ANA, "a fact")
    await store.forget(THREAD, "t1")
    await store.erase_conversation(THREAD)
    assert len(await store.facts(CHANNEL)) == 1
    await store.erase_conversation(ELSEWHERE)
    assert len(await store.facts(CHANNEL)) == 1
    await store.erase_conversation(CHANNEL)
    assert await store.facts(CHANNEL) == []


async def test_no_byte_is_left_of_what_a_fact_said(database: Path, store: HistoryStore) -> None:
    for text in ("secret one", "secret two", "secret three"):
        await store.add_fact(CHANNEL, ANA, text)
    await store.change_fact(CHANNEL, 1, ANA.id, "harmless")
    await store.delete_fact(CHANNEL, 2, ANA.id)
    raw = b"".join(path.read_bytes() for path in database.parent.iterdir())
    assert [raw.count(text) > 0 for text in (b"secret one", b"secret two", b"secret three")] == [
        False,
        False,
        True,
    ]


async def test_settings_of_a_channel_and_its_threads(store: HistoryStore) -> None:
    await store.set_setting(CHANNEL, "language", "fr")
    await store.set_setting(CHANNEL, "persona", "a pirate")
    await store.set_setting(THREAD, "language", "de")
    assert await store.settings(CHANNEL) == {"language": "fr", "persona": "a pirate"}
    assert await store.settings(THREAD) == {"language": "de", "persona": "a pirate"}
    assert await store.settings(ELSEWHERE) == {}


async def test_settings_of_persons_and_workspaces_are_apart(store: HistoryStore) -> None:
    await store.set_person_setting(CHANNEL, "u1", "persona", "a pirate")
    await store.set_person_setting(CHANNEL, "u2", "persona", "a poet")
    await store.set_workspace_setting(CHANNEL, "persona", "an owl")
    await store.set_setting(CHANNEL, "persona", "a fox")

    async def everywhere(key: ConversationKey) -> list[str | None]:
        persons = [await store.person_setting(key, person, "persona") for person in ("u1", "u2", "u3")]
        return [*persons, await store.workspace_setting(key, "persona")]

    assert await everywhere(CHANNEL) == ["a pirate", "a poet", None, "an owl"]
    assert await everywhere(ELSEWHERE) == await everywhere(THREAD) == await everywhere(CHANNEL)
    assert await everywhere(OTHER_WORKSPACE) == [None] * 4
    assert await store.setting(CHANNEL, "persona") == "a fox"
    await store.set_person_setting(ELSEWHERE, "u1", "persona", None)
    await store.set_workspace_setting(THREAD, "persona", "an elk")
    assert await everywhere(CHANNEL) == [None, "a poet", None, "an elk"]


async def test_a_fact_goes_with_the_message_that_asked_for_it(store: HistoryStore) -> None:
    for number in (1, 2, 3):
        await store.accept(said(f"m{number}"))
        await store.add_fact(CHANNEL, ANA, f"fact {number}", f"m{number}")
    await store.forget(CHANNEL, "m1")
    await store.amend(CHANNEL, "m2", "never mind", at(60))
    await store.forget(ELSEWHERE, "m3")
    assert [fact.text for fact in await store.facts(CHANNEL)] == ["fact 3"]
