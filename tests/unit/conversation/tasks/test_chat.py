"""Chat, ask, write, help and reset, with a generator that plays a script and a memory that is a list."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.conversation.tasks import task_by_name
from bot.conversation.tasks.chat import ASK, CANNOT_READ, CANNOT_SEE, NOTHING_CAME, NOTHING_SAID, WAS_CUT
from bot.conversation.tasks.chat import TASK as CHAT
from bot.conversation.tasks.help import TASK as HELP
from bot.conversation.tasks.reset import TASK as RESET
from bot.conversation.tasks.write import TASK as WRITE
from bot.errors import CommandError, PromptTooLongError
from bot.generation.types import ModelInfo
from bot.messages import Command, Given
from tests.support import (
    BASE,
    BOB,
    CHANNEL,
    INSTRUCTED,
    PARLEY,
    SMALL,
    ScriptedGenerator,
    answer_of,
    context,
    message,
    remembering,
    run_command,
    turn,
)


async def test_the_prompt_has_the_history_through_the_question_and_nothing_later() -> None:
    memory = await remembering(
        [turn("one", number=1), turn("reply", PARLEY, 2), turn("two", number=3), turn("later", BOB, 4)]
    )
    generator = ScriptedGenerator()
    assert await answer_of(CHAT, context(generator, memory, message("two", number=3))) == "An answer."
    (prompt,) = generator.prompts
    assert [said.content for said in prompt.messages] == ["You are Parley.", "one", "reply", "two"]
    assert generator.requests[0].sampling.temperature == 0.7


@pytest.mark.parametrize("place", ["directly", "outside"])
async def test_help_names_commands_as_the_person_sees_them(place: Given) -> None:
    command = Command("help", language="es", given=place)
    text = await answer_of(HELP, context(ScriptedGenerator(), await remembering(), message("", command)))
    assert "`/traducir`" in text and "`/ayuda " in text and "/translate" not in text
    assert ("`/resumir`" in text) is (place == "directly")
    command = Command("help", {"command": "resumir"}, language="es")
    text = await answer_of(HELP, context(ScriptedGenerator(), await remembering(), message("", command)))
    assert "`/resumir`" in text and "For example: `/resumir " in text and "`last`" not in text


REMARKS = {
    "blank": (CHAT, message(" ")),
    "a fact": (CHAT, message("Remember that the key is under the pot.")),
    "context": (task_by_name("context"), message("", command=Command("context"))),
    "nothing found": (task_by_name("search"), message("", command=Command("search", {"words": "zebra"}))),
    "nothing new": (task_by_name("catchup"), message("", command=Command("catchup"))),
    "nothing said": (task_by_name("summarize"), message("", command=Command("summarize"))),
    "known language": (
        task_by_name("translate"),
        message("", command=Command("translate", {"to": "en", "text": "Where is the harbour, please?"})),
    ),
}


@pytest.mark.parametrize("name", [*REMARKS, "an answer", "a fact and a question"])
async def test_what_is_no_answer_says_so(name: str) -> None:
    task, question = REMARKS.get(name, (CHAT, message("why?", number=201)))
    asked = [REMARKS["a fact"][1], question] if name == "a fact and a question" else [question]
    remarks: list[bool] = []
    ctx = context(ScriptedGenerator(), await remembering(), *asked)
    assert task is not None
    assert await answer_of(task, replace(ctx, remark=lambda: remarks.append(True)))
    assert bool(remarks) is (name in REMARKS)


async def test_a_blank_message_after_a_question_does_not_hide_it() -> None:
    memory = await remembering([turn("why?", number=199), turn(" ", number=200)])
    generator = ScriptedGenerator()
    await answer_of(CHAT, context(generator, memory, message("why?", number=199), message(" ")))
    assert generator.prompts[0].messages[-1].content == "why?"


async def test_a_system_prompt_without_the_bots_name_is_given_it() -> None:
    generator = ScriptedGenerator()
    ctx = context(generator, await remembering(), message("hi"))
    await answer_of(CHAT, replace(ctx, system_prompt="Be kind."))
    await answer_of(CHAT, replace(ctx, system_prompt=""))
    assert generator.prompts[0].messages[0].content == "Your name is Parley.\nBe kind."
    assert generator.prompts[1].messages[0].content.startswith("You are Parley")


async def test_a_question_that_memory_does_not_hold_is_asked_all_the_same() -> None:
    generator = ScriptedGenerator()
    await answer_of(CHAT, context(generator, await remembering(), message("hello")))
    assert generator.prompts[0].messages[-1].content == "hello"


async def test_ask_puts_its_question_after_the_history() -> None:
    generator = ScriptedGenerator()
    await run_command(ASK, generator, await remembering([turn("before")]), {"question": "why?"})
    assert [said.content for said in generator.prompts[0].messages][1:] == ["before", "why?"]


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "\x00"])
async def test_a_blank_message_gets_a_hint_without_a_generation(text: str) -> None:
    generator = ScriptedGenerator()
    memory = await remembering([turn(text, number=200)])
    assert await answer_of(CHAT, context(generator, memory, message(text))) == NOTHING_SAID
    assert not generator.requests


async def test_a_picture_alone_is_answered_with_what_the_bot_cannot_do() -> None:
    generator, shown = ScriptedGenerator(), "[image cat.png, 2 KB: a cat]\n[sticker: Wave]"
    memory = await remembering([turn(shown, number=200)])
    assert await answer_of(CHAT, context(generator, memory, message(shown))) == CANNOT_SEE
    assert not generator.requests
    unread = "[file notes.txt, 7 B: not read]"
    assert await answer_of(CHAT, context(generator, memory, message(unread))) == CANNOT_READ
    asked = f"what is that?\n{shown}"
    assert await answer_of(CHAT, context(generator, memory, message(asked))) == "An answer."


@pytest.mark.parametrize("text", ["👍", "\u202bשלום", "😀" * 100])
async def test_emoji_and_right_to_left_text_are_answered(text: str) -> None:
    assert (
        await answer_of(CHAT, context(ScriptedGenerator(), await remembering(), message(text)))
        == "An answer."
    )


async def test_a_megabyte_is_refused_without_a_generation() -> None:
    generator = ScriptedGenerator()
    with pytest.raises(PromptTooLongError):
        await answer_of(CHAT, context(generator, await remembering(), message("a " * 500_000)))
    assert not generator.requests


async def test_a_question_that_was_cut_is_answered_with_a_note() -> None:
    answer = await answer_of(CHAT, context(ScriptedGenerator(), await remembering(), message("word " * 700)))
    assert answer == "An answer." + WAS_CUT


@pytest.mark.parametrize(
    "texts", [["Parley: Hi!"], ["Par", "ley", ": ", "Hi!"], [" \n", "Hi!"], ["parley:Hi", "!"]]
)
async def test_its_own_name_and_leading_space_are_taken_off(texts: list[str]) -> None:
    assert (
        await answer_of(CHAT, context(ScriptedGenerator(lambda _: texts), await remembering(), message("hi")))
        == "Hi!"
    )


@pytest.mark.parametrize(
    ("texts", "answer"),
    [([], NOTHING_CAME), ([" ", "\n"], NOTHING_CAME), (["Parley:"], NOTHING_CAME), (["Par"], "Par")],
)
async def test_an_empty_answer_becomes_an_honest_sentence(texts: list[str], answer: str) -> None:
    assert (
        await answer_of(CHAT, context(ScriptedGenerator(lambda _: texts), await remembering(), message("hi")))
        == answer
    )


@pytest.mark.parametrize("task", [CHAT, WRITE])
async def test_closing_the_stream_closes_the_generation(task: object) -> None:
    generator = ScriptedGenerator(lambda _: ["one ", "two ", "three"])
    chosen = CHAT if task is CHAT else WRITE
    ctx = replace(context(generator, await remembering(), message("hi")), options={"prompt": "Once"})
    async with aclosing(chosen.run(ctx)) as pieces:
        assert await anext(pieces) == "one "
    assert [generation.is_closed for generation in generator.generations] == [True]


async def test_a_models_own_sampling_is_used() -> None:
    generator = ScriptedGenerator(model=replace(INSTRUCTED, sampling={"temperature": 0.3, "top_k": 20}))
    await answer_of(CHAT, context(generator, await remembering(), message("hi")))
    params = generator.requests[0].sampling
    assert (params.temperature, params.top_k, params.top_p, params.max_new_tokens) == (0.3, 20, 0.9, 64)


# --- write -----------------------------------------------------------------------------------


async def test_a_base_model_continues_the_words_which_stand_first() -> None:
    generator = ScriptedGenerator(lambda _: [" there was", " a bot."], BASE)
    answer = await run_command(WRITE, generator, options={"prompt": "Once upon a time", "max_length": "50"})
    assert answer == "Once upon a time there was a bot."
    assert generator.prompts[0].prefix == "Once upon a time" and not generator.prompts[0].messages
    assert generator.requests[0].sampling.max_new_tokens == 46


async def test_an_instructed_model_is_asked() -> None:
    generator = ScriptedGenerator(lambda _: ["A poem."])
    assert await run_command(WRITE, generator, options={"prompt": "rain", "kind": "poem"}) == "A poem."
    assert "Write a poem" in generator.prompts[0].messages[0].content


async def test_no_continuation_is_said() -> None:
    answer = await run_command(WRITE, ScriptedGenerator(lambda _: [], BASE), options={"prompt": "Once"})
    assert answer.startswith("Once") and "nothing to add" in answer


@pytest.mark.parametrize(
    "options",
    [{}, {"prompt": " "}, {"prompt": "x", "max_length": "many"}, {"prompt": "a b c", "max_length": "3"}],
)
async def test_wrong_wishes_are_refused(options: dict[str, str]) -> None:
    generator = ScriptedGenerator(model=BASE)
    with pytest.raises(CommandError):
        await run_command(WRITE, generator, options=options)
    assert not generator.requests


@pytest.mark.parametrize("model", [BASE, INSTRUCTED])
async def test_a_beginning_longer_than_the_window_is_refused(model: object) -> None:
    generator = ScriptedGenerator(model=BASE if model is BASE else INSTRUCTED)
    for text in ("w " * 600, "x" * 1_000_000):
        with pytest.raises(PromptTooLongError):
            await run_command(WRITE, generator, options={"prompt": text})
    assert not generator.requests


# --- help and reset --------------------------------------------------------------------------


async def test_help_names_every_command_and_the_model() -> None:
    text = await run_command(HELP, ScriptedGenerator(model=SMALL))
    assert all(f"`/{name}`" in text for name in ("ask", "summarize", "translate", "write", "help", "reset"))
    assert "`scripted`" in text and "between English, French" in text and "quote" in text


async def test_help_fits_into_one_post_and_leaves_the_options_to_each_command() -> None:
    text = await run_command(HELP, ScriptedGenerator(model=SMALL))
    assert len(text) < 2000 and "`/help summarize`" in text
    text = await run_command(HELP, ScriptedGenerator(), options={"command": "persona"})
    assert "`mine`: yes: only for answers to you (yes, no)" in text


@pytest.mark.parametrize(
    ("model", "said", "unsaid"),
    [
        (SMALL, "It is small and knows little.", "follow instructions"),
        (BASE, "It was not made to follow instructions", "small"),
        (INSTRUCTED, "It follows instructions.", "small"),
    ],
)
async def test_help_says_truly_what_the_model_is(model: ModelInfo, said: str, unsaid: str) -> None:
    text = await run_command(HELP, ScriptedGenerator(model=model))
    assert said in text and unsaid not in text


@pytest.mark.parametrize("name", ["write", "/write", " `/Write` "])
async def test_help_explains_one_command(name: str) -> None:
    text = await run_command(HELP, ScriptedGenerator(), options={"command": name})
    assert text.startswith(f"`/write`: {WRITE.help}\n- `max_length`: at most so many tokens")
    assert "- `kind`: what to write (text, article, announcement, story, mail" in text
    assert text.endswith(f"\n\nFor example: `{WRITE.example}`")
    assert "/summarize" not in text and "scripted" not in text


async def test_help_names_what_a_command_needs() -> None:
    text = await run_command(HELP, ScriptedGenerator(), options={"command": "write"})
    assert "- `prompt`: the first words, or what to write about; the rest of the line\n" in text
    text = await run_command(HELP, ScriptedGenerator(), options={"command": "help"})
    assert "- `command`: a command to explain, such as summarize; the rest of the line, if you like\n" in text


async def test_help_with_an_unknown_command_says_so() -> None:
    with pytest.raises(CommandError, match="Did you mean `/write Once"):
        await run_command(HELP, ScriptedGenerator(), options={"command": "wriet"})


async def test_reset_forgets_and_says_how_much() -> None:
    memory = await remembering([turn("a"), turn("b", number=1)])
    with pytest.raises(CommandError, match="manages this channel"):
        await run_command(RESET, ScriptedGenerator(), memory)
    asked = message("", Command("reset", by_manager=True))
    forgotten = await answer_of(RESET, context(ScriptedGenerator(), memory, asked))
    assert forgotten == "I have forgotten the 2 messages of this conversation."
    assert not await memory.turns(CHANNEL)
    assert "nothing to forget" in await answer_of(RESET, context(ScriptedGenerator(), memory, asked))


def test_tasks_are_found_by_name() -> None:
    assert task_by_name("chat") is CHAT and task_by_name("nothing") is None
