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
    """One sequence: all its ids so far, how many of them the model has seen, and the keyword arguments that
    carry the model's state from step to step."""

    def __init__(self, model: CausalLM, ids: Sequence[int]) -> None:
        self._model = model
        self.ids = torch.tensor([list(ids)], device=model.device)
        self.seen = 0
        parameters = inspect.signature(model.forward).parameters
        self._takes_positions = "position_ids" in parameters
        self._state: dict[str, Any] = {"use_cache": True}
        if "logits_to_keep" in parameters:
            self._state["logits_to_keep"] = 1
        config = copy.deepcopy(model.generation_config)
        config.cache_implementation = None  # a static cache would need a size that nobody knows yet
        model._prepare_cache_for_generation(config, self._state, GenerationMode.GREEDY_SEARCH, 1, len(ids))

    def prefill(self, budget: int) -> torch.Tensor | None:
        """Run the model over the next `budget` ids; logits (V,) once it has seen them all."""
        stop = min(self.seen + budget, self.ids.shape[1])
        logits = self._advance(stop, is_first_iteration=True)
        return logits if stop == self.ids.shape[1] else None

    def decode(self, token: int) -> torch.Tensor:
        """Append a token; logits (V,) of what comes after it."""
        self.ids = torch.cat([self.ids, self.ids.new_tensor([[token]])], dim=1)
        return self._advance(self.ids.shape[1], next_sequence_length=1, is_first_iteration=False)

    def _advance(self, stop: int, **options: int | bool) -> torch.Tensor:
        self._state["attention_mask"] = torch.ones_like(self.ids[:, :stop])
        if self._takes_positions:
            self._state["position_ids"] = torch.arange(self.seen, stop, device=self.ids.device)[None]
        fresh = self.ids[:, self.seen : stop]
        inputs = self._model.prepare_inputs_for_generation(fresh, **options, **self._state)
        output = self._model(**inputs, return_dict=True)
        self._state = self._model._update_model_kwargs_for_generation(output, self._state)
        self.seen = stop
        logits: torch.Tensor = output.logits[0, -1]
        return logits


class SingleRunner:
    """A Runner that steps each sequence as a batch of one. A recurrent state takes its prompt in one piece:
    not every such state can be continued by more than one token."""

    def __init__(self, model: CausalLM) -> None:
        self._model = model
        self._sequences: dict[str, _Sequence] = {}
        self._is_recurrent = model._is_stateful or not model._supports_default_dynamic_cache()

    def begin(self, key: str, ids: Sequence[int], answer_ids: Sequence[int] = ()) -> None:
        self._sequences[key] = _Sequence(self._model, [*ids, *answer_ids])

    def prefill(self, key: str, budget: int) -> tuple[int, torch.Tensor | None]:
        sequence = self._sequences[key]
        before = sequence.seen
        logits = sequence.prefill(sequence.ids.shape[1] if self._is_recurrent else max(1, budget))
        return sequence.seen - before, logits

    def decode(self, tokens: Mapping[str, int]) -> dict[str, torch.Tensor]:
        return {key: self._sequences[key].decode(token) for key, token in tokens.items()}

    def drop(self, key: str) -> None:
        self._sequences.pop(key, None)
