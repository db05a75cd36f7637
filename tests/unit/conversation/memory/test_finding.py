"""Finding what a question asks for: by forms of words, by kind of answer, and only where it was said."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.conversation.memory.finding import cited, find
from bot.conversation.memory.following import is_question, is_same_question
from bot.conversation.memory.material import Found
from bot.conversation.memory.terms import is_asking, terms_of
from bot.conversation.tasks.listing import quotation
from bot.storage.store import HistoryStore
from tests.support import ALICE, BOB, CHANNEL, PARLEY, ScriptedGenerator, context, message, remembering, turn


async def texts(memory: HistoryStore, question: str) -> list[str]:
    return [found.turn.text for found in await find(memory, CHANNEL, question)]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("When do we deploy?", ["deploy"]),
        ("Who is the new IT manager?", ["new", "it", "manager"]),
        ("who are you", []),
        ("会议室密码是多少？", ["会议", "议室", "室密", "密码"]),
        ("", []),
    ],
)
def test_the_words_that_say_what_a_question_is_about(question: str, words: list[str]) -> None:
    assert [term.word for term in terms_of(question)] == words


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("when is deploy day", True),
        ("wifi code for guests", True),
        ("are you a morning person?", False),
        ("good morning", False),
        ("tell me a joke", False),
        ("多少钱", True),
    ],
)
def test_questions_and_small_talk(text: str, is_question: bool) -> None:
    assert is_asking(text, terms_of(text)) == is_question


async def test_other_forms_and_kindred_words_are_found() -> None:
    memory = await remembering([turn("The deployment is on Tuesday", BOB, 1), turn("Lunch!", BOB, 2)])
    assert await texts(memory, "When was it deployed?") == ["The deployment is on Tuesday"]
    assert await texts(memory, "When is the rollout?") == ["The deployment is on Tuesday"]


async def test_what_has_the_kind_of_answer_comes_before_questions_and_the_bots_words() -> None:
    memory = await remembering(
        [
            turn("The plumber comes on the 22nd", BOB, 1),
            turn("The plumber is nice", BOB, 2),
            turn("When does the plumber come?", ALICE, 3),
            turn("The plumber comes on the 3rd", PARLEY, 4),
        ]
    )
    found = await texts(memory, "what day is the plumber coming?")
    assert found[0] == "The plumber comes on the 22nd" and len(found) > 1


async def test_a_question_is_not_its_own_answer_and_what_is_around_comes_along() -> None:
    memory = await remembering(
        [turn("listen", number=1), turn("The key is under the pot", BOB, 2), turn("thanks", number=3),
         turn("Where is the key?", number=200)]
    )  # fmt: skip
    (found,) = await find(memory, CHANNEL, "Where is the key?", (message("Where is the key?"),))
    assert found.is_clear and found.turn.message_id == "m2"
    assert [one.text for one in (*found.before, *found.after)] == ["listen", "thanks"]


async def test_only_this_channel_with_its_threads_and_nothing_deleted() -> None:
    memory = await remembering([replace(turn("The key is under the pot", BOB, 2), thread_id="m1")])
    assert await texts(memory, "Where is the key?") == ["The key is under the pot"]
    assert not await find(memory, replace(CHANNEL, channel_id="other"), "Where is the key?")
    await memory.forget(replace(CHANNEL, thread_id="m1"), "m2")
    assert not await texts(memory, "Where is the key?")


def test_citations_are_read_and_bounded() -> None:
    found = [Found(turn("a"), 1.0), Found(turn("b"), 1.0)]
    assert cited("It is so [2], and [1, 7].", found) == [1, 2]
    assert cited("It is so [1].", []) == []


@pytest.mark.parametrize(
    ("text", "question", "is_same"),
    [
        ("@Parley What is the wifi password?", "whats the wifi password", True),
        ("who brings the cake", "Who brings the cake?", True),
        ("who brings the wine", "Who brings the cake?", False),
        ("The wifi password is on the wall", "what is the wifi password?", False),
        ("hello", "hi", False),
    ],
)
def test_the_same_question_is_known_again(text: str, question: str, is_same: bool) -> None:
    assert is_same_question(text, question) == is_same


def test_what_begins_with_a_small_word_is_not_always_a_question() -> None:
    assert is_question("who brings the cake") and is_question("wo ist der Schlüssel")
    assert not is_question("When we arrive, the cake is there") and not is_question("so Lisbon it is")


async def test_what_answers_a_question_comes_with_it() -> None:
    memory = await remembering(
        [turn("Where is the key?", number=1), turn("good morning", PARLEY, 2),
         turn("has anybody seen Bo?", BOB, 3), turn("under the pot", BOB, 4, reply_to="m1"),
         turn("Where is the spare key?", number=10), turn("Where is the ladder?", BOB, 11)]
    )  # fmt: skip
    answered = {one.turn.message_id: one.answers for one in await find(memory, CHANNEL, "Who has the key?")}
    assert [one.text for one in answered["m1"]] == ["under the pot"] and answered["m10"] == ()


async def test_the_name_of_a_picture_is_no_answer_and_the_text_of_a_file_is() -> None:
    file = "[file notes.txt, 40 B]\nThe spare key is under the pot\n[end of the file]"
    memory = await remembering(
        [
            turn("[image spare key.png, 2 KB]", number=1),
            turn(file, BOB, 2),
            turn("Where is the spare key?", number=200),
        ]
    )
    found = await find(memory, CHANNEL, "Where is the spare key?", (message("Where is the spare key?"),))
    assert [one.turn.message_id for one in found if one.is_clear] == ["m2"]
    ctx = context(ScriptedGenerator(), memory, message("Where is the spare key?"))
    assert quotation(ctx, found[0].turn).endswith(": The spare key is under the pot")
