"""Tiny models and tokenizers with random weights, built by the tests: real classes and files."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    LlamaConfig,
    PreTrainedConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from bot.generation.engine.loading import LoadedModel, load
from bot.generation.types import Delta, GenerationRequest, Prompt, SamplingParams

CORPUS = [
    "Once upon a time there was a fox who lived in a deep green forest by the river.",
    "hello how are you today? I am fine, thank you. What is your name? My name is Pip.",
    "The quick brown fox jumps over the lazy dog. She said: it is a system, an assistant, a user.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. 日本語も少し。 Привет! 🦊🌲",
] * 3

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LLAMA3 = (
    "{{ '<|begin_of_text|>' }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] | trim }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    "<s>{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate user/assistant/user/assistant') }}{% endif %}"
    "{% if m['role'] == 'user' %}[INST] {{ m['content'] }} [/INST]"
    "{% else %} {{ m['content'] }}</s>{% endif %}{% endfor %}"
)
POCKET = (
    "{%- for m in messages -%}{%- if m['role'] == 'user' -%}{{- '<|user|>' + m['content'] + '<|end|>' -}}"
    "{%- elif m['role'] == 'assistant' -%}{{- '<|assistant|>' + m['content'] + '<|end|>' -}}{%- endif -%}"
    "{%- endfor -%}{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)
TEMPLATES = {
    "chatml": (CHATML, ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]),
    "llama3": (
        LLAMA3,
        ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
    ),
    "mistral": (MISTRAL, ["<s>", "</s>", "[INST]", "[/INST]"]),
    "pocket": (POCKET, ["<|pad|>", "<|end|>", "<|user|>", "<|assistant|>"]),
}
EOS = {"chatml": "<|im_end|>", "llama3": "<|eot_id|>", "mistral": "</s>", "pocket": "<|end|>"}


def byte_level_backend(special: list[str], vocab_size: int = 400) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def sentencepiece_backend() -> Tokenizer:
    """Shaped like Llama-2's: spaces as ▁, bytes as <0xNN> where a character is unknown, a space in front
    stripped."""
    pieces = [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<unk>", "<s>", "</s>", *pieces], show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS[:3], trainer)
    return as_plain_bytes(tokenizer, pieces)


def as_plain_bytes(tokenizer: Tokenizer, pieces: list[str]) -> Tokenizer:
    """The trainer knows byte pieces only as special tokens; the real vocabularies hold them as plain ones."""
    import json

    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] not in pieces]
    return Tokenizer.from_str(json.dumps(data))


def chat_tokenizer(style: str) -> PreTrainedTokenizerFast:
    template, special = TEMPLATES[style]
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_level_backend(special),
        eos_token=EOS[style],
        additional_special_tokens=special,
        chat_template=template,
    )


def base_tokenizer() -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=byte_level_backend(["<|endoftext|>"]),
        bos_token="<|endoftext|>",
        eos_token="<|endoftext|>",
    )


def gpt2_config(vocab: int) -> PreTrainedConfig:
    return GPT2Config(
        vocab_size=vocab, n_positions=128, n_embd=32, n_layer=3, n_head=4, bos_token_id=0, eos_token_id=0
    )


def llama_config(vocab: int) -> PreTrainedConfig:
    """Grouped-query attention: 4 heads share 2 key-value heads."""
    return LlamaConfig(
        vocab_size=vocab,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        bos_token_id=None,
        eos_token_id=0,
    )


def qwen2_config(vocab: int) -> PreTrainedConfig:
    return Qwen2Config(
        vocab_size=vocab,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=1,
        max_position_embeddings=256,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
    )


PADDED = {"gpt2": gpt2_config, "llama": llama_config, "qwen2": qwen2_config}


def save(folder: Path, config: PreTrainedConfig, tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> Path:
    """Write a model folder. Weights are spread wide, so that greedy answers vary."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0.0, 0.25)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def load_tiny(folder: Path) -> LoadedModel:
    return load(folder, name="tiny", device="cpu", dtype="float32")


def request(
    request_id: str, prompt: Prompt | str, *, max_new_tokens: int = 24, **sampling: object
) -> GenerationRequest:
    prompt = Prompt(prefix=prompt) if isinstance(prompt, str) else prompt
    params = SamplingParams(max_new_tokens=max_new_tokens, **sampling)  # type: ignore[arg-type]
    return GenerationRequest(request_id, prompt, params, tenant="test")


def texts(deltas: list[Delta]) -> dict[str, str]:
    """The whole text of every request among `deltas`."""
    joined: dict[str, str] = {}
    for delta in deltas:
        joined[delta.request_id] = joined.get(delta.request_id, "") + delta.text
    return joined
