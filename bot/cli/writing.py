"""`python -m bot write`: continue a text by the model as it is, without a chat template or a persona.

Does what a first program with transformers does: encode the prompt, `generate`, decode, print. Greedy
unless asked to sample; `max_length` counts the prompt's tokens, `max_new_tokens` does not.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.cli.oneshot import ProgressLine, put, with_generator
from bot.errors import CommandError
from bot.generation.types import Generation, GenerationRequest, Prompt, SamplingParams, TextGenerator
from bot.settings import Settings

SIGN_OF_LIFE_S = 0.5
SEPARATOR = "-" * 40
DEFAULT_NEW_TOKENS = 100


@dataclass(frozen=True, slots=True)
class Writing:
    """What to write. None leaves a number open; naming a temperature, top-k or top-p samples."""

    prompt: str
    max_length: int | None = None
    max_new_tokens: int | None = None
    num_return_sequences: int = 1
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    seed: int | None = None

    def check(self) -> None:
        """Raises CommandError for what cannot be written."""
        if not self.prompt:
            raise CommandError('There is nothing to continue. Example: write "Once upon a time"')
        if self.max_length is not None and self.max_new_tokens is not None:
            raise CommandError("--max-length and --max-new-tokens say the same thing: give one of them.")
        if self.num_return_sequences > 1 and not self.is_sampled:
            raise CommandError(
                "Greedy writing knows one text only: for --num-return-sequences above 1, sample with "
                "--temperature, --top-k or --top-p."
            )

    @property
    def is_sampled(self) -> bool:
        """Whether tokens are drawn, not taken greedily."""
        return any(number is not None for number in (self.temperature, self.top_k, self.top_p))

    def samplings(self, max_new_tokens: int) -> list[SamplingParams]:
        """The sampling of each sequence; a seed is counted up, so that they differ and can be had again."""
        one = SamplingParams(
            temperature=(1.0 if self.temperature is None else self.temperature) if self.is_sampled else 0.0,
            top_k=self.top_k or 0,
            top_p=1.0 if self.top_p is None else self.top_p,
            max_new_tokens=max_new_tokens,
        )
        seeds = [None if self.seed is None else self.seed + i for i in range(self.num_return_sequences)]
        return [replace(one, seed=seed) for seed in seeds]


async def write(settings: Settings, writing: Writing) -> None:
    """Print the prompt and its continuation; several with a line between them. Raises BotError."""
    writing.check()

    async def print_all(generator: TextGenerator) -> None:
        progress = ProgressLine()
        await _load(generator, progress)
        samplings = writing.samplings(await _new_tokens(generator, writing))
        requests = [
            GenerationRequest(
                f"write-{i}", Prompt(prefix=writing.prompt), sampling, "local", settings.bot_timeout_s
            )
            for i, sampling in enumerate(samplings)
        ]
        # All are submitted before the first is read, so that they are generated together.
        for index, generation in enumerate([generator.submit(request) for request in requests]):
            if index:
                put(SEPARATOR + "\n")
            await _print(writing.prompt, generation)

    await with_generator(settings, print_all)


async def _load(generator: TextGenerator, progress: ProgressLine) -> None:
    loading = asyncio.ensure_future(generator.ready())
    try:
        while not (await asyncio.wait({loading}, timeout=SIGN_OF_LIFE_S))[0]:
            progress.show(generator.status)
        loading.result()
    finally:
        progress.clear()
        loading.cancel()


async def _new_tokens(generator: TextGenerator, writing: Writing) -> int:
    """How many tokens may be written. Raises CommandError when the prompt alone is too long."""
    if writing.max_length is None:
        return writing.max_new_tokens or DEFAULT_NEW_TOKENS
    [prompt_tokens] = await generator.count_tokens([writing.prompt])
    if prompt_tokens >= writing.max_length:
        raise CommandError(f"The prompt has {prompt_tokens} tokens already: --max-length must be larger.")
    return writing.max_length - prompt_tokens


async def _print(prompt: str, generation: Generation) -> None:
    put(prompt)
    async with aclosing(generation):
        async for delta in generation:
            put(delta.text)
    put("\n")
