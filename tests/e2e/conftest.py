"""Tiny models for `python -m bot` to run, and processes that do not outlive their test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.process import CommandLine, end

TRAINING_TEXT = """Once upon a time there was a small bot that lived in a quiet channel. It read what people
wrote, remembered it, and answered when it was asked. In a hole in the ground there lived a model; it was
not large, but it was warm and it had a door. Hello, how are you today? I am fine, thank you, and you? The
weather is good and the sea is blue. Translate this into French, please. The quick brown fox jumps over the
lazy dog.
"""


@pytest.fixture
def parley(tmp_path: Path) -> CommandLine:
    """The command line in an empty folder, with defaults."""
    return CommandLine(tmp_path)


@pytest.fixture(scope="session")
def gpt2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A GPT-2 of two small layers with a byte-level BPE tokenizer: random, and always the same."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny-gpt2"
    end_of_text = "<|endoftext|>"
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=[end_of_text], initial_alphabet=alphabet)
    bpe.train_from_iterator(TRAINING_TEXT.splitlines(), trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe, bos_token=end_of_text, eos_token=end_of_text, unk_token=end_of_text
    )
    torch.manual_seed(7)
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=16_384,
        n_embd=48,
        n_layer=2,
        n_head=4,
        initializer_range=0.4,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model = GPT2LMHeadModel(config)
    # An end that is never the likeliest token: answers last as long as a test lets them.
    with torch.no_grad():
        model.transformer.wte.weight[tokenizer.eos_token_id] = 0.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def with_gpt2(parley: CommandLine, gpt2_folder: Path) -> CommandLine:
    """The command line with the tiny GPT-2 as its model."""
    return CommandLine(parley.folder, {"BOT_MODEL": str(gpt2_folder)})


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes to be ended after the test."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        end(process)
