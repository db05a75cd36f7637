"""Translation: what must survive does, nothing is left out, and nothing is generated in vain."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.conversation.tasks.translate import TASK
from bot.conversation.text.masking import PLACEHOLDER
from bot.errors import CommandError
from bot.generation.types import Prompt
from bot.messages import Command
from tests.support import (
    BASE,
    BOB,
    SMALL,
    ScriptedGenerator,
    answer_of,
    context,
    message,
    remembering,
    run_command,
    turn,
)

ROUGH = "\n\n_(rough translation by a small model)_"


def shout(prompt: Prompt) -> list[str]:
    """A translator that writes everything in capitals."""
    return [prompt.messages[-1].content.partition("\n")[2].upper()]


async def test_an_instructed_model_gets_the_translators_prompt() -> None:
    generator = ScriptedGenerator(shout)
    assert await run_command(TASK, generator, options={"to": "🇫🇷", "text": "Hello there"}) == "HELLO THERE"
    assert generator.prompts[0].messages[-1].content == "Translate into French:\nHello there"
    assert "translator" in generator.prompts[0].messages[0].content
    assert generator.requests[0].sampling.temperature == 0


async def test_a_small_model_gets_one_sentence_at_a_time_and_nothing_that_is_masked() -> None:
    generator = ScriptedGenerator(shout, SMALL)
    text = "Hi <@U1>, look at https://example.org now. It is good!\n\n`code` 👍 42"
    answer = await run_command(TASK, generator, options={"to": "fr", "text": text})
    assert answer == "HI <@U1>, LOOK AT https://example.org NOW. IT IS GOOD!\n\n`code` 👍 42" + ROUGH
    asked = [prompt.messages[0].content for prompt in generator.prompts]
    assert asked[0] == "Translate into French:\nHi" and asked[-1] == "Translate into French:\nIt is good!"
    assert all(len(prompt.messages) == 1 for prompt in generator.prompts)
    assert generator.requests[0].sampling.stop == ("\n",)


async def test_a_small_model_refuses_languages_it_does_not_know_and_names_those_it_knows() -> None:
    generator = ScriptedGenerator(model=SMALL)
    with pytest.raises(CommandError, match=r"It knows: English, French"):
        await run_command(TASK, generator, options={"to": "de", "text": "Where are you?"})
    with pytest.raises(CommandError, match="from German"):
        await run_command(TASK, generator, options={"to": "fr", "text": "Wo bist du und was ist das?"})
    assert not generator.requests


async def test_marks_of_lists_and_headings_are_not_translated() -> None:
    generator = ScriptedGenerator(shout, SMALL)
    answer = await run_command(
        TASK, generator, options={"to": "fr", "text": "# The list\n- is good\n2. and it is"}
    )
    assert answer == "# THE LIST\n- IS GOOD\n2. AND IT IS" + ROUGH
    assert generator.prompts[0].messages[0].content == "Translate into French:\nThe list"


async def test_sentences_left_blank_stay_and_are_counted() -> None:
    answer = await run_command(
        TASK, ScriptedGenerator(lambda _: [], SMALL), options={"to": "fr", "text": "Where are you?"}
    )
    assert answer.startswith("Where are you?") and "1 sentence I could not translate" in answer


async def test_a_small_model_never_changes_a_number() -> None:
    generator = ScriptedGenerator(lambda _: ["à 6 heures"], replace(SMALL, placeholder=PLACEHOLDER))
    answer = await run_command(
        TASK, generator, options={"from": "en", "to": "fr", "text": "Call me on 63 77"}
    )
    assert answer.startswith("Call me on 63 77") and "1 sentence I could not translate" in answer
    shown = [prompt.messages[0].content.partition("\n")[2] for prompt in generator.prompts]
    assert shown == ["Call me on ⟦0⟧ ⟦1⟧", "Call me on 63 77"]


async def test_another_number_by_a_chat_model_is_asked_again_and_then_told() -> None:
    answers = [["Vers 6 heures"], ["Dans 63 minutes"], ["Vers 6 heures"], ["Vers six heures"]]
    generator = ScriptedGenerator(lambda _: answers.pop(0))
    options = {"from": "en", "to": "fr", "text": "In 63 minutes"}
    assert await run_command(TASK, generator, options=options) == "Dans 63 minutes"
    answer = await run_command(TASK, generator, options=options)
    assert answer == "Vers six heures\n\n_(Please check the numbers: they differ in 1 sentence.)_"


async def test_a_text_that_comes_back_as_it_was_is_no_translation() -> None:
    generator = ScriptedGenerator(lambda _: ["danke, dir"], replace(SMALL, translates=("de", "fr")))
    answer = await run_command(TASK, generator, options={"from": "de", "to": "fr", "text": "danke dir"})
    assert "1 sentence I could not translate: left as written" in answer and len(generator.requests) == 2


async def test_masked_places_come_back_in_their_new_order() -> None:
    generator = ScriptedGenerator(lambda _: ["⟦1⟧ puis ⟦0⟧"])
    answer = await run_command(TASK, generator, options={"to": "fr", "text": "first :tada: then `x`"})
    assert answer == "`x` puis :tada:"


async def test_a_lost_placeholder_makes_it_translate_around() -> None:
    def script(prompt: Prompt) -> list[str]:
        text = prompt.messages[-1].content.partition("\n")[2]
        return ["lost it"] if "⟦" in text else [text.upper()]

    answer = await run_command(
        TASK, ScriptedGenerator(script), options={"to": "fr", "text": "see :tada: and `x` here"}
    )
    assert answer == "SEE :tada: AND `x` HERE"


async def test_a_long_text_is_translated_whole_in_parts() -> None:
    generator = ScriptedGenerator(shout)
    text = "\n\n".join(f"Paragraph {number} is here. " + "More words follow. " * 10 for number in range(30))
    answer = await run_command(TASK, generator, options={"to": "fr", "text": text})
    assert answer == text.upper()
    assert len(generator.requests) > 3


async def test_a_placeholder_lost_once_is_asked_for_again_in_other_words() -> None:
    answers = [["lost it"], ["voir ⟦0⟧ ici"]]
    generator = ScriptedGenerator(lambda _: answers.pop(0))
    answer = await run_command(TASK, generator, options={"to": "fr", "text": "see :tada: here"})
    assert answer == "voir :tada: ici"
    first, second = generator.requests
    assert second.prompt.messages[0].content != first.prompt.messages[0].content
    assert first.sampling.temperature == 0 < second.sampling.temperature


async def test_a_model_sees_the_placeholder_that_it_was_taught() -> None:
    generator = ScriptedGenerator(lambda _: ["bonjour <|m0|>"], replace(SMALL, placeholder="<|m{n}|>"))
    answer = await run_command(TASK, generator, options={"to": "fr", "text": "hello there <@1>"})
    assert answer == "bonjour <@1>" + ROUGH
    assert generator.prompts[0].messages[0].content == "Translate into French:\nhello there <|m0|>"


async def test_what_a_model_adds_to_a_translation_is_left_out() -> None:
    generator = ScriptedGenerator(lambda _: ["Here it is:\nbonjour à tous\n\n(A greeting.)"])
    assert (
        await run_command(TASK, generator, options={"to": "fr", "text": "hello you all"}) == "bonjour à tous"
    )


@pytest.mark.parametrize(
    ("typed", "target", "rest"),
    [("fr Hello you", "French", "Hello you"), ("german Where are you", "German", "Where are you"),
     ("🇪🇸 Hello you", "Spanish", "Hello you"), ("de Hello you", "German", "Hello you")],
)  # fmt: skip
async def test_the_first_word_may_name_the_language(typed: str, target: str, rest: str) -> None:
    generator = ScriptedGenerator(shout)
    await run_command(TASK, generator, options={"text": typed})
    assert generator.prompts[0].messages[-1].content == f"Translate into {target}:\n{rest}"


async def test_a_first_word_of_the_sentence_is_no_language() -> None:
    generator = ScriptedGenerator(shout)
    answer = await run_command(TASK, generator, options={"text": "it is raining in the city"})
    assert "English already" in answer and not generator.requests


async def test_without_a_text_the_message_replied_to_or_the_last_one_is_taken() -> None:
    memory = await remembering([turn("Bonjour à tous", number=1), turn("Comment vas-tu ?", number=2)])
    generator = ScriptedGenerator(shout)
    assert await run_command(TASK, generator, memory) == "COMMENT VAS-TU ?"
    assert await run_command(TASK, generator, memory, reply_to="m1") == "BONJOUR À TOUS"
    assert await run_command(TASK, generator, memory, {"text": "de"}) == "COMMENT VAS-TU ?"
    assert "German" in generator.prompts[-1].messages[0].content


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"to": "en", "text": "Where are you going?"}, "English already"),
        ({"to": "fr", "text": "👍 <@U1> https://example.org"}, "no words"),
        ({"to": "fr", "from": "fr", "text": "Salut"}, "French already"),
    ],
)
async def test_nothing_is_generated_where_nothing_is_to_be_done(options: dict[str, str], said: str) -> None:
    generator = ScriptedGenerator()
    assert said in await run_command(TASK, generator, options=options)
    assert not generator.requests


@pytest.mark.parametrize(
    "options", [{}, {"to": "Klingon", "text": "x"}, {"to": "fr", "text": "a" * 1_000_000}, {"text": " "}]
)
async def test_wrong_wishes_are_refused(options: dict[str, str]) -> None:
    generator = ScriptedGenerator()
    with pytest.raises(CommandError):
        await run_command(TASK, generator, options=options)
    assert not generator.requests


async def test_a_base_model_does_not_pretend() -> None:
    with pytest.raises(CommandError, match="cannot translate"):
        await run_command(
            TASK, ScriptedGenerator(model=replace(BASE)), options={"to": "fr", "text": "Where are you?"}
        )


async def test_closing_the_stream_closes_the_generation() -> None:
    generator = ScriptedGenerator(lambda _: ["one", "two"])
    ctx = context(
        generator,
        await remembering(),
        message("", Command("translate", {"to": "fr", "text": "Where are you?"})),
    )
    async with aclosing(TASK.run(ctx)) as pieces:
        await anext(pieces)
    assert generator.generations[0].is_closed


async def test_a_doubtful_language_is_told_and_the_authors_usual_one_preferred() -> None:
    said = ["vou pegar um café agora", "você viu o jogo ontem?", "obrigado, ficou muito bom"]
    memory = await remembering([turn(text, BOB, number) for number, text in enumerate(said)])
    generator = ScriptedGenerator(shout)
    memory_with = await remembering(
        [*(turn(text, BOB, number) for number, text in enumerate(said)), turn("ok blz", BOB, 9)]
    )
    answer = await run_command(TASK, generator, memory_with, {"to": "fr"})
    assert answer == "OK BLZ\n\n_(I took it for Portuguese.)_"
    assert await run_command(TASK, generator, memory, {"to": "fr"}) == "OBRIGADO, FICOU MUITO BOM"


async def test_a_word_of_several_languages_is_taken_for_that_of_the_channel_or_a_known_one_and_told() -> None:
    generator = ScriptedGenerator(shout, replace(SMALL, translates=("en", "fr", "de")))
    options = {"to": "en", "text": "ja"}
    assert "I took it for German" in await run_command(TASK, generator, options=options)
    said = ["ik weet het niet", "dat is een goed idee", "wat gaan we doen vandaag?"]
    store = await remembering([turn(text, BOB, number) for number, text in enumerate(said)])
    answer = await run_command(TASK, ScriptedGenerator(shout), store, options)
    assert "I took it for Dutch" in answer


async def test_a_doubtful_language_that_is_the_wanted_one_generates_nothing() -> None:
    said = ["vou pegar um café agora", "você viu o jogo ontem?", "ok blz"]
    memory = await remembering([turn(text, BOB, number) for number, text in enumerate(said)])
    generator = ScriptedGenerator(shout)
    assert "I take that for Portuguese already" in await run_command(TASK, generator, memory, {"to": "pt"})
    assert not generator.requests


async def test_a_translation_that_was_begun_goes_on_where_it_stopped() -> None:
    generator = ScriptedGenerator(shout)
    asked = message("", Command("translate", {"to": "fr", "text": "This is one. This is two."}))
    ctx = replace(context(generator, await remembering(), asked), begun="THIS IS ONE. THIS")
    assert await answer_of(TASK, ctx) == " IS TWO."


async def test_asked_anew_a_translation_is_sampled() -> None:
    generator = ScriptedGenerator(shout)
    asked = message("", Command("translate", {"to": "fr", "text": "This is one."}))
    await answer_of(TASK, replace(context(generator, await remembering(), asked), variation=2))
    assert generator.requests[0].sampling.temperature >= 0.7
    assert generator.requests[0].sampling.seed == 20
