"""The prompt of talk: what memory holds for a question, in the form that the model can read.

Models that follow instructions get what others wrote as marked data, with facts, notes and what search finds;
any other model gets the plain conversation that it was trained on.
"""

from __future__ import annotations

from dataclasses import replace

from bot.conversation.context import FittedPrompt, answer_budget, build_prompt, cut_middle
from bot.conversation.memory.gathering import gather
from bot.conversation.memory.marking import DATA_NOTE, Names, block, data_line
from bot.conversation.memory.material import Found
from bot.conversation.memory.packing import pack
from bot.conversation.memory.personas import operators
from bot.conversation.tasks.task import TaskContext
from bot.conversation.text.safety import is_blank
from bot.generation.types import ModelInfo
from bot.messages import IncomingMessage, Turn

MIN_TURNS, MAX_TURNS = 32, 400
TOKENS_PER_TURN = 16
"""A short message as rendered. No more turns are read than can matter: reading costs time."""
BEFORE, MAX_BEFORE_CHARS = 6, 300
"""How many messages are shown before the one that a request is about, and how much of each."""


def reads_data(model: ModelInfo) -> bool:
    """Whether a model can tell marked data from the words of the person who asks."""
    return model.follows_instructions and model.uses_system_prompt


def said_in(message: IncomingMessage) -> str:
    """What a message asks: its text, or the question of the command that it is."""
    return message.command.options.get("question", "") if message.command else message.text


async def prompt_for(ctx: TaskContext, turns: list[Turn]) -> tuple[FittedPrompt, tuple[Found, ...]]:
    """The prompt for an answer to the last of `turns`, and what search found for it.

    What is written of the answer already is the prompt's prefix: its end, where it is long. Raises
    PromptTooLongError, GenerationError and StorageError.
    """
    prefix, tokens = await _end_of(ctx, ctx.begun)
    if not reads_data(ctx.model):
        persona = operators(ctx.system_prompt, ctx.bot_name)
        fitted = await build_prompt(ctx.generator, ctx.model, turns, ctx.answer_tokens, persona, tokens)
        return _with_prefix(fitted, prefix), ()
    material = await gather(
        ctx.memory,
        ctx.messages,
        turns,
        text=turns[-1].text,
        system_prompt=ctx.system_prompt,
        bot_name=ctx.bot_name,
    )
    fitted = await pack(ctx.generator, ctx.model, material, ctx.answer_tokens, tokens)
    return _with_prefix(fitted, prefix), material.found


async def prompt_about(ctx: TaskContext, request: str, turn: Turn) -> FittedPrompt:
    """The prompt for a request of ours about one message, which is shown as data behind a little of what was
    said before it. Raises PromptTooLongError, GenerationError and StorageError."""
    prefix, tokens = await _end_of(ctx, ctx.begun)
    asked, persona = _turn(ctx.question), operators(ctx.system_prompt, ctx.bot_name)
    if reads_data(ctx.model):
        around = await ctx.memory.turns_around(ctx.place, turn.message_id, BEFORE, 0)
        shown = _as_data(ctx, [earlier for earlier in around if earlier.message_id != turn.message_id], turn)
        asked, persona = replace(asked, text=f"{shown}\n{request}"), f"{persona}\n\n{DATA_NOTE}"
    else:
        asked = replace(asked, text=f"{request}\n\n{turn.text}".strip())
    fitted = await build_prompt(ctx.generator, ctx.model, [asked], ctx.answer_tokens, persona, tokens)
    return _with_prefix(fitted, prefix)


def _as_data(ctx: TaskContext, earlier: list[Turn], turn: Turn) -> str:
    names, askers = Names(ctx.bot_name), {ctx.question.author.id}
    before = [data_line(one, cut_middle(one.text, MAX_BEFORE_CHARS), names, askers) for one in earlier]
    blocks = [block("said before the message", before)] if before else []
    return "\n".join([*blocks, block("the message", [data_line(turn, turn.text, names, askers)])])


def _with_prefix(fitted: FittedPrompt, prefix: str) -> FittedPrompt:
    return replace(fitted, prompt=replace(fitted.prompt, prefix=prefix))


async def _end_of(ctx: TaskContext, begun: str) -> tuple[str, int]:
    """As much of the end of `begun` as takes no more of the window than an answer may, and its tokens."""
    if not begun:
        return "", 0
    most = answer_budget(ctx.model, ctx.answer_tokens) // 2
    (tokens,) = await ctx.generator.count_tokens([begun])
    while tokens > most and " " in begun.strip():
        begun = begun[len(begun) - len(begun) * most // tokens :].partition(" ")[2]
        (tokens,) = await ctx.generator.count_tokens([begun])
    return begun, tokens


async def history(ctx: TaskContext) -> list[Turn]:
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
    turns += [_turn(message) for message in said if not is_blank(said_in(message))]
    last = max(index for index, turn in enumerate(turns) if turn.role == "user" and not is_blank(turn.text))
    return turns[: last + 1]


def _turn(message: IncomingMessage) -> Turn:
    return Turn(
        role="user",
        text=said_in(message),
        author=message.author,
        sent_at=message.sent_at,
        message_id=message.message_id,
        reply_to=message.reply_to,
    )
