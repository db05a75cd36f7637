"""Talk: answers what people say to the bot, with the conversation in mind. `/ask` is a command for it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from bot.conversation.memory.facts import forgotten_in
from bot.conversation.memory.finding import cited, find, find_facts
from bot.conversation.memory.following import is_question, is_same_question
from bot.conversation.memory.material import Found
from bot.conversation.memory.phrases import fact_in, forgotten_words, without_call
from bot.conversation.memory.reporting import quoted, used
from bot.conversation.memory.terms import is_about_us
from bot.conversation.tasks.answer import clean_answer, sampling
from bot.conversation.tasks.facts import delete
from bot.conversation.tasks.listing import credit, listed_with_answers, told_fact
from bot.conversation.tasks.prompting import history, prompt_for, reads_data, said_in
from bot.conversation.tasks.remember import keep
from bot.conversation.tasks.task import SHOW, Option, Task, TaskContext
from bot.conversation.text.attached import has_unread, without_notes
from bot.conversation.text.safety import is_blank
from bot.messages import IncomingMessage, Piece

NOTHING_SAID = "Hi! You addressed me without a question. Write me something, or try `/help`."
CANNOT_SEE = "I cannot look at pictures, videos, sounds or files like these yet. Please tell me in words."
CANNOT_READ = "I could not read that file. Please send it again, or put its words into a message."
NOTHING_CAME = "I have no answer to that. Please try to say it in other words."
WAS_CUT = "\n\n_(Your message was longer than I can read at once: I read its beginning and its end.)_"
FOUND_HERE = "I found this in the channel:"
NOT_KNOWN = "I remember no such fact here. `/facts` lists what I remember."
SOURCES = "Sources: "
SURE_SCORE = 1.05
"""A message that has all words of a question and the kind of answer that it asks for."""


async def run(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """Answer `ctx.messages`. A blank message gets a hint, so does a mere picture, and "remember that ..." is
    done, without a generation."""
    if not _say_something(ctx.messages):
        ctx.remark()
        yield NOTHING_SAID
        return
    if all(is_blank(without_notes(said_in(message))) for message in ctx.messages):
        ctx.remark()
        yield CANNOT_READ if any(has_unread(said_in(one)) for one in ctx.messages) else CANNOT_SEE
        return
    left: list[IncomingMessage] = []
    gap = ""
    for message in ctx.messages:
        done = None if ctx.begun else await _done_in_words(replace(ctx, messages=(message,)))
        if done:
            if message is ctx.messages[-1] and not _say_something(left):
                ctx.remark()
            yield f"{gap}{done}"
            gap = "\n\n"
        else:
            left.append(message)
    if _say_something(left):
        if gap:
            yield gap
        async with aclosing(_told(replace(ctx, messages=tuple(left)))) as pieces:
            async for piece in pieces:
                yield piece


def _say_something(messages: Sequence[IncomingMessage]) -> bool:
    """Whether these messages say something."""
    return not all(is_blank(said_in(message)) for message in messages)


async def _told(ctx: TaskContext) -> AsyncGenerator[Piece, None]:
    """What memory tells by itself, else what the model says."""
    if quotations := await _quoted(ctx):
        yield quotations
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
    """Where the model could not read facts and what search finds: those that clearly tell what was asked,
    quoted. None where there are none, so that small talk stays with the model."""
    is_command = ctx.question.command is not None
    asked = without_call(said_in(ctx.question), ctx.bot_name)
    if ctx.begun or reads_data(ctx.model) or not (is_command or is_question(asked)):
        return None
    key = ctx.question.conversation
    facts = await find_facts(ctx.memory, key, asked)
    found = await find(ctx.memory, key, asked, ctx.messages)
    is_for_us = is_command or is_about_us(asked)
    clear = [one for one in found if one.is_clear and (is_for_us or _is_sure(one, asked))]
    telling = [one for one in clear if one.answers or not is_question(one.turn.text)]
    clear = telling or (clear if is_command else [])
    if not facts and not clear:
        return None
    ctx.leave_out()
    parts = ["\n".join(told_fact(ctx, fact) for fact in facts)] if facts else []
    parts += [f"{FOUND_HERE}\n\n{listed_with_answers(ctx, clear)}"] if clear else []
    parts += [f"_{quoted(len(facts), len(clear))}_"] if ctx.options.get("context") == "yes" else []
    return "\n\n".join(parts)


def _is_sure(found: Found, asked: str) -> bool:
    """Whether a message tells what was asked in plain talk, even where that may be general knowledge."""
    was_asked_here = bool(found.answers) and is_same_question(found.turn.text, asked)
    return was_asked_here or found.score >= SURE_SCORE


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
        key = ctx.question.conversation
        known, facts = len(await ctx.memory.turns(key)), len(await ctx.memory.facts(key))
        yield f"\n\n_{used(fitted, ctx.model, known, facts)}_"


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
        SHOW,
        Option("question", "what you want to know", is_required=True, is_rest=True),
    ),
)
