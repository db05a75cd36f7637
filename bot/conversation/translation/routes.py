"""Who translates a sentence, and how it is asked: a chat model, a small model, or a translation model.

Knows prompts and sampling; nothing of masks beyond what they look like, nor of messages.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from bot.conversation.tasks.answer import clean_answer, collected
from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.languages import Language, english_name
from bot.conversation.text.masking import PLACEHOLDER
from bot.conversation.text.sentences import MAX_CHARS
from bot.conversation.translator import Translator
from bot.errors import CommandError, ModelLoadError, PromptTooLongError
from bot.generation.types import ModelInfo, Prompt, PromptMessage, SamplingParams
from bot.messages import Piece, Progress

SPARE_TOKENS = 32
RETRY_TEMPERATURE = 0.7
MAX_CONTEXT_CHARS = 300
MIN_CHARS, LONG_CHARS = 20, 600
"""The shortest limit for the length of a sentence, and the longest, which a model has that is not small."""
DENSITY = 0.7
"""Some sentences take more tokens a character than the text that they are of."""


@dataclass(frozen=True, slots=True)
class Request:
    """One sentence to be translated. `before` is what the text said before it, for the meaning only;
    `attempt` counts from 0, a later one is asked in other words or sampled otherwise."""

    text: str
    before: str = ""
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Route:
    """One way to have sentences translated. `placeholder` is what the model keeps, None where it was taught
    none: then it is shown nothing that is masked. `is_rough`: too small for its work to be relied on."""

    ctx: TaskContext
    model: ModelInfo
    target: Language
    source: str | None
    placeholder: str | None
    is_rough: bool
    translator: Translator | None = None

    @property
    def name(self) -> str:
        """The model's name: what another model translates is another translation."""
        return self.model.name

    async def max_chars(self, text: str) -> int:
        """The length of the sentences that `text` is to be cut into, so that each fits the window three
        times: itself, a longer translation, and what comes before it. Raises PromptTooLongError."""
        overhead = 0 if self.translator else await self._count(self._prompt(Request("", "")))
        room = (self.model.context_window - overhead - SPARE_TOKENS) // 3
        if room < SPARE_TOKENS // 2:
            raise PromptTooLongError(f"only {room} tokens are left for a sentence")
        tokens = sum(await self._count_tokens([text]))
        by_window = int(room * len(text) / max(1, tokens) * DENSITY)
        return max(MIN_CHARS, min(MAX_CHARS if self.is_rough else LONG_CHARS, by_window))

    async def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        """Signs of life, then the answer as one text without white space around it. Raises
        GenerationError."""
        prompt = self._prompt(request)
        params = await self._sampling(prompt, request)
        if self.translator is None:
            answer = clean_answer(self.ctx, prompt, params)
        else:
            answer = self.translator.generate(prompt, params)
        async with aclosing(collected(answer)) as pieces:
            async for piece in pieces:
                yield piece

    def _prompt(self, request: Request) -> Prompt:
        if self.translator is not None:
            return Prompt(
                prefix=request.text, source_language=self.source or "", target_language=self.target.code
            )
        user = PromptMessage("user", f"Translate into {self.target.name}:\n{request.text}")
        if not (self.model.follows_instructions and self.model.uses_system_prompt):
            return Prompt((user,))
        return Prompt((PromptMessage("system", self._instruction(request)), user))

    def _instruction(self, request: Request) -> str:
        source = f" from {english_name(self.source)}" if self.source else ""
        lines = [
            f"You are a translator. Translate the user's text{source} into {self.target.name}. Answer with "
            "the translation only, on one line, keep its formatting, and keep marks such as ⟦0⟧ exactly as "
            "they are, each once."
        ]
        if request.attempt:
            lines.append("Check that no mark is lost, repeated or altered, and that nothing is added.")
        if request.before:
            lines.append(f"What was said before it, for the meaning only: {request.before}")
        return "\n".join(lines)

    async def _sampling(self, prompt: Prompt, request: Request) -> SamplingParams:
        """Greedy at first. At most twice as many tokens as the text has, and some, as the window allows."""
        text = prompt.messages[-1].content if prompt.messages else prompt.prefix
        tokens = sum(await self._count_tokens([text]))
        used = tokens if self.translator else await self._count(prompt)
        free = self.model.context_window - (0 if self.translator else used)
        if free < 1 or used > self.model.context_window:
            raise PromptTooLongError(f"a sentence of {tokens} tokens")
        again = request.attempt + self.ctx.variation
        return SamplingParams(
            temperature=RETRY_TEMPERATURE if again else 0.0,
            top_p=0.9 if again else 1.0,
            seed=10 * self.ctx.variation + request.attempt if again else None,
            max_new_tokens=min(free, 2 * tokens + SPARE_TOKENS),
            stop=("\n",) if self.model.translates is not None and self.translator is None else (),
        )

    async def _count(self, prompt: Prompt) -> int:
        counts = await self._count_tokens([message.content for message in prompt.messages])
        return sum(counts) + self.model.prompt_overhead + len(counts) * self.model.message_overhead

    async def _count_tokens(self, texts: Sequence[str]) -> list[int]:
        counter = self.translator or self.ctx.generator
        return await counter.count_tokens(texts)


async def choose_route(
    ctx: TaskContext, source: str | None, target: Language
) -> AsyncGenerator[Progress | Route, None]:
    """Signs of life while the translation model is loaded, then the way to translate from `source`.

    The translation model where there is one that knows the languages, else the chat model. Raises
    CommandError where neither can do it.
    """
    translator = ctx.translator
    if translator is not None:
        async with aclosing(translator.signs_of_life()) as signs:
            async for sign in signs:
                yield sign
        try:
            info = await translator.ready()
        except ModelLoadError:
            info = None  # the operator has read why in the log
        if info is not None and translator.knows(source, target.code):
            yield Route(ctx, info, target, source, info.placeholder, False, translator)
            return
    yield _chat_route(ctx, source, target)


def _chat_route(ctx: TaskContext, source: str | None, target: Language) -> Route:
    model = ctx.model
    if model.translates is not None:
        _check_pair(model.translates, source, target.code)
        return Route(ctx, model, target, source, model.placeholder, is_rough=True)
    if not model.follows_instructions:
        raise CommandError("My language model only continues text: it cannot translate.")
    return Route(ctx, model, target, source, model.placeholder or PLACEHOLDER, is_rough=False)


def _check_pair(codes: tuple[str, ...], source: str | None, target: str) -> None:
    """Raise CommandError unless the small model knows both languages (an unknown source is given a try)."""
    if target in codes and (source is None or source in codes):
        return
    known = ", ".join(english_name(code) for code in codes) or "none"
    asked = f"from {english_name(source)} " if source else ""
    raise CommandError(
        f"My small model cannot translate {asked}into {english_name(target)}. It knows: {known}."
    )
