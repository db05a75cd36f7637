"""Talk: answers what people say to the bot, with the conversation in mind. `/ask` is a command for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.conversation.context import build_prompt
from bot.conversation.tasks.answer import clean_answer, sampling
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.safety import is_blank
from bot.messages import IncomingMessage, Piece, Turn

MIN_TURNS, MAX_TURNS = 32, 400
TOKENS_PER_TURN = 16
"""A short message as rendered. No more turns are read than can matter: reading costs time."""
NOTHING_SAID = "Hi! You addressed me without a question. Write me something, or try `/help`."
NOTHING_CAME = "I have no answer to that. Please try to say it in other words."
WAS_CUT = "\n\n_(Your message was longer than I can read at once: I read its beginning and its end.)_"


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Answer `ctx.messages`. A blank message gets a hint and costs no generation."""
    if all(is_blank(_text(message)) for message in ctx.messages):
        yield NOTHING_SAID
        return
    fitted = await build_prompt(
        ctx.generator, ctx.model, await _history(ctx), ctx.answer_tokens, _persona(ctx)
    )
    params = sampling(ctx.model, fitted.answer_tokens)
    async with aclosing(clean_answer(ctx, fitted.prompt, params, NOTHING_CAME)) as pieces:
        async for piece in pieces:
            yield piece
    if fitted.is_cut:
        yield WAS_CUT


def _persona(ctx: TaskContext) -> str:
    if not ctx.system_prompt:
        return f"You are {ctx.bot_name}, a helpful member of this chat. Answer briefly."
    is_named = ctx.bot_name.casefold() in ctx.system_prompt.casefold()
    return ctx.system_prompt if is_named else f"Your name is {ctx.bot_name}.\n{ctx.system_prompt}"


def _text(message: IncomingMessage) -> str:
    return message.command.options.get("question", "") if message.command else message.text


async def _history(ctx: TaskContext) -> list[Turn]:
    """The turns up to the question, oldest first; what memory does not hold (commands) stands at the end."""
    question = ctx.question
    turns = await ctx.memory.turns(
        question.conversation,
        limit=min(max(ctx.model.context_window // TOKENS_PER_TURN, MIN_TURNS), MAX_TURNS),
        before_message_id=question.message_id if question.command else None,
        through_message_id=None if question.command else question.message_id,
    )
    known = {turn.message_id for turn in turns}
    said = [message for message in ctx.messages if message.message_id not in known]
    turns += [_turn(message) for message in said if not is_blank(_text(message))]
    last = max(index for index, turn in enumerate(turns) if turn.role == "user" and not is_blank(turn.text))
    return turns[: last + 1]


def _turn(message: IncomingMessage) -> Turn:
    return Turn(
        role="user",
        text=_text(message),
        author=message.author,
        sent_at=message.sent_at,
        message_id=message.message_id,
        reply_to=message.reply_to,
    )


TASK = Task(
    name="chat",
    help="Talk with me: mention me, reply to me, or write to me directly.",
    example="What is a good name for a cat?",
    run=run,
    is_memory=True,
    is_command=False,
)
ASK = Task(
    name="ask",
    help="Ask me something.",
    example="/ask What is a good name for a cat?",
    run=run,
    options=(Option("question", "what you want to know", is_required=True, is_rest=True),),
)
