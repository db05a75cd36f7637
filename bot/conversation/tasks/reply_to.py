"""Reply: an answer to a message that somebody else points at, for everybody."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.tasks.prompting import reads_data
from bot.conversation.tasks.referring import MESSAGE, answer_about, message_meant
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.safety import clean_text, is_blank
from bot.errors import CommandError
from bot.messages import Piece

EXAMPLE = "/reply say that we are closed today"
REQUEST = "Write your reply to the message, as a member of this chat. Give the reply and nothing else."
NOTHING_CAME = "My model has no reply to that."


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Yield the reply. Raises CommandError, PromptTooLongError and GenerationError."""
    turn = await message_meant(ctx)
    if turn is None:
        raise CommandError(f"I found no message to reply to. Reply to one with `{EXAMPLE}`")
    wish = clean_text(ctx.options.get("text", "")).strip()
    request = REQUEST if is_blank(wish) else f"{REQUEST} What it is to say: {wish}"
    if is_blank(wish) and not reads_data(ctx.model):
        request = ""  # it answers what is said to it, and takes instructions for a part of that
    async with aclosing(answer_about(ctx, request, turn, NOTHING_CAME)) as pieces:
        async for piece in pieces:
            yield piece


TASK = Task(
    name="reply",
    help="Write a reply to a message: the one you name or reply to, or the last one.",
    example=EXAMPLE,
    run=run,
    continues=True,
    options=(MESSAGE, SHOW, Option("text", "what the reply is to say", is_rest=True)),
)
