"""Sizes, shares and schedules of the bundled model, for a processor and for a graphics card.

Plain numbers only: no torch, no files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Preset:
    """Everything that decides what a run computes. A token budget is steps x rows x row_length."""

    name: str
    vocab_size: int = 6144
    hidden_size: int = 320
    intermediate_size: int = 896
    layers: int = 5
    heads: int = 5
    max_positions: int = 512
    rows: int = 32
    row_length: int = 256
    steps: int = 5000
    warmup_steps: int = 100
    decay_steps: int = 1000
    matrix_lr: float = 0.02
    other_lr: float = 0.004
    weight_decay: float = 0.01
    clip_norm: float = 1.0
    prompt_weight: float = 0.1
    opening_weight: float = 4.0
    ema_decay: float = 0.998
    seed: int = 1234
    valid_every: int = 400
    valid_documents: int = 300
    shares: dict[str, float] = field(
        default_factory=lambda: {"translation": 0.46, "dialogue": 0.44, "text": 0.10}
    )


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("cpu"),
        Preset("gpu", layers=6, rows=256, row_length=512, steps=10_000, decay_steps=2_500, warmup_steps=300),
        Preset(
            "tiny", vocab_size=400, hidden_size=32, intermediate_size=64, layers=2, heads=2, rows=4,
            row_length=64, steps=40, warmup_steps=5, decay_steps=10, valid_every=20, valid_documents=10,
        ),
    )
}  # fmt: skip


def learning_rate_factor(step: int, preset: Preset) -> float:
    """What the learning rates are multiplied by at `step`: warm up, stay, then fall to 0 at `preset.steps`.

    Warm-up, stable, decay: Hu and others, 2024 (arXiv:2404.06395); the fall by one minus a square root:
    Hägele and others, 2024 (arXiv:2405.18392).
    """
    warm = min(1.0, (step + 1) / preset.warmup_steps)
    begin = preset.steps - preset.decay_steps
    if step <= begin:
        return warm
    return warm * (1.0 - math.sqrt(min(1.0, (step - begin) / preset.decay_steps)))
