"""Encoder-decoder models, many texts at a time.

Texts that begin in the same step are a cohort: encoded in one padded batch, then decoded together, one token
a step, over transformers' own caches of self- and cross-attention. All rows of a cohort are equally far, so
every scheme of positions is right without knowing it. It must not know text, sampling or requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from transformers.modeling_outputs import BaseModelOutput

from bot.generation.engine.padded import is_close

COHORT_TOKENS = 1024  # places of one padded batch to be encoded; running answers wait that long


class Seq2SeqLM(Protocol):
    """What the engine uses of a transformers model with an encoder and a decoder that can `generate`."""

    config: Any
    generation_config: Any
    device: torch.device
    dtype: torch.dtype
    __call__: Callable[..., Any]
    num_parameters: Callable[..., int]
    get_input_embeddings: Callable[[], torch.nn.Embedding]
    get_encoder: Callable[[], torch.nn.Module]


@dataclass(slots=True)
class _Cohort:
    """Rows that are equally far. `states` (B, S, D) and `mask` (B, S) are the encoder's; `ids` (B, T) are the
    decoder's, all but the last of them in `cache`, which is None for models that keep none."""

    keys: list[str]
    states: torch.Tensor
    mask: torch.Tensor
    ids: torch.Tensor
    cache: Any = None
    logits: dict[str, torch.Tensor] = field(default_factory=dict)


class Seq2SeqRunner:
    """A Runner over cohorts. `max_rows` 1 runs every text alone, for models whose encoder heeds padding."""

    def __init__(self, model: Seq2SeqLM, *, max_rows: int | None = None) -> None:
        self._model = model
        self._max_rows = max_rows
        self._pad = _pad_id(model)
        self._suppressed = torch.tensor(_suppressed_ids(model), dtype=torch.long, device=model.device)
        self._begun: dict[str, tuple[list[int], list[int]]] = {}
        self._cohorts: dict[str, _Cohort] = {}  # by key, several keys to one

    def begin(self, key: str, ids: Sequence[int], answer_ids: Sequence[int] = ()) -> None:
        self._begun[key] = (list(ids), list(answer_ids))

    def prefill(self, key: str, budget: int) -> tuple[int, torch.Tensor | None]:
        """The whole cohort is computed with its first key, and counted with its last: all begin together."""
        if key in self._begun:
            self._encode(self._next_cohort(key))
        cohort = self._cohorts[key]
        logits = cohort.logits.pop(key)
        return 0 if cohort.logits else cohort.mask.numel(), logits

    def _next_cohort(self, key: str) -> list[str]:
        """`key` and those after it that can be encoded with it: as many as COHORT_TOKENS hold."""
        keys, width = [key], len(self._begun[key][0])
        for other, (ids, answer_ids) in self._begun.items():
            if other == key or len(answer_ids) != len(self._begun[key][1]):
                continue
            width = max(width, len(ids))
            if (len(keys) + 1) * width > COHORT_TOKENS or len(keys) == self._max_rows:
                break
            keys.append(other)
        return keys

    def _encode(self, keys: list[str]) -> None:
        """Make a cohort of `keys`: encode their texts, and decode the beginnings of their answers."""
        rows = [self._begun.pop(key) for key in keys]
        width = max(len(ids) for ids, _ in rows)
        device = self._model.device
        texts = torch.tensor([ids + [self._pad] * (width - len(ids)) for ids, _ in rows], device=device)
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in rows], device=device)
        states = self._model.get_encoder()(input_ids=texts, attention_mask=mask, return_dict=True)[0]
        begun = torch.tensor([answer_ids for _, answer_ids in rows], device=device)
        cohort = _Cohort(keys, states, mask, begun)
        cohort.logits = dict(zip(keys, self._forward(cohort, begun), strict=True))
        self._cohorts.update(dict.fromkeys(keys, cohort))

    def decode(self, tokens: Mapping[str, int]) -> dict[str, torch.Tensor]:
        logits: dict[str, torch.Tensor] = {}
        for cohort in {id(cohort): cohort for cohort in self._cohorts.values()}.values():
            fresh = torch.tensor([[tokens[key]] for key in cohort.keys], device=self._model.device)
            cohort.ids = torch.cat([cohort.ids, fresh], dim=1)
            rows = self._forward(cohort, fresh if cohort.cache is not None else cohort.ids)
            logits.update(zip(cohort.keys, rows, strict=True))
        return logits

    def _forward(self, cohort: _Cohort, ids: torch.Tensor) -> torch.Tensor:
        """Logits (B, V) of what follows the last place."""
        output = self._model(
            encoder_outputs=BaseModelOutput(last_hidden_state=cohort.states),
            attention_mask=cohort.mask,
            decoder_input_ids=ids,
            past_key_values=cohort.cache,
            use_cache=True,
            return_dict=True,
        )
        cohort.cache = output.past_key_values
        logits: torch.Tensor = output.logits[:, -1].index_fill(-1, self._suppressed, -torch.inf)
        return logits

    def drop(self, key: str) -> None:
        self._begun.pop(key, None)
        cohort = self._cohorts.pop(key, None)
        if cohort is None or len(cohort.keys) == 1:
            return
        gone = cohort.keys.index(key)
        kept = torch.tensor([i for i in range(len(cohort.keys)) if i != gone], device=self._model.device)
        cohort.keys.remove(key)
        cohort.logits.pop(key, None)
        cohort.states, cohort.mask, cohort.ids = (
            tensor.index_select(0, kept) for tensor in (cohort.states, cohort.mask, cohort.ids)
        )
        if cohort.cache is not None:
            cohort.cache.batch_select_indices(kept)


def _pad_id(model: Seq2SeqLM) -> int:
    pad = model.config.pad_token_id
    return pad if isinstance(pad, int) else 0  # masked, so any id will do


def _suppressed_ids(model: Seq2SeqLM) -> list[int]:
    """Tokens that `generate` never chooses: Marian's models count on it for their padding token."""
    words = model.generation_config.bad_words_ids or []
    return sorted(
        {*(word[0] for word in words if len(word) == 1), *(model.generation_config.suppress_tokens or [])}
    )


def start_ids(model: Seq2SeqLM) -> tuple[int, ...]:
    """What `generate` lets the decoder begin with."""
    config = model.generation_config
    start = (
        config.decoder_start_token_id if config.decoder_start_token_id is not None else config.bos_token_id
    )
    return (start,) if isinstance(start, int) else tuple(start or ())


def why_not_together(model: Seq2SeqLM) -> str | None:
    """Why texts cannot be run in one batch, in a few words; None where they can. Found out by trying."""
    with torch.inference_mode():
        return None if _probe(model) else "padding changes its output"


def _probe(model: Seq2SeqLM) -> bool:
    vocabulary = model.get_input_embeddings().num_embeddings
    texts = {
        "a": [(7 * i + 3) % vocabulary for i in range(9)],
        "b": [(5 * i + 11) % vocabulary for i in range(4)],
    }
    begun = start_ids(model) or (0,)
    together, alone = Seq2SeqRunner(model), Seq2SeqRunner(model, max_rows=1)
    for runner in (together, alone):
        for key, ids in texts.items():
            runner.begin(key, ids, begun)
    pairs = []
    try:
        pairs += [(together.prefill(key, 9)[1], alone.prefill(key, 9)[1]) for key in texts]
        token = begun[-1]
        both, each = together.decode(dict.fromkeys(texts, token)), alone.decode(dict.fromkeys(texts, token))
        together.drop("a")
        last = together.decode({"b": token})["b"], alone.decode(dict.fromkeys(texts, token))["b"]
    except (RuntimeError, ValueError, TypeError, AttributeError, LookupError):
        return False
    pairs += [last, *((both[key], each[key]) for key in texts)]
    return all(is_close(_finite(one), _finite(other)) for one, other in pairs)


def _finite(logits: torch.Tensor | None) -> torch.Tensor:
    assert logits is not None
    return logits[torch.isfinite(logits)]
