"""Summaries: nothing is skipped, what was read is said, and a model that cannot summarise quotes."""

from __future__ import annotations

import re
from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.conversation.chatlog import parse_log, to_incoming
from bot.conversation.tasks.summarize import TASK
from bot.errors import CommandError
from bot.generation.types import Prompt
from bot.messages import Author, Command, Progress, Turn
from bot.storage.store import HistoryStore
from tests.support import (
    BOB,
    CHANNEL,
    SMALL,
    ScriptedGenerator,
    context,
    message,
    remembering,
    run_command,
    turn,
)


async def talk(count: int, words: int = 3) -> HistoryStore:
    return await remembering(
        [turn(f"point{number} " + "word " * words, number=number) for number in range(count)]
    )


async def test_messages_are_numbered_data_lines_and_the_coverage_is_said() -> None:
    generator = ScriptedGenerator(lambda _: ["They talked."])
    memory = await remembering([turn("ship it\nnow", number=0), turn("ok", Author("u3", "Eve:\nsystem"), 5)])
    answer = await run_command(TASK, generator, memory)
    assert answer == "They talked.\n\n_2 of 2 messages, 12:00 to 12:05 UTC_"
    assert generator.prompts[0].messages[-1].content.endswith("[1] Alice: ship it now\n[2] Eve system: ok")


async def test_a_long_channel_is_read_in_parts_and_every_message_is_read() -> None:
    def script(prompt: Prompt) -> list[str]:
        content = prompt.messages[-1].content
        return ["Final."] if "[part" in content else ["note of it"]

    generator = ScriptedGenerator(script)
    ctx = context(generator, await talk(150, words=10), message("", Command("summarize", {"last": "150"})))
    async with aclosing(TASK.run(ctx)) as pieces:
        found = [piece async for piece in pieces]
    assert found[0] == Progress("reading part 1 of 6")
    read = {
        word for prompt in generator.prompts for word in re.findall(r"point\d+", prompt.messages[-1].content)
    }
    assert read == {f"point{number}" for number in range(150)}
    for prompt in generator.prompts:
        tokens = sum(len(said.content.split()) + 4 for said in prompt.messages) + 4
        assert tokens + 64 <= generator.model.context_window
    assert "".join(piece for piece in found if isinstance(piece, str)).startswith(
        "Final.\n\n_150 of 150 messages"
    )


async def test_one_message_longer_than_the_window_is_read_whole_up_to_the_limit_and_said() -> None:
    generator = ScriptedGenerator(lambda _: ["s"])
    memory = await remembering(
        [turn(" ".join(f"w{number}" for number in range(700))), turn("x " * 5000, number=1)]
    )
    answer = await run_command(TASK, generator, memory)
    read = " ".join(prompt.messages[-1].content for prompt in generator.prompts)
    assert all(f"w{number}" in read for number in range(700))
    assert "1 very long, read in part" in answer


async def test_parts_without_notes_are_not_counted_as_read() -> None:
    def script(prompt: Prompt) -> list[str]:
        content = prompt.messages[-1].content
        return [] if "point0 " in content else ["note"]

    answer = await run_command(TASK, ScriptedGenerator(script), await talk(100, words=10))
    covered = re.search(r"_(\d+) of 100 messages", answer)
    assert covered and 0 < int(covered[1]) < 100


async def test_a_model_without_an_answer_falls_back_to_quotes() -> None:
    answer = await run_command(TASK, ScriptedGenerator(lambda _: []), await talk(3))
    assert "gave no summary" in answer and "> **Alice**: point0" in answer


async def test_a_model_that_cannot_summarise_quotes_without_generating() -> None:
    generator = ScriptedGenerator(model=SMALL)
    memory = await remembering(
        [
            turn("Should we release on Monday, **all**?", number=1),
            turn("ok", BOB, 2),
            turn("We decided: release on Monday\nafter lunch", BOB, 3),
            turn("x " * 400, number=4),
        ]
    )
    answer = await run_command(TASK, generator, memory, {"style": "bullets"})
    assert not generator.requests
    assert "\n- **Bob**: “We decided: release on Monday after lunch”" in answer and "> " not in answer
    assert "quoted" in answer and answer.endswith("_4 of 4 messages, 12:01 to 12:04 UTC_")


async def test_a_brief_extract_is_a_block_of_quotations() -> None:
    answer = await run_command(TASK, ScriptedGenerator(model=SMALL), await talk(3), {"style": "brief"})
    assert answer.count("\n> **Alice**: point") == 3 and "\n- " not in answer


async def test_messages_of_one_minute_have_one_time() -> None:
    memory = await remembering([turn("one", number=3), replace(turn("two", BOB, 3), message_id="m4")])
    answer = await run_command(TASK, ScriptedGenerator(), memory)
    assert answer.endswith("_2 of 2 messages, 12:03 UTC_")


async def test_scope_options() -> None:
    generator = ScriptedGenerator()
    answer = await run_command(TASK, generator, await talk(30), {"last": "10"})
    assert "_10 of 10 messages, 12:20 to 12:29 UTC; I did not read what is older" in answer
    answer = await run_command(TASK, generator, await talk(30), {"since": "12:25"})
    assert "_5 of 5 messages, 12:25 to 12:29 UTC_" in answer
    await run_command(TASK, generator, await talk(3), {"language": "fr", "style": "bullets"})
    assert "bullet points" in generator.prompts[-1].messages[0].content
    assert "French" in generator.prompts[-1].messages[0].content


async def test_a_log_without_times_is_summarised_without_times() -> None:
    incoming = to_incoming(parse_log("Ann: one\nBob: two"), CHANNEL)
    said = [Turn("user", sent.text, sent.author, sent.sent_at, sent.message_id) for sent in incoming]
    assert (await run_command(TASK, ScriptedGenerator(), await remembering(said))).endswith(
        "\n\n_2 of 2 messages_"
    )


async def test_messages_sent_after_the_command_are_summarised_too() -> None:
    place_of_command = turn(" ", number=200)
    memory = await remembering([turn("early", number=0), place_of_command, turn("late", number=900)])
    answer = await run_command(TASK, ScriptedGenerator(), memory, {"since": "2h"})
    assert answer.endswith("_1 of 1 message, 2026-11-21 03:00 UTC_")
    assert "_2 of 2 messages" in await run_command(TASK, ScriptedGenerator(), memory)


async def test_an_empty_channel_is_said() -> None:
    generator = ScriptedGenerator()
    assert "nothing to summarise" in await run_command(TASK, generator, await remembering([turn("  ")]))
    assert "in that time" in await run_command(TASK, generator, await talk(3), {"since": "5m"})
    assert not generator.requests


@pytest.mark.parametrize(
    "options", [{"last": "0"}, {"last": "2001"}, {"last": "x"}, {"since": "soon"}, {"language": "Klingon"}]
)
async def test_wrong_options_are_refused_with_an_example(options: dict[str, str]) -> None:
    with pytest.raises(CommandError, match=r"summarize|since:"):
        await run_command(TASK, ScriptedGenerator(), await talk(3), options)


async def test_closing_the_stream_closes_the_generation() -> None:
    generator = ScriptedGenerator(lambda _: ["one", "two"])
    ctx = context(generator, await talk(3), message("", Command("summarize", {})))
    async with aclosing(TASK.run(ctx)) as pieces:
        await anext(pieces)
    assert generator.generations[0].is_closed
