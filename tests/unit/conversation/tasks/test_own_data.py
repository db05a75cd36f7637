"""What people do about their own data: forget it, take it along, look at the numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation.pace import Pace
from bot.conversation.tasks.export import TASK as EXPORT
from bot.conversation.tasks.forget_me import TASK as FORGET_ME
from bot.conversation.tasks.stats import TASK as STATS
from bot.conversation.tasks.task import Task, TaskContext
from bot.errors import CommandError
from bot.generation.types import Usage
from bot.messages import DIRECT_WORKSPACE, Command
from bot.storage.store import HistoryStore
from tests.support import (
    ALICE,
    BOB,
    CHANNEL,
    ScriptedGenerator,
    answer_of,
    context,
    message,
    remembering,
    turn,
)

DIRECT = replace(CHANNEL, workspace_id=DIRECT_WORKSPACE, channel_id="alice")
BOBS = replace(DIRECT, channel_id="bob")


async def furnished() -> HistoryStore:
    memory = await remembering(
        [turn("the zebra is mine", ALICE, 1), turn("and the lion\n```\nis mine\udc80", BOB, 2)]
    )
    await memory.add_fact(CHANNEL, ALICE, "Alice keeps a zebra")
    await memory.add_fact(CHANNEL, BOB, "Bob keeps a lion")
    await memory.set_person_setting(CHANNEL, ALICE.id, "persona", "in rhymes")
    return memory


def asked(
    task: Task, memory: HistoryStore, options: Mapping[str, str] | None = None, *, by_manager: bool = False
) -> TaskContext:
    question = message("", Command(task.name, dict(options or {}), by_manager))
    return context(ScriptedGenerator(), memory, question)


async def test_forgetting_says_first_what_would_go() -> None:
    memory = await furnished()
    told = await answer_of(FORGET_ME, asked(FORGET_ME, memory))
    assert "1 message, 1 fact and 1 setting" in told and "`/forget-me confirm:yes`" in told
    assert len(await memory.turns(CHANNEL)) == 2
    with pytest.raises(CommandError):
        await answer_of(FORGET_ME, asked(FORGET_ME, memory, {"confirm": "yes"}))


async def test_people_are_left_out_of_memory_and_taken_in_again() -> None:
    memory = await furnished()
    assert "only what you say to me" in await answer_of(
        FORGET_ME, asked(FORGET_ME, memory, {"later": "ignore"})
    )
    assert await memory.people.opted_out(CHANNEL) == {ALICE.id}
    await answer_of(FORGET_ME, asked(FORGET_ME, memory, {"later": "remember"}))
    assert await memory.people.opted_out(CHANNEL) == frozenset()


async def test_an_export_is_ones_own_rows_as_json_in_one_block() -> None:
    memory = await furnished()
    told = await answer_of(EXPORT, asked(EXPORT, memory))
    intro, _, rest = told.partition("\n\n```jsonl file=parley-export.jsonl\n")
    assert "1 message, 0 answers, 1 fact, 1 setting" in intro and rest.endswith("\n```")
    rows = [json.loads(line) for line in rest.removesuffix("\n```").split("\n")]
    assert [row["kind"] for row in rows] == ["message", "fact", "setting"]
    assert rows[0]["text"] == "the zebra is mine" and rows[0]["channel"] == "general"
    assert "lion" not in told


async def test_the_text_of_an_export_cannot_end_its_block() -> None:
    memory = await furnished()
    question = replace(message("", Command("export")), author=BOB)
    told = await answer_of(EXPORT, context(ScriptedGenerator(), memory, question))
    assert told.count("\n```") == 2 and "is mine?" in told


async def test_an_export_that_does_not_fit_keeps_the_newest() -> None:
    memory = await remembering([turn(f"zebra {number}", ALICE, number) for number in range(50)])
    told = await answer_of(EXPORT, replace(asked(EXPORT, memory), room=500))
    assert "zebra 49" in told and "zebra 1" not in told and "did not fit" in told and len(told) < 800
    assert "keep nothing of you" in await answer_of(EXPORT, asked(EXPORT, await remembering()))


async def test_numbers_of_a_channel_and_for_managers_of_everything() -> None:
    memory = await furnished()
    pace = Pace()
    pace.note(Usage(5, 11, 0.0, 100.0, 1100.0))
    pace.note(Usage(5, 1, 0.0, 100.0, 100.0))
    told = await answer_of(STATS, replace(asked(STATS, memory), pace=pace))
    assert "2 messages of 2 people remembered since 2026-11-20" in told and "2 facts" in told
    assert "`scripted`, 10 tokens a second" in told and "0 waiting" in told and "Everywhere" not in told
    elsewhere = replace(CHANNEL, channel_id="other")
    ctx = asked(STATS, memory, by_manager=True)
    told = await answer_of(STATS, replace(ctx, messages=(replace(ctx.question, conversation=elsewhere),)))
    assert "**Here**: 0 messages remembered" in told and "workspace**: 2 messages" in told


@pytest.mark.parametrize("changes", [{"sees_history": False}, {"conversation": DIRECT}])
async def test_numbers_of_what_others_said_are_for_who_may_read_it(changes: dict[str, Any]) -> None:
    memory = await furnished()
    await memory.import_messages([replace(message("hello"), conversation=BOBS)])
    ctx = asked(STATS, memory, by_manager="conversation" in changes)
    told = await answer_of(STATS, replace(ctx, messages=(replace(ctx.question, **changes),)))
    assert "**Rules**" in told and "2 messages" not in told and "1 message" not in told


async def test_direct_messages_are_called_that() -> None:
    memory = await remembering()
    question = replace(
        message("", Command("forget-me", {"later": "ignore"})),
        conversation=replace(CHANNEL, workspace_id=DIRECT_WORKSPACE),
    )
    told = await answer_of(FORGET_ME, context(ScriptedGenerator(), memory, question))
    assert "in our direct messages" in told and "server" not in told
