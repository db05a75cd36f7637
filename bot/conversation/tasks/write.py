"""Write: articles, stories, news and other text from a beginning or a request."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from bot.conversation.context import answer_budget, instructed
from bot.conversation.tasks.answer import clean_answer, sampling
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.counting import whole_number
from bot.conversation.text.safety import clean_text, is_blank
from bot.errors import CommandError, PromptTooLongError
from bot.generation.types import Prompt, SamplingParams
from bot.messages import Piece

FORMS = {
    "text": "the text that is asked for",
    "article": "an article: a headline, an opening that says what matters, and paragraphs in a clear order",
    "announcement": "a short announcement: what happens, when, where, and what people are to do",
    "story": "a story with a beginning, a turn and an end",
    "mail": "an e-mail: a subject line, a greeting, the matter in short paragraphs, and a closing",
    "code-comment": "a comment for source code, in the comment syntax of its language: what it does and why, "
    "without repeating the code",
    "news": "a news report: who, what, when and where in the first sentence, then the details",
    "poem": "a poem",
}
MAX_LENGTH = 4096
LIVELY_TEMPERATURE = 0.7
MIN_TOKENS = 45
"""A continuation is at least so long; small models would else end it with the first sentence."""
NOTHING_CAME = "My model had nothing to add. Try a longer beginning."
EXAMPLE = "/write Once upon a time"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """A model that follows instructions writes what was asked for; any other one continues the words given,
    which are shown first. Of an answer that is begun, only what follows is yielded. Raises CommandError and
    PromptTooLongError."""
    text = clean_text(ctx.options.get("prompt", "")).strip()
    if is_blank(text):
        raise CommandError(f"Tell me how the text begins, or what it is about. For example: `{EXAMPLE}`")
    length = _max_length(ctx)
    stream = (
        _instructed(ctx, text, length) if ctx.model.follows_instructions else _continued(ctx, text, length)
    )
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            yield piece


def _max_length(ctx: TaskContext) -> int | None:
    value = ctx.options.get("max_length")
    if value is None:
        return None
    length = whole_number(value, MAX_LENGTH)
    if length is None:
        raise CommandError(
            f"`max_length` is a number of tokens from 1 to {MAX_LENGTH}. "
            "For example: `/write max_length:50 Once upon a time`"
        )
    return length


async def _instructed(ctx: TaskContext, text: str, length: int | None) -> AsyncGenerator[Piece, None]:
    form = FORMS[ctx.options.get("kind", "text")]
    system = f"You are a skilled writer. Write {form}. Give the finished text and nothing else."
    answer = answer_budget(ctx.model, length or ctx.answer_tokens)
    counts = await _count(ctx, [system, text, ctx.begun])
    overhead = ctx.model.prompt_overhead + 2 * ctx.model.message_overhead
    if sum(counts) + overhead + answer > ctx.model.context_window:
        raise PromptTooLongError(f"a request of {counts[1]} tokens, {counts[2]} of its answer written")
    prompt = instructed(ctx.model, system, text, ctx.begun)
    params = sampling(ctx.model, answer)
    async with aclosing(clean_answer(ctx, prompt, params, NOTHING_CAME)) as pieces:
        async for piece in pieces:
            yield piece


async def _continued(ctx: TaskContext, text: str, length: int | None) -> AsyncGenerator[Piece, None]:
    (tokens,) = await _count(ctx, [ctx.begun or text])
    if tokens + ctx.model.prompt_overhead >= ctx.model.context_window:
        raise PromptTooLongError(f"a beginning of {tokens} tokens")
    if length is not None and length <= tokens and not ctx.begun:
        raise CommandError(
            f"Your words alone are {tokens} tokens, and `max_length` counts them too. Use a larger one."
        )
    wished = length - tokens if length is not None and not ctx.begun else ctx.answer_tokens
    free = ctx.model.context_window - tokens - ctx.model.prompt_overhead
    is_empty = True
    if not ctx.begun:
        yield text
    params = _lively(sampling(ctx.model, min(wished, free)))
    async with aclosing(ctx.generate(Prompt(prefix=ctx.begun or text), params)) as pieces:
        async for piece in pieces:
            is_empty = is_empty and (not isinstance(piece, str) or is_blank(piece))
            yield piece
    if is_empty:
        yield f"\n\n_{NOTHING_CAME}_"


def _lively(params: SamplingParams) -> SamplingParams:
    """For text rather than talk: not too sure of itself, and not over after one sentence."""
    return replace(
        params,
        temperature=max(params.temperature, LIVELY_TEMPERATURE),
        min_new_tokens=min(MIN_TOKENS, params.max_new_tokens),
    )


async def _count(ctx: TaskContext, texts: list[str]) -> list[int]:
    """Token counts; texts far longer than the window are refused uncounted."""
    if sum(map(len, texts)) > 16 * ctx.model.context_window:
        raise PromptTooLongError("a request far longer than the context window")
    return await ctx.generator.count_tokens(texts)


TASK = Task(
    name="write",
    help="Write a story, an article or news from your first words.",
    example=EXAMPLE,
    run=run,
    continues=True,
    options=(
        Option(
            "max_length",
            "at most so many tokens, your words included where I continue them",
            between=(1, MAX_LENGTH),
        ),
        Option("kind", "what to write", choices=tuple(FORMS)),
        SHOW,
        Option("prompt", "the first words, or what to write about", is_required=True, is_rest=True),
    ),
)
