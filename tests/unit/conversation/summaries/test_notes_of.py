"""What other parts of the bot ask of summaries: checked notes of a few messages, and the plain extract."""

from __future__ import annotations

import pytest

from bot.conversation.summaries import extract, notes_of
from bot.errors import GenerationError, GenerationTimeoutError
from bot.generation.types import Prompt
from tests.support import BOB, INSTRUCTED, SMALL, ScriptedGenerator, turn

SAID = [turn("We decided to release on Monday", BOB, 1), turn("I'll write the notes by Friday", number=2)]


async def test_notes_name_the_messages_that_they_rest_on() -> None:
    generator = ScriptedGenerator(lambda _: ["- Bob decided to release on Monday [1]\n- Bob sings [2]"])
    notes = await notes_of(generator, INSTRUCTED, SAID)
    found = {note.text: [source.turn.message_id for source in note.sources] for note in notes}
    assert found["Bob decided to release on Monday"] == ["m1"] and "Bob sings" not in found


async def test_without_a_model_that_summarises_messages_are_quoted() -> None:
    notes = await notes_of(ScriptedGenerator(model=SMALL), SMALL, SAID)
    assert notes and all(note.is_quote for note in notes)


async def test_a_failure_is_no_note() -> None:
    def fail(prompt: Prompt) -> list[str]:
        raise GenerationTimeoutError("too slow")

    with pytest.raises(GenerationError):
        await notes_of(ScriptedGenerator(fail), INSTRUCTED, SAID)


def test_the_extract_is_plain_text() -> None:
    assert "Bob: We decided to release on Monday" in extract(SAID).splitlines()
