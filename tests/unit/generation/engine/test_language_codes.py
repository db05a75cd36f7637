"""The names that translation models give to languages."""

from __future__ import annotations

import pytest

from bot.generation.engine.language_codes import (
    all_pairs,
    iso_code,
    language_tokens,
    languages_named,
    pair_in_name,
)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fr", "fr"), ("fra", "fr"), ("fra_Latn", "fr"), ("fr_XX", "fr"), ("pt-BR", "pt"), ("cmn_Hans", "zh"),
        ("nob_Latn", "no"), ("nb", "no"), ("pes_Arab", "fa"), ("tlh", None), ("", None),
    ],
)  # fmt: skip
def test_a_name_is_one_language_or_none(name, code):
    assert iso_code(name) == code


def test_the_best_token_of_a_language_is_taken():
    tokens = [
        "zho_Hant",
        "zho_Hans",
        "nno_Latn",
        "nob_Latn",
        "arz_Arab",
        "arb_Arab",
        "fra_Latn",
        "▁fra",
        "</s>",
    ]
    assert language_tokens(tokens) == {
        "ar": "arb_Arab",
        "fr": "fra_Latn",
        "no": "nob_Latn",
        "zh": "zho_Hans",
    }


@pytest.mark.parametrize("form", ["__{}__", ">>{}<<", "<2{}>"])
def test_tokens_of_every_form_are_known(form):
    assert language_tokens([form.format("fr"), form.format("xx"), "fr"]) == {"fr": form.format("fr")}


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("en", ("en",)), ("deu", ("de",)), ("de+nl", ("de", "nl")), ("deu_nld", ("de", "nl")),
        ("pt_br", ("pt",)), ("gmq", ("da", "fo", "is", "no", "sv")), ("small", ()),
    ],
)  # fmt: skip
def test_a_name_may_stand_for_several(name, codes):
    assert languages_named(name) == codes


def test_romance_is_a_family():
    assert {"fr", "it", "es", "pt", "ro"} < set(languages_named("ROMANCE"))


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("Helsinki-NLP/opus-mt-en-fr", ("en", "fr")),
        ("opus-mt-tc-big-eng-fra", ("eng", "fra")),
        ("opus-mt-en-ROMANCE", ("en", "ROMANCE")),
        ("t5-small", None),
        ("marian", None),
    ],
)
def test_a_models_name_says_its_pair(name, pair):
    assert pair_in_name(name) == pair


def test_no_pair_is_of_one_language_with_itself():
    assert all_pairs(["en", "fr"], ["fr", "de"]) == (("en", "fr"), ("en", "de"), ("fr", "de"))
