"""Many answers in one batch, over transformers' own DynamicCache.

Each prompt is prefilled alone, in pieces; then its keys and values join the batch's, padded on the left,
and every decode step computes one token for all rows. It must not know text, sampling or requests: rows
have opaque keys.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from bot.generation.engine.causal_lm import CausalLM

PROBE_TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3}  # of the logits' standard deviation
HALF_TOLERANCE = 0.1  # 0.04 was seen where nothing is wrong; wrong positions or masks give about 1
VARYING_ROPE = ("dynamic", "longrope")  # their frequencies depend on the longest row of the batch


class Runner(Protocol):
    """Computes logits for any number of sequences, each known by a key."""

    def begin(self, key: str, ids: Sequence[int], answer_ids: Sequence[int] = ()) -> None:
        """Take a prompt, and what its answer begins with; nothing is computed yet."""

    def prefill(self, key: str, budget: int) -> tuple[int, torch.Tensor | None]:
        """Compute some of the prompt, about `budget` tokens; (tokens computed, logits (V,) once it is all
        done)."""

    def decode(self, tokens: Mapping[str, int]) -> dict[str, torch.Tensor]:
        """Append one token to each given sequence, which must be all that are prefilled; logits (V,) by
        key."""

    def drop(self, key: str) -> None:
        """Forget a sequence, in whatever state, and free its memory."""


@dataclass(slots=True)
class _Partial:
    ids: torch.Tensor  # (1, T)
    cache: DynamicCache
    done: int = 0


class PaddedRunner:
    """A left-padded batch. `rows` is ragged only in padding: row i's last `lengths[i]` cache places are its
    own."""

    def __init__(self, model: CausalLM) -> None:
        self._model = model
        parameters = inspect.signature(model.forward).parameters
        self._extra = {"logits_to_keep": 1} if "logits_to_keep" in parameters else {}
        self._partials: dict[str, _Partial] = {}
        self._rows: list[str] = []
        self._lengths: list[int] = []
        self._cache: DynamicCache | None = None

    def begin(self, key: str, ids: Sequence[int], answer_ids: Sequence[int] = ()) -> None:
        tensor = torch.tensor([[*ids, *answer_ids]], device=self._model.device)
        self._partials[key] = _Partial(tensor, DynamicCache(config=self._model.config))

    def prefill(self, key: str, budget: int) -> tuple[int, torch.Tensor | None]:
        partial = self._partials[key]
        chunk = partial.ids[:, partial.done : partial.done + max(1, budget)]
        positions = torch.arange(partial.done, partial.done + chunk.shape[1], device=chunk.device)[None]
        logits = self._forward(chunk, positions, partial.cache, None)
        partial.done += chunk.shape[1]
        return chunk.shape[1], logits[0] if partial.done == partial.ids.shape[1] else None

    def decode(self, tokens: Mapping[str, int]) -> dict[str, torch.Tensor]:
        for key in [key for key in tokens if key in self._partials]:
            self._join(key)
        assert self._cache is not None and set(tokens) == set(self._rows)
        device = self._model.device
        lengths = torch.tensor(self._lengths, device=device)
        ids = torch.tensor([[tokens[key]] for key in self._rows], device=device)
        logits = self._forward(ids, lengths[:, None], self._cache, self._mask(lengths))
        self._lengths = [length + 1 for length in self._lengths]
        return dict(zip(self._rows, logits, strict=True))

    def _mask(self, lengths: torch.Tensor) -> torch.Tensor | None:
        """(B, width + 1) of ones and, over the padding, zeros; None where no row is padded."""
        assert self._cache is not None
        width = self._cache.get_seq_length()
        if min(self._lengths) == width:
            return None
        places = torch.arange(width + 1, device=lengths.device)
        return (places[None] >= width - lengths[:, None]).long()

    def _forward(
        self, ids: torch.Tensor, positions: torch.Tensor, cache: DynamicCache, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """Logits (B, V) of the last place."""
        output = self._model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            **self._extra,
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits

    def _join(self, key: str) -> None:
        """Append a prefilled sequence to the batch as its last row."""
        partial = self._partials.pop(key)
        if self._cache is None:
            self._cache = partial.cache
        else:
            width = max(self._cache.get_seq_length(), partial.done)
            for ours, theirs in zip(_layers(self._cache), _layers(partial.cache), strict=True):
                ours.keys = torch.cat([_widen(ours.keys, width), _widen(theirs.keys, width)])
                ours.values = torch.cat([_widen(ours.values, width), _widen(theirs.values, width)])
        self._rows.append(key)
        self._lengths.append(partial.done)

    def drop(self, key: str) -> None:
        self._partials.pop(key, None)
        if key not in self._rows:
            return
        gone = self._rows.index(key)
        del self._rows[gone], self._lengths[gone]
        if not self._rows:
            self._cache = None
            return
        assert self._cache is not None
        kept = torch.tensor([i for i in range(len(self._rows) + 1) if i != gone], device=self._model.device)
        padding = self._cache.get_seq_length() - max(self._lengths)
        for layer in _layers(self._cache):
            layer.keys = _filled(layer.keys).index_select(0, kept)[..., padding:, :]
            layer.values = _filled(layer.values).index_select(0, kept)[..., padding:, :]


def _layers(cache: DynamicCache) -> list[DynamicLayer]:
    return [layer for layer in cache.layers if isinstance(layer, DynamicLayer)]


def _filled(states: torch.Tensor | None) -> torch.Tensor:
    assert states is not None, "a cache layer that was never written"
    return states


def _widen(states: torch.Tensor | None, width: int) -> torch.Tensor:
    """(B, H, T, D) padded with zeros on the left to (B, H, width, D)."""
    filled = _filled(states)
    return pad(filled, (0, 0, width - filled.shape[-2], 0))


def why_not_padded(model: CausalLM) -> str | None:
    """Why this model cannot run in a PaddedRunner, in a few words; None when it can.

    Looks at its signature, its cache and its position encoding, and then compares padded, chunked, cached
    logits with those of one plain forward pass.
    """
    parameters = inspect.signature(model.forward).parameters
    if missing := [n for n in ("position_ids", "attention_mask", "past_key_values") if n not in parameters]:
        return f"its forward takes no {missing[0]}"
    if model._is_stateful or not model._supports_default_dynamic_cache():
        return "it keeps a recurrent state"
    kinds = {type(layer) for layer in DynamicCache(config=model.config.get_text_config(decoder=True)).layers}
    if kinds != {DynamicLayer}:
        return "its layers keep different caches"
    if any(kind in str(getattr(model.config, "rope_parameters", "")) for kind in VARYING_ROPE):
        return "its position encoding depends on the longest text"
    with torch.inference_mode():
        return None if _probe(model) else "padding changes its output"


def _probe(model: CausalLM) -> bool:
    vocabulary = model.config.get_text_config(decoder=True).vocab_size
    texts = {
        key: [(7 * i + start) % vocabulary for i in range(n)] for key, n, start in (("a", 9, 3), ("b", 4, 11))
    }
    runner = PaddedRunner(model)
    try:
        for key, ids in texts.items():
            runner.begin(key, ids[:-1])
            while runner.prefill(key, 3)[1] is None:
                pass
        padded = runner.decode({key: ids[-1] for key, ids in texts.items()})
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError):
        return False
    return all(is_close(padded[key], _plain_logits(model, ids)) for key, ids in texts.items())


def _plain_logits(model: CausalLM, ids: Sequence[int]) -> torch.Tensor:
    logits: torch.Tensor = model(
        input_ids=torch.tensor([list(ids)], device=model.device), use_cache=False
    ).logits
    return logits[0, -1]


def is_close(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Whether two logits differ by no more than arithmetic in their format does."""
    tolerance = PROBE_TOLERANCE.get(one.dtype, HALF_TOLERANCE)
    difference = float((one.float() - other.float()).square().mean().sqrt())
    return difference <= tolerance * float(other.float().std()) + 1e-6
