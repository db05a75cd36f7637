"""What the engine uses of a transformers model: a decoder-only language model that can `generate`.

transformers mixes its generation methods into models at run time, where no type checker follows; this
protocol names them. The ones with an underscore are the steps of `generate` itself, and are why
transformers is pinned.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch


class CausalLM(Protocol):
    """Logits (B, T, V) from input ids (B, T)."""

    config: Any
    generation_config: Any
    device: torch.device
    dtype: torch.dtype
    _is_stateful: bool
    __call__: Callable[..., Any]
    forward: Callable[..., Any]
    num_parameters: Callable[..., int]
    get_input_embeddings: Callable[[], torch.nn.Embedding]
    prepare_inputs_for_generation: Callable[..., dict[str, Any]]
    _supports_default_dynamic_cache: Callable[[], bool]
    _prepare_cache_for_generation: Callable[..., None]
    _update_model_kwargs_for_generation: Callable[..., dict[str, Any]]
