"""The settings of a channel: shown to everybody, changed by its managers, confirmed in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.conversation.rules import Rules, of_settings
from bot.conversation.tasks.chat import TASK as CHAT
from bot.conversation.tasks.settings import TASK as SETTINGS
from bot.errors import CommandError
from bot.messages import Command, ConversationKey
from bot.storage.store import HistoryStore
from tests.support import CHANNEL, ScriptedGenerator, answer_of, context, message, remembering

THREAD = replace(CHANNEL, thread_id="m1")


async def told(
    memory: HistoryStore,
    options: Mapping[str, str] | None = None,
    *,
    by_manager: bool = True,
    key: ConversationKey = CHANNEL,
) -> str:
    asked = replace(message("", Command("settings", dict(options or {}), by_manager)), conversation=key)
    return await answer_of(SETTINGS, context(ScriptedGenerator(), memory, asked))


async def rules(memory: HistoryStore, key: ConversationKey = CHANNEL) -> Rules:
    return of_settings(await memory.settings(key))


async def test_everybody_sees_what_holds_and_managers_change_it() -> None:
    memory = await remembering()
    assert "when I am called" in await told(memory, by_manager=False)
    with pytest.raises(CommandError, match="manages this channel"):
        await told(memory, {"speak": "always"}, by_manager=False)
    assert await rules(memory) == Rules()
    assert "every message" in await told(memory, {"speak": "always"})
    answer = await told(memory, {"flags": "off", "language": "französisch", "speak": "mention"})
    assert "French" in answer and "nothing to me" in answer and "when I am called" in answer
    assert await rules(memory) == Rules("mention", (), False, "fr")
    shown = await told(memory, by_manager=False)
    assert "French" in shown and "translate: no" in shown


async def test_wake_words_are_a_short_list_of_real_words() -> None:
    memory = await remembering()
    assert "`computer`, `hey you`" in await told(memory, {"wake-words": "computer,  hey   you ,Computer"})
    assert (await rules(memory)).wake_words == ("computer", "hey you")
    for wrong in (",", "x", "a" * 41, "!!", "the", "Que", ",".join(f"word{n}" for n in range(11))):
        with pytest.raises(CommandError, match=r"For example|answer everything"):
            await told(memory, {"wake-words": wrong})
    assert "commands only" in await told(memory, {"speak": "off", "wake-words": "hal"})
    assert "No word" in await told(memory, {"wake-words": "None"})
    assert (await rules(memory)).wake_words == ()


async def test_a_thread_has_its_own_and_falls_back_to_its_channel() -> None:
    memory = await remembering()
    await told(memory, {"speak": "always", "language": "es"})
    await told(memory, {"speak": "off"}, key=THREAD)
    assert await rules(memory, THREAD) == Rules("off", language="es")
    assert await rules(memory) == Rules("always", language="es")
    assert "in this thread" in await told(memory, {"reset": "all"}, key=THREAD)
    assert await rules(memory, THREAD) == await rules(memory) == Rules("always", language="es")
    await told(memory, {"language": "none"})
    assert (await rules(memory)).language == ""


async def test_the_language_of_a_channel_is_told_to_the_model() -> None:
    memory, generator = await remembering(), ScriptedGenerator()
    for language in ("German", "none"):
        await told(memory, {"language": language})
        await answer_of(CHAT, context(generator, memory, message("hello")))
    first, second = (prompt.messages[0].content for prompt in generator.prompts)
    assert "Answer in German" in first and "Answer in" not in second


async def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(CommandError, match=r"(?s)1 to 10 wake words.*klingon"):
        await told(await remembering(), {"wake-words": ",", "language": "klingon"})


@pytest.mark.parametrize("options", [{"language": "klingon"}, {"reset": "all", "speak": "off"}])
async def test_what_is_not_understood_changes_nothing(options: dict[str, str]) -> None:
    memory = await remembering()
    await told(memory, {"speak": "always"})
    with pytest.raises(CommandError, match="For example"):
        await told(memory, options)
    assert await rules(memory) == Rules("always")


@pytest.mark.parametrize(
    ("text", "is_woken"),
    [
        ("Hal, open the doors", True),
        ("open the doors, HAL!", True),
        ("shall we halt", False),
        ("well, hey\n you", True),
        ("they you", False),
        ("小助手请翻译", True),
        ("café", True),
        ("cafés", False),
        ("", False),
    ],
)
def test_a_wake_word_wakes_as_a_whole_word(text: str, is_woken: bool) -> None:
    assert Rules(wake_words=("hal", "Hey you", "小助手", "Café")).is_woken_by(text) is is_woken
    assert not Rules().is_woken_by(text)
