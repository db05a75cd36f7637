"""Summaries of long channels: read once, kept by block, exact whatever changes, with links that survive."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest_asyncio

from bot.conversation.summaries.blocks import FOLLOWING, KIND, MAX_MESSAGES, MIN_MESSAGES
from bot.conversation.tasks.summarize import TASK
from bot.conversation.text.splitting import split
from bot.generation.types import Prompt
from bot.messages import Author, Command, IncomingMessage, Progress, Turn
from bot.platforms.slack.mrkdwn import to_mrkdwn
from bot.storage.store import HistoryStore
from tests.support import (
    CHANNEL,
    INSTRUCTED,
    NOON,
    SMALL,
    ScriptedGenerator,
    answer_of,
    close_stores,
    context,
    message,
    remembering,
    run_command,
)

WIDE = replace(INSTRUCTED, context_window=4096)
PEOPLE = [Author(f"u{number}", name) for number, name in enumerate(("Ann", "Ben", "Cem", "Dee"), 10)]
TOPICS = ("printer", "server", "budget", "garden", "invoice", "backup", "kitchen", "ticket")


@pytest_asyncio.fixture(autouse=True)
async def closed_stores() -> AsyncIterator[None]:
    yield
    await close_stores()


def said(number: int) -> Turn:
    """Message `number` of a channel with a message a minute, and an hour of silence after every 61."""
    topic, when = TOPICS[number // 7 % len(TOPICS)], NOON + timedelta(minutes=number + number // 61 * 60)
    text = f"item{number} about the {topic} is ready for review"
    return Turn("user", text, PEOPLE[number % len(PEOPLE)], when, f"n{number}")


async def channel(count: int) -> HistoryStore:
    return await remembering([said(number) for number in range(count)])


def incoming(turn: Turn) -> IncomingMessage:
    assert turn.author
    place = replace(CHANNEL, thread_id=turn.thread_id)
    return IncomingMessage(
        place, turn.message_id, f"e:{turn.message_id}", turn.author, turn.text, turn.sent_at, False
    )


def honest(prompt: Prompt) -> Sequence[str]:
    """What an honest model would write: some of the lines again, with their numbers."""
    lines = re.findall(r"^\[(\d+)\] (\w+)(?::| says) (.*)$", prompt.messages[-1].content, re.MULTILINE)
    return [f"- {name} says {text} [{number}]\n" for number, name, text in lines[::9]]


def asked_about(generator: ScriptedGenerator) -> set[int]:
    """The numbers of the messages that a model was shown."""
    shown = " ".join(prompt.messages[-1].content for prompt in generator.prompts)
    return {int(number) for number in re.findall(r"item(\d+) ", shown)}


async def summary(memory: HistoryStore, generator: ScriptedGenerator, **options: str) -> str:
    return await run_command(TASK, generator, memory, {"style": "bullets", "last": "20000"} | options)


async def test_a_second_summary_reads_only_what_is_new() -> None:
    memory, first = await channel(700), ScriptedGenerator(honest, WIDE)
    await summary(memory, first)
    assert asked_about(first) == set(range(700))
    await memory.import_messages([incoming(said(number)) for number in range(700, 710)])
    second = ScriptedGenerator(honest, WIDE)
    answer = await summary(memory, second)
    assert set(range(700, 710)) <= asked_about(second)
    assert len(asked_about(second)) <= MAX_MESSAGES + FOLLOWING + 10
    assert "_710 of 710 messages" in answer


async def test_a_second_summary_says_the_same_of_what_did_not_change() -> None:
    memory, generator = await channel(400), ScriptedGenerator(honest, WIDE)
    for style in ("bullets", "timeline", "decisions"):
        assert await summary(memory, generator, style=style) == await summary(memory, generator, style=style)
    rules = ScriptedGenerator(model=SMALL)
    assert await summary(memory, rules) == await summary(memory, rules)


async def test_the_rules_and_every_model_have_notes_of_their_own() -> None:
    memory, generator = await channel(400), ScriptedGenerator(honest, WIDE)
    quoted = await summary(memory, ScriptedGenerator(model=SMALL))
    assert "“item" in quoted
    assert "“item" not in await summary(memory, generator)
    other = ScriptedGenerator(honest, replace(WIDE, name="another"))
    await summary(memory, other)
    assert asked_about(other) == set(range(400))


async def test_an_edit_makes_exactly_its_block_be_read_again() -> None:
    memory = await channel(700)
    await summary(memory, ScriptedGenerator(honest, WIDE))
    before = len(await memory.derived_of_kind(CHANNEL, KIND))
    await memory.amend(CHANNEL, "n200", "item200 was changed", NOON + timedelta(days=40))
    assert len(await memory.derived_of_kind(CHANNEL, KIND)) == before - 1
    second = ScriptedGenerator(honest, WIDE)
    await summary(memory, second)
    again = {number for number in asked_about(second) if number < 500}
    assert 200 in again and len(again) <= MAX_MESSAGES and max(again) - min(again) < MAX_MESSAGES
    assert "item200 was changed" in " ".join(prompt.messages[-1].content for prompt in second.prompts)


async def test_what_was_deleted_is_in_no_summary_and_in_nothing_that_is_kept() -> None:
    memory, rules = await channel(400), ScriptedGenerator(model=SMALL)
    answer = await summary(memory, rules)
    quoted = re.findall(r"item(\d+) ", answer)
    await memory.forget(CHANNEL, f"n{quoted[0]}")
    kept = await memory.derived_of_kind(CHANNEL, KIND)
    assert kept and all(f"item{quoted[0]} " not in derived.text for derived in kept)
    answer = await summary(memory, rules)
    assert f"item{quoted[0]} " not in answer and "_399 of 399 messages" in answer


async def test_what_arrives_late_is_read_where_it_belongs() -> None:
    memory = await channel(700)
    await summary(memory, ScriptedGenerator(honest, WIDE))
    late = replace(said(300), text="item9999 came late", message_id="late")
    await memory.import_messages([incoming(late)])
    second = ScriptedGenerator(honest, WIDE)
    answer = await summary(memory, second)
    again = {number for number in asked_about(second) if number < 500}
    assert 9999 in asked_about(second) and 300 in again and len(again) <= MAX_MESSAGES
    assert "_701 of 701 messages" in answer
    third = ScriptedGenerator(honest, WIDE)
    await summary(memory, third)
    assert not {number for number in asked_about(third) if number < 500 or number == 9999}


async def test_a_reply_in_an_old_thread_is_new() -> None:
    memory = await channel(400)
    await summary(memory, ScriptedGenerator(honest, WIDE))
    in_thread = replace(said(450), text="item9999 in the thread", thread_id="n5")
    await memory.import_messages([incoming(in_thread)])
    second = ScriptedGenerator(honest, WIDE)
    answer = await summary(memory, second)
    assert 9999 in asked_about(second) and 5 not in asked_about(second)
    assert ", 1 thread_" in answer


async def test_limits_that_cut_into_blocks_are_exact() -> None:
    memory = await channel(700)
    await summary(memory, ScriptedGenerator(honest, WIDE))
    for last in (1, 77, 333):
        answer = await summary(memory, ScriptedGenerator(honest, WIDE), last=str(last))
        assert f"_{last} of {last} message" in answer and "I did not read what is older" in answer
        numbers = [int(number) for number in re.findall(r"item(\d+) ", answer)]
        assert numbers and min(numbers) >= 700 - last
    answer = await summary(memory, ScriptedGenerator(honest, WIDE), **{"from": "n123"})
    assert "_577 of 577 messages" in answer and "older" not in answer
    assert "_700 of 700 messages" in await summary(memory, ScriptedGenerator(honest, WIDE))


async def test_nothing_in_the_middle_is_skipped_and_text_comes_early() -> None:
    memory, generator = await channel(1500), ScriptedGenerator(model=SMALL)
    command = Command("summarize", {"style": "bullets", "last": "20000"})
    ctx = context(generator, memory, message("", command))
    async with aclosing(TASK.run(ctx)) as pieces:
        found = [piece async for piece in pieces]
    progress = [piece.text for piece in found if isinstance(piece, Progress)]
    assert "reading 0 of 1,500 messages" in progress and len(progress) > 1500 // MAX_MESSAGES
    texts = [at for at, piece in enumerate(found) if isinstance(piece, str) and "“item" in piece]
    assert texts[0] < len(found) / 2
    answer = "".join(piece for piece in found if isinstance(piece, str))
    numbers = sorted(int(number) for number in re.findall(r"item(\d+) ", answer))
    assert max(later - earlier for earlier, later in pairwise(numbers)) < 800
    assert numbers[0] < 500 and numbers[-1] >= 1000


async def test_a_summary_that_is_stopped_keeps_what_it_read() -> None:
    memory, generator = await channel(700), ScriptedGenerator(honest, WIDE)
    ctx = context(generator, memory, message("", Command("summarize", {"last": "20000"})))
    async with aclosing(TASK.run(ctx)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Progress) and int(re.findall(r"\d+", piece.text)[0]) > 300:
                break
    second = ScriptedGenerator(honest, WIDE)
    await summary(memory, second)
    assert min(asked_about(second)) >= 300 - MAX_MESSAGES


async def test_reset_erases_all_notes() -> None:
    memory = await channel(400)
    await summary(memory, ScriptedGenerator(model=SMALL))
    assert await memory.derived_of_kind(CHANNEL, KIND)
    await memory.erase_conversation(CHANNEL)
    assert not await memory.derived_of_kind(CHANNEL, KIND)


async def test_blocks_end_where_the_channel_was_silent() -> None:
    memory = await channel(400)
    await summary(memory, ScriptedGenerator(model=SMALL))
    sizes = [len(derived.source_ids) for derived in await memory.derived_of_kind(CHANNEL, KIND)]
    assert sizes[:3] == [61, 61, 61] and all(MIN_MESSAGES <= size <= MAX_MESSAGES for size in sizes)


async def test_every_statement_of_a_long_summary_has_a_link_that_survives_delivery() -> None:
    memory = await channel(1500)
    for generator in (ScriptedGenerator(honest, WIDE), ScriptedGenerator(model=SMALL)):
        for style in ("bullets", "timeline", "brief"):
            command = Command("summarize", {"style": style, "last": "20000"})
            ctx = context(generator, memory, message("", command))
            ctx = replace(ctx, permalink=lambda turn: f"https://discord.com/channels/1/2/{turn.message_id}")
            answer = await answer_of(TASK, ctx)
            sourced = re.findall(r"for review[.”]* \[\d+\]\(https://discord\.com/channels/1/2/n\d+\)", answer)
            assert len(sourced) == answer.count("for review") > 2
            links = re.findall(r"\[\d+\]\(https://[^)]+\)", answer)
            assert links == [
                link for post in split(answer, 2000) for link in re.findall(r"\[\d+\]\(https://[^)]+\)", post)
            ]
            assert len(re.findall(r"<https://[^|>]+\|\d+>", to_mrkdwn(answer))) == len(links)
