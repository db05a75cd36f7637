"""Which folders are taken for translation models, and what is learned of their languages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import BartConfig, LEDConfig, T5Tokenizer

from bot.errors import ModelLoadError
from bot.generation.engine.schemes import Frame
from tests.integration.engine import tiny, tiny_seq2seq
from tests.integration.engine.test_translation import Recorder, request


@pytest.fixture(scope="module")
def t5(tmp_path_factory) -> Path:
    return tiny_seq2seq.make(tmp_path_factory.mktemp("m") / "t5", "t5")


def change(folder: Path, name: str, **values: Any) -> None:
    file = folder / name
    file.write_text(json.dumps({**(json.loads(file.read_text()) if file.exists() else {}), **values}))


def test_a_model_that_only_continues_text_is_refused(llama_folder):
    with pytest.raises(ModelLoadError, match="no encoder-decoder"):
        tiny_seq2seq.load_tiny(llama_folder)


def test_a_translation_model_cannot_chat_and_is_told_where_it_belongs(t5):
    with pytest.raises(ModelLoadError, match="BOT_TRANSLATION_MODEL"):
        tiny.load_tiny(t5)


def test_pickled_weights_are_refused(tmp_path):
    folder = tiny_seq2seq.make(tmp_path / "opus-mt-en-fr", "marian")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelLoadError, match="pickled"):
        tiny_seq2seq.load_tiny(folder)


@pytest.mark.parametrize(
    ("name", "skills", "pairs"),
    [
        ("opus-mt-en-fr", {}, [("en", "fr")]),
        ("Helsinki-NLP/opus-mt-tc-big-deu-eng", {}, [("de", "en")]),
        ("opus-mt-gmq-en", {}, [("da", "en"), ("fo", "en"), ("is", "en"), ("no", "en"), ("sv", "en")]),
        ("mine", {"pairs": [["pl", "en"]]}, [("pl", "en")]),
    ],
)
def test_the_pair_of_a_marian_model_without_one_in_its_tokenizer(tmp_path, name, skills, pairs):
    folder = tiny_seq2seq.make(tmp_path / "model", "marian")
    change(folder, "tokenizer_config.json", source_lang=None, target_lang=None)
    change(folder, "parley.json", **skills)
    assert tiny_seq2seq.load_tiny(folder, name).info.pairs == tuple(pairs)


def test_a_model_whose_languages_nothing_tells_is_refused_with_advice(tmp_path):
    folder = tiny_seq2seq.make(tmp_path / "model", "marian")
    change(folder, "tokenizer_config.json", source_lang=None, target_lang=None)
    with pytest.raises(ModelLoadError, match=r"parley\.json"):
        tiny_seq2seq.load_tiny(folder, "my-model")
    change(folder, "parley.json", pairs="en-fr")
    with pytest.raises(ModelLoadError, match="list of pairs"):
        tiny_seq2seq.load_tiny(folder)


def test_the_tasks_that_t5_lists_are_its_pairs(t5, tmp_path):
    folder = tmp_path / "t5"
    folder.mkdir()
    for file in t5.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    tasks = {
        "summarization": {"prefix": "summarize: "},
        "translation_en_to_de": {"prefix": "translate English to German: "},
        "translation_en_to_ro": {"prefix": "translate English to Romanian: "},
    }
    change(folder, "config.json", task_specific_params=tasks)
    loaded = tiny_seq2seq.load_tiny(folder)
    assert loaded.info.pairs == (("en", "de"), ("en", "ro"))
    scheme: Any = loaded.renderer._scheme
    assert scheme.frame("", "ro") == Frame("translate English to Romanian: ")


def test_a_model_that_forces_one_language_translates_into_that_one(tmp_path):
    folder = tiny_seq2seq.make(tmp_path / "mbart", "mbart50")
    loaded = tiny_seq2seq.load_tiny(folder)
    english = loaded.codec.tokenizer.convert_tokens_to_ids("en_XX")
    change(folder, "generation_config.json", forced_bos_token_id=english)
    pairs = tiny_seq2seq.load_tiny(folder).info.pairs
    assert pairs is not None and ("fr", "en") in pairs
    assert {target for _, target in pairs} == {"en"}


def test_a_folder_without_a_fast_tokenizer_is_taken(tmp_path):
    for family, file in (("mbart50", "sentencepiece.bpe.model"), ("t5", "spiece.model")):
        folder = tiny_seq2seq.make(tmp_path / family, family)
        before = tiny_seq2seq.load_tiny(folder).codec.encode("hello how are you", with_special=True)
        (folder / "tokenizer.json").unlink()
        (tmp_path / f"{family}-parts" / file).rename(folder / file)
        after = tiny_seq2seq.load_tiny(folder).codec.encode("hello how are you", with_special=True)
        assert before == after


@pytest.mark.parametrize("config", [BartConfig, LEDConfig], ids=["bart", "led"])
def test_any_other_encoder_decoder_runs_too(tmp_path, config):
    parts = tmp_path / "parts"
    parts.mkdir()
    tokenizer: T5Tokenizer = tiny_seq2seq.t5_tokenizer(parts)
    sizes = {key: value for key, value in tiny_seq2seq.SIZES.items() if key != "max_position_embeddings"}
    extra = (
        {"max_position_embeddings": 64}
        if config is BartConfig
        else {
            "max_encoder_position_embeddings": 64,
            "max_decoder_position_embeddings": 64,
            "attention_window": 4,
        }
    )
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 1, "decoder_start_token_id": 1}
    folder = tiny_seq2seq.save(
        tmp_path / "some-en-fr", tokenizer, config(vocab_size=len(tokenizer), **sizes, **extra, **ids)
    )
    loaded = tiny_seq2seq.load_tiny(folder, "some-en-fr")
    assert loaded.info.pairs == (("en", "fr"),)
    engine = Recorder(loaded)
    texts = ["Once upon a time", "hello how are you today? I am fine"]
    for text in texts:
        engine.add(request(text, text, ("en", "fr"), 8))
    engine.run()
    model: Any = loaded.model
    model.generation_config.forced_eos_token_id = None  # an end at the length limit
    for text in texts:
        inputs = loaded.codec.tokenizer(text, return_tensors="pt")
        out = model.generate(**inputs, max_new_tokens=8, num_beams=1)
        assert engine.chosen[text] == out[0, 1:].tolist()


def test_a_model_whose_encoder_heeds_padding_runs_every_text_alone(tmp_path, monkeypatch):
    loaded = tiny_seq2seq.load_tiny(tiny_seq2seq.make(tmp_path / "opus-mt-en-fr", "marian"))
    pair = ("en", "fr")
    expected: dict[str, list[int]] = {}
    for text in ("x", "hello how are you today? I am fine"):
        engine = Recorder(loaded)
        engine.add(request(text, text, pair, 8))
        engine.run()
        expected |= engine.chosen
    model: Any = loaded.model
    encoder = model.get_encoder()
    encode = encoder.forward
    monkeypatch.setattr(encoder, "forward", lambda attention_mask, **inputs: encode(**inputs))
    engine = Recorder(loaded)
    assert engine.why_not_batched == "padding changes its output"
    for text in expected:
        engine.add(request(text, text, pair, 8))
    engine.run()
    assert engine.chosen == expected
