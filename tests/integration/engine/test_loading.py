"""Loading: what is read from a folder, and that broken or hostile folders are refused in one line."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, T5Config, T5ForConditionalGeneration

from bot.errors import ModelLoadError
from bot.generation.engine.loading import load
from tests.integration.engine import tiny


@pytest.fixture
def folder(llama_folder, tmp_path) -> Path:
    return Path(shutil.copytree(llama_folder, tmp_path / "model"))


def edit(path: Path, **values: object) -> None:
    data = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(data | values))


def refusal(folder: Path, **options) -> str:
    with pytest.raises(ModelLoadError) as caught:
        load(folder, name="x", device=options.pop("device", "cpu"), **options)
    text = str(caught.value)
    assert "\n" not in text and "Traceback" not in text and len(text) < 700
    assert str(folder) not in caught.value.user_message
    return text


def test_what_is_known_of_a_base_model(llama_folder):
    info = load(llama_folder, name="tiny", threads=1).info
    assert (info.name, info.folder) == ("tiny", str(llama_folder))
    assert info.dtype == "float32" and info.context_window == 512
    assert info.device == ("cuda" if torch.cuda.is_available() else "cpu")
    assert info.parameters > 20_000
    flags = (info.has_chat_template, info.follows_instructions, info.uses_system_prompt, info.summarizes)
    assert flags == (False, False, False, False)
    assert info.translates is None and info.sampling == {}


def test_what_is_known_of_a_chat_model(tmp_path):
    tokenizer = tiny.chat_tokenizer("chatml")
    tokenizer.model_max_length = 256
    tiny.save(tmp_path, tiny.llama_config(len(tokenizer)), tokenizer)
    info = load(tmp_path, name="chat", device="cpu").info
    assert (
        info.has_chat_template and info.follows_instructions and info.uses_system_prompt and info.summarizes
    )
    assert info.context_window == 256
    assert 5 < info.message_overhead < 40


def test_the_skills_file_and_recommended_sampling(folder):
    edit(folder / "generation_config.json", do_sample=True, temperature=0.6, top_p=0.95, top_k=20)
    (folder / "parley.json").write_text(
        json.dumps({"translates": ["en", "fr"], "summarizes": True, "sampling": {"temperature": 0.3}})
    )
    info = load(folder, name="x", device="cpu").info
    assert info.translates == ("en", "fr") and info.summarizes and not info.follows_instructions
    assert info.sampling == {"temperature": 0.3, "top_p": 0.95, "top_k": 20.0}


@pytest.mark.parametrize("dtype", ["bfloat16", "bf16"])
def test_a_dtype_can_be_chosen(llama_folder, dtype):
    assert load(llama_folder, name="x", device="cpu", dtype=dtype).info.dtype == "bfloat16"


def test_an_odd_tokenizer_limit_is_not_believed(folder):
    for limit, window in ((10**30, 512), (-1, 512), (4, 512), (100, 100)):
        edit(folder / "tokenizer_config.json", model_max_length=limit)
        assert load(folder, name="x", device="cpu").info.context_window == window


class Exploit:
    def __reduce__(self):
        return (os.system, ("touch exploited",))


def with_pickle(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Exploit()))


def with_own_code(folder: Path) -> None:
    edit(folder / "config.json", model_type="mystery", auto_map={"AutoModelForCausalLM": "evil.Model"})
    (folder / "evil.py").write_text("open('exploited', 'w').close()")


def with_traversal(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder.parent / "model.safetensors")
    index = {"metadata": {}, "weight_map": {"model.norm.weight": "../model.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def truncate(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[: len(data) // 2])


def without_a_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.mlp.up_proj.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def without_a_tokenizer(folder: Path) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (with_pickle, "pickled files"),
        (with_own_code, "does not know the model type 'mystery' and brings its own Python code"),
        (with_traversal, "names a file that is not"),
        (truncate, "bytes instead of"),
        (without_a_tensor, "the weights lack 1 tensors, model.layers.1.mlp.up_proj.weight among them"),
        (without_a_tokenizer, "no tokenizer files"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer cannot be loaded"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer cannot be loaded"),
        (lambda f: (f / "config.json").unlink(), "config.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: edit(f / "config.json", intermediate_size=48), "are not as large as config.json says"),
        (lambda f: edit(f / "config.json", hidden_size="big"), ""),
        (lambda f: edit(f / "config.json", model_type=None), "does not know the model type None"),
        (lambda f: (f / "parley.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: BertConfig(hidden_size=32, num_hidden_layers=1).save_pretrained(f), ""),
    ],
)
def test_broken_and_hostile_folders_are_refused(folder, damage, message, monkeypatch, tmp_path):
    def no_sockets(*_args, **_kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", no_sockets)
    monkeypatch.setattr(socket, "getaddrinfo", no_sockets)
    monkeypatch.chdir(tmp_path)
    damage(folder)
    assert message in refusal(folder)
    assert not Path("exploited").exists()


def test_a_model_whose_chat_template_refuses_everything_gets_transcripts(folder):
    edit(folder / "tokenizer_config.json", chat_template="{{ raise_exception('no') }}")
    loaded = load(folder, name="x", device="cpu")
    assert not loaded.info.has_chat_template and loaded.renderer.template is None


def test_own_code_is_ignored_where_transformers_has_the_architecture(folder, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with_own_code(folder)
    edit(folder / "config.json", model_type="llama")
    assert load(folder, name="x", device="cpu").info.parameters
    assert not Path("exploited").exists()


def test_encoder_decoders_are_refused(tmp_path):
    config = T5Config(vocab_size=300, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
    T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    tiny.base_tokenizer().save_pretrained(tmp_path)
    assert "is an encoder-decoder" in refusal(tmp_path)


def test_a_folder_that_is_not_there():
    assert "no such folder" in refusal(Path("/nonexistent/model"))


def test_wrong_devices_and_dtypes_are_refused(llama_folder):
    assert "'abacus' is no device" in refusal(llama_folder, device="abacus")
    assert "'float3' is no dtype" in refusal(llama_folder, dtype="float3")


def test_loading_and_generating_print_nothing(llama_folder, tmp_path):
    """A process of its own, as the worker's child is, in which any warning would be seen."""
    code = (
        "import sys; from pathlib import Path; from bot.generation.engine import Engine, load; "
        "from bot.generation.types import *; e = Engine(load(Path(sys.argv[1]), name='x', device='cpu')); "
        "e.add(GenerationRequest('a', Prompt(prefix='word ' * 120), SamplingParams(), 't'));\n"
        "while e.has_work: e.step()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, str(llama_folder)],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
