"""Asking in words to remember and to forget: seven languages, and what only looks like it."""

from __future__ import annotations

import pytest

from bot.conversation.memory.facts import forgotten_in
from bot.conversation.memory.phrases import (
    fact_in,
    forgotten_number,
    forgotten_words,
    is_memory_request,
    without_call,
)
from bot.storage.records import Fact
from tests.support import ALICE, NOON

FACTS = (
    Fact(1, ALICE, "the deploy day is Tuesday", NOON),
    Fact(4, ALICE, "会议室的密码是四八二七", NOON),
)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("remember that the deploy day is Tuesday", "the deploy day is Tuesday"),
        ("Please remember: deploys are on Tuesday!", "deploys are on Tuesday!"),
        ("@Parley, can you remember that Bo is vegan", "Bo is vegan"),
        ("<@U123> remember that\nBo is  vegan", "Bo is vegan"),
        ("don't forget that the key is under the mat", "the key is under the mat"),
        ("Merke dir, dass der Müll am Montag geht", "der Müll am Montag geht"),
        ("merk dir bitte: Bo isst kein Fleisch", "Bo isst kein Fleisch"),
        ("Recuerda que el ensayo es el viernes", "el ensayo es el viernes"),
        ("acuérdate de que Bo no come carne", "Bo no come carne"),
        ("Souviens-toi que le code est 4512", "le code est 4512"),
        ("retiens qu'il habite à Lyon", "il habite à Lyon"),
        ("Lembre-se de que a senha mudou", "a senha mudou"),
        ("lembra que o ensaio é hoje", "o ensaio é hoje"),
        ("记住：会议室的密码是四八二七", "会议室的密码是四八二七"),
        ("请记住会议在周三", "会议在周三"),
        ("デプロイの日は火曜日だと覚えておいて", "デプロイの日は火曜日だ"),
        ("覚えておいて：鍵は机の中", "鍵は机の中"),
    ],
)
def test_what_is_to_be_remembered_is_found(text: str, fact: str) -> None:
    assert fact_in(text) == fact


@pytest.mark.parametrize(
    "text",
    [
        "do you remember that film?",
        "remember that time we went to Porto",
        "remember that",
        "I remember that the deploy day is Tuesday",
        "remember to buy milk",
        "what do you remember?",
        "记住了吗？",
        "覚えてる？",
        "recuerdas que dijimos eso?",
        "",
    ],
)
def test_talk_about_remembering_is_talk(text: str) -> None:
    assert fact_in(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("forget fact 2", 2),
        ("Please delete the fact #12.", 12),
        ("vergiss Fakt 3", 3),
        ("olvida el dato 4", 4),
        ("oublie le fait n° 5", 5),
        ("esqueça o fato 6", 6),
        ("忘记第7条", 7),
        ("事実8を忘れて", 8),
        ("forget it", None),
        ("a fact 2 forget", None),
    ],
)
def test_the_number_of_what_is_to_be_forgotten(text: str, number: int | None) -> None:
    assert forgotten_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("forget that the deploy day is on Tuesday", 1),
        ("forget that, let us talk about music", None),
        ("forget fact 9", 9),
        ("忘记会议室的密码是四八二七", 4),
        ("hello", None),
    ],
)
def test_a_fact_is_known_again_by_its_words(text: str, number: int | None) -> None:
    assert forgotten_in(text, FACTS) == number
    assert forgotten_in("forget that the deploy day is Tuesday", ()) is None


def test_the_words_to_be_forgotten() -> None:
    assert forgotten_words("Oublie que le code est 4512") == "le code est 4512"


def test_patterns_take_no_time_for_hostile_text() -> None:
    for size in (110, 20_000):
        for text in (
            "remember " * size,
            " " * size + "x覚え",
            "@" + "a" * size,
            "a, " * size,
            "覚えて" * size,
        ):
            assert fact_in(text + "?") is None and fact_in(text + "-") is None
            assert forgotten_number(text) is None


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("@Parley remember that the deploy day is Tuesday", "the deploy day is Tuesday"),
        ("@parley please remember: lunch is at noon", "lunch is at noon"),
        ("Parley, could you please remember that Bo is vegan", "Bo is vegan"),
        ("PARLEY: remember that Bo is vegan @Parley", "Bo is vegan"),
        ("remember that Bo is vegan @Parley", "Bo is vegan"),
        ("@Parley Merk dir, dass der Müll am Montag geht", "der Müll am Montag geht"),
        ("@Parley souviens-toi que le code est 4512", "le code est 4512"),
        ("@Parley recuerda que el ensayo es el viernes", "el ensayo es el viernes"),
        ("@Parley 请记住会议在周三", "会议在周三"),
        ("@Parley记住：会议在周三", "会议在周三"),
        ("@Parley do you remember that film?", None),
        ("@Parley remembers that we met", None),
        ("Parleying remember that it is so", None),
    ],
)
def test_the_bots_name_in_front_is_taken_off(text: str, fact: str | None) -> None:
    assert fact_in(text, "Parley") == fact


def test_a_name_of_several_words_is_taken_off_too() -> None:
    assert fact_in("@my (old) bot remember that Bo is vegan", "My (old) Bot") == "Bo is vegan"


def test_forgetting_behind_a_mention() -> None:
    assert forgotten_in("@Parley forget that the deploy day is Tuesday", FACTS, "Parley") == 1
    assert forgotten_in("@parley: forget fact 4", FACTS, "Parley") == 4
    assert forgotten_words("@Parley vergiss, dass es so ist", "Parley") == "es so ist"


def test_a_name_within_a_sentence_stays() -> None:
    assert without_call("Ask @Parley when the deploy is", "Parley") == "Ask @Parley when the deploy is"
    assert without_call("When is it, @Parley?", "Parley") == "When is it, ?"


@pytest.mark.parametrize(
    ("text", "is_request"),
    [
        ("@Parley remember that Bo is vegan", True),
        ("@SomeBot please forget fact 2", True),
        ("remember: lunch is at noon", True),
        ("@Parley when is lunch?", False),
        ("I remember that Bo is vegan", False),
    ],
)
def test_requests_to_remember_are_known_by_their_words(text: str, is_request: bool) -> None:
    assert is_memory_request(text) == is_request
