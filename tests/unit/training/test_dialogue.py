"""Conversations: repeatable, alternating, with follow-ups only where they may stand."""

from __future__ import annotations

import random

import pytest

from bot.training.dialogue import DialogueMaker, DialogueShares, DialogueSources, roughen
from bot.training.grammar import Intent, read_intents

HELLO = Intent("greeting", "en", (), ["hello"], ["Hi!"], ["Hello."])
MORE = Intent("more", "en", ("joke",), ["another one"], ["A second joke."])
JOKE = Intent("joke", "en", (), ["a joke please"], ["A first joke."])
UNKNOWN = Intent("unknown", "en", (), [], ["I don't know."])
SOURCES = DialogueSources(
    intents=[HELLO, JOKE, MORE, UNKNOWN],
    unknown_questions=[("en", "Who built Rome?")],
    remarks=[],
    pairs=[("hail friend", "Hello."), ("do you sing", "La la la.")],
    names=["Alice"],
)


def make(**shares: float) -> DialogueMaker:
    return DialogueMaker(SOURCES, DialogueShares(**shares), seed=3)  # type: ignore[arg-type]


def test_a_conversation_is_a_function_of_its_index() -> None:
    first, second = make(), make()
    assert [first.conversation(n) for n in range(50)] == [
        second.conversation(n) for n in reversed(range(50))
    ][::-1]
    assert len({str(first.conversation(n)) for n in range(50)}) > 10


def test_roles_alternate_and_end_with_the_assistant() -> None:
    for index in range(100):
        roles = [message["role"] for message in make().conversation(index)]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert 1 <= len(roles) // 2 <= 6


def test_a_follow_up_comes_only_after_its_intent() -> None:
    maker = make(single=0.0, unknown=0.0, pair=0.0, remark=0.0)
    seen = 0
    for index in range(200):
        answers = [m["content"] for m in maker.conversation(index) if m["role"] == "assistant"]
        for before, after in zip(["", *answers], answers, strict=False):
            if after == "A second joke.":
                seen += 1
                assert before == "A first joke."
    assert seen > 10


def test_knowledge_questions_are_answered_by_admitting_not_to_know() -> None:
    maker = make(single=1.0, unknown=1.0)
    for index in range(30):
        assert maker.conversation(index)[1]["content"] == "I don't know."


def test_borrowed_questions_get_the_answers_of_our_own_intent() -> None:
    maker = make(single=1.0, unknown=0.0, remark=0.0, pair=0.5, name_prefix=0.0)
    talks = [maker.conversation(index) for index in range(600)]
    borrowed = [t[1]["content"] for t in talks if t[0]["content"].lower().startswith("hail frien")]
    kept = [t[1]["content"] for t in talks if t[0]["content"].lower().startswith("do you sin")]
    assert borrowed
    assert set(borrowed) == {"Hi!"}
    assert kept
    assert set(kept) == {"La la la."}


def test_names_stand_before_the_asked_share_of_conversations() -> None:
    maker = make(name_prefix=0.4)
    named = sum(maker.conversation(n)[0]["content"].startswith("Alice: ") for n in range(1000))
    assert named / 1000 == pytest.approx(0.4, abs=0.05)


def test_roughened_text_stays_recognisable() -> None:
    for seed in range(300):
        text = roughen("Where do you live?", random.Random(seed))
        assert sum(word in text.lower() for word in ("where", "do", "you", "live")) >= 2
        assert 10 <= len(text) <= 50


def test_no_intents_is_an_error() -> None:
    with pytest.raises(ValueError, match="no intents"):
        DialogueMaker(DialogueSources([], [], []), DialogueShares(), seed=1)


def test_what_users_write_most_is_met_word_for_word() -> None:
    maker = DialogueMaker(DialogueSources(read_intents(), [], []), DialogueShares(), seed=1)
    said = [
        message["content"].rpartition(": ")[2].lower().rstrip("!. ")
        for index in range(3000)
        for message in maker.conversation(index)
        if message["role"] == "user"
    ]
    for text in ("hi", "hello", "bonjour", "hola", "hallo", "thanks"):
        assert said.count(text) >= 3, text
