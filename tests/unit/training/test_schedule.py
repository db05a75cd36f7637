"""The learning rate: up, flat, down to nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.training.presets import PRESETS, learning_rate_factor


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_rate_rises_stays_and_falls_to_zero(name: str) -> None:
    preset = PRESETS[name]
    factors = [learning_rate_factor(step, preset) for step in range(preset.steps + 1)]
    top = preset.steps - preset.decay_steps
    assert factors[: preset.warmup_steps] == sorted(factors[: preset.warmup_steps])
    assert set(factors[preset.warmup_steps : top + 1]) == {1.0}
    assert factors[top:] == sorted(factors[top:], reverse=True)
    assert factors[-1] == 0.0


def test_a_longer_run_keeps_the_rate_of_its_stable_part() -> None:
    preset = PRESETS["cpu"]
    longer = replace(preset, steps=preset.steps * 2)
    assert learning_rate_factor(preset.steps - 1, longer) == 1.0


def test_shares_are_shares() -> None:
    for preset in PRESETS.values():
        assert sum(preset.shares.values()) == pytest.approx(1.0)
