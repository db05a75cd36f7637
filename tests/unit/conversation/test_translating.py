"""A text's translation: nothing masked is lost, nothing is made twice, nothing outlives its message."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks.masking import MODELS, survival
from bot.conversation.text.languages import Language, language
from bot.conversation.translation.cache import KIND, memory_of
from bot.conversation.translation.translating import translate_text
from bot.conversation.translator import TranslationModel, Translator
from bot.generation.types import Prompt
from bot.messages import ConversationKey
from bot.storage.store import HistoryStore
from tests.support import (
    ALICE,
    BASE,
    CHANNEL,
    NOON,
    SMALL,
    ScriptedGenerator,
    context,
    message,
    remembering,
    turn,
)

TEXT = "This is the first. This is <@1> the second.\nThis is the third."


def french() -> Language:
    found = language("fr")
    assert found is not None
    return found


def shout(prompt: Prompt) -> list[str]:
    return [(prompt.prefix or prompt.messages[-1].content.partition("\n")[2]).upper()]


async def translated(
    generator: ScriptedGenerator,
    store: HistoryStore,
    text: str,
    source_ids: tuple[str, ...] = ("m1",),
    place: ConversationKey = CHANNEL,
) -> str:
    ctx = context(generator, store, replace(message("x"), conversation=place))
    async with aclosing(translate_text(ctx, text, french(), "en", source_ids=source_ids)) as pieces:
        return "".join([piece async for piece in pieces if isinstance(piece, str)])


async def kept(store: HistoryStore) -> int:
    return len(await store.derived_of_kind(CHANNEL, KIND)) + len(memory_of(store))


@pytest.mark.parametrize("name", MODELS)
async def test_everything_survives_a_model_at_its_worst(name: str) -> None:
    found = await survival(name, 100, seed=7)
    assert found.examples == () and found.whole == 100
    assert found.unchecked < 50  # the model is as bad as it is meant to be


async def test_a_sentence_is_generated_once_and_found_again_in_the_channel_and_its_threads() -> None:
    store, generator = await remembering([turn(TEXT, number=1)]), ScriptedGenerator(shout)
    first = await translated(generator, store, TEXT)
    assert first == TEXT.upper() and len(generator.requests) == 3
    assert await translated(generator, store, TEXT) == first
    again = "This is <@2> the second. This is the third. This is the third. This is new."
    in_thread = replace(CHANNEL, thread_id="m1")
    assert await translated(generator, store, again, place=in_thread) == again.upper()
    assert len(generator.requests) == 4
    elsewhere = replace(CHANNEL, channel_id="elsewhere")
    await translated(generator, store, TEXT, place=elsewhere)
    assert len(generator.requests) == 7


async def test_what_is_in_the_database_is_found_after_a_restart() -> None:
    store, generator = await remembering([turn(TEXT, number=1)]), ScriptedGenerator(shout)
    await translated(generator, store, TEXT)
    memory_of(store).changed(CHANNEL, None, None)
    assert len(memory_of(store)) == 0
    await translated(generator, store, TEXT)
    assert len(generator.requests) == 3


async def test_another_model_and_another_language_make_another_translation() -> None:
    store = await remembering([turn(TEXT, number=1)])
    for model in (SMALL, replace(SMALL, name="other")):
        generator = ScriptedGenerator(shout, model)
        await translated(generator, store, "This is the first.")
        assert len(generator.requests) == 1


async def test_an_edit_translates_only_what_changed_and_drops_what_is_gone() -> None:
    store, generator = await remembering([turn(TEXT, number=1)]), ScriptedGenerator(shout)
    await translated(generator, store, TEXT)
    edited = TEXT.replace("This is the third", "That was the third")
    await store.amend(CHANNEL, "m1", edited, NOON + timedelta(hours=5))
    assert len(memory_of(store)) == 2 and not await store.derived_of_kind(CHANNEL, KIND)
    assert await translated(generator, store, edited) == edited.upper()
    assert [prompt.messages[-1].content.partition("\n")[2] for prompt in generator.prompts[3:]] == [
        "That was the third."
    ]


async def test_a_deleted_message_takes_its_translations_with_it() -> None:
    store, generator = (
        await remembering([turn(TEXT, number=1), turn("x", number=2)]),
        ScriptedGenerator(shout),
    )
    await translated(generator, store, TEXT)
    await translated(generator, store, "This is another.", ("m2",))
    assert await kept(store) == 8
    await store.forget(CHANNEL, "m1")
    assert await kept(store) == 2
    await store.erase_conversation(CHANNEL)
    assert await kept(store) == 0


async def test_nothing_is_kept_of_a_message_that_is_not_remembered() -> None:
    store, generator = await remembering(), ScriptedGenerator(shout)
    await translated(generator, store, "One is here. One is here. Two.", ("gone",))
    assert len(generator.requests) == 2 and await kept(store) == 0


async def test_a_sentence_that_failed_is_not_kept() -> None:
    store, generator = await remembering([turn(TEXT, number=1)]), ScriptedGenerator(lambda _: [])
    answer = await translated(generator, store, "This is it.")
    assert answer == "This is it.\n\n_(1 sentence I could not translate: left as written.)_"
    assert len(generator.requests) == 2 and await kept(store) == 0


async def test_the_translation_model_is_asked_with_its_languages_and_where_it_knows_them() -> None:
    chat, small = ScriptedGenerator(shout), ScriptedGenerator(shout, replace(BASE, translates=("en", "fr")))
    store = await remembering()
    ctx = context(small, store, message("x"))
    translator = Translator(TranslationModel("marian", small), ctx.generate)
    ctx = replace(context(chat, store, message("x")), translator=translator)
    async with aclosing(translate_text(ctx, "Look at **this** now", french(), "en")) as pieces:
        assert "".join([str(piece) async for piece in pieces]) == "LOOK AT **THIS** NOW"
    assert {prompt.prefix for prompt in small.prompts} == {"Look at", "this", "now"}
    assert {(p.source_language, p.target_language) for p in small.prompts} == {("en", "fr")}
    async with aclosing(translate_text(ctx, "Das ist das", french(), "de")) as pieces:
        assert "".join([str(piece) async for piece in pieces]) == "DAS IST DAS"
    assert len(chat.requests) == 1


async def test_notes_can_be_left_out_and_the_same_language_comes_back_as_it_is() -> None:
    generator, store = ScriptedGenerator(shout, SMALL), await remembering()
    ctx = context(generator, store, message("x"))
    async with aclosing(translate_text(ctx, "This is it.", french(), has_notes=False)) as pieces:
        assert "".join([str(piece) async for piece in pieces]) == "THIS IS IT."
    asked = len(generator.requests)
    async with aclosing(translate_text(ctx, "C'est la vie, mon ami.", french())) as pieces:
        assert "".join([str(piece) async for piece in pieces]) == "C'est la vie, mon ami."
    assert len(generator.requests) == asked


async def test_a_long_text_comes_in_order_and_can_be_stopped() -> None:
    generator, store = ScriptedGenerator(shout), await remembering([turn("x", ALICE, 1)])
    text = "\n\n".join(f"Paragraph {number} is here. And more of it." for number in range(400))
    ctx = context(generator, store, message("x"))
    async with aclosing(translate_text(ctx, text, french(), "en")) as pieces:
        begun = [str(await anext(pieces)) for _ in range(5)]
    assert text.upper().startswith("".join(begun)) and 0 < len(generator.requests) < 10
    assert all(generation.is_closed for generation in generator.generations)
    assert await translated(generator, store, text) == text.upper()
