"""Translations that cannot be any are noticed, and ordinary ones are not."""

from __future__ import annotations

import pytest

from bot.conversation.text.plausible import doubt

PLACE = "Where do we meet tomorrow?"
ILL = "I cannot come because I am ill"


@pytest.mark.parametrize(
    ("source", "translation"),
    [
        (PLACE, "Où est-ce qu'on se voit demain ?"),
        (ILL, "Je ne peux pas venir, je suis malade"),
        ("ha ha ha that is good", "ha ha ha c'est bon"),
        ("ok", "d'accord, très bien, on fait comme ça"),
        ("It isn't here", "Ce n'est rien"),
    ],
)
def test_ordinary_translations_are_believed(source: str, translation: str) -> None:
    assert doubt(source, translation, "en", "fr", is_rough=True) is None


@pytest.mark.parametrize(
    ("source", "translation", "why"),
    [
        (PLACE, PLACE, "source"),
        (PLACE, "Où ?", "length"),
        (PLACE, "Où est-ce que nous nous retrouvons demain matin " * 3 + "?", "length"),
        (PLACE, "Où est est est demain ?", "repeats"),
        ("Where do we go from here to the next town?", "Où aller ici, aller ici, aller ici, ?", "repeats"),
        (PLACE, "Nous nous voyons demain.", "question"),
        (ILL, "Je peux venir, je suis malade", "negation"),
        ("You dont know that it works", "Tu sais que ça marche", "negation"),
    ],
)
def test_what_cannot_be_a_translation_is_noticed(source: str, translation: str, why: str) -> None:
    assert why in (doubt(source, translation, "en", "fr", is_rough=True) or "")


def test_better_models_may_put_it_otherwise_and_other_scripts_are_denser() -> None:
    assert doubt(ILL, "Je suis malade, donc absent", "en", "fr", is_rough=False) is None
    assert doubt(PLACE, "明天我们在哪里见面？", "en", "zh", is_rough=True) is None
    assert doubt("我明天不能来，因为我生病了。", ILL + " today", "zh", "en", is_rough=True) is None
