"""The article's own program, and its formula: what this engine writes is what transformers writes."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from transformers import GPT2LMHeadModel, GPT2Tokenizer

from bot.generation.engine.engine import Engine
from bot.generation.engine.loading import load
from bot.generation.types import Prompt
from tests.integration.engine import tiny

PROMPTS = ["Once upon a time", "hello", "The quick brown fox ", "日本語 🦊"]


@pytest.fixture(scope="module", params=[0, 1, 2])
def gpt2_folder(request, tmp_path_factory):
    """A GPT-2-shaped model with GPT-2's own kinds of tokenizer files."""
    folder = tmp_path_factory.mktemp("gpt2")
    trained = tmp_path_factory.mktemp("trained")
    tiny.byte_level_backend(["<|endoftext|>"]).model.save(str(trained))
    tokenizer = GPT2Tokenizer(vocab=str(trained / "vocab.json"), merges=str(trained / "merges.txt"))
    tiny.save(folder, tiny.gpt2_config(len(tokenizer)), tokenizer, seed=request.param)
    if request.param == 2:  # as folders without a tokenizer.json are
        tokenizer.backend_tokenizer.model.save(str(folder))
        (folder / "tokenizer.json").unlink()
    return folder


def test_the_articles_program_gives_the_same_text(gpt2_folder):
    tokenizer = GPT2Tokenizer.from_pretrained(gpt2_folder)
    model: Any = GPT2LMHeadModel.from_pretrained(gpt2_folder)
    engine = Engine(load(gpt2_folder, name="gpt2", device="cpu"), max_batch=3)
    expected, lengths = {}, {}
    for text in PROMPTS:
        input_ids = tokenizer.encode(text, return_tensors="pt")
        output = model.generate(input_ids, max_length=50, num_return_sequences=1)
        expected[text] = tokenizer.decode(output[0], skip_special_tokens=True)
        lengths[text] = output.shape[1]
        engine.add(tiny.request(text, Prompt(prefix=text), max_new_tokens=50 - input_ids.shape[1]))
    deltas = []
    while engine.has_work:
        deltas += engine.step()
    assert {text: text + answer for text, answer in tiny.texts(deltas).items()} == expected
    usages = {delta.request_id: delta.usage for delta in deltas if delta.usage}
    assert {text: usage.prompt_tokens + usage.new_tokens for text, usage in usages.items()} == lengths


def test_generation_ends_at_the_end_of_text_token_as_generate_does(gpt2_folder):
    """Found by search: a prompt of one token after which this model ends its text before 50 tokens."""
    model: Any = GPT2LMHeadModel.from_pretrained(gpt2_folder)
    with torch.no_grad():
        model.lm_head.weight[0] *= 4  # this model likes to end
    loaded = load(gpt2_folder, name="gpt2", device="cpu")
    loaded_model: Any = loaded.model
    loaded_model.load_state_dict(model.state_dict())
    ended = 0
    for token in range(1, 60):
        text = loaded.codec.decode([token])
        ids = loaded.codec.tokenizer(text, return_tensors="pt")["input_ids"]
        output = model.generate(ids, max_length=50, pad_token_id=0)
        engine = Engine(loaded)
        engine.add(tiny.request("a", text, max_new_tokens=50 - ids.shape[1]))
        deltas = []
        while engine.has_work:
            deltas += engine.step()
        usage = deltas[-1].usage
        assert usage and usage.new_tokens == output.shape[1] - ids.shape[1]
        assert tiny.texts(deltas)["a"] == loaded.codec.tokenizer.decode(
            output[0, ids.shape[1] :], skip_special_tokens=True
        )
        ended += deltas[-1].finish_reason == "stop"
    assert ended > 0


@pytest.mark.parametrize("length", [1, 7, 20])
def test_attention_is_the_formula_of_the_paper(gpt2_folder, length):
    """softmax(Q K^T / sqrt(d_k)) V over the tokens up to each one: Vaswani et al., "Attention Is All You
    Need", 2017, equation 1, multi-head as in section 3.2.2, computed by hand in double precision."""
    loaded = load(gpt2_folder, name="gpt2", device="cpu")
    model: Any = loaded.model
    layer = model.transformer.h[1].attn
    hidden = torch.randn(1, length, 32, generator=torch.Generator().manual_seed(length))
    with torch.inference_mode():
        output = layer(hidden)[0]
    x = hidden[0].double()
    qkv = x @ layer.c_attn.weight.double() + layer.c_attn.bias.double()
    heads, d_k = layer.num_heads, layer.head_dim
    q, k, v = (part.view(length, heads, d_k).transpose(0, 1) for part in qkv.split(heads * d_k, dim=1))
    scores = q @ k.transpose(1, 2) / math.sqrt(d_k)
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    joined = (weights @ v).transpose(0, 1).reshape(length, heads * d_k)
    by_hand = joined @ layer.c_proj.weight.double() + layer.c_proj.bias.double()
    assert torch.allclose(output[0].double(), by_hand, atol=1e-5)
