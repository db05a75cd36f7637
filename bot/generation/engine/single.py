"""The compatibility road: models whose cache does not fit a padded batch, one sequence at a time.

Sliding windows, recurrent and hybrid states, old position schemes: each sequence keeps whatever state the
model's own `generate` would keep, advanced by the same methods that `generate` uses. It must not know text,
sampling or requests.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers.generation.configuration_utils import GenerationMode

from bot.generation.engine.causal_lm import CausalLM


class _Sequence:
    """One sequence: all its ids so far and the keyword arguments that carry the model's state from step to
    step."""

    def __init__(self, model: CausalLM, ids: Sequence[int]) -> None:
        self.ids = torch.tensor([list(ids)], device=model.device)
        self.state: dict[str, Any] = {"use_cache": True, "attention_mask": torch.ones_like(self.ids)}
        config = copy.deepcopy(model.generation_config)
        config.cache_implementation = (
            None  # a static or quantized cache would need sizes that nobody knows yet
        )
        model._prepare_cache_for_generation(config, self.state, GenerationMode.GREEDY_SEARCH, 1, len(ids))
        if "position_ids" in inspect.signature(model.forward).parameters:
            self.state["position_ids"] = torch.arange(len(ids), device=model.device)[None]
        self.is_prefilled = False

    def advance(self, model: CausalLM) -> torch.Tensor:
        """Run the model over what it has not seen yet; logits (V,) of the last place."""
        inputs = model.prepare_inputs_for_generation(
            self.ids,
            next_sequence_length=1 if self.is_prefilled else None,
            is_first_iteration=not self.is_prefilled,
            **self.state,
        )
        output = model(**inputs, return_dict=True)
        self.state = model._update_model_kwargs_for_generation(output, self.state)
        self.is_prefilled = True
        logits: torch.Tensor = output.logits[0, -1]
        return logits

    def append(self, token: int) -> None:
        self.ids = torch.cat([self.ids, self.ids.new_tensor([[token]])], dim=1)


class SingleRunner:
    """A Runner that steps each sequence as a batch of one."""

    def __init__(self, model: CausalLM) -> None:
        self._model = model
        self._sequences: dict[str, _Sequence] = {}

    def begin(self, key: str, ids: Sequence[int]) -> None:
        self._sequences[key] = _Sequence(self._model, ids)

    def prefill(self, key: str, budget: int) -> tuple[int, torch.Tensor | None]:
        """The whole prompt at once: not every such state can be continued by more than one token."""
        sequence = self._sequences[key]
        return sequence.ids.shape[1], sequence.advance(self._model)

    def decode(self, tokens: Mapping[str, int]) -> dict[str, torch.Tensor]:
        logits = {}
        for key, token in tokens.items():
            self._sequences[key].append(token)
            logits[key] = self._sequences[key].advance(self._model)
        return logits

    def drop(self, key: str) -> None:
        self._sequences.pop(key, None)
