"""The recipe at a hundredth of its size: it learns, survives a kill, and its model loads elsewhere."""

from __future__ import annotations

import dataclasses
import json
import lzma
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.generation.pocket import verify_manifest
from bot.training.checkpoint import FINAL, LATEST, STABLE, load_checkpoint
from bot.training.data import CHAT_FILES, TEXT_FILES, TRANSLATION_FILES
from bot.training.decoding import Decoder, is_looping
from bot.training.export import export_model
from bot.training.muon import orthogonalise
from bot.training.presets import PRESETS, Preset
from bot.training.pretrain import Trainer, build_model, loss_of, to_tensors
from bot.training.tasks import open_streams

TINY = PRESETS["tiny"]
ENGLISH = {"cat": "chat", "dog": "chien", "house": "maison", "bread": "pain", "water": "eau"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the form of the training data, small enough to be learnt in seconds."""
    folder = tmp_path_factory.mktemp("data")
    rng = random.Random(1)
    pairs, talks, texts = [], [], []
    for index in range(300):
        english = rng.choice(sorted(ENGLISH))
        text = {"en": f"I see {index} {english}.", "fr": f"Je vois {index} {ENGLISH[english]}."}
        pairs.append({"task": "translation", "source": "tatoeba", "text": text})
        talk = [{"role": "user", "content": f"Who made {english} number {index}?"}]
        talk.append({"role": "assistant", "content": "Tom."})
        talks.append({"task": "chat", "lang": "en", "source": "ni-898", "messages": talk})
        story = f"The {english} was small. It had {index} friends. " * 3
        texts.append({"task": "text", "lang": "en", "source": "storybooks", "text": story})
    for names, records in ((TRANSLATION_FILES, pairs), (CHAT_FILES, talks), (TEXT_FILES, texts)):
        _write(folder / names[0], records)
        _write(folder / names[1], [])
    return folder


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole tiny run."""
    folder = tmp_path_factory.mktemp("run")
    _trainer(data, folder, TINY).run()
    return folder


def test_the_loss_falls_on_every_task(finished: Path) -> None:
    rows = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    valid = [row for row in rows if row["kind"] == "valid"]
    assert [row["step"] for row in valid] == [20, 40]
    for task in ("translation", "dialogue", "text"):
        assert valid[-1][f"loss_{task}"] < valid[0][f"loss_{task}"] < 6.2
    train = [row for row in rows if row["kind"] == "train"]
    assert train[-1]["left_s"] == 0
    assert train[-1]["tokens"] > 5_000


def test_a_killed_run_resumes_to_the_same_weights(data: Path, finished: Path, tmp_path: Path) -> None:
    script = (
        f"import sys; from pathlib import Path; sys.path.insert(0, {str(Path(__file__).parents[3])!r});"
        "from tests.integration.training.test_recipe import _trainer, TINY;"
        f"_trainer(Path({str(data)!r}), Path({str(tmp_path)!r}), TINY, checkpoint_every_s=0.0).run()"
    )
    (tmp_path / "tokenizer.json").write_bytes((finished / "tokenizer.json").read_bytes())
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while _step(tmp_path) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert 5 <= _step(tmp_path) < TINY.steps
    reports: list[str] = []
    _trainer(data, tmp_path, TINY, report=reports.append).run()
    assert reports[0].startswith("resumed at step")
    _assert_same_weights(tmp_path / FINAL, finished / FINAL)


def test_a_run_can_finish_by_the_clock(data: Path, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes((finished / "tokenizer.json").read_bytes())
    endless = dataclasses.replace(TINY, steps=10**9, valid_every=10**9)
    started_at = time.monotonic()
    _trainer(data, tmp_path, endless, finish_in_s=3.0).run()
    assert time.monotonic() - started_at < 30
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    factors = [row["lr_factor"] for row in rows]
    assert factors == sorted(factors, reverse=True)
    state = load_checkpoint(tmp_path / FINAL)
    assert state is not None
    assert state["factor"] == 0.0
    assert (tmp_path / STABLE).exists()
    longer = _trainer(data, tmp_path, dataclasses.replace(endless, steps=state["step"] + 2))
    longer.run()
    assert longer.step == state["step"] + 2, "a finished run can be taken up again"


def test_the_exported_model_is_whole_and_gives_the_same_loss(
    data: Path, finished: Path, tmp_path: Path
) -> None:
    export_model(
        finished / FINAL,
        finished / "tokenizer.json",
        tmp_path,
        is_average=False,
        translates=["en"],
        version="1",
    )
    assert verify_manifest(tmp_path) == []
    decoder = Decoder(tmp_path)
    assert (decoder.tokenizer.eos_token, decoder.tokenizer.pad_token) == ("<|end|>", "<|pad|>")
    batch = to_tensors(
        open_streams(data, finished / "tokenizer.json", TINY).valid["text"][0], torch.device("cpu")
    )
    trained = build_model(TINY)
    state = load_checkpoint(finished / FINAL)
    assert state is not None
    trained.load_state_dict(state["model"], strict=False)
    with torch.no_grad():
        expected, actual = loss_of(trained, batch), loss_of(decoder.model, batch)
    assert float(actual) == pytest.approx(float(expected), abs=0.02)
    parley = json.loads((tmp_path / "parley.json").read_text())
    assert parley["name"] == "pocket"
    assert parley["follows_instructions"] is False


def test_the_chat_template_and_the_training_encoder_agree(data: Path, finished: Path, tmp_path: Path) -> None:
    export_model(
        finished / FINAL, finished / "tokenizer.json", tmp_path, is_average=True, translates=[], version="1"
    )
    decoder = Decoder(tmp_path)
    messages = [{"role": "system", "content": "no"}, {"role": "user", "content": "I see 1 cat."}]
    text = decoder.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    assert text == "<|user|>I see 1 cat.<|end|><|assistant|>"
    ids = decoder.tokenizer(text)["input_ids"]
    assert ids[0] == 2
    assert ids[-2:] == [1, 3]
    answers = decoder.chat([messages, messages], 8)
    assert answers[0] == answers[1]
    assert len(answers[0].token_ids) <= 8
    assert isinstance(is_looping(answers[0]), bool)


def test_a_document_does_not_see_its_neighbours(data: Path, finished: Path) -> None:
    batch = open_streams(data, finished / "tokenizer.json", TINY).valid["translation"][0]
    model = build_model(TINY)
    changed = dataclasses.replace(batch, ids=batch.ids.copy())
    changed.ids[batch.segments == 1] = 30
    device = torch.device("cpu")
    only_later = (batch.segments > 1) * batch.weights
    with torch.no_grad():
        losses = [
            loss_of(model, to_tensors(dataclasses.replace(b, weights=only_later), device))
            for b in (batch, changed)
        ]
    assert float(losses[0]) == pytest.approx(float(losses[1]), abs=1e-5)


def test_orthogonalised_matrices_have_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((3, 16, 40), (2, 40, 16), (1, 8, 8)):
        values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)))
        assert float(values.min()) > 0.3
        assert float(values.max()) < 1.35


def _trainer(data: Path, run: Path, preset: Preset, **options: Any) -> Trainer:
    torch.set_num_threads(1)
    streams = open_streams(data, run / "tokenizer.json", preset)
    return Trainer(preset, streams.packer, streams.valid, run, compiled=False, **options)


def _write(path: Path, records: list[dict[str, Any]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def _step(run: Path) -> int:
    state = load_checkpoint(run / LATEST)
    return int(state["step"]) if state else 0


def _assert_same_weights(one: Path, other: Path) -> None:
    first, second = load_checkpoint(one), load_checkpoint(other)
    assert first is not None
    assert second is not None
    assert first["step"] == second["step"]
    assert first["tokens"] == second["tokens"]
    for name, value in first["model"].items():
        torch.testing.assert_close(value, second["model"][name], msg=name)
