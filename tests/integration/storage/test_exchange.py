"""What the store shows to people who may not read what was said before: their own exchange, nothing more."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from datetime import timedelta

from bot.messages import Author, ConversationKey, IncomingMessage
from bot.storage.digests import BEGINNING, END, Digests
from bot.storage.exchange import ExchangeStore, NoDigests, seen_by
from bot.storage.records import Derived
from bot.storage.store import HistoryStore
from tests.integration.storage.samples import CHANNEL, T0, answer, at, claimed, said

BEN = Author("u2", "Ben")
THREAD = replace(CHANNEL, thread_id="old")

TELLING = re.compile(r"\b(Turn|Hit|Fact|Derived|ConversationSummary)\b")
"""What a method gives that tells what people said."""
OWN = {"add_fact"}


def by_ben(name: str, text: str = "", *, sees_history: bool = False, **more: object) -> IncomingMessage:
    return replace(said(name, text, **more), author=BEN, sees_history=sees_history)  # type: ignore[arg-type]


async def talked(store: HistoryStore) -> ExchangeStore:
    """Ada and Ben have both asked and been answered; Ben may not read what is old."""
    await store.accept(said("old", "the key is under the mat", is_addressed=False))
    for number, question in enumerate((said("a", second=1), by_ben("b", second=2)), 1):
        await store.accept(question)
        await answer(store, await claimed(store), f"answer {number}", f"p{number}")
    view = seen_by(store, [by_ben("c")])
    assert isinstance(view, ExchangeStore)
    return view


async def texts(store: HistoryStore, key: ConversationKey = CHANNEL, limit: int | None = None) -> list[str]:
    return [turn.text for turn in await store.turns(key, limit=limit)]


async def test_a_person_has_what_they_said_and_what_they_were_answered(store: HistoryStore) -> None:
    view = await talked(store)
    assert await texts(view) == ["text of b", "answer 2"]
    assert await texts(view, limit=1) == ["answer 2"]
    assert len(await texts(store)) == 5


async def test_a_thread_shows_them_its_first_message_only_if_it_is_theirs(store: HistoryStore) -> None:
    view = await talked(store)
    assert await texts(view, THREAD) == []
    assert await texts(view, replace(CHANNEL, thread_id="b")) == ["text of b"]


async def test_nothing_else_is_read(store: HistoryStore) -> None:
    view = await talked(store)
    await store.put_derived(CHANNEL, Derived("notes", "1", "the mat", "", ("old",), T0 + timedelta(days=1)))
    await store.add_fact(CHANNEL, Author("u1", "Ada"), "the key is under the mat")
    await store.add_fact(CHANNEL, BEN, "Ben likes tea")
    assert await store.search(CHANNEL, "key mat") and not await view.search(CHANNEL, "key mat")
    assert await store.derived(CHANNEL, "notes", "1") and not await view.derived(CHANNEL, "notes", "1")
    assert not await view.derived_many(CHANNEL, "notes", ["1"])
    assert not await view.derived_of_kind(CHANNEL, "notes")
    assert not await view.turns_around(CHANNEL, "old")
    assert not await view.conversations("discord", "guild")
    assert [fact.text for fact in await view.facts(CHANNEL)] == ["Ben likes tea"]
    for digests, is_open in ((store.digests, True), (view.digests, False)):
        assert bool(await digests.newest(CHANNEL, 5)) is is_open
        assert bool(await digests.stretch(CHANNEL, BEGINNING, END)) is is_open
        assert bool((await digests.counts(CHANNEL, [(BEGINNING, END)]))[0].rows) is is_open
        assert await digests.has_messages(CHANNEL, BEGINNING, END) is is_open
        assert bool(await digests.messages_through(CHANNEL, END)) is is_open
        assert bool(await digests.place_of(CHANNEL, "old")) is is_open
        assert bool(await digests.place_of_number(CHANNEL, 1)) is is_open
        assert bool(await digests.last_place_of(CHANNEL, "u1")) is is_open
        assert bool(await digests.place_of_newest(CHANNEL, 1)) is is_open


async def test_of_several_who_see_nothing_none_sees_the_others_words(store: HistoryStore) -> None:
    await talked(store)
    ada = replace(said("d"), sees_history=False)
    assert await texts(seen_by(store, [ada, by_ben("c")])) == []
    assert seen_by(store, [said("d"), by_ben("c", sees_history=True)]) is store


async def test_they_write_like_everybody(store: HistoryStore) -> None:
    view = await talked(store)
    told: list[str | None] = []
    store.watch(lambda key, message_id, text: told.append(text))
    await view.amend(CHANNEL, "b", "other words", at(9))
    assert told == ["other words"]


def test_every_way_to_read_is_decided_upon() -> None:
    methods = dict(inspect.getmembers(HistoryStore, inspect.isfunction))
    telling = {
        name for name, method in methods.items() if TELLING.search(str(method.__annotations__["return"]))
    }
    assert "turns" in telling and telling - set(vars(ExchangeStore)) == OWN
    readers = {name for name, _ in inspect.getmembers(Digests, inspect.isfunction) if name[0] != "_"}
    assert readers - set(vars(NoDigests)) == {"newest", "drop"}, "newest reads a stretch; drop deletes"
