from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from bot.errors import ModelLoadError
from bot.generation.engine.folder import count_parameters, needs_own_code, read_config, read_skills


def write_weights(path: Path, shapes: dict[str, list[int]], *, cut: int = 0) -> None:
    header, at = {}, 0
    for name, shape in shapes.items():
        size = 4
        for dimension in shape:
            size *= dimension
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    encoded = json.dumps(header | {"__metadata__": {"format": "pt"}}).encode()
    data = struct.pack("<Q", len(encoded)) + encoded + bytes(at)
    path.write_bytes(data[: len(data) - cut])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "tokenizer.json").write_text("{}")
    write_weights(tmp_path / "model.safetensors", {"a": [3, 4], "b": [5]})
    return tmp_path


def index(folder: Path, weight_map: object) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def test_parameters_are_counted_from_the_headers(folder):
    assert count_parameters(folder) == 17
    write_weights(folder / "part2.safetensors", {"c": [2, 2, 2]})
    index(folder, {"a": "model.safetensors", "c": "part2.safetensors", "b": "model.safetensors"})
    assert count_parameters(folder) == 25


def test_a_whole_folder_is_read(folder):
    assert read_config(folder) == {"model_type": "gpt2"}
    assert not needs_own_code(folder, read_config(folder))
    (folder / "tokenizer_config.json").write_text('{"auto_map": {"AutoTokenizer": "x.Y"}}')
    assert needs_own_code(folder, {})


@pytest.mark.parametrize(
    "name", ["../outside.safetensors", "/etc/passwd", "a/b.safetensors", "..\\x.safetensors", "x.bin"]
)
def test_an_index_cannot_name_files_elsewhere(folder, name):
    index(folder, {"a": name})
    with pytest.raises(ModelLoadError, match="names a file that is not"):
        count_parameters(folder)


def break_index(folder: Path) -> None:
    index(folder, {"a": "missing.safetensors"})


def only_pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def foreign(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.safetensors").unlink(), "no model.safetensors"),
        (lambda f: write_weights(f / "model.safetensors", {"a": [10]}, cut=7), "bytes instead of"),
        (foreign, "is damaged, or no safetensors file"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "is damaged, or no safetensors file"),
        (only_pickles, "convert them"),
        (break_index, "missing.safetensors is missing"),
        (lambda f: index(f, []), "holds no weight_map"),
    ],
)
def test_bad_weights_are_refused_in_one_line(folder, damage, message):
    damage(folder)
    with pytest.raises(ModelLoadError, match=message) as caught:
        count_parameters(folder)
    assert "\n" not in str(caught.value)
    assert str(folder) not in caught.value.user_message


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: (f / "config.json").write_text("[1]"), "holds no JSON object"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer files"),
        (lambda f: (f / "adapter_config.json").write_text("{}"), "adapter"),
    ],
)
def test_bad_folders_are_refused_in_one_line(folder, damage, message):
    damage(folder)
    with pytest.raises(ModelLoadError, match=message):
        read_config(folder)


def test_a_folder_that_is_not_there():
    with pytest.raises(ModelLoadError, match="no such folder"):
        read_config(Path("/nonexistent/model"))


def test_skills_are_read_where_they_are_given(folder):
    assert read_skills(folder).follows_instructions is None
    skills = {"follows_instructions": True, "summarizes": False, "system_prompt": False}
    more = {
        "translates": ["en", "fr"],
        "placeholder": "<|m{n}|>",
        "sampling": {"temperature": 0.7, "top_k": 40},
    }
    (folder / "parley.json").write_text(json.dumps(skills | more))
    read = read_skills(folder)
    assert (read.follows_instructions, read.summarizes, read.uses_system_prompt) == (True, False, False)
    assert read.translates == ("en", "fr") and read.placeholder == "<|m{n}|>"
    assert read.sampling == {"temperature": 0.7, "top_k": 40.0}


@pytest.mark.parametrize(
    "text",
    [
        "[",
        '{"translates": "en"}',
        '{"placeholder": "<mask>"}',
        '{"summarizes": 1}',
        '{"sampling": {"top_k": "x"}}',
    ],
)
def test_wrong_skills_are_refused(folder, text):
    (folder / "parley.json").write_text(text)
    with pytest.raises(ModelLoadError):
        read_skills(folder)


def test_the_torch_free_parts_import_no_torch():
    import subprocess
    import sys

    code = (
        "import sys, bot.generation.engine, bot.generation.engine.folder, bot.generation.engine.detokenizer, "
        "bot.generation.engine.neutralize; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
