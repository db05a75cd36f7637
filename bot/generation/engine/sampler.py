"""Choosing the next token of one answer from its logits.

One Sampler belongs to one request and has its own random generator, so a seed gives the same text whatever
else is in the batch. It must not know models, tokenizers or batches.
"""

from __future__ import annotations

from collections.abc import Collection

import torch

from bot.generation.types import SamplingParams

NUCLEUS_CANDIDATES = 1024  # sorting a whole vocabulary costs milliseconds; a nucleus is nearly always smaller


class NonFiniteLogitsError(ArithmeticError):
    """The model's output holds NaN or only infinities; no token can be chosen from it."""


class Sampler:
    """Greedy, temperature, top-k, top-p and repetition penalty, in the order that transformers applies them:
    penalty, temperature, top-k, top-p.

    Top-p (nucleus) sampling keeps the smallest set of tokens whose probability reaches p: Holtzman et al.,
    "The Curious Case of Neural Text Degeneration", ICLR 2020. The repetition penalty divides the positive and
    multiplies the negative logits of tokens already used: Keskar et al., "CTRL: A Conditional Transformer
    Language Model for Controllable Generation", 2019, section 4.1; here only generated tokens count, because
    counting the prompt forbids quoting it.
    """

    def __init__(self, params: SamplingParams, end_ids: Collection[int] = ()) -> None:
        """`end_ids` are the tokens that would end the text; none is chosen before `min_new_tokens`."""
        self._params = params
        self._end_ids = sorted(end_ids)
        self._chosen = 0
        self._generated: set[int] = set()
        self._random = torch.Generator()  # on the CPU, so that a seed means the same on every device
        if params.seed is None:
            self._random.seed()
        else:
            self._random.manual_seed(params.seed % 2**63)

    def choose(self, logits: torch.Tensor) -> int:
        """The next token's id, from logits of shape (V,). Raises NonFiniteLogitsError."""
        logits = self._penalised(logits.float())
        if self._end_ids and self._chosen < self._params.min_new_tokens:
            logits = logits.index_fill(0, torch.tensor(self._end_ids, device=logits.device), -torch.inf)
        self._chosen += 1
        best = int(torch.argmax(logits))
        if not torch.isfinite(logits[best]):
            raise NonFiniteLogitsError(f"logit of the best token is {float(logits[best])}")
        token = best if self._params.temperature <= 0 else self._draw(logits.cpu())
        self._generated.add(token)
        return token

    def _penalised(self, logits: torch.Tensor) -> torch.Tensor:
        penalty = self._params.repetition_penalty
        if penalty == 1.0 or not self._generated:
            return logits
        used = torch.tensor(sorted(self._generated), device=logits.device)
        values = logits[used]
        return logits.index_put((used,), torch.where(values > 0, values / penalty, values * penalty))

    def _draw(self, logits: torch.Tensor) -> int:
        scaled = logits / self._params.temperature
        ids: torch.Tensor | None = None  # None: position is id
        if 0 < self._params.top_k < len(scaled):
            scaled, ids = torch.topk(scaled, self._params.top_k)
        probabilities = torch.softmax(scaled.double(), dim=-1)
        if self._params.top_p < 1:
            probabilities, order = nucleus(probabilities, self._params.top_p)
            ids = order if ids is None else ids[order]
        drawn = self._inverse_cdf(probabilities)
        return drawn if ids is None else int(ids[drawn])

    def _inverse_cdf(self, weights: torch.Tensor) -> int:
        """Index drawn in proportion to `weights`, with one random number a token."""
        cumulative = torch.cumsum(weights, dim=-1)
        point = torch.rand(1, generator=self._random, dtype=torch.float64) * cumulative[-1]
        index = int(torch.searchsorted(cumulative, point, right=True))
        return min(index, len(weights) - 1)


def nucleus(probabilities: torch.Tensor, top_p: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The most probable tokens, in falling order, whose mass first reaches `top_p`, at least one: (their
    probabilities, not renormalised; their indices)."""
    count = min(NUCLEUS_CANDIDATES, len(probabilities))
    ordered, indices = torch.topk(probabilities, count)
    if count < len(probabilities) and float(ordered.sum()) < top_p:
        ordered, indices = torch.sort(probabilities, descending=True)
    mass_before = torch.cumsum(ordered, dim=-1) - ordered
    size = max(1, int((mass_before < top_p).sum()))
    return ordered[:size], indices[:size]
