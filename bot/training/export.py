"""Turns a checkpoint into a model folder that transformers can load without a network.

Knows the folder's files and their order; scoring and the model card have modules of their own.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import GenerationConfig

from bot.generation.pocket import write_manifest
from bot.training.checkpoint import load_checkpoint
from bot.training.presets import Preset
from bot.training.pretrain import build_model
from bot.training.tokenizer import special_tokens_map, with_visible_masks, wrap
from bot.training.tokens import END_ID, PAD_ID, PLACEHOLDER

LICENSE = "apache-2.0"


def export_model(
    checkpoint: Path, tokenizer: Path, folder: Path, *, is_average: bool, translates: list[str], version: str
) -> int:
    """Write the model of `checkpoint` to `folder` in bfloat16; returns its number of parameters.

    `is_average` takes the moving average of the weights: for a run that has not decayed yet.
    Raises FileNotFoundError where the checkpoint is missing.
    """
    state = load_checkpoint(checkpoint)
    if state is None:
        raise FileNotFoundError(checkpoint)
    preset = Preset(**state["preset"])
    model = build_model(preset)
    weights = state["average" if is_average else "model"]
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
    folder.mkdir(parents=True, exist_ok=True)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=END_ID, pad_token_id=PAD_ID, bos_token_id=None
    )
    model.bfloat16().save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    wrap(with_visible_masks(Tokenizer.from_file(str(tokenizer))), preset.max_positions).save_pretrained(
        folder
    )
    _write_json(folder / "special_tokens_map.json", special_tokens_map())
    _write_chat_template(folder)
    _write_json(folder / "parley.json", description(translates, version))
    write_manifest(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def description(translates: list[str], version: str) -> dict[str, object]:
    """What the bot must know about the model before it loads it."""
    return {
        "name": "pocket",
        "version": version,
        "license": LICENSE,
        "follows_instructions": False,
        "translates": translates,
        "placeholder": PLACEHOLDER,
        "summarizes": False,
        "system_prompt": False,
        "sampling": {"temperature": 0.3, "top_k": 40},
        "max_prompt_tokens": 256,
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_chat_template(folder: Path) -> None:
    """Move the template into tokenizer_config.json, where every reader looks for it."""
    template = folder / "chat_template.jinja"
    if not template.exists():
        return
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["chat_template"] = template.read_text(encoding="utf-8")
    _write_json(path, config)
    template.unlink()
