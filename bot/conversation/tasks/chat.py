"""Talk: answers what people say to the bot, with the conversation in mind. `/ask` is a command for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from bot.conversation.memory.facts import forgotten_in
from bot.conversation.memory.finding import cited, find
from bot.conversation.memory.material import Found
from bot.conversation.memory.phrases import fact_in, forgotten_words
from bot.conversation.memory.reporting import used
from bot.conversation.tasks.answer import clean_answer, sampling
from bot.conversation.tasks.facts import delete
from bot.conversation.tasks.listing import credit, listed
from bot.conversation.tasks.prompting import history, prompt_for, reads_data, said_in
from bot.conversation.tasks.remember import keep
from bot.conversation.tasks.task import Option, Task, TaskContext
from bot.conversation.text.safety import is_blank
from bot.messages import Piece

NOTHING_SAID = "Hi! You addressed me without a question. Write me something, or try `/help`."
NOTHING_CAME = "I have no answer to that. Please try to say it in other words."
WAS_CUT = "\n\n_(Your message was longer than I can read at once: I read its beginning and its end.)_"
FOUND_HERE = "I found this in the channel:"
NOT_KNOWN = "I remember no such fact here. `/facts` lists what I remember."
SOURCES = "Sources: "
MAX_QUOTED = 5


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Answer `ctx.messages`. A blank message gets a hint, and "remember that ..." is done, without a
    generation."""
    if all(is_blank(said_in(message)) for message in ctx.messages):
        yield NOTHING_SAID
    elif done := await _done_in_words(ctx):
        yield done
    elif quoted := await _quoted(ctx):
        yield quoted
    else:
        async with aclosing(_answer(ctx)) as pieces:
            async for piece in pieces:
                yield piece


async def _done_in_words(ctx: TaskContext) -> str | None:
    """What is done where somebody asks in words to remember or to forget a fact; None otherwise."""
    if ctx.question.command is not None:
        return None
    text, key = ctx.question.text, ctx.question.conversation
    if fact := fact_in(text, ctx.bot_name):
        return await keep(ctx, fact)
    number = forgotten_in(text, await ctx.memory.facts(key), ctx.bot_name)
    if number is not None:
        return await delete(ctx, number)
    return NOT_KNOWN if forgotten_words(text, ctx.bot_name) else None


async def _quoted(ctx: TaskContext) -> str | None:
    """For `/ask`, where the model could not read what search finds: the messages that clearly tell what was
    asked, quoted. None where there are none, so that small talk stays with the model."""
    if ctx.question.command is None or ctx.begun or reads_data(ctx.model):
        return None
    found = await find(ctx.memory, ctx.question.conversation, said_in(ctx.question), ctx.messages)
    clear = [one.turn for one in found if one.is_clear][:MAX_QUOTED]
    return f"{FOUND_HERE}\n\n{listed(ctx, clear)}" if clear else None


async def _answer(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    fitted, found = await prompt_for(ctx, await history(ctx))
    params = sampling(ctx.model, fitted.answer_tokens)
    written = ctx.begun
    async with aclosing(clean_answer(ctx, fitted.prompt, params, NOTHING_CAME)) as pieces:
        async for piece in pieces:
            written += piece if isinstance(piece, str) else ""
            yield piece
    if fitted.is_cut:
        yield WAS_CUT
    if sources := _sources(ctx, written, found):
        yield f"\n\n_{sources}_"
    if ctx.options.get("context") == "yes":
        known = len(await ctx.memory.turns(ctx.question.conversation))
        yield f"\n\n_{used(fitted, ctx.model, known)}_"


def _sources(ctx: TaskContext, text: str, found: Sequence[Found]) -> str:
    """The messages that an answer cites, with their links; "" where it cites none."""
    sources = [_source(ctx, number, found[number - 1]) for number in cited(text, found)]
    return SOURCES + "; ".join(sources) if sources else ""


def _source(ctx: TaskContext, number: int, found: Found) -> str:
    link = ctx.permalink(found.turn)
    return f"[{number}]" + (f"({link})" if link else "") + f" {credit(ctx, found.turn)}"


TASK = Task(
    name="chat",
    help="Talk with me: mention me, reply to me, or write to me directly.",
    example="What is a good name for a cat?",
    run=run,
    continues=True,
    is_memory=True,
    is_command=False,
)
ASK = Task(
    name="ask",
    help="Ask me something, also about what was said here.",
    example="/ask What is a good name for a cat?",
    run=run,
    continues=True,
    options=(
        Option("context", "yes: say what the answer was made from", choices=("yes", "no")),
        Option("question", "what you want to know", is_required=True, is_rest=True),
    ),
)
