"""The choice of a model, over real folders with real safetensors headers and no weights worth loading."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigError, ModelLoadError
from bot.generation import memory, pocket
from bot.generation.catalog import (
    MEMORY_RESERVE_BYTES,
    POCKET_FOLDER,
    choose,
    choose_translation,
    default_hub_cache,
    found_models,
    why_no_room,
)
from bot.generation.folders import read_folder, verify_manifest
from bot.generation.memory import Memory

PLENTY = Memory(64 * 1024**3, is_gpu=False)
COMMIT = "a" * 40
INDEX = json.dumps({"weight_map": {"v": "model.safetensors", "w": "model-2.safetensors"}})


def make_model(
    folder: Path,
    parameters: int = 1000,
    *,
    chat: bool = True,
    architecture: str = "LlamaForCausalLM",
    size_bytes: int = 2000,
    config: dict[str, object] | None = None,
) -> Path:
    """A folder with the headers of a model of any size; the data behind them are a hole in the file."""
    folder.mkdir(parents=True)
    settings = {"architectures": [architecture], "model_type": "llama", **(config or {})}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer.json").write_text("{}")
    template = {"chat_template": "{{ messages }}"} if chat else {}
    (folder / "tokenizer_config.json").write_text(json.dumps(template))
    tensor = {"dtype": "BF16", "shape": [parameters // 10, 10], "data_offsets": [0, size_bytes]}
    header = json.dumps({"__metadata__": {"format": "pt"}, "w": tensor}).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size_bytes)
    return folder


def choose_auto(models: Path, free: Memory = PLENTY) -> str:
    return choose("auto", models_dir=models, hub_cache=None, memory=free).name


def test_auto_takes_the_largest_chat_model(tmp_path):
    make_model(tmp_path / "small", 1_000_000)
    make_model(tmp_path / "large", 3_000_000_000)
    make_model(tmp_path / "base", 3_500_000_000, chat=False)
    make_model(tmp_path / "encoder", 3_500_000_000, architecture="BertForMaskedLM")
    make_model(tmp_path / "unknown", 3_500_000_000, config={"model_type": "invented"})
    make_model(tmp_path / "packed", 3_500_000_000, config={"quantization_config": {"bits": 4}})
    assert choose_auto(tmp_path) == "large"


def test_auto_on_a_cpu_leaves_out_what_would_be_too_slow(tmp_path):
    make_model(tmp_path / "seven", 7_000_000_000)
    make_model(tmp_path / "one", 1_000_000_000)
    assert choose_auto(tmp_path) == "one"
    assert choose_auto(tmp_path, Memory(PLENTY.available_bytes, is_gpu=True)) == "seven"


def test_auto_leaves_out_what_does_not_fit_the_memory(tmp_path):
    make_model(tmp_path / "model", 1_000_000_000, size_bytes=1000_000_000)
    assert choose_auto(tmp_path, Memory(1_250_010_000 + MEMORY_RESERVE_BYTES, False)) == "model"
    assert choose_auto(tmp_path, Memory(1_249_999_999 + MEMORY_RESERVE_BYTES, False)) == "pocket"


def test_auto_takes_the_newest_among_equals(tmp_path):
    for name, age in (("old", 200), ("new", 100), ("older", 300)):
        file = make_model(tmp_path / name) / "model.safetensors"
        os.utime(file, (1e9 - age, 1e9 - age))
    assert choose_auto(tmp_path) == "new"


def test_auto_without_any_model_is_the_bundled_one(tmp_path):
    choice = choose("auto", models_dir=tmp_path / "missing", hub_cache=tmp_path, memory=PLENTY)
    assert (choice.name, choice.folder) == ("pocket", POCKET_FOLDER)
    assert choice.reason == "no other model was found on this machine"


def test_auto_says_when_what_it_found_does_not_fit(tmp_path):
    make_model(tmp_path / "base", chat=False)
    choice = choose("auto", models_dir=tmp_path, memory=PLENTY)
    assert (choice.name, choice.reason) == ("pocket", "no other model here fits")


def test_auto_finds_the_snapshot_that_main_means(tmp_path):
    repository = tmp_path / "models--org--chatty"
    make_model(repository / "snapshots" / ("b" * 40))
    wanted = make_model(repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    choice = choose("auto", hub_cache=tmp_path, memory=PLENTY)
    assert (choice.name, choice.folder) == ("org/chatty", wanted)


def test_found_models_says_why_not(tmp_path):
    make_model(tmp_path / "good", 2_000)
    make_model(tmp_path / "base", 3_000, chat=False)
    make_model(tmp_path / "nested" / "broken")
    (tmp_path / "nested" / "broken" / "model.safetensors").write_bytes(b"\xff" * 64)
    rows = {row.name: row for row in found_models(models_dir=tmp_path, memory=PLENTY)}
    assert list(rows) == ["good", "base", "nested/broken", "pocket"]
    assert (rows["good"].fits, rows["good"].parameters, rows["good"].has_chat_template) == (True, 2000, True)
    assert "base model" in rows["base"].reason
    assert "cannot be read" in rows["nested/broken"].reason


def test_a_folder_is_taken_whatever_its_size(tmp_path):
    folder = make_model(tmp_path / "base", 7_000_000_000, chat=False)
    choice = choose(str(folder))
    assert (choice.name, choice.folder, choice.hub_id) == ("base", folder, None)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: (folder / "config.json").unlink(), "no config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), "no *.safetensors"),
        (lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"), "pickle"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "no tokenizer"),
        (
            lambda folder: (folder / "model.safetensors.index.json").write_text(INDEX),
            "model-2.safetensors is missing",
        ),
        (lambda folder: (folder / "config.json").write_text("[]"), "cannot be read"),
    ],
)
def test_a_folder_that_cannot_be_used_is_a_wrong_setting(tmp_path, spoil, complaint):
    folder = make_model(tmp_path / "model")
    spoil(folder)
    with pytest.raises(ConfigError) as caught:
        choose(str(folder))
    assert complaint in str(caught.value)
    assert "BOT_MODEL" in str(caught.value)


def test_a_path_that_does_not_exist_is_no_hub_id(tmp_path):
    for setting in (str(tmp_path / "nothing"), "./nothing", "~/nothing-here", "a/b/c"):
        with pytest.raises(ConfigError, match="no such folder"):
            choose(setting)


@pytest.mark.parametrize(
    ("setting", "revision", "expected"),
    [
        ("gpt2", None, ("gpt2", None)),
        ("org/name", None, ("org/name", None)),
        ("org/name@v1.0", None, ("org/name", "v1.0")),
        ("org/name@" + COMMIT, "ignored", ("org/name", COMMIT)),
        ("org/name", "main", ("org/name", "main")),
    ],
)
def test_hub_ids_and_their_revisions(setting, revision, expected):
    choice = choose(setting, revision=revision)
    assert (choice.hub_id, choice.revision) == expected
    assert choice.folder is None
    assert choice.name == expected[0]


@pytest.mark.parametrize("setting", ["a b", "org/", "-x", "org/na..me", "gpt2@", "http://hub/x"])
def test_what_is_neither_folder_nor_hub_id_is_a_wrong_setting(setting):
    with pytest.raises(ConfigError):
        choose(setting)


def test_a_name_in_the_models_folder_is_that_folder(tmp_path):
    folder = make_model(tmp_path / "gpt2")
    assert choose("gpt2", models_dir=tmp_path).folder == folder


def test_the_hub_cache_is_where_the_hub_library_has_it():
    assert default_hub_cache({"HF_HUB_CACHE": "/a"}) == Path("/a")
    assert default_hub_cache({"HF_HOME": "/b"}) == Path("/b/hub")
    assert default_hub_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/huggingface/hub")
    assert default_hub_cache({}) == Path.home() / ".cache/huggingface/hub"


def test_parameters_are_counted_over_all_files(tmp_path):
    folder = make_model(tmp_path / "model", 1_000)
    (make_model(tmp_path / "other", 500) / "model.safetensors").rename(folder / "model-2.safetensors")
    assert read_folder(folder).parameters == 1_500


def test_the_bundled_model_is_verified_byte_for_byte(tmp_path):
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    with pytest.raises(ModelLoadError, match="is missing from"):
        verify_manifest(tmp_path)
    pocket.write_manifest(tmp_path)
    verify_manifest(tmp_path)
    weights.write_bytes(b"weightz")
    with pytest.raises(ModelLoadError, match="damaged"):
        verify_manifest(tmp_path)
    (tmp_path / pocket.MANIFEST).write_text("[]")
    with pytest.raises(ModelLoadError, match="is missing from"):
        verify_manifest(tmp_path)


def test_main_memory_heeds_a_containers_limit(tmp_path):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 100 kB\nMemAvailable:   64 kB\n")
    assert memory.main_memory_bytes(meminfo, tmp_path) == 64 * 1024
    (tmp_path / "memory.max").write_text("50000\n")
    (tmp_path / "memory.current").write_text("20000\n")
    assert memory.main_memory_bytes(meminfo, tmp_path) == 30_000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.main_memory_bytes(meminfo, tmp_path) == 64 * 1024
    assert memory.main_memory_bytes(tmp_path / "missing", tmp_path) == 0


def test_a_gpu_counts_by_what_its_own_tool_says(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 100\necho 300\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert memory.available_memory("cuda") == Memory(300 * 1024**2, is_gpu=True)
    assert memory.available_memory("cpu").is_gpu is False
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert memory.available_memory("cuda") == Memory(0, is_gpu=True)


def make_seq2seq(folder: Path, **options: Any) -> Path:
    config = {"model_type": "marian", "is_encoder_decoder": True}
    return make_model(folder, architecture="MarianMTModel", chat=False, config=config, **options)


def test_a_translation_model_is_a_folder_or_a_hub_id(tmp_path):
    folder = make_seq2seq(tmp_path / "opus-mt-en-fr")
    for setting, models_dir in ((str(folder), None), ("opus-mt-en-fr", tmp_path)):
        choice = choose_translation(setting, models_dir=models_dir)
        assert (choice.name, choice.folder) == ("opus-mt-en-fr", folder)
    choice = choose_translation("Helsinki-NLP/opus-mt-en-fr@refs/pr/4")
    assert (choice.hub_id, choice.revision) == ("Helsinki-NLP/opus-mt-en-fr", "refs/pr/4")
    assert choice.variable == "BOT_TRANSLATION_MODEL"


def test_a_wrong_translation_model_is_named_by_its_own_setting(tmp_path):
    make_model(tmp_path / "chat")
    (make_seq2seq(tmp_path / "pickled") / "model.safetensors").rename(tmp_path / "pickled" / "model.bin")
    for setting, complaint in (("chat", "no encoder-decoder"), ("pickled", "pickle"), ("a b", "neither")):
        with pytest.raises(ConfigError, match=r"^BOT_TRANSLATION_MODEL=") as caught:
            choose_translation(setting, models_dir=tmp_path)
        assert complaint in str(caught.value)
        assert "pocket" not in str(caught.value)


def test_auto_never_takes_a_translation_model(tmp_path):
    make_seq2seq(tmp_path / "nllb", parameters=3_000_000_000)
    make_model(tmp_path / "chat", 1_000_000)
    assert choose_auto(tmp_path) == "chat"
    rows = {row.name: row for row in found_models(models_dir=tmp_path, memory=PLENTY)}
    assert (rows["nllb"].is_seq2seq, rows["nllb"].fits) == (True, True)


def test_a_translation_model_needs_room_too(tmp_path):
    folder = make_seq2seq(tmp_path / "nllb", size_bytes=1000_000_000)
    assert why_no_room(folder, Memory(1_250_010_000 + MEMORY_RESERVE_BYTES, False)) is None
    lack = why_no_room(folder, Memory(1_000_000_000, False))
    assert lack is not None and "are free" in lack
