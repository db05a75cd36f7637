"""The glossary: changed by managers only, kept for the workspace, and obeyed by translations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation.tasks.glossary import TASK
from bot.conversation.tasks.translate import TASK as TRANSLATE
from bot.errors import CommandError
from bot.generation.types import Prompt
from bot.messages import Command
from bot.storage.store import HistoryStore
from tests.support import ScriptedGenerator, answer_of, context, message, remembering, run_command


def echo(prompt: Prompt) -> list[str]:
    return [prompt.messages[-1].content.partition("\n")[2].lower()]


async def glossary(store: HistoryStore, by_manager: bool = True, /, **options: str) -> str:
    asked = message("", Command("glossary", options, by_manager=by_manager))
    return await answer_of(TASK, context(ScriptedGenerator(), store, asked))


async def translated(store: HistoryStore, text: str, to: str = "de") -> str:
    return await run_command(
        TRANSLATE, ScriptedGenerator(echo), store, {"to": to, "from": "en", "text": text}
    )


async def test_terms_are_translated_as_the_glossary_says_or_left() -> None:
    store = await remembering()
    assert "left as it is in every language" in await glossary(store, action="add", term="Stand-up Meeting")
    assert "“Durchlauf” in German" in await glossary(store, action="add", to="de", term="sprint = Durchlauf")
    text = "The SPRINT begins after the stand-up meeting, no sprinter is in it"
    assert await translated(store, text) == (
        "the Durchlauf begins after the Stand-up Meeting, no sprinter is in it"
    )
    assert "the sprint begins after the Stand-up Meeting" in await translated(store, text, "fr")


async def test_terms_are_listed_replaced_and_removed() -> None:
    store = await remembering()
    assert "empty" in await glossary(store)
    await glossary(store, action="add", to="de", term="Sprint = Lauf")
    await glossary(store, action="add", to="fr", term="sprint = course")
    await glossary(store, action="add", to="de", term="SPRINT = Durchlauf")
    assert await glossary(store, False) == (
        "Always translated like this:\n- **Sprint**: “Durchlauf” in German, “course” in French"
    )
    assert "no longer" in await glossary(store, action="remove", term="sprint")
    assert "empty" in await glossary(store)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"action": "add", "term": "="}, "Give a term"),
        ({"action": "add"}, "Give a term"),
        ({"action": "add", "term": "x" * 200}, "Give a term"),
        ({"action": "add", "to": "Klingon", "term": "x = y"}, "language"),
        ({"action": "remove", "term": "nothing"}, "not in the glossary"),
    ],
)
async def test_what_is_no_entry_is_refused(options: dict[str, str], why: str) -> None:
    store = await remembering()
    with pytest.raises(CommandError, match=why):
        await glossary(store, **options)
    assert "empty" in await glossary(store)


async def test_only_managers_change_it() -> None:
    store = await remembering()
    for action in ("add", "remove"):
        with pytest.raises(CommandError, match="manage this workspace"):
            await glossary(store, False, action=action, term="x")
    assert "empty" in await glossary(store)


async def test_it_holds_for_the_workspace_and_no_other() -> None:
    store = await remembering()
    await glossary(store, action="add", term="Parley")
    for workspace, said in (("w", "Parley"), ("other", "empty")):
        asked = message("", Command("glossary", {}))
        place = replace(asked.conversation, workspace_id=workspace, channel_id="elsewhere")
        ctx = context(ScriptedGenerator(), store, replace(asked, conversation=place))
        assert said in await answer_of(TASK, ctx)
