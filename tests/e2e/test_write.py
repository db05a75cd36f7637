"""The article's own program: what `write` prints is what transformers generates, token for token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.process import CommandLine

PROMPTS = ["Once upon a time", "Ça va? 你好 🙂", "  two spaces"]


def reference(folder: Path, prompt: str, **options: Any) -> str:
    """What the article's program prints."""
    from transformers import AutoTokenizer, GPT2LMHeadModel

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = GPT2LMHeadModel.from_pretrained(folder)
    input_ids = tokenizer.encode(prompt, return_tensors="pt")
    output = model.generate(
        input_ids,
        attention_mask=input_ids.new_ones(input_ids.shape),
        pad_token_id=tokenizer.eos_token_id,
        do_sample=False,
        num_return_sequences=1,
        **options,
    )
    return str(tokenizer.decode(output[0], skip_special_tokens=True))


@pytest.mark.slow
@pytest.mark.parametrize("prompt", PROMPTS)
def test_write_equals_generate(with_gpt2: CommandLine, gpt2_folder: Path, prompt: str) -> None:
    result = with_gpt2.run("write", prompt, "--max-length", "50")
    assert result.returncode == 0, result.stderr
    assert result.stdout == reference(gpt2_folder, prompt, max_length=50) + "\n"


@pytest.mark.slow
def test_max_new_tokens_leaves_the_prompt_out(with_gpt2: CommandLine, gpt2_folder: Path) -> None:
    result = with_gpt2.run("write", PROMPTS[0], "--max-new-tokens", "50")
    assert result.stdout == reference(gpt2_folder, PROMPTS[0], max_new_tokens=50) + "\n"


@pytest.mark.slow
def test_sequences_are_sampled_and_a_seed_brings_them_back(with_gpt2: CommandLine) -> None:
    arguments = [
        "write",
        "Once upon",
        "--max-length",
        "24",
        "--num-return-sequences",
        "3",
        "--temperature",
        "1.2",
    ]
    first = with_gpt2.run(*arguments, "--seed", "11")
    again = with_gpt2.run(*arguments, "--seed", "11", "--top-k", "0")
    assert first.returncode == 0, first.stderr
    texts = first.stdout.split("-" * 40 + "\n")
    assert len(set(texts)) == 3
    assert all(text.startswith("Once upon") for text in texts)
    assert again.stdout == first.stdout


@pytest.mark.slow
def test_a_prompt_longer_than_max_length_is_explained(with_gpt2: CommandLine) -> None:
    result = with_gpt2.run("write", "word " * 40, "--max-length", "10")
    assert result.returncode == 2
    assert "--max-length must be larger" in result.stderr
