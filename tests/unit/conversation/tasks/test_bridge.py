"""One message of a bridged channel: marked where a small model translated it, left out where it is no use."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import replace

import pytest

from bot.conversation.bridges import POST
from bot.conversation.tasks.bridge import EXPLAINED, MESSAGE, ROUGH_MARK, TASK
from bot.conversation.tasks.task import TaskContext
from bot.messages import Command
from bot.storage.store import HistoryStore
from tests.support import INSTRUCTED, SMALL, ScriptedGenerator, context, message, remembering

MODEL = replace(SMALL, translates=("en", "fr"))
RUSSIAN = "Сегодня вечером мы идём в кино"


def posting(generator: ScriptedGenerator, store: HistoryStore, text: str, kind: str = "to") -> TaskContext:
    return context(generator, store, message(text, Command(POST, {"kind": kind, "languages": "fr"})))


async def posted(ctx: TaskContext) -> str:
    async with aclosing(MESSAGE.run(ctx)) as pieces:
        return "".join([piece async for piece in pieces if isinstance(piece, str)])


def saying(answer: str) -> ScriptedGenerator:
    return ScriptedGenerator(lambda _: [answer], MODEL)


async def test_a_small_models_translation_is_marked_and_the_mark_explained() -> None:
    store = await remembering()
    text = "Where do we meet tomorrow?"
    rough = await posted(posting(saying("Où est-ce qu'on se voit demain ?"), store, text))
    assert rough == f"🇫🇷{ROUGH_MARK} Où est-ce qu'on se voit demain ?"
    chat = ScriptedGenerator(lambda _: ["Où est-ce qu'on se voit demain ?"], INSTRUCTED)
    assert (await posted(posting(chat, await remembering(), text))).startswith("🇫🇷 Où")
    command = message("", Command("bridge", {"to": "fr"}, by_manager=True))
    async with aclosing(TASK.run(context(chat, store, command))) as pieces:
        assert EXPLAINED in "".join([str(piece) async for piece in pieces])


@pytest.mark.parametrize(
    "answer", ["Où ?", "On se voit demain matin.", "Où où où où où ?", "Where do we meet tomorrow?"]
)
async def test_what_cannot_be_a_translation_is_withheld(answer: str) -> None:
    text = "Where do we meet tomorrow?"
    assert await posted(posting(saying(answer), await remembering(), text)) == ""
    mirrored = await posted(posting(saying(answer), await remembering(), text, kind="with"))
    assert mirrored.endswith(f": {text}") and "🇫🇷" not in mirrored


@pytest.mark.parametrize("kind", ["to", "with"])
async def test_a_language_that_the_model_does_not_know_is_said_once(kind: str) -> None:
    store, generator = await remembering(), saying("non")
    first, second = [await posted(posting(generator, store, RUSSIAN, kind)) for _ in range(2)]
    assert "I cannot translate Russian here." in first
    assert "cannot" not in second and (RUSSIAN in second) == (kind == "with")
    assert not generator.requests


async def test_a_short_line_of_an_uncertain_language_is_left_alone() -> None:
    assert await posted(posting(saying("oui"), await remembering(), "ja")) == ""
