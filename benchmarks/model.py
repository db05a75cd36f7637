"""Models to measure with: real shapes, random weights. Speed does not depend on the weights' values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

VOCABULARY = 49_152
CONTEXT = 2048


def make_llama(
    folder: Path, *, layers: int = 30, width: int = 576, heads: int = 9, kv_heads: int = 3
) -> Path:
    """Write a Llama with random bfloat16 weights and a tokenizer; the defaults are SmolLM2-135M's shape."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*letters, "<|end|>", *(f"Ġword{i}" for i in range(VOCABULARY - len(letters) - 1))]
    bpe = Tokenizer(models.BPE(vocab={word: i for i, word in enumerate(words)}, merges=[]))
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|end|>", bos_token="<|end|>")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=width * 8 // 3,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    model: Any = LlamaForCausalLM(config)
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tiny(folder: Path) -> Path:
    """A model small enough that only the road to it is measured."""
    return make_llama(folder, layers=2, width=64, heads=4, kv_heads=2)
