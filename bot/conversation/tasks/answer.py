"""What tasks share when they ask the model: sampling, and the cleaning of what comes back.

Knows prompts and pieces; nothing about the single tasks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.tasks.task import TaskContext
from bot.generation.types import ModelInfo, Prompt, SamplingParams
from bot.messages import Piece

CHAT_DEFAULTS = {"temperature": 0.7, "top_p": 0.9, "top_k": 0, "repetition_penalty": 1.1}


def sampling(model: ModelInfo, max_new_tokens: int) -> SamplingParams:
    """How talk is sampled: as the model's folder says, and where it says nothing, by CHAT_DEFAULTS."""
    values = CHAT_DEFAULTS | model.sampling
    return SamplingParams(
        temperature=values["temperature"],
        top_p=values["top_p"],
        top_k=int(values["top_k"]),
        repetition_penalty=values["repetition_penalty"],
        max_new_tokens=max_new_tokens,
    )


async def clean_answer(
    ctx: TaskContext, prompt: Prompt, params: SamplingParams, if_empty: str = ""
) -> AsyncGenerator[Piece, None]:
    """Generate, without white space or the bot's own name at the beginning; `if_empty` when nothing came.

    What continues an answer (`prompt.prefix`) is yielded as it comes, to the letter.
    """
    if prompt.prefix:
        async with aclosing(ctx.generate(prompt, params)) as pieces:
            async for piece in pieces:
                yield piece
        return
    label = f"{ctx.bot_name}:"
    head, is_begun = "", False
    async with aclosing(ctx.generate(prompt, params)) as pieces:
        async for piece in pieces:
            if not isinstance(piece, str) or is_begun:
                yield piece
                continue
            head = (head + piece).lstrip()
            if head and not label.casefold().startswith(head.casefold()):
                head = _without(head, label)
                is_begun = bool(head)
                if head:
                    yield head
    if not is_begun:
        rest = _without(head, label)
        if rest or if_empty:
            yield rest or if_empty


def _without(text: str, label: str) -> str:
    has_label = text[: len(label)].casefold() == label.casefold()
    return text[len(label) :].lstrip() if has_label else text


async def collected(answer: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Signs of life at once, but the text only at the end, as the one last piece, without space around it."""
    text = ""
    async with aclosing(answer) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                text += piece
            else:
                yield piece
    yield text.strip()
