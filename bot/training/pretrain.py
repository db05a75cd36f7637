"""The training run of the bundled model: from text to a checkpoint, resumable at any step.

Knows the model, the optimisers and the loop. What the data means is the business of `tasks`, how batches
are packed of `packing`; exporting and scoring have modules of their own.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch._inductor import config as inductor
from transformers import LlamaConfig, LlamaForCausalLM

from bot.training.checkpoint import FINAL, LATEST, STABLE, load_checkpoint, save_checkpoint
from bot.training.cores import PROC_STAT, FreeCores
from bot.training.muon import Muon
from bot.training.packing import Batch, Packer
from bot.training.presets import Preset, learning_rate_factor
from bot.training.tokens import END_ID, PAD_ID

LossFunction = Callable[..., torch.Tensor]


def build_model(preset: Preset) -> LlamaForCausalLM:
    """A Llama-shaped model with random weights, tied embeddings and rotary positions."""
    config = LlamaConfig(  # type: ignore[call-arg]
        vocab_size=preset.vocab_size,
        hidden_size=preset.hidden_size,
        intermediate_size=preset.intermediate_size,
        num_hidden_layers=preset.layers,
        num_attention_heads=preset.heads,
        num_key_value_heads=preset.heads,
        max_position_embeddings=preset.max_positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=END_ID,
        pad_token_id=PAD_ID,
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(config)


def build_optimisers(model: nn.Module, preset: Preset) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the hidden layers, AdamW for embeddings and gains."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed_tokens" not in name]
    others = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed_tokens" in name]
    return [
        Muon(matrices, lr=preset.matrix_lr, weight_decay=preset.weight_decay),
        torch.optim.AdamW(others, lr=preset.other_lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def loss_of(model: LlamaForCausalLM, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Weighted cross-entropy of a packed batch, in nats a token; a token sees only its own document."""
    segments, row_length = batch["segments"], batch["ids"].size(1)
    order = torch.arange(row_length, device=segments.device)
    is_visible = (segments[:, :, None] == segments[:, None, :]) & (order[:, None] >= order[None, :])
    with torch.autocast(segments.device.type, torch.bfloat16):
        hidden = model.model(
            input_ids=batch["ids"],
            position_ids=batch["positions"],
            attention_mask=is_visible[:, None],
            use_cache=False,
        ).last_hidden_state
        logits = model.lm_head(hidden)
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 1).float(), batch["targets"].flatten(), reduction="none"
    )
    weights = batch["weights"].flatten()
    return (losses * weights).sum() / weights.sum().clamp(min=1e-6)


def to_tensors(batch: Batch, device: torch.device) -> dict[str, torch.Tensor]:
    """The arrays of `batch` on `device`, each of shape (rows, row_length)."""
    names = ("ids", "targets", "weights", "segments", "positions")
    return {name: torch.from_numpy(getattr(batch, name)).to(device, non_blocking=True) for name in names}


def _compile() -> LossFunction:
    """The compiled loss; its kernels look up the number of threads each time, as it changes in a run."""
    inductor.cpp.dynamic_threads = True
    return torch.compile(loss_of)


class Trainer:
    """One run: model, optimisers, position in the data and the log, all of which survive a kill."""

    def __init__(
        self,
        preset: Preset,
        packer: Packer,
        valid: dict[str, list[Batch]],
        folder: Path,
        *,
        compiled: bool = True,
        checkpoint_every_s: float = 240.0,
        finish_in_s: float | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        """Build everything and resume from `folder`/latest.pt where it exists.

        `finish_in_s` takes the learning rate from where it is to 0 in so many seconds of wall-clock
        time, and then ends the run: for a machine of which nobody knows how much of it will be idle.
        """
        torch.manual_seed(preset.seed)
        self.preset, self.packer, self.valid, self.folder = preset, packer, valid, folder
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = cast(Any, build_model(preset)).to(self.device)
        self.optimisers = build_optimisers(self.model, preset)
        self.average = {name: value.detach().clone() for name, value in self.model.named_parameters()}
        self.loss: LossFunction = _compile() if compiled else loss_of
        self._cores = FreeCores(torch.get_num_threads()) if PROC_STAT.exists() else None
        self.checkpoint_every_s, self.report = checkpoint_every_s, report
        self.step, self.tokens, self.seconds, self.factor = 0, 0, 0.0, 1.0
        self._resume()
        self._finish = None if finish_in_s is None else (time.monotonic(), finish_in_s, self.factor)

    def run(self) -> None:
        """Train to the last step, checkpointing on the way, and leave final.pt behind."""
        saved_at = started_at = time.monotonic()
        first_step = self.step
        if self._finish is not None and self.factor == 1.0:
            self.save(STABLE)
        while self.step < self.preset.steps and self.factor > 0:
            if self.step == self.preset.steps - self.preset.decay_steps:
                self.save(STABLE)
            before = time.monotonic()
            metrics = self.train_step()
            self.seconds += time.monotonic() - before
            if self.step % 20 == 0:
                self._log({"kind": "train", **metrics, **self._progress(started_at, first_step)})
            if self.step % self.preset.valid_every == 0 or self.step == self.preset.steps:
                self._log({"kind": "valid", "step": self.step, "tokens": self.tokens, **self.validate()})
            if time.monotonic() - saved_at > self.checkpoint_every_s:
                self.save(LATEST)
                saved_at = time.monotonic()
        self.save(LATEST)
        self.save(FINAL)

    def train_step(self) -> dict[str, float]:
        """One update; returns the loss in nats a token and the norm of the gradient before clipping."""
        self.factor = self._next_factor()
        rates = self.preset.matrix_lr, self.preset.other_lr
        for optimiser, rate in zip(self.optimisers, rates, strict=True):
            for group in optimiser.param_groups:
                group["lr"] = rate * self.factor
        if self._cores is not None:
            torch.set_num_threads(self._cores.count())
        self.model.train()
        batch = self.packer.next_batch()
        loss = self.loss(self.model, to_tensors(batch, self.device))
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.preset.clip_norm)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += sum(batch.tokens_by_task.values())
        self._update_average()
        return {"loss": float(loss.detach()), "norm": float(norm), "lr_factor": self.factor}

    @torch.no_grad()
    def validate(self) -> dict[str, float]:
        """Mean loss by task on the held-out batches, of the weights as they are."""
        self.model.eval()
        return {
            f"loss_{task}": sum(float(self.loss(self.model, to_tensors(b, self.device))) for b in batches)
            / len(batches)
            for task, batches in self.valid.items()
        }

    def save(self, name: str) -> None:
        """Write the whole state to `name` in the run's folder."""
        state = {
            "preset": dataclasses.asdict(self.preset),
            "model": {key: value.detach().cpu() for key, value in self.model.named_parameters()},
            "average": {key: value.cpu() for key, value in self.average.items()},
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "packer": self.packer.state(),
            "rng": torch.get_rng_state(),
            "step": self.step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "factor": self.factor,
        }
        save_checkpoint(state, self.folder / name)

    def _resume(self) -> None:
        state = load_checkpoint(self.folder / LATEST)
        if state is None:
            return
        with torch.no_grad():
            for name, parameter in self.model.named_parameters():
                parameter.copy_(state["model"][name])
                self.average[name].copy_(state["average"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.packer.load_state(state["packer"])
        torch.set_rng_state(state["rng"])
        self.step, self.tokens, self.seconds = state["step"], state["tokens"], state["seconds"]
        self.factor = state.get("factor", 1.0) or 1.0  # a run that has finished starts to learn again
        self.report(f"resumed at step {self.step}, {self.tokens / 1e6:.2f}M tokens")

    def _next_factor(self) -> float:
        """By the schedule of the preset or, in a run that finishes by the clock, linearly down to 0."""
        if self._finish is None:
            return learning_rate_factor(self.step, self.preset)
        started_at, seconds, factor = self._finish
        return factor * max(0.0, 1.0 - (time.monotonic() - started_at) / seconds)

    @torch.no_grad()
    def _update_average(self) -> None:
        """Exponential moving average of the weights, with a short memory at the start."""
        decay = min(self.preset.ema_decay, (1 + self.step) / (10 + self.step))
        pairs = [(self.average[name], value) for name, value in self.model.named_parameters()]
        torch._foreach_lerp_([mean for mean, _ in pairs], [value for _, value in pairs], 1 - decay)

    def _progress(self, started_at: float, first_step: int) -> dict[str, float]:
        pace = (time.monotonic() - started_at) / max(1, self.step - first_step)
        return {
            "step": self.step,
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "tokens_per_s": round(self.tokens / max(self.seconds, 1e-9)),
            "left_s": round(pace * (self.preset.steps - self.step)),
        }

    def _log(self, row: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.report(" ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items()))
