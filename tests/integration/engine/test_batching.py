"""Batched output equals single output, and greedy output equals `model.generate`, whoever joins or leaves."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import (
    BloomConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPTNeoConfig,
    MambaConfig,
    MistralConfig,
    Qwen3NextConfig,
    RwkvConfig,
)

from bot.generation.engine import engine as engine_module
from bot.generation.engine.engine import Engine
from bot.generation.types import SamplingParams
from tests.integration.engine.tiny import base_tokenizer, load_tiny, request, save, texts

PROMPTS = [
    "Once upon a time",
    "x",
    "The quick brown fox jumps over the lazy dog. " * 2,
    "Zwölf Boxkämpfer 🦊",
    "hello how are you today? I am",
    "日本語も少し。",
]


def generate(loaded, prompt, max_new_tokens):
    """What transformers' own `generate` makes of it."""
    ids = torch.tensor([loaded.codec.tokenizer(prompt)["input_ids"]])
    mask = torch.ones_like(ids)
    out = loaded.model.generate(ids, attention_mask=mask, max_new_tokens=max_new_tokens, pad_token_id=0)
    return out[0, ids.shape[1] :].tolist()


def decoded(loaded, ids):
    return loaded.codec.tokenizer.decode(ids, skip_special_tokens=True)


class Recorder(Engine):
    """The engine, remembering the ids it chose."""

    def __init__(self, loaded, **kwargs):
        super().__init__(loaded, **kwargs)
        self.chosen: dict[str, list[int]] = {}

    def _accept(self, answer, logits):
        delta = super()._accept(answer, logits)
        self.chosen.setdefault(answer.request_id, []).append(answer.last_token)
        return delta


def run_schedule(loaded, schedule, *, max_batch: int):
    """`schedule`: (step to join at, prompt, tokens, step to abort at or None), in any order."""
    engine = Recorder(loaded, max_batch=max_batch)
    deltas, step = [], 0
    while engine.has_work or step <= max(join for join, *_ in schedule):
        for at, (join, prompt, tokens, abort) in enumerate(schedule):
            if join == step:
                engine.add(request(str(at), prompt, max_new_tokens=tokens))
            if abort == step:
                engine.abort(str(at))
        deltas += engine.step()
        step += 1
    return engine, deltas


def test_the_models_of_the_usual_shape_run_in_a_padded_batch(padded_model):
    assert Engine(padded_model).why_not_batched is None


@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_greedy_equals_generate_in_any_schedule(padded_model, data):
    row = st.tuples(
        st.integers(0, 8),
        st.sampled_from(PROMPTS),
        st.integers(1, 16),
        st.none() | st.integers(0, 12),
    )
    schedule = data.draw(st.lists(row, min_size=1, max_size=6))
    max_batch = data.draw(st.integers(1, 5))
    engine, deltas = run_schedule(padded_model, schedule, max_batch=max_batch)
    shown = texts(deltas)
    for at, (_, prompt, tokens, abort) in enumerate(schedule):
        expected = generate(padded_model, prompt, tokens)
        chosen = engine.chosen.get(str(at), [])
        if abort is None:
            assert chosen == expected
            assert shown[str(at)] == decoded(padded_model, expected)
        else:
            assert chosen == expected[: len(chosen)]


def test_a_long_prompt_is_read_in_pieces_and_does_not_stall_the_others(llama, monkeypatch):
    monkeypatch.setattr(engine_module, "PREFILL_TOKENS_PER_STEP", 16)
    long = "The quick brown fox jumps over the lazy dog. " * 6
    assert len(llama.codec.tokenizer(long)["input_ids"]) > 64
    engine = Recorder(llama)
    engine.add(request("short", "Once upon", max_new_tokens=20))
    engine.step()
    engine.add(request("long", long, max_new_tokens=5))
    deltas = []
    for _ in range(4):
        deltas += engine.step()
    assert len(engine.chosen["short"]) == 5
    assert "long" not in engine.chosen
    while engine.has_work:
        deltas += engine.step()
    assert engine.chosen["long"] == generate(llama, long, 5)
    assert engine.chosen["short"] == generate(llama, "Once upon", 20)


def test_seeded_sampling_does_not_depend_on_the_company(padded_model):
    sampling: dict[str, Any] = {
        "temperature": 0.9,
        "top_k": 40,
        "top_p": 0.9,
        "repetition_penalty": 1.2,
        "seed": 5,
    }
    alone = Recorder(padded_model)
    alone.add(request("a", PROMPTS[0], **sampling))
    while alone.has_work:
        alone.step()
    together = Recorder(padded_model)
    for at, prompt in enumerate(PROMPTS[1:4]):
        together.add(request(f"other{at}", prompt, temperature=1.0, seed=at, max_new_tokens=5 + 3 * at))
    together.step()
    together.add(request("a", PROMPTS[0], **sampling))
    while together.has_work:
        together.step()
    assert together.chosen["a"] == alone.chosen["a"]
    assert len(set(alone.chosen["a"])) > 3


def test_cache_rows_and_padding_are_given_back(llama):
    engine = Recorder(llama)
    engine.add(request("long", "The quick brown fox jumps over the lazy dog. " * 3, max_new_tokens=50))
    engine.add(request("short", "x", max_new_tokens=50))
    for _ in range(3):
        engine.step()
    runner: Any = engine._runner
    wide = runner._cache.get_seq_length()
    engine.abort("long")
    assert runner._cache.get_seq_length() < wide / 3
    assert runner._cache.layers[0].keys.shape[0] == 1
    assert runner._mask(torch.tensor(runner._lengths)) is None
    engine.abort("short")
    assert runner._cache is None and not engine.has_work


def compatibility_configs(vocab: int):
    common: dict[str, Any] = {
        "vocab_size": vocab,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "bos_token_id": None,
        "eos_token_id": 0,
    }
    heads: dict[str, Any] = {
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "intermediate_size": 64,
    }
    linear: dict[str, Any] = {
        "linear_num_value_heads": 4, "linear_num_key_heads": 2,
        "linear_key_head_dim": 8, "linear_value_head_dim": 8,
        "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16,
        "shared_expert_intermediate_size": 16, "layer_types": ["linear_attention", "full_attention"],
    }  # fmt: skip
    return {
        "gemma2": Gemma2Config(**common, **heads, sliding_window=8, pad_token_id=0),
        "gemma3": Gemma3TextConfig(**common, **heads, sliding_window=8, pad_token_id=0),
        "mistral-window": MistralConfig(**common, **heads, sliding_window=8),
        "mamba": MambaConfig(**common, state_size=8, pad_token_id=0),
        "rwkv": RwkvConfig(**common, context_length=128, attention_hidden_size=32),
        "qwen3-next": Qwen3NextConfig(**common, **heads, **linear),
        "bloom": BloomConfig(
            vocab_size=vocab, hidden_size=32, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=0
        ),
        "gpt-neo": GPTNeoConfig(
            vocab_size=vocab,
            hidden_size=32,
            num_layers=2,
            num_heads=4,
            attention_types=[[["global", "local"], 1]],
            window_size=8,
            max_position_embeddings=128,
            bos_token_id=None,
            eos_token_id=0,
        ),
    }


@pytest.mark.parametrize("piece", [5, 256])
@pytest.mark.parametrize("kind", sorted(compatibility_configs(10)))
def test_other_kinds_of_models_take_the_compatibility_road(kind, piece, tmp_path, monkeypatch):
    monkeypatch.setattr(engine_module, "PREFILL_TOKENS_PER_STEP", piece)
    tokenizer = base_tokenizer()
    loaded = load_tiny(save(tmp_path, compatibility_configs(len(tokenizer))[kind], tokenizer))
    schedule = [
        (0, PROMPTS[0], 14, None),
        (1, PROMPTS[4], 9, None),
        (2, PROMPTS[3], 6, 5),
        (3, "x", 12, None),
    ]
    engine, deltas = run_schedule(loaded, schedule, max_batch=3)
    assert engine.why_not_batched is not None or kind == "gpt-neo"
    for at, (_, prompt, tokens, abort) in enumerate(schedule):
        expected = generate(loaded, prompt, tokens)
        if abort is None:
            assert engine.chosen[str(at)] == expected
            assert texts(deltas)[str(at)] == decoded(loaded, expected)


def test_counting_tokens_is_safe_beside_a_running_step(llama):
    from concurrent.futures import ThreadPoolExecutor

    engine = Engine(llama)
    for at, prompt in enumerate(PROMPTS):
        engine.add(request(str(at), prompt, max_new_tokens=30))
    expected = [len(llama.codec.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in PROMPTS]
    with ThreadPoolExecutor(3) as pool:
        counts = [pool.submit(engine.count_tokens, PROMPTS) for _ in range(60)]
        while engine.has_work:
            engine.step()
        assert all(count.result() == expected for count in counts)


def test_many_random_requests_all_end(llama):
    rng = random.Random(3)
    engine, ended = Engine(llama, max_batch=4), {}
    for at in range(20):
        params = SamplingParams(
            temperature=rng.choice([0.0, 1.0]), max_new_tokens=rng.randrange(0, 12), seed=at
        )
        engine.add(request(str(at), rng.choice(PROMPTS), max_new_tokens=params.max_new_tokens, seed=at,
                           temperature=params.temperature))  # fmt: skip
    while engine.has_work:
        for delta in engine.step():
            if delta.finish_reason:
                assert delta.usage and delta.request_id not in ended
                ended[delta.request_id] = delta
    assert len(ended) == 20
    assert {delta.finish_reason for delta in ended.values()} <= {"stop", "length"}
