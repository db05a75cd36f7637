"""Tokens a second through the bot's own worker, against `generate` one after another.

A model of SmolLM2-135M's shape with random weights, or a folder of your own; greedy, the same prompts for
both, taken in turns so that a busy machine is unfair to neither.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.model import make_llama
from bot.generation.catalog import choose
from bot.generation.types import Delta, GenerationRequest, Prompt, SamplingParams
from bot.generation.worker import GenerationWorker

PROMPT_WORDS = 100


def prompts(count: int) -> list[str]:
    """Prompts that differ from their first token on, so that none is another's beginning."""
    return [" ".join(f"{i} word{j}" for j in range(PROMPT_WORDS // 2)) for i in range(count)]


async def through_worker(worker: GenerationWorker, count: int, new_tokens: int) -> float:
    """Tokens a second of `count` requests at once."""

    async def one(index: int, prompt: str) -> int:
        sampling = SamplingParams(max_new_tokens=new_tokens)
        request = GenerationRequest(f"{index}", Prompt(prefix=prompt), sampling, f"user-{index}")
        last: Delta | None = None
        async for delta in worker.submit(request):
            last = delta
        return last.usage.new_tokens if last and last.usage else 0

    started_s = time.perf_counter()
    tokens = await asyncio.gather(*(one(i, prompt) for i, prompt in enumerate(prompts(count))))
    return sum(tokens) / (time.perf_counter() - started_s)


class Generate:
    """The plain way: a model in this process, one `generate` after another."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)

    def speed(self, count: int, new_tokens: int) -> float:
        """Tokens a second of `count` requests, one after another."""
        import torch

        tokens = 0
        started_s = time.perf_counter()
        with torch.inference_mode():
            for prompt in prompts(count):
                inputs = self._tokenizer(prompt, return_tensors="pt")
                output = self._model.generate(**inputs, max_new_tokens=new_tokens, do_sample=False)
                tokens += output.shape[1] - inputs["input_ids"].shape[1]
        return tokens / (time.perf_counter() - started_s)


async def measure(folder: Path, rounds: int, new_tokens: int) -> dict[str, list[float]]:
    """Speeds by row of the table, one value a round."""
    generate = await asyncio.to_thread(Generate, folder)
    worker = GenerationWorker(choose(str(folder)), environment=dict(os.environ), max_batch=16)
    await worker.start()
    await worker.ready()
    speeds: dict[str, list[float]] = {}
    try:
        for _ in range(rounds + 1):  # the first round warms up
            speeds.setdefault("generate, 1 after another", []).append(generate.speed(2, new_tokens))
            for count in (1, 4, 16):
                speed = await through_worker(worker, count, new_tokens)
                speeds.setdefault(f"worker, {count} at once", []).append(speed)
    finally:
        await worker.close()
    return {name: values[1:] for name, values in speeds.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a model folder, in place of the made one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--new-tokens", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.model or make_llama(Path(name) / "llama-135m")
        speeds = asyncio.run(measure(folder, arguments.rounds, arguments.new_tokens))
    print(f"tokens a second, {arguments.new_tokens} new tokens each, best of {arguments.rounds} rounds")
    for label, values in speeds.items():
        print(f"  {label:<28} {max(values):7.1f}   ({', '.join(f'{value:.1f}' for value in values)})")


if __name__ == "__main__":
    main()
