"""Explain: what a text or a message means, in plain words, with what was said before it in mind."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.tasks.referring import MESSAGE, answer_about, message_meant, text_given
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.languages import english_name
from bot.errors import CommandError
from bot.messages import Piece

EXAMPLE = "/explain to make ends meet"
REQUEST = "Explain the message in plain words: what it says and means, with its terms, slang and jokes."
NOTHING_CAME = "My model has no explanation for that. Try a shorter text."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the explanation, in the language of the person who asks. Raises CommandError,
    PromptTooLongError and GenerationError."""
    turn = text_given(ctx) or await message_meant(ctx)
    if turn is None:
        raise CommandError(f"I found no message to explain. Give me a text, for example: `{EXAMPLE}`")
    own = ctx.asker_language
    request = f"{REQUEST} Answer in {english_name(own)}." if own else REQUEST
    async with aclosing(answer_about(ctx, request, turn, NOTHING_CAME)) as pieces:
        async for piece in pieces:
            yield piece


TASK = Task(
    name="explain",
    help="Explain a text or a message in plain words.",
    example=EXAMPLE,
    run=run,
    continues=True,
    options=(MESSAGE, SHOW, Option("text", "the text to explain", is_rest=True)),
    is_private=True,
)
