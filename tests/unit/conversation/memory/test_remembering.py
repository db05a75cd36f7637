"""Running notes: stable blocks, made in idle time, checked, and gone when a message changes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace

from bot.conversation.memory.notes import KIND, running_notes
from bot.conversation.memory.remembering import (
    MAX_BLOCK_TURNS,
    Remembering,
    blocks_of,
    renew,
    worth_noting,
)
from bot.generation.types import Prompt
from bot.messages import Turn
from bot.storage.store import HistoryStore
from tests.support import (
    BOB,
    CHANNEL,
    INSTRUCTED,
    NOON,
    SMALL,
    ScriptedGenerator,
    remembering,
    turn,
)

MODEL = replace(INSTRUCTED, context_window=1024)


def talk(count: int) -> list[Turn]:
    return [turn(f"We decided that item{number} is blue {'x ' * 20}", BOB, number) for number in range(count)]


def honest(prompt: Prompt) -> list[str]:
    """A note about the last message of a prompt, with its number, and one that rests on nothing."""
    lines = re.findall(r"\[(\d+)\].*?(item\d+) is blue", prompt.messages[-1].content)
    number, item = lines[-1] if lines else ("1", "nothing")
    return [f"- Bob decided that {item} is blue [{number}]\n- Carol sold 77 boats [1]\n"]


async def noted(store: HistoryStore, generator: ScriptedGenerator) -> int:
    return await renew(store, generator, MODEL, CHANNEL)


def test_blocks_are_whole_bounded_and_stable() -> None:
    turns = talk(400)
    blocks = list(blocks_of(turns))
    assert [one for block in blocks for one in block] == turns[: sum(map(len, blocks))]
    assert max(map(len, blocks)) <= MAX_BLOCK_TURNS
    assert list(blocks_of(talk(500)))[: len(blocks)] == blocks
    without = [one for one in turns if one is not blocks[3][0]]
    changed = [block for block in blocks_of(without) if block not in blocks]
    assert len(changed) <= 2


def test_only_what_does_not_fit_into_the_window_is_worth_noting() -> None:
    turns = talk(100)
    assert worth_noting(turns, 100_000) == ()
    older = worth_noting(turns, 100)
    assert older == turns[: len(older)] and 80 < len(older) < 100


async def test_notes_are_made_once_and_stand_in_the_order_of_the_talk() -> None:
    store, generator = await remembering(talk(300)), ScriptedGenerator(honest, MODEL)
    made = await noted(store, generator)
    assert made > 10 and await noted(store, generator) == 0
    notes = await running_notes(store, CHANNEL)
    items = [int(item) for note in notes for item in re.findall(r"item(\d+)", note.text)[-1:]]
    assert items and items == sorted(items)
    assert "Carol" not in "".join(note.text for note in notes)
    covered = [source for note in notes for source in note.source_ids]
    assert len(covered) == len(set(covered)), "a note of notes takes the place of what it covers"
    assert len(notes) < made


async def test_a_note_goes_with_its_messages_and_only_that_is_made_again() -> None:
    store, generator = await remembering(talk(300)), ScriptedGenerator(honest, MODEL)
    await noted(store, generator)
    before = {one.key for one in await store.derived_of_kind(CHANNEL, KIND)}
    await store.amend(CHANNEL, "m20", "We decided that item20 is red", NOON)
    gone = before - {one.key for one in await store.derived_of_kind(CHANNEL, KIND)}
    assert gone and not any("m20" in note.source_ids for note in await running_notes(store, CHANNEL))
    assert await noted(store, generator) == len(gone)
    await store.forget(CHANNEL, "m21")
    assert all("m21" not in note.source_ids for note in await running_notes(store, CHANNEL))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_it_works_when_it_is_quiet_and_stops_when_a_question_comes() -> None:
    store, generator = await remembering(talk(300)), ScriptedGenerator(honest, MODEL)
    is_idle = False
    remembering_ = Remembering(store, generator, lambda: is_idle, quiet_s=0.01)
    async with remembering_.running():
        remembering_.noticed(CHANNEL)
        await asyncio.sleep(0.1)
        assert not generator.requests
        is_idle = True
        await until(lambda: len(generator.requests) > 1)
        is_idle = False
        remembering_.noticed(CHANNEL)
        await asyncio.sleep(0.05)
        asked = len(generator.requests)
        await asyncio.sleep(0.1)
        assert len(generator.requests) == asked
        is_idle = True
        await until(lambda: len(generator.requests) > asked)
    asked = len(generator.requests)
    await asyncio.sleep(0.05)
    assert len(generator.requests) == asked


async def test_a_small_model_makes_no_notes() -> None:
    store, generator = await remembering(talk(300)), ScriptedGenerator(honest, SMALL)
    remembering_ = Remembering(store, generator, lambda: True, quiet_s=0.0)
    async with remembering_.running():
        remembering_.noticed(CHANNEL)
        await asyncio.sleep(0.1)
    assert not generator.requests and not await running_notes(store, CHANNEL)
