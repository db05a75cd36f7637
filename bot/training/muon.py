"""The Muon optimiser for matrices; everything else is left to AdamW.

Knows parameters and gradients only. Method: Keller Jordan and others, 2024, "Muon: an optimizer for
hidden layers in neural networks" (https://kellerjordan.github.io/posts/muon/), whose polynomial it uses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of the odd quintic of the article cited above: steep at 0, within about 0.7 to 1.2 at 1."""


def orthogonalise(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Matrices (N, R, C) with all singular values pushed near 1, by Newton-Schulz iteration in bfloat16."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.bfloat16()
    is_tall = x.size(-2) > x.size(-1)
    if is_tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    result: torch.Tensor = (x.mT if is_tall else x).to(matrices.dtype)
    return result


class Muon(torch.optim.Optimizer):
    """Momentum whose update is orthogonalised; for two-dimensional weights of hidden layers."""

    def __init__(
        self, params: Iterable[torch.Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        """`lr` is the size of an update's singular values, before the shape's factor."""
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient; `closure` is not supported."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            by_shape: dict[torch.Size, list[torch.Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape[parameter.shape].append(parameter)
            for parameters in by_shape.values():
                self._update(parameters, group)

    def _update(self, parameters: list[torch.Tensor], group: dict[str, Any]) -> None:
        """Update parameters of one shape together, with Nesterov momentum."""
        grads = [parameter.grad for parameter in parameters if parameter.grad is not None]
        buffers = [self._momentum(parameter) for parameter in parameters]
        torch._foreach_lerp_(buffers, grads, 1 - group["momentum"])
        looked_ahead = torch.stack(
            [grad.lerp(buffer, group["momentum"]) for grad, buffer in zip(grads, buffers, strict=True)]
        )
        rows, columns = looked_ahead.shape[-2:]
        scale = group["lr"] * max(1.0, rows / columns) ** 0.5
        for parameter, update in zip(parameters, orthogonalise(looked_ahead), strict=True):
            parameter.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update, alpha=scale)

    def _momentum(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(parameter)
        buffer: torch.Tensor = state["momentum"]
        return buffer
