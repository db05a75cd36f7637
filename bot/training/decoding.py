"""Makes text with a model folder, for scores and samples: batched, greedy or sampled.

Knows transformers' `generate` only. The bot's own engine is not used, so that scores do not depend on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from bot.training.tokens import END, END_ID, PAD_ID

BATCH = 50


@dataclass(frozen=True)
class Completion:
    """What the model wrote after one prompt; `is_ended` says that it stopped by itself."""

    text: str
    token_ids: list[int]
    is_ended: bool


class Decoder:
    """A loaded model folder."""

    def __init__(self, folder: Path) -> None:
        """Load weights in float32 and the tokenizer. Raises OSError where files are missing."""
        model: Any = AutoModelForCausalLM
        self.model: Any = model.from_pretrained(folder, dtype=torch.float32).eval()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, padding_side="left")

    def chat(self, conversations: Sequence[list[dict[str, str]]], max_new_tokens: int) -> list[Completion]:
        """The greedy answer to each conversation."""
        prompts = [
            self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
            for messages in conversations
        ]
        return self.complete(prompts, max_new_tokens)

    @torch.inference_mode()
    def complete(
        self, prompts: Sequence[str], max_new_tokens: int, *, temperature: float = 0.0, seed: int = 0
    ) -> list[Completion]:
        """The continuation of each prompt; greedy at temperature 0, else top-k 40 sampling."""
        torch.manual_seed(seed)
        order = sorted(range(len(prompts)), key=lambda index: len(prompts[index]))
        done: dict[int, Completion] = {}
        sampling: dict[str, Any] = {"do_sample": False}
        if temperature:
            sampling = {"do_sample": True, "temperature": temperature, "top_k": 40}
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            batch = self.tokenizer([prompts[i] for i in part], return_tensors="pt", padding=True)
            output = self.model.generate(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                max_new_tokens=max_new_tokens,
                pad_token_id=PAD_ID,
                **sampling,
            )
            for index, ids in zip(part, output[:, batch["input_ids"].size(1) :].tolist(), strict=True):
                done[index] = self._completion(ids)
        return [done[index] for index in range(len(prompts))]

    def _completion(self, ids: list[int]) -> Completion:
        is_ended = END_ID in ids
        kept = ids[: ids.index(END_ID)] if is_ended else ids
        text = self.tokenizer.decode(kept, skip_special_tokens=True)
        return Completion(text.replace(END, "").strip(), kept, is_ended)


def is_looping(completion: Completion) -> bool:
    """Whether four tokens in a row come back three times or more, or the text never ends."""
    ids = completion.token_ids
    grams = [tuple(ids[at : at + 4]) for at in range(len(ids) - 3)]
    return not completion.is_ended or any(grams.count(gram) >= 3 for gram in set(grams))
