"""Which message a command is about: the one that it names, the one replied to, or the last one before it. And
the model's answer to a request about it.

Reads memory only, and of the bot's own answers none that is for somebody else.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from bot.conversation.access import named_channel
from bot.conversation.summaries.scope import ids_in
from bot.conversation.tasks.answer import clean_answer, sampling
from bot.conversation.tasks.own_notes import without_own_notes
from bot.conversation.tasks.prompting import prompt_about
from bot.conversation.tasks.task import Option, TaskContext
from bot.conversation.text.safety import clean_text, is_blank
from bot.errors import CommandError
from bot.messages import Author, Piece, Turn

LOOK_BACK = 500
NOT_REMEMBERED = (
    "I remember no such message here. Give me the link of a message of this channel, which its menu copies."
)
OF_ELSEWHERE = (
    "That message is of another channel, and only `/summarize`, `/catchup` and `/search` read other "
    "channels. Ask me there, or give me its text."
)
_LINK = re.compile(r"<?https?://[^\s<>|]+/(?:channels/[^/\s]+/\d+/\d+|archives/\w+/p\d{16})[^\s<>]*>?")
MESSAGE = Option("message", "the message it is about: its link or id")


def is_message_link(text: str) -> bool:
    """Whether a text is nothing but the link of a message on Discord or Slack."""
    return _LINK.fullmatch(text.strip()) is not None


async def message_meant(ctx: TaskContext) -> Turn | None:
    """The message that a command is about, None where there is none. Raises CommandError for one that is
    named and not known."""
    if "message" in ctx.options:
        return _told(await _named(ctx, ctx.options["message"]))
    question = ctx.question
    turns = await ctx.memory.turns(
        question.conversation,
        limit=LOOK_BACK if question.reply_to else 20,
        before_message_id=question.message_id,
    )
    if question.reply_to:
        turns = [turn for turn in turns if turn.message_id == question.reply_to]
    said = [turn for turn in turns if not is_blank(turn.text)]
    return _told(said[-1]) if said else None


def text_given(ctx: TaskContext) -> Turn | None:
    """The text that stands in the command itself, as a message of the person who gave it; None for none."""
    text, question = clean_text(ctx.options.get("text", "")).strip(), ctx.question
    if is_blank(text):
        return None
    return Turn("user", text, question.author, question.sent_at, question.message_id)


async def answer_about(
    ctx: TaskContext, request: str, turn: Turn, if_empty: str
) -> AsyncGenerator[Piece, None]:
    """Yield what the model says to a request of ours about one message; `if_empty` when nothing came. Raises
    PromptTooLongError, GenerationError and StorageError."""
    fitted = await prompt_about(ctx, request, turn)
    params = sampling(ctx.model, fitted.answer_tokens)
    async with aclosing(clean_answer(ctx, fitted.prompt, params, if_empty)) as pieces:
        async for piece in pieces:
            yield piece


def _told(turn: Turn) -> Turn:
    """A message; of an answer of the bot what it tells, without what the bot says about it."""
    return replace(turn, text=without_own_notes(turn.text)) if turn.role == "assistant" else turn


async def _named(ctx: TaskContext, wanted: str) -> Turn:
    for message_id in ids_in(wanted):
        turn = await _said(ctx, message_id) or await _answered(ctx, message_id)
        if turn is not None and not is_blank(turn.text):
            return turn
    here = ctx.question.conversation
    if is_message_link(wanted) and named_channel(wanted) not in (here.channel_id, here.thread_id):
        raise CommandError(OF_ELSEWHERE)
    raise CommandError(" ".join(filter(None, (NOT_REMEMBERED, await ctx.hindrance()))))


async def _said(ctx: TaskContext, message_id: str) -> Turn | None:
    turns = await ctx.memory.turns_around(ctx.place, message_id, 0, 0)
    return next((turn for turn in turns if turn.message_id == message_id), None)


async def _answered(ctx: TaskContext, post_id: str) -> Turn | None:
    """The answer that one of the bot's own posts belongs to, if the person could read it."""
    answer = await ctx.memory.last_answer(ctx.place, post_id)
    if answer is None:
        return None
    is_own = any(question.author.id == ctx.question.author.id for question in answer.questions)
    is_for_all = ctx.question.sees_history and not any(map(ctx.is_private, answer.questions))
    if not (is_own or is_for_all):
        return None
    author = Author("", ctx.bot_name, is_bot=True)
    return Turn("assistant", answer.text, author, answer.questions[-1].sent_at, post_id)
